"""Answers in pieces, as docs/x402.md has them under "Streams": what was said, and behind it the event that settles it."""

from __future__ import annotations

_FIRST = b"event:"


def taken_apart(body: bytes) -> tuple[bytes, str | None]:
    """Give what was said, which is hashed and charged, and what the header ``PAYMENT-RESPONSE`` would hold.

    Nothing stands for the latter if the answer was cut before its end.
    """
    end = 0 if body.startswith(_FIRST) else body.find(b"\n" + _FIRST) + 1
    if end == 0 and not body.startswith(_FIRST):
        return body, None
    said, events = body[:end], body[end:].decode(errors="replace")
    # A blank line is the end of all: a settlement that is cut is none.
    for event in events.split("\n\n")[:-1]:
        name, _, data = event.partition("\n")
        if name.removeprefix("event:").strip() == "payment-response" and data.startswith("data:"):
            return said, data.removeprefix("data:").strip()
    return said, None
