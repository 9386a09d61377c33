"""Whom the page's server answers: its own page, on this machine, or who holds the token."""

import pytest
from starlette.testclient import TestClient

from infogan.explorer.access_control import AccessControl, is_loopback
from infogan.explorer.model_registry import ModelRegistry
from infogan.explorer.server import create_app

PORT = 8123
HERE = f"127.0.0.1:{PORT}"


@pytest.fixture(scope="module")
def registry(tiny_run):
    return ModelRegistry([str(tiny_run)])


def client(registry, token="", host="127.0.0.1"):
    return TestClient(create_app(registry, host, PORT, token), base_url=f"http://{HERE}")


@pytest.mark.parametrize("host", [HERE, f"localhost:{PORT}", f"[::1]:{PORT}", f"LOCALHOST:{PORT}"])
def test_this_machine_is_answered(registry, host):
    assert client(registry).get("/api/models", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80", f"10.0.0.7:{PORT}",
     f"127.0.0.1.evil.example:{PORT}", f"evil.example@127.0.0.1:{PORT}", "", ":", f":{PORT}"],
)  # fmt: skip
def test_a_name_that_only_points_here_is_refused(registry, host):
    answer = client(registry).get("/api/models", headers={"Host": host})
    assert answer.status_code == 421
    assert "c1" not in answer.text


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", f"https://{HERE}", "http://127.0.0.1:1", ""]
)
def test_another_pages_requests_are_refused(registry, origin):
    for method, path in (("GET", "/api/models"), ("POST", "/api/models/0/images"), ("GET", "/")):
        answer = client(registry).request(method, path, headers={"Origin": origin})
        assert answer.status_code == 403


def test_the_pages_own_requests_are_answered(registry):
    same = {"Origin": f"http://{HERE}", "Sec-Fetch-Site": "same-origin"}
    assert client(registry).get("/api/models", headers=same).status_code == 200


def test_a_link_elsewhere_may_open_the_page_but_not_embed_its_parts(registry):
    site = {"Sec-Fetch-Site": "cross-site"}
    assert (
        client(registry).get("/", headers=site | {"Sec-Fetch-Mode": "navigate"}).status_code == 200
    )
    assert (
        client(registry).get("/main.js", headers=site | {"Sec-Fetch-Mode": "no-cors"}).status_code
        == 403
    )


def test_every_answer_carries_the_strict_policy(registry):
    for path in ("/", "/main.js", "/api/models", "/nowhere"):
        headers = client(registry).get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"


def test_a_token_is_needed_once_then_a_cookie_that_scripts_cannot_read(registry):
    page = client(registry, token="secret", host="0.0.0.0")
    assert page.get("/").status_code == 401
    assert page.get("/?token=wrong").status_code == 401
    assert page.get("/?token=").status_code == 401
    opened = page.get("/?token=secret")
    assert opened.status_code == 200
    assert "HttpOnly" in opened.headers["set-cookie"]
    assert "SameSite=Strict" in opened.headers["set-cookie"]
    assert page.get("/api/models").status_code == 200  # the cookie is enough
    assert (
        client(registry, token="secret")
        .get("/api/models", headers={"Cookie": f"infogan-{PORT}=wrong"})
        .status_code
        == 401
    )


def test_with_a_token_addresses_are_answered_but_foreign_names_are_not(registry):
    page = client(registry, token="secret", host="0.0.0.0")
    assert page.get("/?token=secret", headers={"Host": f"10.0.0.7:{PORT}"}).status_code == 200
    assert page.get("/?token=secret", headers={"Host": f"evil.example:{PORT}"}).status_code == 421


@pytest.mark.parametrize(
    ("host", "only_here"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("127.8.8.8", True),
     ("0.0.0.0", False), ("192.168.1.2", False), ("example.org", False), ("::", False)],
)  # fmt: skip
def test_what_counts_as_this_machine(host, only_here):
    assert is_loopback(host) is only_here


def test_other_protocols_pass_through_untouched():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    import asyncio

    asyncio.run(AccessControl(app, "127.0.0.1", PORT)({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]
