"""The report served while a run grows."""

import json
import shutil

import pytest
from starlette.testclient import TestClient

from infogan.explorer.live import create_app, live_report

PORT = 8124


@pytest.fixture
def client(tiny_run, tmp_path):
    run = shutil.copytree(tiny_run, tmp_path / "growing")
    client = TestClient(create_app(run, PORT), base_url=f"http://127.0.0.1:{PORT}")
    client.run = run
    return client


def test_it_is_sent_again_only_when_the_run_has_grown(client):
    first = client.get("/")
    assert first.status_code == 200
    tag = {"If-None-Match": first.headers["etag"]}
    assert client.get("/", headers=tag).status_code == 304
    with (client.run / "log.jsonl").open("a") as log:
        log.write(json.dumps({"kimg": 0.09, "d_loss": 1.2345}) + "\n")
    grown = client.get("/", headers=tag)
    assert grown.status_code == 200
    assert "1.234" in grown.text
    assert client.get("/live.js").status_code == 200


def test_before_the_run_there_is_a_page_that_waits(tmp_path):
    client = TestClient(create_app(tmp_path / "soon", PORT), base_url=f"http://127.0.0.1:{PORT}")
    answer = client.get("/")
    assert answer.status_code == 503
    assert answer.headers["refresh"]


def test_strangers_are_refused(client):
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421


def test_the_open_page_grows_with_the_run_and_keeps_ones_place(desk, tiny_run, tmp_path):
    run = shutil.copytree(tiny_run, tmp_path / "run")
    with live_report(run) as address:
        page = desk()
        page.page.goto(address)
        page.page.click("summary >> nth=0")
        with (run / "log.jsonl").open("a") as log:
            log.write(json.dumps({"kimg": 0.09, "seconds": 1, "d_loss": 1.2345}) + "\n")
        page.until("document.body.textContent.includes('0.09 of 0.08')")
        assert page.page.evaluate("() => document.querySelector('details').open")
