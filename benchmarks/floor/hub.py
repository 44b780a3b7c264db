"""The least a hub can do: one subscription, and one write of the same bytes per connection."""

import asyncio
import os
import resource

import uvloop
from redis.asyncio import Redis

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: hello\ndata: {}\n\n"
writers: set[asyncio.Transport] = set()


class Bare(asyncio.Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(HEAD)
        writers.add(self.transport)

    def connection_lost(self, error: Exception | None) -> None:
        writers.discard(self.transport)


async def serve(port: int, redis_url: str) -> None:
    await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", port, backlog=2048)
    async with Redis.from_url(redis_url).pubsub() as ear:
        await ear.subscribe("engage:live")
        async for message in ear.listen():
            if message["type"] == "message":
                frame = b"event: board\ndata: " + message["data"] + b"\n\n"
                for transport in writers:
                    transport.write(frame)


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(serve(int(os.environ["ENGAGE_PORT"]), os.environ["REDIS_URL"]))
