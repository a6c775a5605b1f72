"""A session that pays: signs calls and vouchers within limits, and believes no server."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections import OrderedDict
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub_client.errors import (
    DishonestError,
    DistrustedError,
    HubError,
    LimitError,
    OverchargedError,
    TallyError,
    WrongOfferError,
)
from hub_client.pieces import taken_apart
from hub_client.tally import Tally
from hub_client.trust import Agreed
from hub_client.wire import Call, Receipt, SigningKey, Voucher, message_digest, sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hub_client.trust import Offer, Trust

_REMEMBERED = 4096
"""So many offers and answers are remembered at once."""
_EARLIER = 4
"""So many earlier offers of one call are remembered."""

_repeated: ContextVar[str | None] = ContextVar("hub_request_id", default=None)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a caller is willing to spend, in the smallest unit of the session's denomination."""

    per_call: int
    """The most that one call may cost."""
    total: int
    """The most that the session may be charged in all, what was charged before included."""
    answer_bytes: int = 64 << 20
    """The longest answer that is read."""
    answer_seconds: float = 120
    """The longest that one attempt may take, from the request to the last byte of its answer."""


@dataclass(frozen=True, slots=True)
class Paid:
    """A paid answer that was checked."""

    request_id: str
    """The call's name, 32 hexadecimal digits: under it the server says what became of the receipt."""
    receipt: Receipt
    """The receipt, which settles on chain."""
    amount: int
    """What the call cost."""
    charged: int
    """What the server says is charged to the session, calls that run included."""
    engine: str
    """Name and version of the engine."""
    label: str
    """What the attester's key is, as the server says."""
    counted: bool
    """Whether the units of both bodies were counted again. Otherwise, as with tokens, they are the operator's word."""


@dataclass(frozen=True, slots=True)
class _Paying:
    """What a call was signed for."""

    offer: Offer
    earlier: tuple[Offer, ...]
    """Offers that it was signed for before: the stored answer of a repeat has the price of its first time."""
    open_at: int | None
    """Of a repeat: the most that the call could cost when it was signed first, 0 if it was answered before."""
    times: int
    """How often this very offer was signed."""

    @staticmethod
    def after(before: _Paying | None, offer: Offer, open_at: int | None) -> _Paying:
        if before is None:
            return _Paying(offer, (), open_at, 1)
        if before.offer.request_id == offer.request_id:
            return _Paying(offer, before.earlier, before.open_at, before.times + 1)
        return _Paying(offer, (*before.earlier, before.offer)[-_EARLIER:], open_at, 1)


