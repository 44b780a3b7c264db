"""uvicorn's connection that gives itself away: a stream needs the wire, and nothing of the request."""

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Where a request's scope holds what takes its connection over.
WIRE = "engage.wire"
#: Makes `protocol` the owner of the connection; False when the other side has gone meanwhile.
Take = Callable[[asyncio.Protocol], bool]


class Connection(HttpToolsProtocol):
    """As uvicorn's, with ``scope["extensions"][WIRE]`` to take it over (`Take`)."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {WIRE: self._give}  # type: ignore[dict-item]

    def _give(self, protocol: asyncio.Protocol) -> bool:
        transport: Any = self.transport
        if transport.is_closing() or self.cycle.disconnected:
            return False
        self.cycle.disconnected = True  # the request's task has nothing more to answer
        self._unset_keepalive_if_required()
        self.flow.resume_reading()  # it is by reading that a lost connection is noticed
        self.connections.discard(self)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        # All that holds this one hangs on it in turn; nobody is to wait for the collector.
        self.parser = self.cycle = self.scope = None  # type: ignore[assignment]
        return True
