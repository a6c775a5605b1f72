"""Answers in pieces: heard as they come, settled by their last event, whatever is cut on the way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest

from hub_client import (
    AnswerLostError,
    BrokenOffError,
    DishonestError,
    Session,
    async_pieces,
    hub_httpx,
    hub_requests,
    pieces,
)
from hub_client.pieces import Attempt, Said, taken_apart
from tests.operator_double import Operator

BODY = {"inputs": [1, 2, 3], "stream": True}
SAID = b'data: {"n": 1}\n\ndata: {"n": 2}\n\ndata: [DONE]\n\n'
SETTLED = b"event: payment-response\ndata: e30=\n\n"
ERROR = b'event: error\ndata: {"error": {"code": "gone", "message": "the engine is gone"}}\n\n'

Hear = Callable[[Session, str, Callable[[str], object]], bytes]
"""Hears an answer piece by piece, and gives its body."""


def with_requests(session: Session, url: str, hear: Callable[[str], object]) -> bytes:
    with hub_requests(session) as http, http.post(url, json=BODY, stream=True) as answer:
        assert answer.status_code == 200
        for piece in (said := pieces(answer)):
            hear(piece)
        return said.body


def with_httpx(session: Session, url: str, hear: Callable[[str], object]) -> bytes:
    async def run() -> bytes:
        async with hub_httpx(session) as http, http.stream("POST", url, json=BODY) as answer:
            assert answer.status_code == 200
            async for piece in (said := async_pieces(answer)):
                await asyncio.to_thread(hear, piece)
            return said.body

    return asyncio.run(run())


@pytest.fixture(params=[with_requests, with_httpx])
def heard(request: pytest.FixtureRequest) -> Hear:
    hear: Hear = request.param
    return hear


def stream(operator: Operator, chunks: Callable[[bytes], Iterator[bytes]], said: bytes = SAID) -> None:
    """Answers of the operator leave in these chunks, made of the whole."""
    operator.streams, operator.answers = True, lambda _: said
    operator.chunks = chunks


def test_each_piece_is_heard_before_the_next_is_sent(operator: Operator, heard: Hear) -> None:
    said_so_far: list[str] = []
    is_heard = threading.Semaphore(0)

    def slowly(answer: bytes) -> Iterator[bytes]:
        events = answer.split(b"\n\n")
        for count, event in enumerate(events[:-1]):
            yield event + b"\n\n"
            # Whoever waits for the whole answer waits for ever.
            if count < 2:
                assert is_heard.acquire(timeout=5)

    def hear(piece: str) -> None:
        said_so_far.append(piece)
        is_heard.release()

    stream(operator, slowly)
    session = operator.session()
    body = heard(session, operator.url, hear)
    assert said_so_far == ['{"n": 1}', '{"n": 2}']
    assert (body.startswith(SAID), session.paid(body).amount) == (True, 110)
    assert (operator.runs, operator.charged, session.tally.charged, session.tally.at_most) == (1, 110, 110, 110)


@pytest.mark.parametrize("length", [1, 5, len(SAID) - 3, len(SAID), len(SAID) + 30, -1])
def test_what_is_cut_anywhere_is_asked_for_again_heard_once_and_paid_once(
    operator: Operator, heard: Hear, length: int
) -> None:
    attempts = 0

    def cut(answer: bytes) -> Iterator[bytes]:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            yield answer[:length]
            raise OSError("the line is cut")
        yield answer

    stream(operator, cut)
    session, said = operator.session(), list[str]()
    body = heard(session, operator.url, said.append)
    assert (said, session.paid(body).amount, attempts) == (['{"n": 1}', '{"n": 2}'], 110, 2)
    assert (operator.runs, operator.charged, session.tally.charged, session.tally.at_most) == (1, 110, 110, 110)


def test_a_repeat_that_begins_otherwise_is_a_lie(operator: Operator, heard: Hear) -> None:
    attempts = 0

    def other(answer: bytes) -> Iterator[bytes]:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            yield answer[:20]
            raise OSError("the line is cut")
        yield answer.replace(b'"n": 1', b'"n": 9')

    stream(operator, other)
    session = operator.session()
    with pytest.raises(DishonestError, match="begins otherwise than the first time"):
        heard(session, operator.url, lambda piece: None)
    assert (session.tally.charged, session.tally.at_most) == (0, 110)


def test_a_piece_that_is_not_of_the_receipt_is_told_at_the_end(operator: Operator, heard: Hear) -> None:
    stream(operator, lambda answer: iter([answer.replace(b'"n": 2', b'"n": 3')]))
    session, said = operator.session(), list[str]()
    with pytest.raises(DishonestError, match="another answer"):
        heard(session, operator.url, said.append)
    # It was heard before it could be checked, and its settlement was not passed on.
    assert said == ['{"n": 1}', '{"n": 3}']
    assert session.tally.distrusted is not None


def test_an_answer_that_breaks_off_at_the_server_is_paid_for_what_it_said(operator: Operator, heard: Hear) -> None:
    stream(operator, lambda answer: iter([answer.replace(b"event: payment", ERROR + b"event: payment")]))
    session, said = operator.session(), list[str]()
    with pytest.raises(BrokenOffError, match="the engine is gone"):
        heard(session, operator.url, said.append)
    assert said == ['{"n": 1}', '{"n": 2}']
    assert (session.tally.charged, session.tally.at_most) == (110, 110)


def test_who_stops_reading_has_paid_and_the_rest_settles_it(operator: Operator) -> None:
    stream(operator, lambda answer: iter([answer[:20], answer[20:]]))
    session = operator.session()
    with hub_requests(session) as http, http.post(operator.url, json=BODY, stream=True) as answer:
        assert next(iter(pieces(answer))) == '{"n": 1}'

    async def run() -> None:
        async with hub_httpx(session) as http, http.stream("POST", operator.url, json=BODY) as answer:
            async for _ in async_pieces(answer):
                break

    asyncio.run(run())
    assert (session.tally.charged, session.tally.at_most) == (220, 220)


def test_who_stops_reading_does_not_wait_for_ever(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub_client.transport._LINGER", 0.1)
    is_over = threading.Event()

    def hangs(answer: bytes) -> Iterator[bytes]:
        yield answer[:20]
        is_over.wait(10)

    stream(operator, hangs)
    session = operator.session()
    with hub_requests(session) as http, http.post(operator.url, json=BODY, stream=True) as answer:
        next(iter(pieces(answer)))

    async def run() -> None:
        async with hub_httpx(session) as http, http.stream("POST", operator.url, json=BODY) as answer:
            async for _ in async_pieces(answer):
                break

    asyncio.run(run())
    is_over.set()
    # What became of them is not known: each is counted at its most.
    assert sorted(session.tally.open_calls.values()) == [110, 110]


def test_one_that_never_settles_leaves_an_id_under_which_it_is_paid_once(operator: Operator, heard: Hear) -> None:
    stream(operator, lambda answer: iter([answer[:-9]]))
    session = operator.session()
    with pytest.raises(AnswerLostError, match="ended before its settlement") as lost:
        heard(session, operator.url, lambda piece: None)
    stream(operator, lambda answer: iter([answer]))
    with session.repeating(lost.value.request_id):
        body = heard(session, operator.url, lambda piece: None)
    assert session.paid(body).request_id == lost.value.request_id
    assert (operator.runs, operator.charged, session.tally.charged, session.tally.at_most) == (1, 110, 110, 110)


def test_a_refusal_of_an_answer_in_pieces_has_its_name(operator: Operator, heard: Hear) -> None:
    attempts = 0

    def then_refused(answer: bytes) -> Iterator[bytes]:
        nonlocal attempts
        attempts += 1
        operator.refuse = (410, "answer_gone")
        yield answer[:20]
        raise OSError("the line is cut")

    stream(operator, then_refused)
    session = operator.session()
    with pytest.raises(AnswerLostError, match="then answer_gone"):
        heard(session, operator.url, lambda piece: None)
    assert (attempts, session.tally.at_most) == (1, 110)


# --- Form -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 2, 3, 7, 11, 1_000])
@pytest.mark.parametrize("error", [b"", ERROR])
def test_however_it_is_cut_into_chunks_it_says_the_same(step: int, error: bytes) -> None:
    whole = SAID + b"data: an event: in the middle\n\n" + error + SETTLED
    attempt, said, passed = Attempt(), Said(), b""
    for at in range(0, len(whole), step):
        attempt.read(whole[at : at + step])
        news = said.take(attempt)
        assert news is not None
        passed += news
    assert passed == attempt.said() == whole[: -len(error + SETTLED)]
    assert (attempt.events(), attempt.settlement()) == (error + SETTLED, "e30=")


@pytest.mark.parametrize("length", range(len(SAID + SETTLED)))
def test_without_the_whole_settlement_there_is_none(length: int) -> None:
    whole = SAID + SETTLED
    assert taken_apart(whole) == (SAID, "e30=")
    assert taken_apart(SETTLED) == (b"", "e30=")
    assert taken_apart(whole[:length])[1] is None


@pytest.mark.parametrize(
    "odd", [b"event: payment-response\n\n", b"event: payment-response\nretry: 3\n\n", b"event: other\ndata: e30=\n\n"]
)
def test_what_is_no_settlement_is_none(odd: bytes) -> None:
    assert taken_apart(SAID + odd) == (SAID, None)
