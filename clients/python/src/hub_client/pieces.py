"""Answers in pieces, as docs/x402.md has them under "Streams": what is said as it comes, then the event that settles it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hub_client.errors import BrokenOffError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import httpx
    import requests

_FIRST = b"event:"
_CHUNK = 65_536
"""Most bytes that are waited for at once; what is there is taken before."""


def taken_apart(body: bytes) -> tuple[bytes, str | None]:
    """Give what was said, which is hashed and charged, and what the header ``PAYMENT-RESPONSE`` would hold.

    Nothing stands for the latter if the answer was cut before its end.
    """
    attempt = Attempt()
    attempt.read(body)
    return attempt.said(), attempt.settlement()


class Attempt:
    """One reading of an answer in pieces: it is passed on line by line, up to the first line that names an event."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._bytes = bytearray()
        self._line = 0
        """Where the line begins that is not whole yet."""
        self._searched = 0
        """So far no line ends after that."""
        self._end: int | None = None
        """Where the first line begins that names an event."""
        self._passed = 0
        """How much of what was said was passed on or compared."""

    def __len__(self) -> int:
        """Say how many bytes were read."""
        return len(self._bytes)

    def read(self, chunk: bytes) -> None:
        """Take more of it."""
        self._bytes += chunk
        while self._end is None:
            if self._bytes.startswith(_FIRST, self._line):
                self._end = self._line
            elif (found := self._bytes.find(b"\n", max(self._line, self._searched))) >= 0:
                self._line = found + 1
            else:
                self._searched = len(self._bytes)
                break

    def news(self) -> tuple[int, bytes]:
        """Give what surely belongs to what was said and was not given yet, and where it begins."""
        sure, start = self._line if self._end is None else self._end, self._passed
        self._passed = sure
        return start, bytes(self._bytes[start:sure])

    def said(self) -> bytes:
        """Give what was said: without the events at its end, where they are there."""
        return bytes(self._bytes if self._end is None else self._bytes[: self._end])

    def events(self) -> bytes:
        """Give what stands behind what was said."""
        return b"" if self._end is None else bytes(self._bytes[self._end :])

    def settlement(self) -> str | None:
        """Give what the header ``PAYMENT-RESPONSE`` would hold; nothing before the whole answer is there."""
        # A blank line is the end of all: a settlement that is cut is none.
        for event in self.events().decode(errors="replace").split("\n\n")[:-1]:
            name, _, data = event.partition("\n")
            if name.removeprefix("event:").strip() == "payment-response" and data.startswith("data:"):
                return data.removeprefix("data:").strip()
        return None


class Said:
    """What was passed on of one call, over every attempt at it: a repeat says the same from the start."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._said = bytearray()

    def take(self, attempt: Attempt) -> bytes | None:
        """Give what is new of an attempt; nothing at all stands for one that began otherwise."""
        start, chunk = attempt.news()
        known = max(0, min(len(self._said) - start, len(chunk)))
        if self._said[start : start + known] != chunk[:known]:
            return None
        self._said += chunk[known:]
        return chunk[known:]


class Pieces:
    """What an answer in pieces says, piece by piece: the data of its events, up to ``[DONE]``."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._body = bytearray()
        self._line = 0
        self._event: list[str] = []

    @property
    def body(self) -> bytes:
        """What was read so far; the whole answer once the last piece is taken, as :meth:`Session.paid` takes it."""
        return bytes(self._body)

    def _take(self, chunk: bytes) -> Iterator[str]:
        searched = len(self._body)
        self._body += chunk
        while (end := self._body.find(b"\n", max(self._line, searched))) >= 0:
            line = self._body[self._line : end].decode(errors="replace").removesuffix("\r")
            self._line = end + 1
            if line:
                self._event.append(line)
                continue
            event, self._event = self._event, []
            yield from self._piece(event)

    @staticmethod
    def _piece(event: list[str]) -> Iterator[str]:
        name = next((line.removeprefix("event:").strip() for line in event if line.startswith("event:")), "")
        data = "\n".join(line.removeprefix("data:").removeprefix(" ") for line in event if line.startswith("data:"))
        if name == "error":
            raise BrokenOffError(_reason(data))
        if name == "" and data not in ("", "[DONE]"):
            yield data


def _reason(data: str) -> str:
    try:
        return str(json.loads(data)["error"]["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "it does not say why"


class SyncPieces(Pieces):
    """The pieces of a response of ``requests``."""

    def __init__(self, response: requests.Response) -> None:
        """Read from ``response``, which was asked for with ``stream=True``."""
        super().__init__()
        self._response = response

    def __iter__(self) -> Iterator[str]:
        """Give each piece when it is there."""
        chunks: Iterator[Any] = self._response.iter_content(_CHUNK)
        for chunk in chunks:
            yield from self._take(chunk)


class AsyncPieces(Pieces):
    """The pieces of a response of ``httpx``."""

    def __init__(self, response: httpx.Response) -> None:
        """Read from ``response``, which was asked for by ``stream``."""
        super().__init__()
        self._response = response

    async def __aiter__(self) -> AsyncIterator[str]:
        """Give each piece when it is there."""
        async for chunk in self._response.aiter_bytes():
            for piece in self._take(chunk):
                yield piece


def pieces(response: requests.Response) -> SyncPieces:
    """Read an answer in pieces from ``hub_requests``, asked for with ``stream=True``.

    Each piece is heard before anything of it is checked. The loop ends well if all of it was, and was paid.
    """
    return SyncPieces(response)


def async_pieces(response: httpx.Response) -> AsyncPieces:
    """Read an answer in pieces from ``hub_httpx``, asked for with ``http.stream(…)``. As :func:`pieces`."""
    return AsyncPieces(response)
