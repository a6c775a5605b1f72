"""The paid call that docs/x402.md shows: the same bytes, signatures and headers as every other implementation."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from x402.http.utils import decode_payment_required_header, decode_payment_response_header

from hub_client import DishonestError, Limits, Session, Tally, Trust
from hub_client.chain import canonical
from hub_client.session import read_header
from hub_client.wire import PublicKey, SigningKey

FOLDER = Path(__file__).resolve().parents[3] / "tests/vectors/x402"


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


EXCHANGE, REQUIRED, PAYLOAD, RESPONSE = (read(name) for name in ("exchange", "required", "payload", "response"))


def session() -> Session:
    hub = REQUIRED["accepts"][0]["extra"]["hub"]
    attester = EXCHANGE["attester_key"]
    trust = Trust(
        chain_id=EXCHANGE["chain_id"],
        billing=hub["billing"],
        billing_canonical=bytes.fromhex(EXCHANGE["billing_canonical_hex"]),
        operator=REQUIRED["accepts"][0]["payTo"],
        attester=hub["attester"],
        key=PublicKey(attester["key_type"], bytes.fromhex(attester["public_hex"])),
        asset="uusdc",
    )
    key = SigningKey(EXCHANGE["session_key"]["key_type"], bytes.fromhex(EXCHANGE["session_key"]["seed_hex"]))
    expires_at = PAYLOAD["payload"]["call"]["expiresAt"]
    tally = Tally(3, int(EXCHANGE["charged_before"]))
    return Session(3, key, trust, Limits(1_000, 10_000), tally=tally, clock=lambda: expires_at - 120)


def test_the_payload_is_signed_as_the_document_shows_it() -> None:
    assert canonical(REQUIRED["accepts"][0]["extra"]["hub"]["billing"]).hex() == EXCHANGE["billing_canonical_hex"]
    payer = session()
    with payer.repeating(PAYLOAD["payload"]["call"]["requestId"]):
        payload = payer.pay(REQUIRED["accepts"][0], EXCHANGE["request_body"].encode())
    assert payload == PAYLOAD["payload"]
    bodies = (EXCHANGE["request_body"].encode(), EXCHANGE["answer_body"].encode())
    paid = payer.settled(payload, RESPONSE, bodies)
    assert paid.receipt.encode().hex() == EXCHANGE["receipt_hex"]
    assert (paid.amount, paid.charged, payer.tally.charged) == (110, 610, 610)


def test_one_bit_of_the_answer_is_not_the_answer() -> None:
    payer = session()
    with payer.repeating(PAYLOAD["payload"]["call"]["requestId"]):
        payload = payer.pay(REQUIRED["accepts"][0])
    bodies = (EXCHANGE["request_body"].encode(), EXCHANGE["answer_body"].encode() + b" ")
    with pytest.raises(DishonestError, match="another answer"):
        payer.settled(payload, RESPONSE, bodies)


def test_the_headers_are_read_alike_here_and_by_x402() -> None:
    headers = EXCHANGE["headers"]
    for name, content in (
        ("PAYMENT-REQUIRED", REQUIRED),
        ("PAYMENT-SIGNATURE", PAYLOAD),
        ("PAYMENT-RESPONSE", RESPONSE),
    ):
        assert read_header(headers[name]) == json.loads(base64.b64decode(headers[name])) == content
    assert decode_payment_required_header(headers["PAYMENT-REQUIRED"]).accepts[0].amount == REQUIRED["accepts"][0]["amount"]  # type: ignore[union-attr]
    assert decode_payment_response_header(headers["PAYMENT-RESPONSE"]).extra == RESPONSE["extra"]
