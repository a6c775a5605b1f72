"""Servers that mean harm: each takes at most one call's price, is told apart, and is not paid again."""

from __future__ import annotations

import base64
import dataclasses
import itertools
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from hub_client import (
    AnswerLostError,
    DishonestError,
    DistrustedError,
    HubError,
    Limits,
    Metering,
    OverchargedError,
    Rates,
    RefusedError,
    Session,
    Tally,
    TallyError,
    Trust,
    Unit,
    WrongOfferError,
)
from tests.conftest import Post
from tests.operator_double import SESSION, Operator, send_chunks

BODY = {"inputs": [1, 2, 3]}
PRICE = 110


@pytest.fixture
def other() -> Iterator[Operator]:
    """Another server, to which nobody should be led."""
    other = Operator()
    yield other
    other.close()


def is_told(session: Session, post: Post, operator: Operator, kind: type[HubError], sentence: str) -> HubError:
    """One call fails by this name, and costs at most one price whatever the server signed for itself."""
    before = session.tally.at_most
    with pytest.raises(Exception, match=sentence) as told:
        post(session, operator.url, BODY)
    assert isinstance(told.value, kind), repr(told.value)
    assert session.tally.at_most <= before + PRICE
    assert session.tally.ceiling <= before + PRICE
    return told.value


def is_paid_no_more(session: Session, post: Post, operator: Operator) -> None:
    signed = session.tally.ceiling
    paid = len([one for one in operator.seen if one is not None])
    with pytest.raises(DistrustedError, match="not paid any more"):
        post(session, operator.url, BODY)
    assert session.tally.ceiling == signed
    assert len([one for one in operator.seen if one is not None]) == paid


@pytest.mark.parametrize("knows_the_chain", [True, False])
def test_a_ceiling_is_never_taken_from_a_server(operator: Operator, post: Post, knows_the_chain: bool) -> None:
    session = operator.session()
    if not knows_the_chain:
        session.trust = without_models(session.trust)
    post(session, operator.url, BODY)

    def dearer(offer: dict[str, Any]) -> None:
        # Once paid, it names a price of forty thousand, which the limit of the session would allow.
        if operator.seen[-1] is not None:
            offer["extra"].update(perCall="40000", session=SESSION, charged="110", ceiling="220")
            offer["amount"] = "40010"

    operator.offers, operator.refuse = dearer, (402, "voucher_missing")
    is_told(
        session, post, operator, RefusedError if not knows_the_chain else WrongOfferError, "voucher_missing|not those of"
    )
    assert session.tally.at_most == PRICE
    # Nor does the next call sign what that one was asked for.
    operator.offers, operator.refuse = lambda offer: None, None
    post(session, operator.url, BODY)
    assert (session.tally.ceiling, operator.ceiling) == (220, 220)


def without_models(trust: Trust) -> Trust:
    return Trust(**{name: getattr(trust, name) for name in Trust.__slots__ if name != "models"})


@pytest.mark.parametrize("code", ["voucher_missing", "payment_required", "wrong_payment"])
def test_a_server_that_sends_402_for_ever_is_left_after_a_second_try(operator: Operator, post: Post, code: str) -> None:
    session = operator.session()
    operator.refuse = (402, code)
    told = is_told(session, post, operator, RefusedError, code)
    assert isinstance(told, RefusedError)
    assert told.code == code
    assert len(operator.seen) <= 3
    assert (session.tally.at_most, operator.charged) == (0, 0)


@pytest.mark.parametrize(
    ("path", "value"),
    [(("session",), 99), (("hub", "attester"), 4), (("requestHash",), "00" * 32), (("hub", "billing"), "hub1other")],
)
def test_a_server_that_swaps_what_is_paid_for_gets_nothing_more(
    operator: Operator, checked: Post, path: tuple[str, ...], value: Any
) -> None:
    session = operator.session()

    def swap(offer: dict[str, Any]) -> None:
        if operator.seen[-1] is not None:
            found = offer["extra"]
            for name in path[:-1]:
                found = found[name]
            found[path[-1]] = value

    operator.offers, operator.refuse = swap, (402, "voucher_missing")
    is_told(session, checked, operator, WrongOfferError, "another request|expected")
    assert (len(operator.seen), session.tally.at_most) == (2, 0)


def test_rates_that_are_not_those_on_chain_are_not_agreed_to(operator: Operator, post: Post) -> None:
    operator.on_chain[1] = Rates(99, 0, 1_000_000)
    session = operator.session()
    is_told(session, post, operator, WrongOfferError, "rates are not those of terms 1 of model 7 on chain")
    assert (operator.seen, session.tally.ceiling) == ([None], 0)


