"""Transports below those of ``x402`` that see the bodies: the paid request is the sent one, the answer the receipt's.

They send a paid request again where its answer was lost, byte for byte: it is paid once.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import httpx
import requests
from requests.adapters import HTTPAdapter
from x402.http.clients.httpx import x402AsyncTransport
from x402.http.clients.requests import x402HTTPAdapter

from hub_client.errors import AnswerLostError, DishonestError, RefusedError, refused
from hub_client.pieces import taken_apart
from hub_client.scheme import client, client_sync
from hub_client.session import Session, read_header
from hub_client.trust import SCHEME

if TYPE_CHECKING:
    from collections.abc import Mapping

_ATTEMPTS = 4
_TIMEOUT = 120
_PAUSE = 0.3


class _Exchange:
    """One request on its way, and what its answers mean."""

    def __init__(self, session: Session, headers: Mapping[str, str], body: bytes) -> None:
        self._session = session
        self._body = body
        header = headers.get("payment-signature")
        self.payload: dict[str, Any] | None = None
        if header is not None:
            payload = read_header(header).get("payload")
            self.payload = payload if isinstance(payload, dict) and "call" in payload else None
        self._lost: str | None = None
        self._left = _ATTEMPTS

    def failed(self, error: Exception, *, unsent: bool) -> None:
        """No answer came. Returns if the request is to be sent again."""
        if self.payload is None:
            raise error
        if unsent and self._lost is None:
            self._session.not_charged(self.payload)
            raise error
        self._lost = self._lost or repr(error)
        self._left -= 1
        if self._left == 0:
            raise AnswerLostError(str(self.payload["call"]["requestId"]), self._lost) from error

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        """Check an answer. Whether the request is to be sent again, since the same call is still running."""
        required, settled = headers.get("payment-required"), headers.get("payment-response")
        if self.payload is None:
            if status == 402 and required is not None:
                for accepted in _accepts(required):
                    self._session.offer(accepted, self._body)
            return False
        if 200 <= status < 300:
            if settled is None and headers.get("content-type", "").startswith("text/event-stream"):
                said, settled = taken_apart(body)
                if settled is None:
                    return self._again("the answer ended before its settlement")
                self._session.settled(self.payload, read_header(settled), (self._body, said))
                return False
            if settled is None:
                raise DishonestError("no receipt came with it", self._at_most())
            self._session.settled(self.payload, read_header(settled), (self._body, body))
            return False
        return self._refused(status, required if settled is None else None, body)

    def _refused(self, status: int, required: str | None, body: bytes) -> bool:
        code, sentence = _reason(body)
        payload = self.payload or {}
        if code == "running" and self._left > 1:
            self._left -= 1
            self._lost = self._lost or sentence
            return True
        if code == "http" and status >= 500:
            # Something before the server gave up waiting for it: the call may run.
            return self._again(f"{status}: {sentence}")
        if self._lost is not None:
            raise AnswerLostError(str(payload["call"]["requestId"]), f"{self._lost}; then {code}: {sentence}")
        if status == 402 and required is not None:
            code = str(read_header(required).get("error") or code)
            # The client of x402 comes back with a higher ceiling, once.
            if any(self._session.corrected(payload, accepted, code, self._body) for accepted in _accepts(required)):
                return False
        self._session.not_charged(payload)
        error = refused(code, sentence, status)
        if status == 402 or type(error) is not RefusedError:
            raise error
        return False

    def _again(self, reason: str) -> bool:
        """Note that the answer was lost. Whether the request is to be sent again, which always holds if this returns."""
        self._lost = self._lost or reason
        self._left -= 1
        if self._left == 0:
            raise AnswerLostError(str((self.payload or {})["call"]["requestId"]), self._lost)
        return True

    def _at_most(self) -> int:
        return self._session.tally.open_calls.get(str((self.payload or {})["call"]["requestId"]), 0)


def _accepts(header: str) -> list[dict[str, Any]]:
    accepts = read_header(header).get("accepts")
    found = accepts if isinstance(accepts, list) else []
    return [one for one in found if isinstance(one, dict) and one.get("scheme") == SCHEME]


def _reason(body: bytes) -> tuple[str, str]:
    try:
        error = json.loads(body)["error"]
        return str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        return "http", body[:200].decode(errors="replace")


class CheckedAsyncTransport(httpx.AsyncBaseTransport):
    """Checks what passes through another transport of ``httpx``."""

    def __init__(self, session: Session, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Check on behalf of ``session``."""
        self._session = session
        self._transport = transport or httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and check what comes back."""
        body = await request.aread()
        exchange = _Exchange(self._session, request.headers, body)
        while True:
            sent = httpx.Request(request.method, request.url, headers=request.headers, content=body)
            sent.extensions = request.extensions
            try:
                response = await self._transport.handle_async_request(sent)
                answer = await response.aread()
            except httpx.TransportError as error:
                exchange.failed(error, unsent=isinstance(error, httpx.ConnectError | httpx.ConnectTimeout))
            else:
                if not exchange.answered(response.status_code, response.headers, answer):
                    return response
            await asyncio.sleep(_PAUSE)

    async def aclose(self) -> None:
        """Close the transport below."""
        await self._transport.aclose()


class _CheckedAdapter(HTTPAdapter):
    """Checks what ``requests`` sends and gets."""

    hub_session: Session

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = _TIMEOUT
        body = request.body or b""
        if not isinstance(body, bytes):
            body = body.encode() if isinstance(body, str) else b"".join(body)
            request.body = body
        exchange = _Exchange(self.hub_session, {name.lower(): str(value) for name, value in request.headers.items()}, body)
        while True:
            try:
                response = super().send(request, *args, **kwargs)
                answer = response.content
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                exchange.failed(error, unsent=_is_unsent(error))
            else:
                if not exchange.answered(response.status_code, response.headers, answer):
                    return response
            time.sleep(_PAUSE)


def _is_unsent(error: Exception) -> bool:
    """Whether no connection was made, so that nothing can have left."""
    text = repr(error)
    return "NewConnectionError" in text or isinstance(error, requests.exceptions.ConnectTimeout)


class HubAdapter(x402HTTPAdapter, _CheckedAdapter):
    """The adapter of ``x402`` for ``requests``, above one that checks bodies."""

    def __init__(self, session: Session) -> None:
        """Pay from ``session``."""
        self.hub_session = session
        super().__init__(client_sync(session))


def hub_httpx(session: Session, transport: httpx.AsyncBaseTransport | None = None, **options: Any) -> httpx.AsyncClient:  # noqa: ANN401
    """Make a client of ``httpx`` that pays for models of the Hub from a session, and checks what it gets."""
    checked = CheckedAsyncTransport(session, transport)
    options.setdefault("timeout", _TIMEOUT)
    return httpx.AsyncClient(transport=x402AsyncTransport(client(session), checked), **options)


def hub_requests(session: Session) -> requests.Session:
    """Make a session of ``requests`` that pays for models of the Hub from a session, and checks what it gets."""
    made = requests.Session()
    for scheme in ("https://", "http://"):
        made.mount(scheme, HubAdapter(session))
    return made
