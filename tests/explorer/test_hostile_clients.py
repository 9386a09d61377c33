"""Clients that hang up, say nothing, send slowly or come in crowds; honest ones are answered."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection

import pytest

from infogan.explorer import server, serving
from infogan.explorer.access_control import LOOPBACK
from infogan.explorer.model_registry import ModelRegistry
from infogan.explorer.server import create_app
from infogan.explorer.serving import listen

SOON = 20.0
"""Seconds that a busy machine may need."""


@pytest.fixture
def port(tiny_run, monkeypatch):
    """A server that is less patient than usual."""
    monkeypatch.setattr(serving, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(server, "BODY_SECONDS", 0.5)
    monkeypatch.setattr(serving, "MOST_CONNECTIONS", 20)
    listener = listen(LOOPBACK, 0)
    listener.listen(64)  # who comes before the server's thread has begun waits
    number = listener.getsockname()[1]
    app = create_app(ModelRegistry([str(tiny_run)]), LOOPBACK, number)
    with serving.serving(app, listener):
        yield number


def answered(port):
    """Whether an honest request is answered."""
    connection = HTTPConnection(LOOPBACK, port, timeout=SOON)
    connection.request("GET", "/api/models")
    return connection.getresponse().status == 200


def run(work):
    with ThreadPoolExecutor(1) as thread:  # playwright's loop runs in this one
        return thread.submit(asyncio.run, work).result()


def head(port, length):
    return (
        f"POST /api/models/0/images HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


async def sent(port, content):
    """A connection on which something was sent."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(content)
    await writer.drain()
    return reader, writer


def test_who_hangs_up_within_a_body_leaves_no_traceback(port, caplog):
    async def hang_up():
        for _ in range(5):
            _, writer = await sent(port, head(port, 1000) + b"abc")
            writer.transport.abort()

    with caplog.at_level(logging.WARNING):
        run(hang_up())
        assert answered(port)
    assert not caplog.records


@pytest.mark.parametrize(
    "content", [b"", b"GET / HT", b"GET /api/models HTTP/1.1\r\nHost: nobody\r\n\r\nGET / HT"]
)
def test_who_says_nothing_or_half_a_request_is_let_go(port, content):
    async def wait():
        reader, _ = await sent(port, content)
        # Ends when the server closes; a reset is an end, too.
        with suppress(ConnectionResetError):
            await asyncio.wait_for(reader.read(), SOON)

    run(wait())
    assert answered(port)


def test_who_sends_slowly_is_told_so(port):
    async def dribble():
        reader, _ = await sent(port, head(port, 1000) + b"a")
        return await asyncio.wait_for(reader.readline(), SOON)

    assert b"408" in run(dribble())
    assert answered(port)


def test_a_crowd_of_silent_clients_is_cut_off_and_forgotten(port):
    async def crowd():
        opened = [await sent(port, b"") for _ in range(60)]
        ends = [asyncio.wait_for(reader.read(), SOON) for reader, _ in opened]
        return await asyncio.gather(*ends, return_exceptions=True)

    ends = run(crowd())
    assert not any(isinstance(end, TimeoutError) for end in ends)
    assert answered(port)


def test_many_honest_clients_are_all_answered(port):
    with ThreadPoolExecutor(10) as pool:
        assert all(pool.map(answered, [port] * 60))
