"""What callers and attesters sign: calls, vouchers, receipts, answers. One value has one encoding."""

from __future__ import annotations

from dataclasses import dataclass

from hub_client.wire.varint import VERSION, Reader, Writer


@dataclass(frozen=True, slots=True)
class Call:
    """What a caller signs for one call, so that nobody else spends its session. No contract reads it."""

    attester: int
    """Attester that is to serve the call; for any other it is void."""
    session: int
    """Session that pays."""
    model: int
    """Model that is called."""
    request_id: bytes
    """Names the call within its session, 16 bytes: a repeat with this id is the same call and is paid once."""
    expires_at: int
    """Unix seconds from which on the call is void."""
    request_hash: bytes
    """sha256 of the request's body as it is sent."""

    def encode(self) -> bytes:
        """Give the canonical bytes, which are signed over the digest of purpose ``call``."""
        writer = Writer().byte(VERSION).u64(self.attester).u64(self.session).u64(self.model)
        writer.fixed(self.request_id, 16, "request_id").u64(self.expires_at)
        return writer.fixed(self.request_hash, 32, "request_hash").finish()

    @staticmethod
    def decode(data: bytes) -> Call:
        """Read a call. Bytes that are accepted encode to themselves."""
        reader = Reader(data)
        reader.version()
        call = Call(
            attester=reader.u64(),
            session=reader.u64(),
            model=reader.u64(),
            request_id=reader.raw(16),
            expires_at=reader.u64(),
            request_hash=reader.raw(32),
        )
        reader.finish()
        return call


@dataclass(frozen=True, slots=True)
class Voucher:
    """Ceiling that a caller signs for one session."""

    session: int
    """Session it is for."""
    ceiling: int
    """Most that may be charged over the session's whole life, in the smallest unit of its denomination; 128 bits."""

    def encode(self) -> bytes:
        """Give the canonical bytes, which are signed over the digest of purpose ``voucher``."""
        return Writer().byte(VERSION).u64(self.session).u128(self.ceiling).finish()

    @staticmethod
    def decode(data: bytes) -> Voucher:
        """Read a voucher. Bytes that are accepted encode to themselves."""
        reader = Reader(data)
        reader.version()
        voucher = Voucher(session=reader.u64(), ceiling=reader.u128())
        reader.finish()
        return voucher


@dataclass(frozen=True, slots=True)
class Receipt:
    """Statement of an attester that one inference ran. Its bytes are a leaf of the batch's Merkle tree."""

    attester: int
    """Attester that states it."""
    session: int
    """Session that pays."""
    blob_id: bytes
    """The weights that ran, 32 bytes."""
    model: int
    """Model that was called."""
    release: int
    """Number of the release within its model."""
    terms: int
    """Number of the terms within their model."""
    request_id: bytes
    """The caller's own name for the request, 16 bytes."""
    issued_at: int
    """When the work of the call began, unix seconds."""
    units_in: int
    """Input units, as the model's metering counts them."""
    units_out: int
    """Output units, likewise."""
    request_hash: bytes
    """sha256 of the request's body."""
    response_hash: bytes
    """sha256 of the answer's body."""

    def encode(self) -> bytes:
        """Give the canonical bytes."""
        writer = Writer().byte(VERSION).u64(self.attester).u64(self.session).fixed(self.blob_id, 32, "blob_id")
        writer.u64(self.model).u64(self.release).u64(self.terms).fixed(self.request_id, 16, "request_id")
        writer.u64(self.issued_at).u64(self.units_in).u64(self.units_out)
        writer.fixed(self.request_hash, 32, "request_hash").fixed(self.response_hash, 32, "response_hash")
        return writer.finish()

    @staticmethod
    def decode(data: bytes) -> Receipt:
        """Read a receipt. Bytes that are accepted encode to themselves."""
        reader = Reader(data)
        reader.version()
        receipt = Receipt(
            attester=reader.u64(),
            session=reader.u64(),
            blob_id=reader.raw(32),
            model=reader.u64(),
            release=reader.u64(),
            terms=reader.u64(),
            request_id=reader.raw(16),
            issued_at=reader.u64(),
            units_in=reader.u64(),
            units_out=reader.u64(),
            request_hash=reader.raw(32),
            response_hash=reader.raw(32),
        )
        reader.finish()
        return receipt


def answer_bytes(receipt: bytes, engine: str, label: str) -> bytes:
    """Give what an attester signs beside its answer: the receipt, which engine ran, and where its key lives."""
    writer = Writer().byte(VERSION).prefixed(receipt)
    return writer.prefixed(engine.encode()).prefixed(label.encode()).finish()


def possession_bytes(key_type: str, key: bytes, operator: bytes) -> bytes:
    """Give what a key signs to show that its holder lets ``operator`` (canonical address) register it."""
    writer = Writer().byte(VERSION).byte(0 if key_type == "secp256k1" else 1)
    return writer.prefixed(key).prefixed(operator).finish()
