from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from x402.http.clients.httpx import x402HttpxClient
from x402.http.clients.requests import x402_requests

from hub_client import Session, client, client_sync, hub_httpx, hub_requests
from tests.operator_double import Operator

Post = Callable[[Session, str, Any], tuple[int, bytes]]
"""Sends one request with a client of HTTP, and gives status and body."""


def with_httpx(session: Session, url: str, json: Any) -> tuple[int, bytes]:
    async def run() -> httpx.Response:
        async with hub_httpx(session) as http:
            return await http.post(url, json=json)

    response = asyncio.run(run())
    return response.status_code, response.content


def with_requests(session: Session, url: str, json: Any) -> tuple[int, bytes]:
    with hub_requests(session) as http:
        response = http.post(url, json=json)
        return response.status_code, response.content


def with_plain_httpx(session: Session, url: str, json: Any) -> tuple[int, bytes]:
    async def run() -> httpx.Response:
        async with x402HttpxClient(client(session)) as http:
            return await http.post(url, json=json)

    response = asyncio.run(run())
    return response.status_code, response.content


def with_plain_requests(session: Session, url: str, json: Any) -> tuple[int, bytes]:
    with x402_requests(client_sync(session)) as http:
        response = http.post(url, json=json)
        return response.status_code, response.content


CHECKED = [with_httpx, with_requests]
PLAIN = [with_plain_httpx, with_plain_requests]


@pytest.fixture(params=CHECKED)
def checked(request: pytest.FixtureRequest) -> Post:
    """The clients of this package."""
    post: Post = request.param
    return post


@pytest.fixture(params=CHECKED + PLAIN)
def post(request: pytest.FixtureRequest) -> Post:
    """The clients of this package, and those of ``x402`` as they are, with the scheme registered."""
    post: Post = request.param
    return post


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub_client.transport._PAUSE", 0.01)


@pytest.fixture
def operator() -> Iterator[Operator]:
    operator = Operator()
    yield operator
    operator.close()
