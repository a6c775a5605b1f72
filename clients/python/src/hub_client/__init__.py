"""Calls models of the Hub: pays by x402, checks every receipt, never pays twice."""

from hub_client.errors import (
    AnswerLostError,
    ChainError,
    ClockError,
    DishonestError,
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
from hub_client.scheme import HubScheme, client, client_sync
from hub_client.session import Limits, Paid, Session
from hub_client.tally import Tally
from hub_client.transport import CheckedAsyncTransport, HubAdapter, hub_httpx, hub_requests
from hub_client.trust import Offer, Trust

__all__ = [
    "AnswerLostError",
    "ChainError",
    "CheckedAsyncTransport",
    "ClockError",
    "DishonestError",
    "HomeError",
    "HubAdapter",
    "HubError",
    "HubScheme",
    "LimitError",
    "Limits",
    "Offer",
    "OverchargedError",
    "Paid",
    "PriceRaisedError",
    "RefusedError",
    "Session",
    "SessionEndedError",
    "SessionExhaustedError",
    "SessionMismatchError",
    "Tally",
    "TallyError",
    "Trust",
    "WrongAssetError",
    "WrongChainError",
    "WrongOfferError",
    "WrongSignatureError",
    "client",
    "client_sync",
    "hub_httpx",
    "hub_requests",
    "open_session",
]
