"""Keys that sign, and signatures that count: compact low-s ECDSA over secp256k1, or ed25519."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hub_client.wire.errors import KeyFormatError

KeyType = Literal["secp256k1", "ed25519"]
"""The signature schemes that attesters and callers may use."""

_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
_FIELD = 2**255 - 19
_ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
# y of the points of small order of edwards25519: 0, 1, -1, and two of order 8. Little-endian, without the sign of x.
_SMALL_ORDER = frozenset(
    int.from_bytes(bytes.fromhex(text), "little")
    for text in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )
)


def _is_odd_point(encoded: bytes) -> bool:
    """Whether an encoded point of edwards25519 has small order, or another encoding than its one."""
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    return y >= _FIELD or y in _SMALL_ORDER


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: right in type, length and prefix; of ed25519, in its one encoding and not of small order."""

    key_type: KeyType
    """Its kind."""
    data: bytes
    """Compressed SEC1 (33 bytes) or raw (32 bytes)."""

    def __post_init__(self) -> None:
        """Refuse what is no key, and keys for which anybody can sign."""
        expected = 33 if self.key_type == "secp256k1" else 32
        if len(self.data) != expected:
            raise KeyFormatError(f"key of {len(self.data)} bytes, expected {expected}")
        if self.key_type == "secp256k1" and self.data[0] not in (2, 3):
            raise KeyFormatError(f"secp256k1 key starts with {self.data[0]}, expected compressed SEC1: 2 or 3")
        if self.key_type == "ed25519" and _is_odd_point(self.data):
            raise KeyFormatError("ed25519 key is not canonical or of small order: expected one of a secret key")

    def verify(self, digest: bytes, signature: bytes) -> bool:
        """Whether ``signature`` is one of this key over ``digest``. High s is refused, as on chain."""
        if len(signature) != 64 or len(digest) != 32:
            return False
        try:
            if self.key_type == "secp256k1":
                r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
                if not 0 < s <= _ORDER // 2 or not 0 < r < _ORDER:
                    return False
                key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), self.data)
                key.verify(utils.encode_dss_signature(r, s), digest, ec.ECDSA(utils.Prehashed(SHA256())))
            else:
                # Strict: OpenSSL takes points of small order, chains and other clients do not.
                s = int.from_bytes(signature[32:], "little")
                if _is_odd_point(signature[:32]) or s >= _ED25519_ORDER:
                    return False
                ed25519.Ed25519PublicKey.from_public_bytes(self.data).verify(signature, digest)
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """A secret key of either type. It stays in this object: nothing shows or serialises it."""

    def __init__(self, key_type: KeyType, seed: bytes) -> None:
        """``seed``: of secp256k1 the secret scalar, big-endian; of ed25519 the seed of RFC 8032."""
        if len(seed) != 32:
            raise KeyFormatError(f"seed of {len(seed)} bytes, expected 32")
        self._secp256k1: ec.EllipticCurvePrivateKey | None = None
        self._ed25519: ed25519.Ed25519PrivateKey | None = None
        if key_type == "secp256k1":
            scalar = int.from_bytes(seed, "big")
            if not 0 < scalar < _ORDER:
                raise KeyFormatError("the seed is no secret key of secp256k1, expected 1 to n - 1, big-endian")
            self._secp256k1 = ec.derive_private_key(scalar, ec.SECP256K1())
            point = self._secp256k1.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        else:
            self._ed25519 = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
            point = self._ed25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public_key = PublicKey(key_type, point)

    @staticmethod
    def generate(key_type: KeyType = "secp256k1") -> SigningKey:
        """Make a new key from the system's random numbers."""
        while True:
            try:
                return SigningKey(key_type, secrets.token_bytes(32))
            except KeyFormatError:  # One seed in 2^128 is no scalar of secp256k1.
                continue

    def sign(self, digest: bytes) -> bytes:
        """Sign a 32-byte digest: 64 bytes, the same for the same digest every time."""
        if len(digest) != 32:
            raise KeyFormatError(f"digest of {len(digest)} bytes, expected 32")
        if self._ed25519 is not None:
            return self._ed25519.sign(digest)
        if self._secp256k1 is None:  # pragma: no cover
            raise KeyFormatError("no key")
        algorithm = ec.ECDSA(utils.Prehashed(SHA256()), deterministic_signing=True)
        r, s = utils.decode_dss_signature(self._secp256k1.sign(digest, algorithm))
        return r.to_bytes(32, "big") + min(s, _ORDER - s).to_bytes(32, "big")

    def __repr__(self) -> str:
        """Show the public key only."""
        return f"SigningKey({self.public_key.data.hex()})"
