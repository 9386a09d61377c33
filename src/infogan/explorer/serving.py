"""Sockets and the server's loop: in the foreground for the page, beside training for the report."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import cast

import uvicorn
from uvicorn._types import ASGIApplication

from infogan.errors import UserError
from infogan.explorer.access_control import AccessControl


def listen(host: str, port: int) -> socket.socket:
    """A socket at this port, or any free one for 0; UserError where it cannot be had."""
    if not 0 <= port <= 65535:
        raise UserError(f"--port {port}: takes 0 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small answers at once only through sockets that say they are TCP's; else each
    # waits 40 ms for the browser's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UserError(
            f"{host}:{port} cannot be used ({error.strerror}); choose another --port, or 0 for any"
        ) from None
    return listener


def address(host: str, listener: socket.socket, token: str = "") -> str:
    """What to open in a browser."""
    # Of a server on every interface this machine's name is as good an address as any.
    named = socket.gethostname() if host in ("0.0.0.0", "::") else host
    named = f"[{named}]" if ":" in named else named
    page = f"http://{named}:{listener.getsockname()[1]}/"
    return f"{page}?token={token}" if token else page


def serve(app: AccessControl, listener: socket.socket) -> None:
    """Answer until a signal comes."""
    _server(app).run([listener])


@contextmanager
def serving(app: AccessControl, listener: socket.socket) -> Iterator[None]:
    """Answer in a thread of its own for as long as the block lasts."""
    server = _server(app)
    thread = Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=5)


def _server(app: AccessControl) -> uvicorn.Server:
    config = uvicorn.Config(
        cast(ASGIApplication, app),
        log_level="warning",
        access_log=False,
        server_header=False,
        # Nothing here needs a proxy, and a forwarded header must not change who asks.
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)
