"""The Merkle tree of RFC 6962 over the receipts of a batch, and proofs as in RFC 9162, section 2.1.3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub_client.wire.digest import sha256

if TYPE_CHECKING:
    from collections.abc import Sequence


def leaf_hash(leaf: bytes) -> bytes:
    """Hash one leaf."""
    return sha256(b"\x00", leaf)


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Give the root over the leaves in order; of none, sha256 of nothing."""
    level = [leaf_hash(leaf) for leaf in leaves]
    while len(level) > 1:
        # The last node of an odd level has no sibling and rises as it is.
        pairs = range(0, len(level), 2)
        level = [sha256(b"\x01", *level[at : at + 2]) if at + 1 < len(level) else level[at] for at in pairs]
    return level[0] if level else sha256()


def verify_inclusion(root: bytes, leaf: bytes, index: int, size: int, siblings: Sequence[bytes]) -> bool:
    """Whether ``leaf`` lies at ``index`` in the tree of ``size`` leaves: exactly the siblings on the way count."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf_hash(leaf)
    for sibling in siblings:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = sha256(b"\x01", sibling, found)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            found = sha256(b"\x01", found, sibling)
        place >>= 1
        last >>= 1
    return last == 0 and found == root
