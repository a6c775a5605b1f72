"""Strict unsigned LEB128: seven bits a byte, least significant first, in the shortest form only."""

from __future__ import annotations

from hub_client.wire.errors import DecodeError, EncodeError

VERSION = 1
"""First byte of a call, a receipt, a voucher, an answer and a possession."""


class Writer:
    """Appends values to a byte string."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._bytes = bytearray()

    def byte(self, byte: int) -> Writer:
        """Append one byte as it is."""
        self._bytes.append(byte)
        return self

    def u64(self, value: int) -> Writer:
        """Append an integer of at most 64 bits."""
        return self._integer(value, 64)

    def u128(self, value: int) -> Writer:
        """Append an integer of at most 128 bits."""
        return self._integer(value, 128)

    def raw(self, data: bytes) -> Writer:
        """Append bytes as they are."""
        self._bytes += data
        return self

    def fixed(self, data: bytes, length: int, field: str) -> Writer:
        """Append exactly ``length`` bytes as they are."""
        if len(data) != length:
            raise EncodeError("wrong_length", f"{field} has {len(data)} bytes, expected {length}")
        return self.raw(data)

    def prefixed(self, data: bytes) -> Writer:
        """Append the length of the bytes as an integer, then the bytes."""
        return self.u64(len(data)).raw(data)

    def finish(self) -> bytes:
        """Give what was written."""
        return bytes(self._bytes)

    def _integer(self, value: int, bits: int) -> Writer:
        if value < 0 or value >> bits:
            raise EncodeError("out_of_range", f"{value} is no unsigned integer of {bits} bits")
        while value > 0x7F:
            self._bytes.append(value & 0x7F | 0x80)
            value >>= 7
        self._bytes.append(value)
        return self


class Reader:
    """Takes values off the front of a byte string. After an error its place is not defined."""

    def __init__(self, source: bytes) -> None:
        """Start at the first byte."""
        self._source = source
        self._offset = 0

    def version(self, expected: int = VERSION) -> None:
        """Take the first byte, which must be this version."""
        found = self.byte()
        if found != expected:
            raise DecodeError("unknown_version", self._offset - 1, f"version {found}, expected {expected}")

    def byte(self) -> int:
        """Take the next byte as it is."""
        return self.raw(1)[0]

    def raw(self, length: int) -> bytes:
        """Take exactly ``length`` bytes."""
        end = self._offset + length
        if end > len(self._source):
            raise DecodeError("truncated", self._offset, "the bytes end too early")
        taken = self._source[self._offset : end]
        self._offset = end
        return taken

    def u64(self) -> int:
        """Take the next integer, of at most 64 bits."""
        return self._integer(64)

    def u128(self) -> int:
        """Take the next integer, of at most 128 bits."""
        return self._integer(128)

    def finish(self) -> None:
        """Nothing may be left."""
        if self._offset != len(self._source):
            raise DecodeError("trailing", self._offset, f"{len(self._source) - self._offset} bytes too many")

    def _integer(self, bits: int) -> int:
        value, shift, at = 0, 0, self._offset
        while True:
            if self._offset == len(self._source):
                raise DecodeError("truncated", at, "an integer that does not end")
            byte = self.byte()
            part = (byte & 0x7F) << shift
            if shift >= bits or part >> bits:
                raise DecodeError("too_large", at, f"an integer of more than {bits} bits")
            value |= part
            if byte < 0x80:
                if byte == 0 and shift > 0:
                    raise DecodeError("overlong", at, "an integer that is not in its shortest form")
                return value
            shift += 7
