"""Calls through real sockets: against an honest server, an unlucky one and one that lies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from hub_client import (
    AnswerLostError,
    ClockError,
    DishonestError,
    HubError,
    LimitError,
    OverchargedError,
    PriceRaisedError,
    RefusedError,
    SessionEndedError,
    SessionExhaustedError,
    SessionMismatchError,
    Tally,
    WrongAssetError,
    WrongChainError,
    WrongOfferError,
    WrongSignatureError,
    hub_httpx,
    hub_requests,
)
from hub_client.wire import SigningKey
from tests.conftest import Post
from tests.operator_double import SESSION, Operator

BODY = {"inputs": [1, 2, 3]}


def set_offer(*path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(found: dict[str, Any]) -> None:
        for name in path[:-1]:
            found = found[name]
        found[path[-1]] = value

    return change


WRONG_OFFERS: list[tuple[Callable[[dict[str, Any]], None], type[HubError], str]] = [
    (set_offer("network", value="cosmos:other-1"), WrongChainError, "network"),
    (set_offer("extra", "hub", "billing", value="hub1other"), WrongChainError, "billing"),
    (set_offer("asset", value="ugold"), WrongAssetError, "asset"),
    (set_offer("payTo", value="hub1thief"), WrongOfferError, "payee"),
    (set_offer("extra", "hub", "attester", value=4), WrongOfferError, "attester"),
    (set_offer("amount", value="109"), WrongOfferError, "rates and units"),
    (set_offer("extra", "unitsIn", value=-1), WrongOfferError, "none of the Hub's"),
    (set_offer("extra", "unitsIn", value=True), WrongOfferError, "none of the Hub's"),
    (set_offer("extra", "perCall", value="1e3"), WrongOfferError, "none of the Hub's"),
    (set_offer("extra", "perCall", value="９"), WrongOfferError, "none of the Hub's"),
    (set_offer("amount", value="9" * 40), WrongOfferError, "none of the Hub's"),
    (set_offer("extra", value={}), WrongOfferError, "none of the Hub's"),
]


@pytest.mark.parametrize(("wrong", "kind", "sentence"), WRONG_OFFERS)
def test_an_offer_that_does_not_fit_the_session_is_refused_and_nothing_is_signed(
    operator: Operator, checked: Post, wrong: Callable[[dict[str, Any]], None], kind: type[HubError], sentence: str
) -> None:
    operator.offers = wrong
    session = operator.session()
    with pytest.raises(kind, match=sentence):
        checked(session, operator.url, BODY)
    assert operator.seen == [None]
    assert (session.tally.at_most, session.tally.ceiling) == (0, 0)


def test_an_offer_about_another_request_is_never_paid(operator: Operator, checked: Post) -> None:
    operator.offers = set_offer("extra", "requestHash", value="00" * 32)
    with pytest.raises(WrongOfferError, match="another request"):
        checked(operator.session(), operator.url, BODY)
    assert operator.seen == [None]


def test_a_wrong_asset_has_a_name_of_its_own(operator: Operator) -> None:
    operator.offers = set_offer("asset", value="ugold")
    with pytest.raises(WrongAssetError, match="'ugold', expected 'uusd'"):
        operator.session().pay(operator.offer(b"{}", known=False))


def test_a_call_is_paid_checked_and_counted(operator: Operator, post: Post) -> None:
    session = operator.session()
    for count in (1, 2, 3):
        status, body = post(session, operator.url, BODY)
        assert (status, json.loads(body)) == (200, {"outputs": [count]})
        paid = session.paid(body)
        assert (paid.amount, paid.charged, paid.engine) == (110, 110 * count, "tract 0.23")
    assert (operator.runs, operator.charged, session.tally.charged, session.tally.at_most) == (3, 330, 330, 330)
    # The ceiling rises only as far as it must.
    assert operator.ceiling == session.tally.ceiling == 330


@pytest.mark.parametrize(("per_call", "total"), [(109, 50_000), (1_000, 109), (0, 50_000), (1_000, 0)])
def test_a_limit_stops_a_call_before_anything_is_signed(
    operator: Operator, checked: Post, per_call: int, total: int
) -> None:
    session = operator.session(per_call=per_call, total=total)
    with pytest.raises(LimitError, match="you allow"):
        checked(session, operator.url, BODY)
    assert (operator.seen, session.tally.at_most) == ([None], 0)


REFUSALS: list[tuple[str, int, type[RefusedError]]] = [
    ("session_ended", 402, SessionEndedError),
    ("exhausted", 402, SessionExhaustedError),
    ("call_expired", 402, ClockError),
    ("call_too_long", 402, ClockError),
    ("clock_off", 503, ClockError),
    ("unknown_session", 402, SessionMismatchError),
    ("wrong_denom", 402, SessionMismatchError),
    ("bad_voucher", 402, WrongSignatureError),
    ("never heard of", 402, RefusedError),
]


@pytest.mark.parametrize(("code", "status", "kind"), REFUSALS)
def test_a_refusal_after_the_payment_has_a_name_and_costs_nothing(
    operator: Operator, checked: Post, code: str, status: int, kind: type[RefusedError]
) -> None:
    session = operator.session()
    operator.refuse = (status, code)
    with pytest.raises(kind) as refused:
        checked(session, operator.url, BODY)
    assert (type(refused.value), refused.value.code, refused.value.status) == (kind, code, status)
    assert f"this is {code}" in str(refused.value)
    assert (session.tally.at_most, operator.charged) == (0, 0)
    # It was paid once, and not again.
    assert len([one for one in operator.seen if one is not None]) == 1
    operator.refuse = None
    assert checked(session, operator.url, BODY)[0] == 200


def test_other_errors_come_back_as_the_server_gave_them(operator: Operator, checked: Post) -> None:
    session = operator.session()
    operator.refuse = (422, "bad_shape")
    status, body = checked(session, operator.url, BODY)
    assert (status, json.loads(body)["error"]["code"], session.tally.at_most) == (422, "bad_shape", 0)


def test_a_price_that_rises_between_offer_and_payment_is_not_paid(operator: Operator, post: Post) -> None:
    session = operator.session()
    operator.before_payment = lambda: setattr(operator, "per_call", 120)
    with pytest.raises(PriceRaisedError, match="price_changed"):
        post(session, operator.url, BODY)
    assert (operator.runs, operator.charged, session.tally.at_most) == (0, 0, 0)
    assert len(operator.seen) == 2
    # Called again, the new price is known.
    post(session, operator.url, BODY)
    assert (operator.charged, session.tally.charged) == (130, 130)


def test_a_ceiling_that_must_rise_is_raised_once(operator: Operator, post: Post) -> None:
    session = operator.session()
    post(session, operator.url, BODY)
    # What is settled at the server and was lost here in parallel: it knows of more that runs than this voucher covers.
    session.tally.begin("ff" * 16, 110, 10_000)
    operator.reserved["another"] = 110
    missing = iter([True])
    take = operator.pay

    def pay(body: bytes, payment: dict[str, Any]) -> Any:
        return "voucher_missing" if next(missing, False) else take(body, payment)

    operator.pay = pay  # type: ignore[method-assign]
    operator.offers = lambda offer: (
        offer["extra"].update(charged=str(operator.at_most()), ceiling="110") if any(operator.seen) else None
    )
    assert post(session, operator.url, BODY)[0] == 200
    assert (operator.runs, operator.charged) == (2, 220)


def test_a_lost_answer_is_asked_for_again_and_paid_once(operator: Operator, checked: Post) -> None:
    session = operator.session()
    operator.lose = 2
    status, body = checked(session, operator.url, BODY)
    assert (status, json.loads(body)) == (200, {"outputs": [1]})
    assert (operator.runs, operator.charged, session.tally.charged, session.tally.at_most) == (1, 110, 110, 110)
    paid = [one for one in operator.seen if one is not None]
    assert len(paid) == 3
    assert len(set(paid)) == 1


def test_a_gateway_that_gives_up_says_nothing_of_the_call_which_is_asked_for_again_and_paid_once(
    operator: Operator, checked: Post
) -> None:
    session = operator.session()
    operator.gateway_gives_up = 2
    status, answer = checked(session, operator.url, BODY)
    assert (status, session.paid(answer).amount) == (200, 110)
    assert (operator.runs, operator.charged, session.tally.charged, session.tally.at_most) == (1, 110, 110, 110)
    operator.gateway_gives_up = 100
    with pytest.raises(AnswerLostError, match="502: <html>Bad Gateway"):
        checked(session, operator.url, BODY)
    assert (operator.charged, session.tally.charged, session.tally.at_most) == (220, 110, 220)


SAID = b'data: {"choices": []}\n\ndata: [DONE]\n\n'


def test_an_answer_in_pieces_is_settled_by_its_last_event(operator: Operator, checked: Post) -> None:
    session = operator.session()
    operator.streams, operator.answers = True, lambda _: SAID
    operator.cut = 2
    status, answer = checked(session, operator.url, BODY)
    assert (status, answer.startswith(SAID), session.paid(answer).amount) == (200, True, 110)
    assert (operator.runs, operator.charged, session.tally.charged, session.tally.at_most) == (1, 110, 110, 110)
    # One that never ends is asked for under its id later; the call is counted at its most.
    operator.cut = 100
    with pytest.raises(AnswerLostError, match="ended before its settlement"):
        checked(session, operator.url, BODY)
    assert (session.tally.charged, session.tally.at_most) == (110, 220)


def test_a_lie_at_the_end_of_an_answer_in_pieces_is_told(operator: Operator, checked: Post) -> None:
    session = operator.session()
    operator.streams, operator.answers = True, lambda _: SAID
    operator.settles = replace("engine", "a faster one")
    with pytest.raises(DishonestError, match="signature does not verify"):
        checked(session, operator.url, BODY)
    assert session.tally.at_most == 110


def test_a_server_that_is_gone_after_the_payment_leaves_an_id_under_which_the_call_is_paid_once(
    operator: Operator, checked: Post
) -> None:
    session = operator.session()
    operator.lose = 100
    with pytest.raises(AnswerLostError) as lost:
        checked(session, operator.url, BODY)
    assert session.tally.open_calls == {lost.value.request_id: 110}
    assert (session.tally.charged, session.tally.at_most) == (0, 110)
    operator.lose = 0
    with session.repeating(lost.value.request_id):
        status, body = checked(session, operator.url, BODY)
    assert (status, json.loads(body)) == (200, {"outputs": [1]})
    assert (operator.runs, operator.charged, session.tally.charged, session.tally.at_most) == (1, 110, 110, 110)


def test_a_server_that_is_not_there_costs_nothing(operator: Operator, checked: Post) -> None:
    session = operator.session()
    operator.close()
    with pytest.raises(Exception, match=r"(?i)connect"):
        checked(session, operator.url, BODY)
    assert session.tally.at_most == 0


def replace(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda settled: settled["extra"].update({name: value}) if name != "amount" else settled.update(amount=value)


LIES: list[tuple[Callable[[dict[str, Any]], None], type[HubError], str]] = [
    (replace("amount", "111"), DishonestError, "not what its units cost"),
    (replace("charged", "111"), OverchargedError, "do not use this server again"),
    (replace("engine", "a faster one"), DishonestError, "signature does not verify"),
    (replace("label", "enclave"), DishonestError, "signature does not verify"),
    (replace("receipt", "AQ=="), DishonestError, "cannot be read"),
    (replace("receipt", "not base64"), DishonestError, "cannot be read"),
    (replace("answerSignature", ""), DishonestError, "signature does not verify"),
    (lambda settled: settled.update(extra=None), DishonestError, "cannot be read"),
]


@pytest.mark.parametrize(("lie", "kind", "sentence"), LIES)
def test_a_lie_about_the_answer_is_told_and_takes_at_most_one_price(
    operator: Operator, post: Post, lie: Callable[[dict[str, Any]], None], kind: type[HubError], sentence: str
) -> None:
    session = operator.session()
    operator.settles = lie
    with pytest.raises(Exception, match=sentence) as told:
        post(session, operator.url, BODY)
    assert isinstance(told.value, kind)
    assert session.tally.at_most == 110
    assert session.tally.ceiling == 110


def test_another_body_than_the_receipts_is_no_answer(operator: Operator, checked: Post) -> None:
    session = operator.session()
    take = operator.pay
    operator.pay = lambda body, payment: (take(body, payment)[0], b'{"outputs": "forged"}')  # type: ignore[method-assign, assignment, return-value]
    with pytest.raises(DishonestError, match="another answer"):
        checked(session, operator.url, BODY)
    assert session.tally.at_most == 110


def test_an_answer_without_a_receipt_is_none(operator: Operator, checked: Post) -> None:
    operator.pay = lambda body, payment: ({}, b"{}")  # type: ignore[method-assign]
    with pytest.raises(DishonestError, match="no receipt came with it"):
        checked(operator.session(), operator.url, BODY)


def test_the_receipt_of_an_earlier_call_does_not_pass_for_a_new_one(operator: Operator, checked: Post) -> None:
    session = operator.session()
    checked(session, operator.url, BODY)
    first = next(iter(operator.stored.values()))
    operator.pay = lambda body, payment: first  # type: ignore[method-assign]
    with pytest.raises(DishonestError, match="another request id"):
        checked(session, operator.url, BODY)
    # One call was answered, and one may be charged.
    assert (session.tally.charged, session.tally.at_most) == (110, 220)


def test_a_server_that_counts_what_nobody_asked_for_is_not_paid_again(operator: Operator, post: Post) -> None:
    session = operator.session()
    post(session, operator.url, BODY)
    operator.offers = lambda offer: offer["extra"].update(charged="111")
    with pytest.raises(OverchargedError, match="111 are charged to session 12, and calls came to at most 110"):
        post(session, operator.url, BODY)
    assert (session.tally.at_most, session.tally.ceiling) == (110, 110)


def test_a_key_that_is_not_the_sessions_pays_nothing(operator: Operator, post: Post) -> None:
    session = operator.session()
    session._key = SigningKey.generate()
    with pytest.raises(WrongSignatureError):
        post(session, operator.url, BODY)
    assert (operator.charged, session.tally.at_most) == (0, 0)


def test_a_clock_that_is_an_hour_behind_is_named(operator: Operator, post: Post) -> None:
    session = operator.session(clock=lambda: 1_000_000.0)
    with pytest.raises(ClockError, match="call_expired"):
        post(session, operator.url, BODY)
    assert (operator.charged, session.tally.at_most) == (0, 0)


def test_an_offer_that_is_paid_twice_is_one_call(operator: Operator) -> None:
    session = operator.session()
    offer = operator.offer(b"{}", known=False)
    first, again = session.pay(offer), session.pay(offer)
    assert first["call"]["requestId"] == again["call"]["requestId"] != offer["extra"]["requestId"]
    assert session.tally.at_most == 110
    # Nor can a server have two requests named alike.
    offer["extra"]["requestHash"] = "11" * 32
    assert session.pay(offer)["call"]["requestId"] != first["call"]["requestId"]


def test_parallel_calls_are_all_paid_and_the_ceiling_covers_them(operator: Operator) -> None:
    session = operator.session()

    async def run() -> list[int]:
        async with hub_httpx(session) as http:
            found = await asyncio.gather(*(http.post(operator.url, json={"inputs": [one]}) for one in range(24)))
            return [response.status_code for response in found]

    assert asyncio.run(run()) == [200] * 24
    with hub_requests(session) as http, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda one: http.post(operator.url, json={"inputs": [one]}).status_code, range(24)))
    assert found == [200] * 24
    assert (operator.runs, operator.charged, session.tally.charged, session.tally.open_calls) == (48, 5_280, 5_280, {})


def test_a_server_that_counts_a_call_beside_at_its_most_is_honest(operator: Operator, checked: Post) -> None:
    session = operator.session()
    beside = "09" * 16
    session.tally.begin(beside, 50, 50_000)
    operator.reserved[beside] = 50

    def end_beside() -> None:
        session.tally.end(beside, 20, b"\x09" * 32)

    # Its answer comes while the other call's is on its way, and is cheaper than it could have been.
    operator.while_it_answers = end_beside
    checked(session, operator.url, BODY)
    assert (session.tally.charged, session.tally.at_most) == (130, 130)


def test_a_restart_forgets_nothing(operator: Operator, post: Post, tmp_path: Path) -> None:
    path = tmp_path / "sessions" / "tally.json"
    first = operator.session(tally=Tally(SESSION, 0, path))
    post(first, operator.url, BODY)
    second = operator.session(tally=Tally(SESSION, 0, path))
    post(second, operator.url, BODY)
    # Both see both, as two processes would.
    assert first.tally.charged == second.tally.charged == operator.charged == 220
    third = operator.session(total=329, tally=Tally(SESSION, 0, path))
    with pytest.raises(LimitError, match="you allow"):
        third.pay(operator.offer(b"{}", known=False))


def test_a_client_of_its_own_pays_nothing_without_a_session(operator: Operator) -> None:
    assert requests.post(operator.url, json=BODY, timeout=5).status_code == 402
