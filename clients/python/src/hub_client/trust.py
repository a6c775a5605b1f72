"""Whom and what a caller trusts, and what offers and answers have to be."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from hub_client.errors import DishonestError, WrongAssetError, WrongChainError, WrongOfferError
from hub_client.metering import MeteringError
from hub_client.wire import DecodeError, Domain, PublicKey, Purpose, Receipt, answer_bytes, message_digest, sha256

if TYPE_CHECKING:
    from hub_client.metering import Metering

SCHEME = "batch-settlement"
"""The scheme's name in x402: many calls are paid from money reserved before, and settled together."""

_NOTHING = "Nothing was signed for it"
_U64 = 2**64
_U128 = 2**128


@dataclass(frozen=True, slots=True)
class Rates:
    """What a call costs, in the smallest unit of a denomination."""

    per_call: int
    per_million_in: int
    per_million_out: int

    def cost(self, units_in: int, units_out: int) -> int:
        """Give what a call with these units costs, rounded up once."""
        metered = units_in * self.per_million_in + units_out * self.per_million_out
        return self.per_call - (-metered // 1_000_000)


@dataclass(frozen=True, slots=True)
class Terms:
    """Numbered terms of a model, as the chain shows them."""

    rates: Rates
    asset: str
    """Denomination: a native one by its name, a token as ``cw20:<address>``."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a model, as the chain and its manifest show it."""

    weights: bytes
    """Blob id, 32 bytes."""
    metering: Metering | None
    """What its units are; nothing where the manifest is not at hand."""


class Models(Protocol):
    """What the chain shows of models. Each question may ask a node, and fails with :class:`ChainError`."""

    def terms(self, model: int, terms: int) -> Terms:
        """Give the terms with this number."""
        ...

    def release(self, model: int, release: int) -> Release:
        """Give the release with this number."""
        ...


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server asks for one request. Amounts are in the smallest unit of the session's denomination."""

    amount: int
    """Most that this very request can cost: its input units were counted, its output units are bounded."""
    model: int
    release: int
    terms: int
    rates: Rates
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
    session: int | None
    """The session that was paid from, in an answer to a payment."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What an answer has to fit."""

    session: int
    request_id: bytes
    offer: Offer
    earlier: tuple[Offer, ...] = ()
    """Offers that the same call was signed for before."""
    open_at: int | None = None
    """Of a repeat: the most that the call could cost when it was signed first, 0 if it was answered before."""


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
    models: Models | None = None
    """What the chain shows of models; without it rates, weights and units are the server's word."""

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
                rates=Rates(_amount(extra["perCall"]), _amount(extra["perMillionIn"]), _amount(extra["perMillionOut"])),
                units_in=_number(extra["unitsIn"]),
                max_units_out=_number(extra["maxUnitsOut"]),
                request_hash=_hex(extra["requestHash"], 32),
                request_id=_hex(extra["requestId"], 16),
                charged=None if extra.get("charged") is None else _amount(extra["charged"]),
                ceiling=None if extra.get("ceiling") is None else _amount(extra["ceiling"]),
                session=None if extra.get("session") is None else _number(extra["session"]),
            )
            texts = {name: str(accepted[name]) for name in ("scheme", "network", "asset", "payTo")}
            billing, attester = str(hub["billing"]), _number(hub["attester"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise WrongOfferError(f"the server's offer is none of the Hub's: {error!r}. {_NOTHING}") from error
        expected: tuple[tuple[str, object, object, type[WrongOfferError]], ...] = (
            ("scheme", texts["scheme"], SCHEME, WrongOfferError),
            ("network", texts["network"], self.network, WrongChainError),
            ("billing contract", billing, self.billing, WrongChainError),
            ("asset", texts["asset"], self.asset, WrongAssetError),
            ("payee", texts["payTo"], self.operator, WrongOfferError),
            ("attester", attester, self.attester, WrongOfferError),
        )
        for what, is_said, wanted, kind in expected:
            if is_said != wanted:
                raise kind(f"the server's {what} is {is_said!r}, expected {wanted!r}. {_NOTHING}")
        if body is not None and found.request_hash != sha256(body):
            raise WrongOfferError(f"the offer is about another request than the one that was sent. {_NOTHING}")
        if found.amount != found.rates.cost(found.units_in, found.max_units_out):
            raise WrongOfferError(f"the offer's amount is not what its rates and units make. {_NOTHING}")
        self._on_chain(found)
        return found

    def _on_chain(self, offer: Offer) -> None:
        if self.models is None:
            return
        terms = self.models.terms(offer.model, offer.terms)
        which = f"terms {offer.terms} of model {offer.model}"
        if terms.asset != self.asset:
            raise WrongAssetError(f"{which} are in {terms.asset}, and the session holds {self.asset}. {_NOTHING}")
        if terms.rates != offer.rates:
            raise WrongOfferError(f"the server's rates are not those of {which} on chain. {_NOTHING}")

    def receipt(
        self, agreed: Agreed, settled: dict[str, Any], bodies: tuple[bytes, bytes] | None
    ) -> tuple[Receipt, int, int, bool]:
        """Check an answer against the call and what was agreed.

        ``bodies`` are those of request and answer; without them, what the receipt says of the answer's is not checked.
        Gives the receipt, what the call cost, what the server says is charged to the session, and whether the units of the
        bodies were counted again.
        """
        most = max(agreed.offer.amount, agreed.open_at or 0)
        try:
            extra = settled["extra"]
            data = base64.b64decode(extra["receipt"], validate=True)
            signature = base64.b64decode(extra["answerSignature"], validate=True)
            engine, label = str(extra["engine"]), str(extra["label"])
            amount, charged = _amount(settled["amount"]), _amount(extra["charged"])
            receipt = Receipt.decode(data)
        except (KeyError, TypeError, ValueError, binascii.Error, DecodeError) as error:
            raise DishonestError(f"its settlement cannot be read: {error!r}", most) from error
        digest = message_digest(self.tag("answer"), answer_bytes(data, engine, label))
        if not self.key.verify(digest, signature):
            raise DishonestError("its signature does not verify with the attester's key", most)
        if settled.get("success") is not True:
            raise DishonestError("it says that the payment failed, with an answer", most)
        offer = self._priced(agreed, receipt)
        known = None if self.models is None else self.models.release(offer.model, offer.release)
        same = {
            "attester": receipt.attester == self.attester,
            "session": receipt.session == agreed.session,
            "model": receipt.model == offer.model,
            "release": receipt.release == offer.release,
            "terms": receipt.terms == offer.terms,
            "request id": receipt.request_id == agreed.request_id,
            "request": receipt.request_hash == (offer.request_hash if bodies is None else sha256(bodies[0])),
            "answer": bodies is None or receipt.response_hash == sha256(bodies[1]),
            "weights": known is None or known.weights == receipt.blob_id,
        }
        if wrong := [what for what, right in same.items() if not right]:
            raise DishonestError(f"its receipt is about another {wrong[0]}", most)
        if receipt.units_in > offer.units_in or receipt.units_out > offer.max_units_out:
            raise DishonestError(
                f"its receipt states {receipt.units_in} units in and {receipt.units_out} out, "
                f"and at most {offer.units_in} and {offer.max_units_out} were agreed",
                most,
            )
        counted = bodies is not None and known is not None and known.metering is not None
        if bodies is not None and known is not None and known.metering is not None:
            counted = _recount(known.metering, bodies, receipt, offer, most)
        if amount != offer.rates.cost(receipt.units_in, receipt.units_out):
            raise DishonestError(f"it charges {amount}, which is not what its units cost", most)
        # What was answered before was counted then.
        if amount > most and agreed.open_at != 0:
            raise DishonestError(f"it charges {amount}, and at most {most} were agreed", most)
        return receipt, amount, charged, counted

    def _priced(self, agreed: Agreed, receipt: Receipt) -> Offer:
        """Give the offer that the receipt is of: a repeat gets the stored answer, at the price of its first time."""
        if receipt.terms == agreed.offer.terms:
            return agreed.offer
        for one in agreed.earlier:
            if (one.terms, one.release) == (receipt.terms, agreed.offer.release):
                return one
        if agreed.open_at is not None and self.models is not None:
            rates = self.models.terms(agreed.offer.model, receipt.terms).rates
            return replace(agreed.offer, terms=receipt.terms, rates=rates)
        return agreed.offer


def _recount(metering: Metering, bodies: tuple[bytes, bytes], receipt: Receipt, offer: Offer, most: int) -> bool:
    """Count the units of both bodies again. Whether both could be counted: tokens are the operator's word."""
    try:
        units_in, units_out = metering.recount(*bodies)
    except MeteringError as error:
        raise DishonestError(f"its body cannot be counted: {error}", most) from error
    # What was not agreed is not charged, even if the answer is longer.
    right_out = units_out is None or min(units_out, offer.max_units_out) == receipt.units_out
    if (units_in is not None and units_in != receipt.units_in) or not right_out:
        raise DishonestError(
            f"its receipt states {receipt.units_in} units in and {receipt.units_out} out, "
            f"and the bodies have {units_in} and {units_out}",
            most,
        )
    return units_in is not None and units_out is not None


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