NEVER: dict[str, list[bytes]] = {
    "says nothing": [],
    "sends half a header": [b"HTTP/1.1 200 OK\r\ncontent-le"],
    "sends a byte now and then": [b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", *[b"x"] * 1_000],
    "sends its header a byte at a time": [b"HTTP/1.1 200 OK\r\nx-long: ", *[b"x"] * 1_000],
}


@pytest.mark.parametrize("how", NEVER)
def test_a_server_that_never_answers_is_left_and_the_call_is_counted_at_its_most(
    operator: Operator, checked: Post, how: str
) -> None:
    stop = threading.Event()

    def never(handler: BaseHTTPRequestHandler, payment: str | None) -> bool:
        if payment is None:
            return False
        for part in NEVER[how]:
            handler.wfile.write(part)
            handler.wfile.flush()
            if stop.wait(0.02):
                break
        stop.wait(20)
        return True

    operator.instead = never
    session = operator.session()
    pay = session.pay

    def hurry(accepted: dict[str, Any], body: bytes | None = None) -> dict[str, Any]:
        # Only from here on: the honest part may take its time.
        session.limits = dataclasses.replace(session.limits, answer_seconds=0.05)
        return pay(accepted, body)

    session.pay = hurry  # type: ignore[method-assign]
    began = time.monotonic()
    is_told(session, checked, operator, AnswerLostError, "longer than your limits allow|timed out|Timeout")
    assert time.monotonic() - began < 15
    stop.set()
    assert list(session.tally.open_calls.values()) == [PRICE]


ENDLESS = {"json": "application/json", "pieces": "text/event-stream", "a quarrel": "text/plain"}


@pytest.mark.parametrize("is_paid", [True, False])
@pytest.mark.parametrize("kind", ENDLESS)
def test_an_answer_without_end_is_cut_off(operator: Operator, checked: Post, kind: str, is_paid: bool) -> None:
    sent = 0

    def more() -> Iterator[bytes]:
        nonlocal sent
        for chunk in itertools.repeat(b"data: more\n\n" * 5_000):
            sent += len(chunk)
            yield chunk

    def endless(handler: BaseHTTPRequestHandler, payment: str | None) -> bool:
        return (payment is not None) == is_paid and send_chunks(handler, more(), {"content-type": ENDLESS[kind]})

    operator.instead = endless
    session = operator.session(answer_bytes=1_000_000)
    error = AnswerLostError if is_paid else WrongOfferError
    is_told(session, checked, operator, error, "more than the 1000000 bytes")
    # What the system buffers is all that it could send on top, and it is asked once.
    assert sent < 20_000_000
    assert list(session.tally.open_calls.values()) == [PRICE] * is_paid


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_payment_is_led_nowhere_else(operator: Operator, other: Operator, checked: Post, status: int) -> None:
    def elsewhere(handler: BaseHTTPRequestHandler, payment: str | None) -> bool:
        if payment is None:
            return False
        handler.send_response(status)
        handler.send_header("location", other.url)
        handler.send_header("content-length", "0")
        handler.end_headers()
        return True

    operator.instead = elsewhere
    session = operator.session()
    is_told(session, checked, operator, AnswerLostError, f"no answer came .{status}")
    assert other.seen == []


def test_a_repeat_that_brings_another_receipt_was_paid_twice_and_is_told(
    operator: Operator, post: Post, tmp_path: Path
) -> None:
    path = tmp_path / "tally.json"
    session = operator.session(tally=Tally(SESSION, 0, path))
    post(session, operator.url, BODY)
    (request_id,) = operator.stored
    # It knows no repeats, and needs no voucher.
    operator.stored.clear()
    operator.ceiling = 2 * PRICE
    with session.repeating(request_id):
        is_told(session, post, operator, DishonestError, "another receipt than the one that this call was answered with")
    # Both can settle, and both are counted.
    assert session.tally.charged == operator.charged == 2 * PRICE
    is_paid_no_more(operator.session(tally=Tally(SESSION, 0, path)), post, operator)


def test_who_was_dishonest_once_is_not_paid_again_after_a_restart_either(
    operator: Operator, checked: Post, tmp_path: Path
) -> None:
    path = tmp_path / "tally.json"
    session = operator.session(tally=Tally(SESSION, 0, path))
    operator.settles = lambda settled: settled.update(amount="111")
    is_told(session, checked, operator, DishonestError, "not what its units cost")
    operator.settles = lambda settled: None
    for again in (session, operator.session(tally=Tally(SESSION, 0, path))):
        is_paid_no_more(again, checked, operator)
    session.trust_again()
    # The first call may be charged, and stays counted at its most.
    assert checked(operator.session(tally=Tally(SESSION, 0, path)), operator.url, BODY)[0] == 200
    assert (session.tally.charged, session.tally.at_most, operator.charged) == (PRICE, 2 * PRICE, 2 * PRICE)


def test_who_counts_more_than_it_was_asked_is_not_paid_again_though_it_counts_right_later(
    operator: Operator, post: Post
) -> None:
    session = operator.session()
    operator.settles = lambda settled: settled["extra"].update(charged="111")
    is_told(session, post, operator, OverchargedError, "111 are charged")
    operator.settles = lambda settled: None
    is_paid_no_more(session, post, operator)


DEEP = base64.b64encode(b"[" * 12_000).decode()


@pytest.mark.parametrize("header", ["", "!", "e30=", "bnVsbA==", "eyJ4IjoxfQ==", "A" * 20_000, DEEP])
def test_a_settlement_of_nonsense_is_told_as_a_lie(operator: Operator, checked: Post, header: str) -> None:
    session = operator.session()
    take = operator.pay
    operator.pay = lambda body, payment: ({"payment-response": header}, take(body, payment)[1])  # type: ignore[method-assign, assignment, return-value]
    is_told(session, checked, operator, DishonestError, "cannot be read|it says that the payment failed")
    is_paid_no_more(session, checked, operator)


def test_an_answer_that_says_that_its_payment_failed_is_a_lie(operator: Operator, post: Post) -> None:
    session = operator.session()
    operator.settles = lambda settled: settled.update(success=False)
    is_told(session, post, operator, DishonestError, "the payment failed")


def test_a_quarrel_that_is_too_deep_to_read_is_none(operator: Operator, checked: Post) -> None:
    deep = b"[" * 1_000_000

    def quarrel(handler: BaseHTTPRequestHandler, payment: str | None) -> bool:
        if payment is None:
            return False
        handler.send_response(500)
        handler.send_header("content-length", str(len(deep)))
        handler.end_headers()
        handler.wfile.write(deep)
        return True

    operator.instead = quarrel
    is_told(operator.session(), checked, operator, AnswerLostError, "500")


def test_units_are_counted_again_from_the_bodies(operator: Operator, checked: Post) -> None:
    operator.metering = Metering(Unit("bytes"), Unit("bytes"))
    # Ten units out were agreed at most, and this answer has more: what is charged is what was agreed.
    session = operator.session()
    assert checked(session, operator.url, BODY)[0] == 200
    (paid,) = session._paid.values()
    assert (paid.counted, paid.receipt.units_out) == (True, 10)
    operator.answers = lambda body: b"{}"
    is_told(session, checked, operator, DishonestError, r"states (\d+) units in and 10 out, and the bodies have \1 and 2")
    is_paid_no_more(session, checked, operator)


def test_tokens_are_the_operators_word(operator: Operator, checked: Post) -> None:
    operator.metering = Metering(Unit("tokens"), Unit("tokens"))
    session = operator.session()
    checked(session, operator.url, BODY)
    assert [one.counted for one in session._paid.values()] == [False]


def test_a_body_that_cannot_be_counted_is_no_answer(operator: Operator, checked: Post) -> None:
    operator.metering = Metering(Unit("bytes"), Unit("elements"))
    is_told(operator.session(), checked, operator, DishonestError, "cannot be counted")


# --- Honest, though it looks otherwise --------------------------------------------------------------


@pytest.mark.parametrize("restarted", [False, True])
def test_the_stored_answer_of_a_repeat_has_the_price_of_its_first_time(
    operator: Operator, checked: Post, tmp_path: Path, restarted: bool
) -> None:
    session = operator.session(tally=Tally(SESSION, 0, tmp_path / "tally.json"))
    operator.lose = 100
    with pytest.raises(AnswerLostError) as lost:
        checked(session, operator.url, BODY)
    operator.lose = 0
    # The price rises before the answer is asked for again.
    operator.on_chain[1] = Rates(operator.per_call, 0, operator.per_million_out)
    operator.per_call, operator.terms_in_force = 150, 2
    if restarted:
        session = operator.session(tally=Tally(SESSION, 0, tmp_path / "tally.json"))
    with session.repeating(lost.value.request_id):
        assert checked(session, operator.url, BODY)[0] == 200
    assert (operator.runs, operator.charged, session.tally.charged, session.tally.at_most) == (1, 110, 110, 110)
    assert checked(session, operator.url, BODY)[0] == 200
    assert (operator.charged, session.tally.charged) == (270, 270)


def test_what_was_paid_is_handed_on_though_the_disk_is_full_and_counted_at_its_most(
    operator: Operator, checked: Post, tmp_path: Path
) -> None:
    path = tmp_path / "tally.json"
    session = operator.session(tally=Tally(SESSION, 0, path))
    full = tmp_path / "tally.json.new"
    operator.while_it_answers = full.mkdir
    status, body = checked(session, operator.url, BODY)
    assert (status, session.paid(body).amount) == (200, 110)
    assert (session.tally.charged, session.tally.at_most) == (0, 110)
    # Until there is room nothing is sent, and then the call is found again.
    with pytest.raises(TallyError, match="nothing was sent"):
        checked(session, operator.url, BODY)
    assert operator.runs == 1
    full.rmdir()
    operator.while_it_answers = lambda: None
    ((request_id, _),) = session.tally.open_calls.items()
    with session.repeating(request_id):
        checked(session, operator.url, BODY)
    assert (operator.runs, session.tally.charged, session.tally.at_most) == (1, 110, 110)


def test_limits_have_room_for_long_and_slow_answers_unless_they_are_told_otherwise() -> None:
    assert (Limits(1, 1).answer_bytes, Limits(1, 1).answer_seconds) == (64 << 20, 120)
