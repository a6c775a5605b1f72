"""What tests/cli/clients.rs of the command ``hub`` started: a chain with the real contracts, and ``hub serve`` on it."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub_client import Session, open_session
from hub_client.home import read_key
from hub_client.wire import SigningKey


@dataclass
class Served:
    home: Path
    server: str
    session: int
    model: str
    hub: str

    def open(self, **more: Any) -> Session:
        return open_session(self.session, **{"per_call": 1_000, "server": self.server, "key": self.key, **more})

    @functools.cached_property
    def key(self) -> SigningKey:
        """The session's key, which takes a second to open."""
        (path,) = (self.home / "keys").glob("voucher-*.age")
        return read_key(path)

    @property
    def url(self) -> str:
        return f"{self.server}/v2/models/{self.model}/infer"


@pytest.fixture(scope="session")
def served() -> Served:
    read: Callable[[str], str] = os.environ.__getitem__
    return Served(Path(read("HUB_HOME")), read("HUB_SERVER"), int(read("HUB_SESSION")), read("HUB_MODEL"), read("HUB_BIN"))


def request(close: float = 100.5) -> dict[str, Any]:
    return {
        "inputs": [{"name": "candles", "datatype": "FP32", "shape": [1, 10, 4], "data": [100.0, 101.0, 99.0, close] * 10}]
    }
