"""Why a call gave no answer. Each error says whether money may have been spent, and what to do."""

from __future__ import annotations

from x402.http.clients import httpx as _httpx
from x402.http.clients import requests as _requests


class HubError(_httpx.PaymentError, _requests.PaymentError):
    """Any of the errors below. The clients of x402 hand on their own ``PaymentError`` as it is, so it is one."""


class WrongOfferError(HubError):
    """The server asks to be paid for something else than what was asked for. Nothing was signed."""


class WrongChainError(WrongOfferError):
    """The offer is for another chain or another billing contract than the session's."""


class WrongAssetError(WrongOfferError):
    """The offer is in another denomination than the session's budget."""


class LimitError(HubError):
    """A limit of your own. Nothing was sent that could be charged."""


class OverchargedError(HubError):
    """The server counts more than was ever asked of it. Nothing more is signed for this session."""


class DishonestError(HubError):
    """The answer is there and is not what was agreed. It may be charged, at most what the call could cost."""

    def __init__(self, what: str, at_most: int) -> None:
        """``at_most`` is the most that the call can cost."""
        super().__init__(
            f"the answer is not what was agreed: {what}. The call may be charged, at most {at_most}; "
            "do not use this server again"
        )
        self.at_most = at_most


class DistrustedError(HubError):
    """The operator was dishonest before. Nothing was signed; ``Session.trust_again()`` pays it again."""

    def __init__(self, whom: str, why: str) -> None:
        """``why`` is what it did."""
        super().__init__(f"{whom} is not paid any more: {why}. Open a session with another, or call trust_again()")


class BrokenOffError(HubError):
    """An answer in pieces ended early, as its server says. What was said until then is paid for."""

    def __init__(self, reason: str) -> None:
        """``reason`` is the server's own word."""
        super().__init__(
            f"the answer broke off ({reason}); what was said until then is paid for: call again for a whole one"
        )


class AnswerLostError(HubError):
    """No answer came after the payment left. The same request id gives the answer, and is never paid twice."""

    def __init__(self, request_id: str, reason: str) -> None:
        """``request_id`` has 32 hexadecimal digits."""
        super().__init__(
            f"no answer came ({reason}), and the call may have run: repeat it within "
            f'session.repeating("{request_id}"), which is never paid twice'
        )
        self.request_id = request_id


class RefusedError(HubError):
    """The server refused the call. Nothing was charged."""

    def __init__(self, code: str, sentence: str, status: int = 402) -> None:
        """``code`` is the server's word for why, ``status`` the one of HTTP."""
        super().__init__(f"the server refused the call ({code}): {sentence}")
        self.code = code
        self.status = status


class PriceRaisedError(RefusedError):
    """The price rose between the offer and the payment. Nothing was charged; call again if it is worth it."""


class SessionExhaustedError(RefusedError):
    """The session's budget does not cover the call: ``hub session topup``."""


class SessionEndedError(RefusedError):
    """The session expired or was closed: open another."""


class SessionMismatchError(RefusedError):
    """The session does not pay for this: it is unknown here, or trusts another operator, model, price or denomination."""


class ClockError(RefusedError):
    """The clock here or at the server is off: a signed call is valid for minutes only."""


class WrongSignatureError(RefusedError):
    """The server does not take the signature: another key, chain or contract."""


class TallyError(HubError):
    """The tally cannot be kept, so nothing was sent."""


class ChainError(HubError):
    """The chain could not be asked, or its nodes contradict each other."""


class HomeError(HubError):
    """What ``hub`` keeps on this machine is not there or cannot be read."""


_BY_CODE: dict[str, type[RefusedError]] = {
    "price_changed": PriceRaisedError,
    "exhausted": SessionExhaustedError,
    "session_ended": SessionEndedError,
    "call_expired": ClockError,
    "call_too_long": ClockError,
    "clock_off": ClockError,
    "bad_signature": WrongSignatureError,
    "bad_voucher": WrongSignatureError,
    "unknown_session": SessionMismatchError,
    "attester_not_allowed": SessionMismatchError,
    "model_not_allowed": SessionMismatchError,
    "price_above_limit": SessionMismatchError,
    "wrong_denom": SessionMismatchError,
    "no_key": SessionMismatchError,
    "lanes_full": SessionMismatchError,
}


def refused(code: str, sentence: str, status: int = 402) -> RefusedError:
    """Give the error that a server's code stands for."""
    return _BY_CODE.get(code, RefusedError)(code, sentence, status)
