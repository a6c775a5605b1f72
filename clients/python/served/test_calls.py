"""Calls against a real ``hub serve``: what is charged there is what is counted here."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import nbformat
import pytest
import requests
from nbclient import NotebookClient
from requests.adapters import HTTPAdapter
from x402.http.clients.httpx import x402HttpxClient
from x402.http.clients.requests import x402_requests

from hub_client import (
    AnswerLostError,
    ChainError,
    ClockError,
    HomeError,
    LimitError,
    PriceRaisedError,
    WrongChainError,
    WrongSignatureError,
    client,
    client_sync,
    hub_httpx,
    hub_requests,
)
from hub_client.wire import Receipt, SigningKey
from served.conftest import Served, request

ROOT = Path(__file__).resolve().parents[3]
AGENT = ROOT / "examples/agent/python"


def charged(served: Served) -> int:
    """What the server says is charged to the session: it tells whoever signs for it, in a 402."""
    session = served.open(per_call=1)
    with hub_requests(session) as http, pytest.raises(LimitError):
        http.post(served.url, json=request())
    return session.tally.charged


def test_each_client_pays_and_the_receipt_is_the_one_that_the_server_settles(served: Served) -> None:
    session = served.open()
    before = session.tally.charged
    with hub_requests(session) as http:
        one = http.post(served.url, json=request())
    with x402_requests(client_sync(session)) as http:
        two = http.post(served.url, json=request())

    async def run() -> tuple[bytes, bytes]:
        async with hub_httpx(session) as http:
            three = (await http.post(served.url, json=request())).content
        async with x402HttpxClient(client(session)) as http:
            return three, (await http.post(served.url, json=request())).content

    three, four = asyncio.run(run())
    found = [one.content, two.content, three, four]
    assert len(set(found)) == 1  # The model is the same function for all of them.
    assert 0 < json.loads(found[0])["outputs"][0]["data"][0] < 1
    assert session.tally.charged == before + 400
    assert session.tally.open_calls == {}
    paid = session.paid(one.content)
    shown = requests.get(f"{served.server}/v1/receipts/{paid.request_id}", timeout=10).json()["receipts"]
    assert [(entry["session"], entry["amount"]) for entry in shown] == [(served.session, "100")]
    assert Receipt.decode(base64.b64decode(shown[0]["receipt"])) == paid.receipt


def test_what_the_command_hub_pays_and_what_python_pays_is_one_tally(served: Served, tmp_path: Path) -> None:
    before = served.open().tally.charged
    body = tmp_path / "request.json"
    body.write_text(json.dumps(request()))
    call = [
        served.hub,
        "call",
        served.model,
        "--session",
        str(served.session),
        "--input",
        str(body),
        "--server",
        served.server,
    ]
    ran = subprocess.run(
        [*call, "--json"], capture_output=True, check=True, text=True, env=os.environ | {"HUB_WALRUS_NETWORK": "local"}
    )
    assert json.loads(ran.stdout)["amount"] == "100"
    session = served.open()
    assert session.tally.charged == before + 100
    with hub_requests(session) as http:
        assert http.post(served.url, json=request()).ok
    assert session.tally.charged == before + 200


def test_parallel_calls_are_each_paid_once(served: Served) -> None:
    session = served.open()
    before = session.tally.charged

    async def run() -> list[int]:
        async with hub_httpx(session) as http:
            found = await asyncio.gather(*(http.post(served.url, json=request(100 + one / 100)) for one in range(8)))
            return [response.status_code for response in found]

    assert asyncio.run(run()) == [200] * 8
    assert (session.tally.charged, session.tally.open_calls) == (before + 800, {})


def test_an_answer_that_is_lost_on_the_way_is_paid_once(served: Served) -> None:
    session = served.open()
    before = session.tally.charged
    with Cut(served.server) as cut, hub_requests(session) as http:
        answer = http.post(f"{cut.url}/v2/models/{served.model}/infer", json=request())
    assert answer.ok
    assert cut.lost == 1
    assert (session.tally.charged, session.tally.open_calls) == (before + 100, {})


class Cut:
    """A line that breaks once, after the server has answered a payment. By then something else may have happened to it."""

    def __init__(self, server: str, happens: Callable[[], str | None] = lambda: None) -> None:
        self.lead(server)
        self.happens = happens
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.lost = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.close()

    def lead(self, server: str) -> None:
        host, port = server.removeprefix("http://").split(":")
        self.to = (host, int(port))

    def accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self.to)
            except OSError:
                near.close()
                continue
            seen: list[bytes] = []
            threading.Thread(target=self.forth, args=(near, far, seen), daemon=True).start()
            threading.Thread(target=self.back, args=(far, near, seen), daemon=True).start()

    def forth(self, near: socket.socket, far: socket.socket, seen: list[bytes]) -> None:
        while data := near.recv(65_536):
            seen.append(data)
            far.sendall(data)

    def back(self, far: socket.socket, near: socket.socket, seen: list[bytes]) -> None:
        while data := far.recv(65_536):
            if b"payment-signature" in b"".join(seen).lower() and not self.lost:
                self.lost += 1
                if (server := self.happens()) is not None:
                    self.lead(server)
                # Closing alone would wait for the thread that reads.
                for end in (near, far):
                    end.shutdown(socket.SHUT_RDWR)
                return
            near.sendall(data)


def test_what_cannot_be_paid_is_named_and_costs_nothing(served: Served, tmp_path: Path) -> None:
    before = served.open().tally.charged
    late = served.open()
    late._clock = lambda: 1_000_000.0
    with hub_requests(late) as http, pytest.raises(ClockError):
        http.post(served.url, json=request())
    early = served.open()
    early._clock = lambda: 9_000_000_000.0
    with hub_requests(early) as http, pytest.raises(ClockError, match="call_too_long"):
        http.post(served.url, json=request())
    other = served.open()
    other._key = SigningKey.generate()
    with hub_requests(other) as http, pytest.raises(WrongSignatureError):
        http.post(served.url, json=request())
    with hub_requests(served.open(total=before + 99)) as http, pytest.raises(LimitError, match="in all"):
        http.post(served.url, json=request())
    bad = served.open()
    with hub_requests(bad) as http:
        assert http.post(served.url, json={"inputs": []}).status_code in {400, 422}
    assert (bad.tally.charged, bad.tally.at_most) == (before, before)


def test_what_is_not_as_the_chain_shows_it_opens_no_session(served: Served, tmp_path: Path) -> None:
    with pytest.raises(WrongChainError, match="is a node of hub-embedded-1, expected xhub-embedded-1"):
        served.open(home=changed(served, tmp_path / "chain", 'chain_id = "', 'chain_id = "x'))
    with pytest.raises(ChainError, match="no node of"):
        served.open(home=changed(served, tmp_path / "rpc", 'rpc = \\["http://[^"]*', 'rpc = ["http://127.0.0.1:9'))
    with pytest.raises(HomeError, match="not the one of session"):
        served.open(key=SigningKey.generate())
    with pytest.raises(HomeError, match="does not open with this password"):
        served.open(key=None, password="wrong horse")
    with pytest.raises(ChainError, match="Is it a server of the Hub"):
        served.open(server="http://127.0.0.1:9")
    with pytest.raises(HomeError, match="hub chain add"):
        served.open(home=tmp_path / "nowhere")


def changed(served: Served, home: Path, found: str, instead: str) -> Path:
    shutil.copytree(served.home, home)
    text = (home / "chains.toml").read_text()
    new = re.sub(found, instead, text, count=1)
    assert new != text
    (home / "chains.toml").write_text(new)
    return home


def test_the_code_of_the_readme_runs(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "clients/python/README.md").read_text()
    code = text.split("```python\n")[1].split("```")[0]
    mine = code.replace(
        "open_session(12, per_call=1_000, total=100_000)",
        f"open_session({served.session}, per_call=1_000, server={served.server!r})",
    )
    mine = mine.replace("/models/7/", f"/models/{served.model}/")
    assert mine != code
    exec(compile(mine, "README.md", "exec"), {})
    assert re.search(r"for 100 by tract .* receipt 01", capsys.readouterr().out)


def test_a_server_that_is_killed_between_a_payment_and_its_answer_is_paid_once(served: Served) -> None:
    session = served.open()
    before = session.tally.charged

    def killed() -> str:
        served.kill()
        served.restart()
        return served.server

    # Killed when it had answered, and there again: the answer is the stored one.
    with Cut(served.server, killed) as cut, hub_requests(session) as http:
        answer = http.post(f"{cut.url}/v2/models/{served.model}/infer", json=request())
    assert (answer.ok, cut.lost, session.paid(answer.content).charged) == (True, 1, before + 100)
    assert (session.tally.charged, session.tally.open_calls) == (before + 100, {})

    # Gone for good: counted at its most, until it is there again. Then the same id is the same call.
    with Cut(served.server, served.kill) as cut, hub_requests(session) as http:
        url = f"{cut.url}/v2/models/{served.model}/infer"
        with pytest.raises(AnswerLostError) as lost:
            http.post(url, json=request())
        assert session.tally.open_calls == {lost.value.request_id: 100}
        served.restart()
        cut.lead(served.server)
        with session.repeating(lost.value.request_id):
            paid = session.paid(http.post(url, json=request()).content)
    assert (paid.request_id, paid.charged) == (lost.value.request_id, before + 200)
    assert (session.tally.charged, session.tally.open_calls) == (before + 200, {})
    assert charged(served) == before + 200


def test_an_agreement_below_the_price_of_now_is_refused_by_name_and_costs_nothing(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = served.open()
    before = session.tally.charged

    def older(self: HTTPAdapter, asked: requests.PreparedRequest, **options: Any) -> requests.Response:
        if (header := asked.headers.get("payment-signature")) is not None:
            payment = json.loads(base64.b64decode(header))
            payment["accepted"]["amount"] = "99"
            asked.headers["payment-signature"] = base64.b64encode(json.dumps(payment).encode()).decode()
        return send(self, asked, **options)

    # The server sees an agreement of yesterday: it compares with the price of now.
    send = HTTPAdapter.send
    monkeypatch.setattr(HTTPAdapter, "send", older)
    with hub_requests(session) as http, pytest.raises(PriceRaisedError, match="price_changed"):
        http.post(served.url, json=request())
    assert (session.tally.charged, session.tally.at_most) == (before, before)


def test_units_are_counted_again_by_the_manifest_that_the_command_hub_checked(served: Served) -> None:
    session = served.open()
    with hub_requests(session) as http:
        assert session.paid(http.post(served.url, json=request()).content).counted


def test_the_agent_buys_says_what_it_spent_and_goes_on_where_it_stopped(served: Served, tmp_path: Path) -> None:
    ledger = tmp_path / "purchases.jsonl"
    before = served.open().tally.charged
    agent = [sys.executable, str(AGENT / "agent.py"), "--session", str(served.session), "--model", served.model]
    agent += ["--server", served.server, "--every", "0.05", "--ledger", str(ledger)]
    for calls in ("2", "1"):
        ran = subprocess.run([*agent, "--calls", calls], capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert len(ran.stdout.splitlines()) == int(calls)
    assert f"paid 100  spent {before + 300} of" in ran.stdout
    bought: list[dict[str, Any]] = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert [one["spent"] for one in bought] == [before + 100, before + 200, before + 300]
    assert len({one["request_id"] for one in bought}) == 3
    stopped = subprocess.run([*agent, "--total", str(before + 399)], capture_output=True, text=True, check=False)
    assert stopped.returncode == 1
    assert f"{before + 399} that you allow in all" in stopped.stderr
    assert served.open().tally.charged == before + 300


def test_the_notebook_buys_and_plots(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    # A test before this one may have started the server again, at another address.
    settings = {"HUB_CALLS": "5", "HUB_EVERY": "0.02", "HUB_AGENT": str(AGENT), "HUB_SERVER": served.server}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    notebook = nbformat.read(AGENT / "forecasts.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    assert all(not cell.get("outputs") for cell in notebook.cells), "the notebook is committed without outputs"
    done = NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    outputs = [output for cell in done.cells for output in cell.get("outputs", [])]
    texts = "".join(output.get("text", "") for output in outputs)
    assert "5 forecasts for 500" in texts
    pictures = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 2
    if folder := os.environ.get("HUB_PICTURES"):
        nbformat.write(done, Path(folder) / "forecasts.ipynb")  # type: ignore[no-untyped-call]
