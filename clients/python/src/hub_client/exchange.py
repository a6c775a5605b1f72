"""One request on its way, and what its answers mean: is it paid, is it to be sent again, is it over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hub_client.errors import AnswerLostError, RefusedError, WrongOfferError, refused
from hub_client.pieces import Attempt, Said
from hub_client.session import Session, read_header
from hub_client.trust import SCHEME

if TYPE_CHECKING:
    from collections.abc import Mapping

_ATTEMPTS = 4


class TooLongError(Exception):
    """An answer of more bytes than are read."""


class Exchange:
    """One request, sent again under the same payment where its answer was lost. It knows nothing of how bytes travel."""

    def __init__(self, session: Session, headers: Mapping[str, str], body: bytes) -> None:
        """Take a request as it is about to be sent, with its payment or without."""
        self._session = session
        self._body = body
        self._payload: dict[str, Any] = {}
        if (header := headers.get("payment-signature")) is not None:
            payload = read_header(header).get("payload")
            self._payload = payload if isinstance(payload, dict) and "call" in payload else {}
        self._lost: str | None = None
        self._left = _ATTEMPTS
        self._said = Said()

    @property
    def _is_paid(self) -> bool:
        return bool(self._payload)

    @property
    def _id(self) -> str:
        return str(self._payload["call"]["requestId"])

    def failed(self, error: Exception, *, unsent: bool) -> None:
        """No answer came. Returns if the request is to be sent again."""
        if not self._is_paid:
            raise error
        if unsent and self._lost is None:
            self._session.not_charged(self._payload)
            raise error
        self._again(str(error) or repr(error), error)

    def too_long(self) -> None:
        """Give up an answer that is too long: sent again, it is as long."""
        most = self._session.limits.answer_bytes
        reason = f"the answer has more than the {most} bytes that your limits allow"
        if self._is_paid:
            raise AnswerLostError(self._id, self._lost or reason)
        raise WrongOfferError(f"{reason}. Nothing was signed for it")

    def in_pieces(self, status: int, headers: Mapping[str, str]) -> bool:
        """Whether a paid answer is one that is settled by its last event."""
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        return self._is_paid and status == 200 and "payment-response" not in headers and kind == "text/event-stream"

    def heard(self, attempt: Attempt, chunk: bytes) -> bytes:
        """Take more of an answer in pieces, and give what of it is to be passed on."""
        if len(attempt) + len(chunk) > self._session.limits.answer_bytes:
            self.too_long()
        attempt.read(chunk)
        news = self._said.take(attempt)
        if news is None:
            raise self._session.dishonest(self._payload, "it begins otherwise than the first time")
        return news

    def ended(self, attempt: Attempt) -> bytes | None:
        """Settle an answer in pieces, and give its last events; nothing stands for one that is to be asked for again."""
        settled = attempt.settlement()
        if settled is None:
            self._again("the answer ended before its settlement")
            return None
        self._settle(settled, attempt.said())
        return attempt.events()

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        """Check a whole answer. Whether the request is to be sent again, since the same call is still running."""
        required, settled = headers.get("payment-required"), headers.get("payment-response")
        if not self._is_paid:
            if status == 402 and required is not None:
                for accepted in _accepts(required):
                    self._session.offer(accepted, self._body)
            return False
        if 200 <= status < 300:
            if settled is None:
                raise self._session.dishonest(self._payload, "no receipt came with it")
            self._settle(settled, body)
            return False
        return self._refused(status, required if settled is None else None, body)

    def _settle(self, header: str, body: bytes) -> None:
        try:
            settled = read_header(header)
        except WrongOfferError as error:
            raise self._session.dishonest(self._payload, f"its settlement cannot be read: {error}") from error
        self._session.settled(self._payload, settled, (self._body, body))

    def _refused(self, status: int, required: str | None, body: bytes) -> bool:
        code, sentence = _reason(body)
        if code == "running" and self._left > 1:
            self._left -= 1
            self._lost = self._lost or sentence
            return True
        if code == "http" and (status >= 500 or 300 <= status < 400):
            # Something before the server gave up waiting for it, or points elsewhere: the call may run.
            self._again(f"{status}: {sentence}")
            return True
        if self._lost is not None:
            raise AnswerLostError(self._id, f"{self._lost}; then {code}: {sentence}")
        if status == 402 and required is not None:
            try:
                code = str(read_header(required).get("error") or code)
                accepts = _accepts(required)
                # The client of x402 comes back with the same ceiling, once.
                if any(self._session.corrected(self._payload, accepted, code, self._body) for accepted in accepts):
                    return False
            except WrongOfferError:
                self._session.not_charged(self._payload)
                raise
        self._session.not_charged(self._payload)
        error = refused(code, sentence, status)
        if status == 402 or type(error) is not RefusedError:
            raise error
        return False

    def _again(self, reason: str, cause: Exception | None = None) -> None:
        """Note that the answer was lost. Returns if the request is to be sent again."""
        self._lost = self._lost or reason
        self._left -= 1
        if self._left == 0:
            raise AnswerLostError(self._id, self._lost) from cause


def _accepts(header: str) -> list[dict[str, Any]]:
    accepts = read_header(header).get("accepts")
    found = accepts if isinstance(accepts, list) else []
    return [one for one in found if isinstance(one, dict) and one.get("scheme") == SCHEME]


def _reason(body: bytes) -> tuple[str, str]:
    try:
        error = json.loads(body)["error"]
        return str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "http", body[:200].decode(errors="replace")
