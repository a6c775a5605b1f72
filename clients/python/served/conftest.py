"""What tests/cli/clients.rs of the command ``hub`` started: a chain with the real contracts, and ``hub serve`` on it."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
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

    pid: int
    """The server's process."""
    restarted: subprocess.Popen[str] | None = None

    def kill(self) -> None:
        """End the server without warning."""
        os.kill(self.pid, signal.SIGKILL)
        if self.restarted is not None:
            self.restarted.wait()

    def restart(self) -> None:
        """Start it again on its books, at another address."""
        env = os.environ | {"HUB_MNEMONIC": os.environ["HUB_SERVER_MNEMONIC"]}
        command = [self.hub, "serve", "serve.toml", "--json"]
        folder = os.environ["HUB_SERVER_FOLDER"]
        self.restarted = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True)
        assert self.restarted.stdout is not None
        text = ""
        while True:
            line = self.restarted.stdout.readline()
            assert line, f"hub serve ended: {text}"
            text += line
            try:
                self.server = json.loads(text)["url"]
            except ValueError:
                continue
            self.pid = self.restarted.pid
            return

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
def served() -> Iterator[Served]:
    read: Callable[[str], str] = os.environ.__getitem__
    served = Served(
        Path(read("HUB_HOME")),
        read("HUB_SERVER"),
        int(read("HUB_SESSION")),
        read("HUB_MODEL"),
        read("HUB_BIN"),
        int(read("HUB_SERVER_PID")),
    )
    yield served
    if served.restarted is not None:
        served.kill()


def request(close: float = 100.5) -> dict[str, Any]:
    return {
        "inputs": [{"name": "candles", "datatype": "FP32", "shape": [1, 10, 4], "data": [100.0, 101.0, 99.0, close] * 10}]
    }
