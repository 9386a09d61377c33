"""Whom the page's server answers: this machine, from its own page, or who holds the token."""

import ipaddress
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class AccessControl:
    """Refuses requests that are not from the page itself, before anything else sees them.

    The Host must be this machine's, else a name that an attacker points here (DNS rebinding) would
    do; the Origin, where there is one, must be the page's own. Beyond the loopback the token is
    needed as well: in the address once, then in a cookie that scripts cannot read.
    """

    app: ASGIApp
    host: str
    port: int
    token: str = ""
    policy: str = POLICY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        refusal = self._refusal(headers, given)
        if refusal:
            status, reason = refusal
            await PlainTextResponse(reason + "\n", status)(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                for name, value in (HEADERS | {"Content-Security-Policy": self.policy}).items():
                    out.setdefault(name, value)
                if self.token and given:
                    cookie = f"{self._cookie}={self.token}; Path=/; HttpOnly; SameSite=Strict"
                    out.append("Set-Cookie", cookie)
            await send(message)

        await self.app(scope, receive, answer)

    def _refusal(self, headers: Headers, given: str) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if not self._ours(host):
            return 421, "This server is not known by that name."
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            return 403, "Only the page itself may ask."
        foreign = headers.get("sec-fetch-site") in ("cross-site", "same-site")
        # A link on another page may open this one, but nothing else of it.
        if foreign and origin is None and headers.get("sec-fetch-mode") != "navigate":
            return 403, "Only the page itself may ask."
        if self.token and not self._holds_token(headers, given):
            return 401, "Open the address that infogan printed: the token in it is needed."
        return None

    def _ours(self, host: str) -> bool:
        name, _, port = host.rpartition(":")
        if not port.isdigit():  # the port is left out where it is 80
            name, port = host, "80"
        if port != str(self.port):
            return False
        names = {"localhost", LOOPBACK, "[::1]"}
        if self.token:
            # A bare address cannot be rebound; of names only this machine's own are taken.
            names |= {self.host, socket.gethostname(), socket.getfqdn()}
            if is_address(name.strip("[]")):
                return True
        return name.lower() in {each.lower() for each in names}

    def _holds_token(self, headers: Headers, given: str) -> bool:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            cookie = None
        offered: Iterable[str] = (given, cookie.value if cookie else "")
        return any(secrets.compare_digest(each.encode(), self.token.encode()) for each in offered)

    @property
    def _cookie(self) -> str:
        # Cookies do not tell ports apart: two servers on one machine need two names.
        return f"infogan-{self.port}"


def is_address(host: str) -> bool:
    """Whether this is a numeric address rather than a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server at this host."""
    return host == "localhost" or (is_address(host) and ipaddress.ip_address(host).is_loopback)
