"""Connections that send a request too slowly are closed: uvicorn waits for ever for the rest of one."""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.serving import limits


class Patient(H11Protocol):
    """Uvicorn's connection, with an end to its patience: for the head of a request, and for a body that nobody reads any more."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._late = self.loop.call_later(limits.HEADER_SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._be_patient()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Look at what has come."""
        super().handle_events()
        self._look()

    def on_response_complete(self) -> None:
        """Look at what is still to come once there is an answer."""
        super().on_response_complete()
        self._look()

    def _look(self) -> None:
        """Let the clock run while a request is not whole and nobody else waits for it: who reads a body has an end of its own."""
        if self.transport.get_protocol() is not self:  # a pipe has taken the connection over: it has ends of its own
            self._be_patient()
            return
        begun = self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])
        unread = self.conn.their_state is h11.SEND_BODY and self.cycle.response_complete
        if not begun and not unread:
            self._be_patient()
        elif self._late is None:
            self._late = self.loop.call_later(limits.HEADER_SECONDS, self.transport.close)

    def _be_patient(self) -> None:
        if self._late is not None:
            self._late.cancel()
        self._late = None
