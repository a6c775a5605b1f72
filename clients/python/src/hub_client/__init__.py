"""Calls models of the Hub: pays by x402, checks every receipt, never pays twice."""

from hub_client.errors import (
    AnswerLostError,
    BrokenOffError,
    ChainError,
    ClockError,
    DishonestError,
    DistrustedError,
    HomeError,
    HubError,
    LimitError,
    OverchargedError,
    PriceRaisedError,
    RefusedError,
    SessionEndedError,
    SessionExhaustedError,
    SessionMismatchError,
    TallyError,
    WrongAssetError,
    WrongChainError,
    WrongOfferError,
    WrongSignatureError,
)
from hub_client.home import open_session
from hub_client.metering import Metering, MeteringError, Unit
from hub_client.pieces import async_pieces, pieces
from hub_client.scheme import HubScheme, client, client_sync
from hub_client.session import Limits, Paid, Session
from hub_client.tally import Tally
from hub_client.transport import CheckedAsyncTransport, HubAdapter, hub_httpx, hub_requests
from hub_client.trust import Models, Offer, Rates, Release, Terms, Trust

__all__ = [
    "AnswerLostError",
    "BrokenOffError",
    "ChainError",
    "CheckedAsyncTransport",
    "ClockError",
    "DishonestError",
    "DistrustedError",
    "HomeError",
    "HubAdapter",
    "HubError",
    "HubScheme",
    "LimitError",
    "Limits",
    "Metering",
    "MeteringError",
    "Models",
    "Offer",
    "OverchargedError",
    "Paid",
    "PriceRaisedError",
    "Rates",
    "RefusedError",
    "Release",
    "Session",
    "SessionEndedError",
    "SessionExhaustedError",
    "SessionMismatchError",
    "Tally",
    "TallyError",
    "Terms",
    "Trust",
    "Unit",
    "WrongAssetError",
    "WrongChainError",
    "WrongOfferError",
    "WrongSignatureError",
    "async_pieces",
    "client",
    "client_sync",
    "hub_httpx",
    "hub_requests",
    "open_session",
    "pieces",
]
