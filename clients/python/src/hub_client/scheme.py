"""The scheme ``batch-settlement`` on networks ``cosmos:<chain id>`` for the clients of PyPI's ``x402``."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from x402 import x402Client, x402ClientSync
from x402.schemas import RecoveredResponseResult

from hub_client.errors import PriceRaisedError, WrongOfferError, refused
from hub_client.trust import SCHEME

if TYPE_CHECKING:
    from x402.interfaces import PaymentPayloadContext
    from x402.schemas import PaymentRequirements, PaymentResponseContext

    from hub_client.session import Session


class HubScheme:
    """Pays offers of the Hub out of one session, through an unchanged client of ``x402``.

    A scheme sees headers alone: that the request's hash is right before it is paid, and that the answer is the one of the
    receipt, is checked by :mod:`hub_client.transport`, which sees the bodies.
    """

    scheme = SCHEME

    def __init__(self, session: Session) -> None:
        """Pay from ``session``."""
        self.session = session
        self.scheme_hooks = SimpleNamespace(on_payment_response=self._response)

    def create_payment_payload(
        self,
        requirements: PaymentRequirements,
        extensions: dict[str, Any] | None = None,  # noqa: ARG002 - the protocol's signature
        context: PaymentPayloadContext | None = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        """Sign the call and the voucher that pay ``requirements``."""
        return self.session.pay(requirements.model_dump(by_alias=True))

    def _response(self, context: PaymentResponseContext) -> RecoveredResponseResult | None:
        payload: dict[str, Any] = context.payment_payload.payload
        if context.settle_response is not None:
            self.session.settled(payload, context.settle_response.model_dump(by_alias=True))
            return None
        required = context.payment_required
        if required is None:
            return None
        code = getattr(required, "error", None) or "payment_required"
        try:
            offers = [one for one in required.accepts if getattr(one, "scheme", None) == SCHEME]
            if any(self.session.corrected(payload, one.model_dump(by_alias=True), code) for one in offers):
                return RecoveredResponseResult()
        except WrongOfferError:
            self.session.not_charged(payload)
            raise
        self.session.not_charged(payload)
        if code == "price_changed" and offers:
            before, now = int(context.requirements.get_amount()), offers[0].get_amount()
            raise PriceRaisedError(code, f"the price rose from {before} to {now} between the offer and the payment")
        raise refused(code, "the payment was not taken")


def client(session: Session) -> x402Client:
    """Make a client of ``x402`` for ``httpx`` that pays from the session, within its limits."""
    made = x402Client()
    made.register("cosmos:*", HubScheme(session))
    # The session's limits hold instead: they know its denomination, and their errors say what to do.
    made.set_spend_controls(False)
    return made


def client_sync(session: Session) -> x402ClientSync:
    """Make a client of ``x402`` for ``requests`` that pays from the session, within its limits."""
    made = x402ClientSync()
    made.register("cosmos:*", HubScheme(session))
    # The session's limits hold instead: they know its denomination, and their errors say what to do.
    made.set_spend_controls(False)
    return made
