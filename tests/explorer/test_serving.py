"""The socket that the page is served through, and its end."""

import asyncio
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from infogan.explorer.access_control import LOOPBACK
from infogan.explorer.serving import listen


def test_small_answers_are_sent_at_once():
    """Without TCP_NODELAY every answer waits 40 ms for the browser's delayed acknowledgement."""

    async def accepted() -> int:
        listener, found = listen(LOOPBACK, 0), asyncio.get_running_loop().create_future()

        def met(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("socket")
            found.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(met, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            no_delay = await found
            writer.close()
        return no_delay

    with ThreadPoolExecutor(1) as thread:  # playwright's loop runs in this one
        assert thread.submit(asyncio.run, accepted()).result()


SERVED = """
from infogan.explorer.serving import listen, serve
from infogan.signals import interrupting

async def app(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    print("served", flush=True)
    await receive()
    await send({"type": "lifespan.shutdown.complete"})

try:
    with interrupting():
        serve(app, listen("127.0.0.1", 0))
except KeyboardInterrupt as stopped:
    print(stopped)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_the_server_and_gets_through(name):
    if not hasattr(signal, name):
        pytest.skip(f"this system has no {name}")
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", SERVED], text=True, **streams) as server:
        assert server.stdout.readline() == "served\n"
        server.send_signal(getattr(signal, name))
        assert server.communicate(timeout=30) == (f"{name}\n", "")
