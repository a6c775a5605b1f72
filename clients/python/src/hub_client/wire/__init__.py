"""The wire format of the Hub, byte for byte: what callers sign, and what attesters sign for them."""

from hub_client.wire.digest import Domain, Purpose, commit_hash, measurement, message_digest, receipt_digest, sha256
from hub_client.wire.errors import DecodeError, EncodeError, KeyFormatError
from hub_client.wire.keys import KeyType, PublicKey, SigningKey
from hub_client.wire.merkle import leaf_hash, merkle_root, verify_inclusion
from hub_client.wire.messages import Call, Receipt, Voucher, answer_bytes, possession_bytes
from hub_client.wire.varint import Reader, Writer

__all__ = [
    "Call",
    "DecodeError",
    "Domain",
    "EncodeError",
    "KeyFormatError",
    "KeyType",
    "PublicKey",
    "Purpose",
    "Reader",
    "Receipt",
    "SigningKey",
    "Voucher",
    "Writer",
    "answer_bytes",
    "commit_hash",
    "leaf_hash",
    "measurement",
    "merkle_root",
    "message_digest",
    "possession_bytes",
    "receipt_digest",
    "sha256",
    "verify_inclusion",
]
