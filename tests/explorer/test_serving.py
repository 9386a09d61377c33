"""The socket that the page is served through."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

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
