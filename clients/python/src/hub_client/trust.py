"""Whom and what a caller trusts, and what offers and answers have to be."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

from hub_client.errors import DishonestError, WrongAssetError, WrongChainError, WrongOfferError
from hub_client.wire import DecodeError, Domain, PublicKey, Purpose, Receipt, answer_bytes, message_digest, sha256

SCHEME = "batch-settlement"
"""The scheme's name in x402: many calls are paid from money reserved before, and settled together."""

_U64 = 2**64
_U128 = 2**128


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server asks for one request. Amounts are in the smallest unit of the session's denomination."""

    amount: int
    """Most that this very request can cost: its input units were counted, its output units are bounded."""
    model: int
    release: int
    terms: int
    per_call: int
    per_million_in: int
    per_million_out: int
    units_in: int
    """Input units of this request."""
    max_units_out: int
    """Most output units that its answer can have."""
    request_hash: bytes
    """sha256 of the body as the server received it."""
    request_id: bytes
    """A fresh id of the server's, which names this offer."""
    charged: int | None
    """What the server says is charged to the session, calls that run included."""
    ceiling: int | None
    """Highest ceiling that it knows."""

    def cost(self, units_in: int, units_out: int) -> int:
        """Give what a call with these units costs, rounded up once."""
        metered = units_in * self.per_million_in + units_out * self.per_million_out
        return self.per_call - (-metered // 1_000_000)


@dataclass(frozen=True, slots=True)
class Trust:
    """What the chain shows of whom a session trusts. Nothing of it is taken from a server."""

    chain_id: str
    billing: str
    """Address of the billing contract."""
    billing_canonical: bytes
    """The same, canonical."""
    operator: str
    """Operator that the session trusts: the payee."""
    attester: int
    """Its attester."""
    key: PublicKey
    """The attester's key, as it is registered."""
    asset: str
    """Denomination of the session: a native one by its name, a token as ``cw20:<address>``."""
    weights: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """Blob ids that the chain shows, by model and release; of others the server's word is taken."""

    @property
    def network(self) -> str:
        """The network's name in x402."""
        return f"cosmos:{self.chain_id}"

    def tag(self, purpose: Purpose) -> bytes:
        """Give the tag of a purpose for this chain and contract."""
        return Domain(self.chain_id, self.billing_canonical).tag(purpose)

    def offer(self, accepted: dict[str, Any], body: bytes | None) -> Offer:
        """Check what a server asks for, before anything is signed. Without ``body`` its hash is the server's word."""
        try:
            extra = accepted["extra"]
            hub = extra["hub"]
            found = Offer(
                amount=_amount(accepted["amount"]),
                model=_number(extra["model"]),
                release=_number(extra["release"]),
                terms=_number(extra["terms"]),
                per_call=_amount(extra["perCall"]),
                per_million_in=_amount(extra["perMillionIn"]),
                per_million_out=_amount(extra["perMillionOut"]),
                units_in=_number(extra["unitsIn"]),
                max_units_out=_number(extra["maxUnitsOut"]),
                request_hash=_hex(extra["requestHash"], 32),
                request_id=_hex(extra["requestId"], 16),
                charged=None if extra.get("charged") is None else _amount(extra["charged"]),
                ceiling=None if extra.get("ceiling") is None else _amount(extra["ceiling"]),
            )
            texts = {name: str(accepted[name]) for name in ("scheme", "network", "asset", "payTo")}
            billing, attester = str(hub["billing"]), _number(hub["attester"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise WrongOfferError(f"the server's offer is none of the Hub's: {error!r}. Nothing was signed") from error
        differs = "the server's {} is {!r}, expected {!r}. Nothing was signed".format
        if texts["scheme"] != SCHEME:
            raise WrongOfferError(differs("scheme", texts["scheme"], SCHEME))
        if texts["network"] != self.network:
            raise WrongChainError(differs("network", texts["network"], self.network))
        if billing != self.billing:
            raise WrongChainError(differs("billing contract", billing, self.billing))
        if texts["asset"] != self.asset:
            raise WrongAssetError(differs("asset", texts["asset"], self.asset))
        if texts["payTo"] != self.operator:
            raise WrongOfferError(differs("payee", texts["payTo"], self.operator))
        if attester != self.attester:
            raise WrongOfferError(differs("attester", attester, self.attester))
        if body is not None and found.request_hash != sha256(body):
            raise WrongOfferError("the offer is about another request than the one that was sent. Nothing was signed")
        if found.amount != found.cost(found.units_in, found.max_units_out):
            raise WrongOfferError("the offer's amount is not what its rates and units make. Nothing was signed")
        return found

    def receipt(
        self, offer: Offer, request_id: bytes, session: int, settled: dict[str, Any], bodies: tuple[bytes, bytes] | None
    ) -> tuple[Receipt, int, int]:
        """Check an answer against the call and what was agreed.

        ``bodies`` are those of request and answer; without them, what the receipt says of the answer's is not checked.
        Gives the receipt, what the call cost, and what the server says is charged to the session.
        """
        try:
            extra = settled["extra"]
            data = base64.b64decode(extra["receipt"], validate=True)
            signature = base64.b64decode(extra["answerSignature"], validate=True)
            engine, label = str(extra["engine"]), str(extra["label"])
            amount, charged = _amount(settled["amount"]), _amount(extra["charged"])
            receipt = Receipt.decode(data)
        except (KeyError, TypeError, ValueError, binascii.Error, DecodeError) as error:
            raise DishonestError(f"its settlement cannot be read: {error!r}", offer.amount) from error
        digest = message_digest(self.tag("answer"), answer_bytes(data, engine, label))
        if not self.key.verify(digest, signature):
            raise DishonestError("its signature does not verify with the attester's key", offer.amount)
        same = {
            "attester": receipt.attester == self.attester,
            "session": receipt.session == session,
            "model": receipt.model == offer.model,
            "release": receipt.release == offer.release,
            "terms": receipt.terms == offer.terms,
            "request id": receipt.request_id == request_id,
            "request": receipt.request_hash == (offer.request_hash if bodies is None else sha256(bodies[0])),
            "answer": bodies is None or receipt.response_hash == sha256(bodies[1]),
            "weights": self.weights.get((offer.model, offer.release), receipt.blob_id) == receipt.blob_id,
        }
        if wrong := [what for what, right in same.items() if not right]:
            raise DishonestError(f"its receipt is about another {wrong[0]}", offer.amount)
        if receipt.units_in > offer.units_in or receipt.units_out > offer.max_units_out:
            raise DishonestError(
                f"its receipt states {receipt.units_in} units in and {receipt.units_out} out, "
                f"and at most {offer.units_in} and {offer.max_units_out} were agreed",
                offer.amount,
            )
        if amount != offer.cost(receipt.units_in, receipt.units_out):
            raise DishonestError(f"it charges {amount}, which is not what its units cost", offer.amount)
        return receipt, amount, charged


def _amount(value: object) -> int:
    """Read an amount: decimal text, since JSON numbers hold 53 bits only."""
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 39:
        raise ValueError(f"{value!r} is no amount as decimal text")
    if (amount := int(value)) >= _U128:
        raise ValueError(f"{value} has more than 128 bits")
    return amount


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _U64:
        raise ValueError(f"{value!r} is no unsigned number of 64 bits")
    return value


def _hex(value: object, length: int) -> bytes:
    if not isinstance(value, str) or len(value) != 2 * length:
        raise ValueError(f"{value!r} is not {2 * length} hexadecimal digits")
    return bytes.fromhex(value)
