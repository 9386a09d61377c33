"""Sockets and the server's loop: in the foreground for the page, beside training for the report."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from types import FrameType
from typing import cast

import uvicorn
from uvicorn._types import ASGIApplication
from uvicorn.protocols.http.h11_impl import H11Protocol

from infogan.errors import UserError
from infogan.explorer.access_control import AccessControl
from infogan.signals import stop_signals

HEAD_SECONDS = 10.0
"""From a connection, or from the first byte of another request, to the end of a request's head."""
MOST_CONNECTIONS = 256


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
    """Answer until a signal comes, and let it through then: KeyboardInterrupt, as a rule."""
    server = _server(app)
    received: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        received.append(number)
        server.handle_exit(number, frame)

    # uvicorn sees to the others itself; this one would break into its loop.
    before = {each: signal.signal(each, end) for each in stop_signals() if each.name == "SIGHUP"}
    try:
        server.run([listener])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if received:
        signal.raise_signal(received[0])


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


class ImpatientProtocol(H11Protocol):
    """HTTP that waits for a request's head for some seconds only, and on so many connections.

    Whoever opens connections and says nothing would keep memory, and in the end all the sockets.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait, or refuse where there are too many already."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        else:
            self._deadline = self.loop.call_later(HEAD_SECONDS, transport.abort)

    def data_received(self, data: bytes) -> None:
        """Wait no longer once the head of a request is there, and again for that of the next."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._wait_no_longer()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def on_response_complete(self) -> None:
        """A head that came whole while the answer was made counts as any other."""
        self._wait_no_longer()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._wait_no_longer()
        super().connection_lost(exc)

    def _wait_no_longer(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _server(app: AccessControl) -> uvicorn.Server:
    config = uvicorn.Config(
        cast(ASGIApplication, app),
        http=ImpatientProtocol,
        log_level="warning",
        access_log=False,
        server_header=False,
        # Nothing here needs a proxy, and a forwarded header must not change who asks.
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)
