"""Words of a model that talks, from a real ``hub serve``: heard as they come, settled by the last event."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import requests

from hub_client import AnswerLostError, BrokenOffError, async_pieces, hub_httpx, hub_requests, pieces
from served.conftest import Served
from served.test_calls import Cut

ROOT = Path(__file__).resolve().parents[3]
# Five a call, one for each of 11 tokens in, ten for each of three out.
COST = 46


def chat(served: Served) -> tuple[str, dict[str, Any]]:
    (model,) = requests.get(f"{served.server}/v1/models", timeout=10).json()["data"]
    question = {"role": "user", "content": "How far is the moon?"}
    return f"{served.server}/v1/chat/completions", {
        "model": model["id"],
        "messages": [question],
        "stream": True,
        "max_tokens": 20,
    }


def test_each_client_hears_the_words_and_pays_for_the_tokens(served: Served) -> None:
    session = served.open()
    before = session.tally.charged
    url, body = chat(served)
    with hub_requests(session) as http, http.post(url, json=body, stream=True) as answer:
        one = list(said := pieces(answer))
    paid = session.paid(said.body)
    assert (paid.amount, paid.receipt.units_in, paid.receipt.units_out, paid.counted) == (COST, 11, 3, False)

    async def run() -> list[str]:
        async with hub_httpx(session) as http, http.stream("POST", url, json=body) as answer:
            return [piece async for piece in async_pieces(answer)]

    assert asyncio.run(run()) == one
    words = [choice["delta"].get("content") for piece in one for choice in json.loads(piece)["choices"]]
    assert words == ["384 400", " km"]
    # And whole, by those who wait.
    with hub_requests(session) as http:
        assert http.post(url, json=body).content.startswith(b"data: ")
    assert (session.tally.charged, session.tally.open_calls) == (before + 3 * COST, {})


def test_words_that_are_cut_on_their_way_are_asked_for_again_and_paid_once(served: Served) -> None:
    session = served.open()
    before = session.tally.charged
    url, body = chat(served)
    with Cut(served.server) as cut, hub_requests(session) as http:
        with http.post(url.replace(served.server, cut.url), json=body, stream=True) as answer:
            said = pieces(answer)
            assert list(said)
        assert cut.lost == 1
    # The price of all words, or of those that the server had sent when it saw that nobody listened any more.
    paid = session.paid(said.body)
    assert 0 < paid.amount <= COST
    assert (session.tally.charged, session.tally.open_calls) == (before + paid.amount, {})


def test_a_server_that_is_gone_in_the_middle_leaves_an_id_that_is_paid_once(served: Served) -> None:
    session = served.open()
    before = session.tally.charged
    url, body = chat(served)
    with Cut(served.server, served.kill) as cut, hub_requests(session) as http:
        away = url.replace(served.server, cut.url)
        with pytest.raises((AnswerLostError, BrokenOffError)) as lost, http.post(away, json=body, stream=True) as answer:
            list(pieces(answer))
        assert isinstance(lost.value, AnswerLostError)
        served.restart()
        cut.lead(served.server)
        with session.repeating(lost.value.request_id), http.post(away, json=body, stream=True) as answer:
            list(said := pieces(answer))
    assert session.paid(said.body).amount <= COST
    assert before < session.tally.charged <= before + COST
    assert session.tally.open_calls == {}


def test_the_block_of_the_readme_runs(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "clients/python/README.md").read_text()
    code = text.split("```python\n")[2].split("```")[0]
    mine = code.replace(
        "open_session(12, per_call=1_000)", f"open_session({served.session}, per_call=1_000, server={served.server!r})"
    )
    mine = mine.replace("author/name", chat(served)[1]["model"])
    assert mine.count(served.server) == 1
    exec(compile(mine, "README.md", "exec"), {})
    assert "384 400 km" in capsys.readouterr().out
