"""Bytes that are no encoding, and values that have none. The reasons are those of the test vectors."""

from __future__ import annotations


class DecodeError(ValueError):
    """Bytes that are no canonical encoding."""

    def __init__(self, reason: str, at: int, sentence: str) -> None:
        """``at`` is the offset, from 0, of the byte where the fault was found."""
        super().__init__(f"byte {at}: {sentence}")
        self.reason = reason
        self.at = at


class EncodeError(ValueError):
    """A value that has no encoding: its decoder would refuse it."""

    def __init__(self, reason: str, sentence: str) -> None:
        """``reason`` is a word for programs."""
        super().__init__(sentence)
        self.reason = reason


class KeyFormatError(ValueError):
    """Bytes that are no key."""
