"""The 32-byte digests that are signed, each bound to one purpose, one chain and one contract."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from hub_client.wire.varint import Writer

Purpose = Literal["batch", "receipt", "voucher", "attester", "commit", "call", "answer"]
"""What a signature or commitment is for. None can be taken for another."""


def sha256(*parts: bytes) -> bytes:
    """Hash the parts one after the other, with nothing between them."""
    return hashlib.sha256(b"".join(parts)).digest()


@dataclass(frozen=True, slots=True)
class Domain:
    """One contract on one chain: where a signature counts."""

    chain_id: str
    """Chain id, as in the block header."""
    contract: bytes
    """Canonical address: the registry for ``commit``, billing for the rest."""

    def tag(self, purpose: Purpose) -> bytes:
        """Give the tag that binds a digest to one purpose here. It is computed, never sent."""
        writer = Writer().raw(f"hub/{purpose}/v1".encode())
        return sha256(writer.prefixed(self.chain_id.encode()).prefixed(self.contract).finish())


def message_digest(tag: bytes, message: bytes) -> bytes:
    """Give what is signed for a batch, a voucher, a possession, a call or an answer."""
    return sha256(tag, sha256(message))


def receipt_digest(tag: bytes, receipt: bytes, sequence: int) -> bytes:
    """Give what an attester signs for a single receipt at a place in its lane."""
    return sha256(tag, sha256(receipt), sequence.to_bytes(8, "big"))


def measurement(verifier: bytes, digest: bytes) -> bytes:
    """Name a verifier (canonical address) and what it found."""
    return sha256(Writer().raw(b"hub/measurement/v1").prefixed(verifier).finish(), digest)


def commit_hash(tag: bytes, sender: bytes, blob_id: bytes, salt: bytes) -> bytes:
    """Commit to a blob id before its publication; ``sender`` is the canonical address."""
    return sha256(tag, Writer().prefixed(sender).finish(), blob_id, salt)
