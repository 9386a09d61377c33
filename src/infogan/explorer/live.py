"""A run's report served while the run grows: the page asks for the newest state by itself."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from infogan.explorer.access_control import LOOPBACK, AccessControl
from infogan.explorer.serving import address, listen, serving
from infogan.report.page import LIVE_SCRIPT, render
from infogan.report.record import read_record


@contextmanager
def live_report(run: str | Path, port: int = 0) -> Iterator[str]:
    """Serve a run's report for as long as the block lasts; gives the page's address.

    The folder need not exist yet. Raises UserError where the port cannot be used.
    """
    listener = listen(LOOPBACK, port)
    with serving(create_app(run, listener.getsockname()[1]), listener):
        yield address(LOOPBACK, listener)


def create_app(run: str | Path, port: int) -> AccessControl:
    """The page at /, and the script that keeps it new."""
    script = (files("infogan.report") / LIVE_SCRIPT).read_bytes()

    def page(request: Request) -> Response:
        try:
            text = render([read_record(run)], live=True)
        except ValueError as error:
            # Before the first lines are written.
            return PlainTextResponse(f"{error}\n", 503, {"Refresh": "2"})
        tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        return Response(text, headers={"ETag": tag}, media_type="text/html")

    def live(_: Request) -> Response:
        return Response(script, media_type="text/javascript")

    app = Starlette(routes=[Route("/", page), Route(f"/{LIVE_SCRIPT}", live)])
    # The page says itself what it may do: its own style, its own pictures, and this script.
    return AccessControl(app, LOOPBACK, port, policy="frame-ancestors 'none'; base-uri 'none'")