class Session:
    """Pays for calls out of one session of the Hub. Its key never leaves it. Threads and tasks may share it."""

    def __init__(
        self,
        number: int,
        key: SigningKey,
        trust: Trust,
        limits: Limits,
        *,
        tally: Tally | Path | None = None,
        spent: int = 0,
        server: str | None = None,
        valid_for: int = 120,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Pay from session ``number`` with the key that it names on chain.

        ``tally`` is where the count is kept; without one it dies with the process. ``spent`` is what the chain shows as
        spent, and counts only for a new tally. ``valid_for`` is how long a signed call is valid, in seconds, at most 600.
        """
        self.number = number
        self.trust = trust
        self.limits = limits
        self.server = server
        self.tally = tally if isinstance(tally, Tally) else Tally(number, spent, tally)
        if self.tally.session != number:
            raise LimitError(f"the tally is that of session {self.tally.session}, not of {number}")
        self._key = key
        self._valid_for = valid_for
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._payings: OrderedDict[str, _Paying] = OrderedDict()
        self._paid: OrderedDict[str, Paid] = OrderedDict()

    @contextlib.contextmanager
    def repeating(self, request_id: str) -> Iterator[None]:
        """Repeat a call within this block: the same id with the same body is the same call, and is paid once."""
        if len(request_id) != 32:
            raise ValueError("a request id has 32 hexadecimal digits")
        token = _repeated.set(bytes.fromhex(request_id).hex())
        try:
            yield
        finally:
            _repeated.reset(token)

    def offer(self, accepted: dict[str, Any], body: bytes | None = None) -> Offer:
        """Check what a server asks for, and that it counts no more than was asked of it."""
        if (why := self.tally.distrusted) is not None:
            raise DistrustedError(f"operator {self.trust.operator}", why)
        found = self.trust.offer(accepted, body)
        # Whoever answers there may be anybody so far: what it counts is told, and not held against the operator.
        if (error := self._overcharged(found.charged, self.tally.most_signed)) is not None:
            raise error
        return found

    def pay(self, accepted: dict[str, Any], body: bytes | None = None) -> dict[str, Any]:
        """Give the payload that pays an offer. An offer is one call: paid twice, it is paid once.

        The tally is on disk before anything is signed.
        """
        offer = self.offer(accepted, body)
        request_id = _repeated.get() or self._name(offer)
        if offer.amount > self.limits.per_call:
            raise LimitError(
                f"the call can cost {offer.amount}, and you allow {self.limits.per_call} a call: "
                "raise the limit if it is worth it. Nothing was signed"
            )
        ceiling = self.tally.begin(request_id, offer.amount, self.limits.total)
        if ceiling is None:
            raise LimitError(
                f"with this call, which can cost {offer.amount}, session {self.number} could be charged more than the "
                f"{self.limits.total} that you allow in all: raise the limit or open another session. Nothing was signed"
            )
        # Of a repeat it may be more than it costs by now.
        open_at = None if _repeated.get() is None else self.tally.open_calls.get(request_id, 0)
        self._remember(self._payings, request_id, _Paying.after(self._payings.get(request_id), offer, open_at))
        call = Call(
            attester=self.trust.attester,
            session=self.number,
            model=offer.model,
            request_id=bytes.fromhex(request_id),
            expires_at=int(self._clock()) + self._valid_for,
            request_hash=offer.request_hash,
        )
        voucher = Voucher(session=self.number, ceiling=ceiling)
        return {
            "session": self.number,
            "call": {
                "requestId": request_id,
                "expiresAt": call.expires_at,
                "signature": self._sign("call", call.encode()),
            },
            "voucher": {"ceiling": str(ceiling), "signature": self._sign("voucher", voucher.encode())},
        }

    def settled(self, payload: dict[str, Any], settled: dict[str, Any], bodies: tuple[bytes, bytes] | None = None) -> Paid:
        """Check the settlement of a payload of :meth:`pay`, and count what the call cost.

        ``bodies`` are those of request and answer. Without them the receipt's hash of the answer is not checked.
        """
        request_id = str(payload["call"]["requestId"])
        paying = self._payings.get(request_id)
        if paying is None:
            raise WrongOfferError(f"nothing was paid here under request id {request_id}")
        agreed = Agreed(self.number, bytes.fromhex(request_id), paying.offer, paying.earlier, paying.open_at)
        try:
            receipt, amount, charged, counted = self.trust.receipt(agreed, settled, bodies)
        except DishonestError as error:
            self._distrust(error)
            raise
        # Counted whatever the server says besides: the attester signed for it.
        most, is_second = self._end(request_id, amount, receipt)
        if is_second:
            raise self.dishonest(payload, "it has another receipt than the one that this call was answered with before")
        extra = settled["extra"]
        paid = Paid(request_id, receipt, amount, charged, str(extra["engine"]), str(extra["label"]), counted)
        # The hook of x402 asks once more, without the bodies: what was counted stays counted.
        if bodies is not None or receipt.response_hash.hex() not in self._paid:
            self._remember(self._paid, receipt.response_hash.hex(), paid)
        self._count(charged, most)
        return paid

    def dishonest(self, payload: dict[str, Any], what: str) -> DishonestError:
        """Note that an answer is not what was agreed. The call stays counted at its most, and nothing more is signed."""
        paying = self._payings.get(str(payload["call"]["requestId"]))
        error = DishonestError(what, 0 if paying is None else paying.offer.amount)
        self._distrust(error)
        return error

    def not_charged(self, payload: dict[str, Any]) -> None:
        """Note that a call was refused. If the server lies, its own count will show it."""
        self.tally.drop(str(payload["call"]["requestId"]))

    def corrected(self, payload: dict[str, Any], accepted: dict[str, Any], code: str, body: bytes | None = None) -> bool:
        """Whether a payment that was refused with ``code`` is worth a second try: the server does not know its voucher.

        A ceiling is never taken from a server. What was signed covers every call that was made.
        """
        request_id = str(payload["call"]["requestId"])
        offer = self.trust.offer(accepted, body)
        if offer.session not in (None, self.number):
            raise WrongOfferError(
                f"the server's session is {offer.session}, expected {self.number}. Nothing more was signed"
            )
        self._count(offer.charged, self.tally.most_beside(request_id))
        agreed = self._payings.get(request_id)
        if code != "voucher_missing" or offer.charged is None or agreed is None or agreed.times > 1:
            return False
        return offer.amount <= agreed.offer.amount and offer.charged + offer.amount <= self.tally.ceiling

    def trust_again(self) -> None:
        """Pay the operator again, though an answer was not what was agreed."""
        self.tally.distrust(None)

    def paid(self, body: bytes) -> Paid:
        """Give what was paid for an answer, by the bytes of its body."""
        found = self._paid.get(sha256(body).hex()) or self._paid.get(sha256(taken_apart(body)[0]).hex())
        if found is None:
            raise DishonestError("no checked receipt is known for it", 0)
        return found

    def _name(self, offer: Offer) -> str:
        """Name the call that an offer is for: the same offer has the same name, and nobody else can guess it."""
        digest = hmac.new(self._secret, offer.request_id + offer.request_hash, hashlib.sha256).digest()
        return digest[:16].hex()

    def _overcharged(self, charged: int | None, own: int) -> OverchargedError | None:
        if charged is None or charged <= own:
            return None
        return OverchargedError(
            f"the server says that {charged} are charged to session {self.number}, and calls came to at most {own}: "
            "do not use this server again"
        )

    def _count(self, charged: int | None, own: int) -> None:
        """Refuse a server that was paid and counts more than was asked of it when it counted."""
        if (error := self._overcharged(charged, own)) is not None:
            self._distrust(error)
            raise error

    def _end(self, request_id: str, amount: int, receipt: Receipt) -> tuple[int, bool]:
        try:
            return self.tally.end(request_id, amount, sha256(receipt.encode()))
        except TallyError:
            # What is paid is handed on. The call stays counted at its most, and nothing more is sent until it can be kept.
            return self.tally.most_signed, False

    def _distrust(self, error: HubError) -> None:
        # A tally that cannot be kept sends nothing either; what the server did is the error that counts.
        with contextlib.suppress(TallyError):
            self.tally.distrust(str(error))

    def _sign(self, purpose: str, message: bytes) -> str:
        tag = self.trust.tag("call" if purpose == "call" else "voucher")
        return base64.b64encode(self._key.sign(message_digest(tag, message))).decode()

    def _remember(self, table: OrderedDict[str, Any], name: str, value: object) -> None:
        with self._lock:
            table[name] = value
            table.move_to_end(name)
            while len(table) > _REMEMBERED:
                table.popitem(last=False)


def read_header(text: str) -> dict[str, Any]:
    """Read a header of x402: base64 of a JSON object of at most 16 KiB."""
    if len(text) > 16 * 1024:
        raise WrongOfferError(f"the server's payment header has {len(text)} bytes, at most 16384 are read")
    try:
        found = json.loads(base64.b64decode(text.strip(), validate=True))
    except (ValueError, RecursionError) as error:
        raise WrongOfferError(f"the server's payment header is no base64 of JSON: {error}") from error
    if not isinstance(found, dict):
        raise WrongOfferError("the server's payment header holds no JSON object")
    return found
