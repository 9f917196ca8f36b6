"""Connections that can be cut, delayed, or deaf on one side: a small relay between two processes of ours."""

import asyncio
from typing import Literal

Condition = Literal["through", "cut", "slow", "lost_there", "lost_back"]
"""`lost_there`: nothing of what is sent arrives, as on a line that is dead in one direction; it comes when the line is well again."""
CONDITIONS: tuple[Condition, ...] = ("cut", "slow", "lost_there", "lost_back")


class Link:
    """Listens on a port of its own and passes on to another one."""

    def __init__(self, name: str, port: int, target: int, *, delay: float = 1.0) -> None:
        self.name = name
        self.port = port
        self._target = target
        self._delay = delay
        self._condition: Condition = "through"
        self._changed = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)

    def be(self, condition: Condition) -> None:
        """Another condition from now on; `cut` ends what is there."""
        self._condition = condition
        self._changed.set()
        self._changed = asyncio.Event()
        if condition == "cut":
            self._cut()

    async def stop(self) -> None:
        """Pass nothing on any more."""
        if self._server is not None:
            self._server.close()
            self.be("cut")
            await self._server.wait_closed()

    def _cut(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._condition == "cut":
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self._writers |= both
        ways = [
            asyncio.create_task(self._pass_on(reader, far_writer, "lost_there")),
            asyncio.create_task(self._pass_on(far_reader, writer, "lost_back")),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        self._writers -= both
        for one in both:
            one.transport.abort() if self._condition == "cut" else one.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deaf: Condition) -> None:
        try:
            while data := await reader.read(65536):
                while self._condition == deaf:
                    await self._changed.wait()
                if self._condition == "slow":
                    await asyncio.sleep(self._delay)
                writer.write(data)
                await writer.drain()
        except OSError:
            return
