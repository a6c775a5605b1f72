"""Transports below those of ``x402`` that see the bodies: the paid request is the sent one, the answer the receipt's.

They send a paid request again where its answer was lost, byte for byte: it is paid once. Answers in pieces are passed on as
they come, and are settled by their last event.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import httpx
import requests
import urllib3
from requests.adapters import HTTPAdapter
from x402.http.clients.httpx import x402AsyncTransport
from x402.http.clients.requests import x402HTTPAdapter

from hub_client.exchange import Exchange, TooLongError
from hub_client.pieces import Attempt
from hub_client.scheme import client, client_sync

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from hub_client.session import Session

    _Send = Callable[[], tuple[requests.Response, float]]

_T = TypeVar("_T")

_PAUSE = 0.3
_LINGER = 2.0
"""Who stops reading an answer in pieces waits so long for its settlement. Without it, the call is counted at its most."""
_CHUNK = 65_536


class CheckedAsyncTransport(httpx.AsyncBaseTransport):
    """Checks what passes through another transport of ``httpx``."""

    def __init__(self, session: Session, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Check on behalf of ``session``."""
        self._session = session
        self._transport = transport or httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and check what comes back."""
        body = await request.aread()
        exchange = Exchange(self._session, request.headers, body)
        sent = httpx.Request(request.method, request.url, headers=request.headers, content=body)
        sent.extensions = request.extensions
        while True:
            try:
                deadline = asyncio.get_running_loop().time() + self._session.limits.answer_seconds
                response = await self._sent(sent, deadline)
                if exchange.in_pieces(response.status_code, response.headers):
                    return _copy(response, _AsyncBody(self, exchange, sent, response, deadline))
                answer = await self._whole(response, deadline)
            except (httpx.TransportError, httpx.DecodingError) as error:
                exchange.failed(error, unsent=isinstance(error, httpx.ConnectError | httpx.ConnectTimeout))
            except TooLongError:
                exchange.too_long()
            else:
                if not exchange.answered(response.status_code, response.headers, answer):
                    return _copy(response, httpx.ByteStream(answer))
            await asyncio.sleep(_PAUSE)

    async def aclose(self) -> None:
        """Close the transport below."""
        await self._transport.aclose()

    async def _sent(self, request: httpx.Request, deadline: float) -> httpx.Response:
        with _named(request):
            async with asyncio.timeout_at(deadline):
                return await self._transport.handle_async_request(request)

    async def _whole(self, response: httpx.Response, deadline: float) -> bytes:
        most = self._session.limits.answer_bytes
        answer = bytearray()
        try:
            async for chunk in self.chunks(response, deadline):
                if len(answer) + len(chunk) > most:
                    raise TooLongError
                answer += chunk
        finally:
            await response.aclose()
        return bytes(answer)

    async def chunks(self, response: httpx.Response, deadline: float) -> AsyncIterator[bytes]:
        """Read an answer as it comes, until the deadline."""
        found = response.aiter_bytes()
        while True:
            with _named(None):
                async with asyncio.timeout_at(deadline):
                    try:
                        chunk = await anext(found)
                    except StopAsyncIteration:
                        return
            yield chunk

    async def pieces(
        self, exchange: Exchange, request: httpx.Request, response: httpx.Response, deadline: float
    ) -> AsyncIterator[bytes]:
        """Pass on an answer in pieces, over as many attempts as it takes."""
        while True:
            attempt = Attempt()
            try:
                if not exchange.in_pieces(response.status_code, response.headers):
                    exchange.answered(response.status_code, response.headers, await self._whole(response, deadline))
                else:
                    async for chunk in self.chunks(response, deadline):
                        if news := exchange.heard(attempt, chunk):
                            yield news
                    if (events := exchange.ended(attempt)) is not None:
                        yield events
                        return
            except (httpx.TransportError, httpx.DecodingError) as error:
                exchange.failed(error, unsent=False)
            except TooLongError:
                exchange.too_long()
            finally:
                await response.aclose()
            response, deadline = await self._next(exchange, request)

    async def _next(self, exchange: Exchange, request: httpx.Request) -> tuple[httpx.Response, float]:
        while True:
            await asyncio.sleep(_PAUSE)
            deadline = asyncio.get_running_loop().time() + self._session.limits.answer_seconds
            try:
                return await self._sent(request, deadline), deadline
            except httpx.TransportError as error:
                exchange.failed(error, unsent=False)


@contextlib.contextmanager
def _named(request: httpx.Request | None) -> Iterator[None]:
    """Give what took too long the name that ``httpx`` has for it."""
    try:
        yield
    except TimeoutError as error:
        raise httpx.ReadTimeout("it took longer than your limits allow", request=request) from error


class _AsyncBody(httpx.AsyncByteStream):
    """The body of an answer in pieces. Who closes it early waits a moment for what is left."""

    def __init__(
        self,
        transport: CheckedAsyncTransport,
        exchange: Exchange,
        request: httpx.Request,
        response: httpx.Response,
        deadline: float,
    ) -> None:
        self._response = response
        self._pieces = transport.pieces(exchange, request, response, deadline)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces

    async def aclose(self) -> None:
        # What is left settles it; who reads no more hears of nothing that is wrong with it.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_LINGER):
                async for _ in self._pieces:
                    pass
        await self._response.aclose()


def _copy(response: httpx.Response, stream: httpx.AsyncByteStream) -> httpx.Response:
    return httpx.Response(
        response.status_code,
        headers=[(name, value) for name, value in response.headers.multi_items() if name not in _DECODED],
        stream=stream,
        extensions=response.extensions,
    )


_DECODED = {"content-encoding", "content-length", "transfer-encoding"}
"""Headers of a body as it travelled, which is decoded by now."""


class _CheckedAdapter(HTTPAdapter):
    """Checks what ``requests`` sends and gets."""

    hub_session: Session

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401
        limits = self.hub_session.limits
        kwargs["timeout"] = kwargs.get("timeout") or limits.answer_seconds
        kwargs["stream"] = True
        body = request.body or b""
        if not isinstance(body, bytes):
            body = body.encode() if isinstance(body, str) else b"".join(body)
            request.body = body
        exchange = Exchange(self.hub_session, {name.lower(): str(value) for name, value in request.headers.items()}, body)

        def sent() -> tuple[requests.Response, float]:
            deadline = time.monotonic() + limits.answer_seconds
            return _within(deadline, lambda: super(_CheckedAdapter, self).send(request, *args, **kwargs)), deadline

        while True:
            try:
                response, deadline = sent()
                if exchange.in_pieces(response.status_code, response.headers):
                    response.raw = _Body(self._pieces(exchange, response, response.raw, deadline, sent))
                    return response
                answer = self._whole(response.raw, deadline)
            except _FAILURES as error:
                exchange.failed(error, unsent=_is_unsent(error))
            except TooLongError:
                exchange.too_long()
            else:
                if not exchange.answered(response.status_code, response.headers, answer):
                    response.raw = _Body(iter([answer]))
                    return response
            time.sleep(_PAUSE)

    def _whole(self, raw: urllib3.HTTPResponse, deadline: float) -> bytes:
        most = self.hub_session.limits.answer_bytes
        answer = bytearray()
        with contextlib.closing(raw):
            for chunk in _chunks(raw, deadline):
                if len(answer) + len(chunk) > most:
                    raise TooLongError
                answer += chunk
            # A connection that was read to its end is used again.
            raw.release_conn()
        return bytes(answer)

    def _pieces(
        self, exchange: Exchange, response: requests.Response, raw: urllib3.HTTPResponse, deadline: float, send: _Send
    ) -> Iterator[bytes]:
        """Pass on an answer in pieces, over as many attempts as it takes."""
        while True:
            attempt = Attempt()
            try:
                if not exchange.in_pieces(response.status_code, response.headers):
                    exchange.answered(response.status_code, response.headers, self._whole(raw, deadline))
                else:
                    for chunk in _chunks(raw, deadline):
                        if news := exchange.heard(attempt, chunk):
                            yield news
                    if (events := exchange.ended(attempt)) is not None:
                        yield events
                        return
            except _FAILURES as error:
                exchange.failed(error, unsent=False)
            except TooLongError:
                exchange.too_long()
            finally:
                raw.close()
            response, deadline = _next(exchange, send)
            raw = response.raw


def _next(exchange: Exchange, send: _Send) -> tuple[requests.Response, float]:
    while True:
        time.sleep(_PAUSE)
        try:
            return send()
        except _FAILURES as error:
            exchange.failed(error, unsent=False)


_FAILURES = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    urllib3.exceptions.HTTPError,
)


def _is_unsent(error: Exception) -> bool:
    """Whether no connection was made, so that nothing can have left."""
    text = repr(error)
    return "NewConnectionError" in text or isinstance(error, requests.exceptions.ConnectTimeout)


def _chunks(raw: urllib3.HTTPResponse, deadline: float) -> Iterator[bytes]:
    """Read an answer as it comes, until the deadline. A server that sends a byte a minute does not move it."""
    try:
        while chunk := _within(deadline, lambda: raw.read1(_CHUNK, decode_content=True)):
            yield chunk
    except requests.Timeout:
        # Wakes the thread that still reads.
        with contextlib.suppress(Exception):
            raw.shutdown()
        raise


def _within(deadline: float, work: Callable[[], _T]) -> _T:
    """Do work that may wait for ever, until the deadline. Time-outs of sockets begin anew with each byte."""
    box: queue.SimpleQueue[Callable[[], _T]] = queue.SimpleQueue()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            box.put(lambda error=error: _raise(error))  # type: ignore[misc]
        else:
            box.put(lambda: result)

    threading.Thread(target=run, daemon=True).start()
    try:
        found = box.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        raise requests.Timeout("it took longer than your limits allow") from None
    return found()


def _raise(error: BaseException) -> NoReturn:
    raise error


class _Body:
    """The body of an answer, as ``requests`` reads it. Who closes it early waits a moment for what is left."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:  # noqa: ANN401 - whatever urllib3 takes
        # Not `yield from`: who stops reading would end what is left, which settles it.
        for chunk in self._chunks:  # noqa: UP028
            yield chunk

    def close(self) -> None:
        deadline = time.monotonic() + _LINGER
        # What is left settles it; who reads no more hears of nothing that is wrong with it.
        with contextlib.suppress(Exception):
            while time.monotonic() < deadline:
                _within(deadline, lambda: next(self._chunks))

    def release_conn(self) -> None:
        """Do nothing: the connection is free when the last byte is read."""


class HubAdapter(x402HTTPAdapter, _CheckedAdapter):
    """The adapter of ``x402`` for ``requests``, above one that checks bodies."""

    def __init__(self, session: Session) -> None:
        """Pay from ``session``."""
        self.hub_session = session
        super().__init__(client_sync(session))


def hub_httpx(session: Session, transport: httpx.AsyncBaseTransport | None = None, **options: Any) -> httpx.AsyncClient:  # noqa: ANN401
    """Make a client of ``httpx`` that pays for models of the Hub from a session, and checks what it gets."""
    checked = CheckedAsyncTransport(session, transport)
    options.setdefault("timeout", session.limits.answer_seconds)
    return httpx.AsyncClient(transport=x402AsyncTransport(client(session), checked), **options)


def hub_requests(session: Session) -> requests.Session:
    """Make a session of ``requests`` that pays for models of the Hub from a session, and checks what it gets."""
    made = requests.Session()
    for scheme in ("https://", "http://"):
        made.mount(scheme, HubAdapter(session))
    return made
