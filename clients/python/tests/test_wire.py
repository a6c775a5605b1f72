"""Every section of tests/vectors/wire.json that callers need, both ways. Batches are an attester's."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from hub_client.wire import (
    Call,
    DecodeError,
    Domain,
    EncodeError,
    KeyFormatError,
    PublicKey,
    Reader,
    Receipt,
    SigningKey,
    Voucher,
    Writer,
    answer_bytes,
    commit_hash,
    leaf_hash,
    measurement,
    merkle_root,
    message_digest,
    possession_bytes,
    receipt_digest,
    sha256,
    verify_inclusion,
)

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[3] / "tests/vectors/wire.json").read_text(encoding="utf-8")
)
OF_ATTESTERS = {"batches", "built_batches", "shortest_codes"}


def raw(text: str) -> bytes:
    return bytes.fromhex(text)


def blob(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=")


def call(entry: dict[str, Any]) -> Call:
    numbers = {name: int(entry[name]) for name in ("attester", "session", "model", "expires_at")}
    return Call(**numbers, request_id=raw(entry["request_id_hex"]), request_hash=raw(entry["request_hash_hex"]))


def receipt(entry: dict[str, Any]) -> Receipt:
    numbers = {name: int(entry[name]) for name in ("attester", "session", "model", "release", "terms", "issued_at")}
    units_in, units_out = entry["units"]
    return Receipt(
        **numbers,
        blob_id=blob(entry["blob_id"]),
        request_id=raw(entry["request_id_hex"]),
        units_in=int(units_in),
        units_out=int(units_out),
        request_hash=raw(entry["request_hash_hex"]),
        response_hash=raw(entry["response_hash_hex"]),
    )


def entries(section: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = VECTORS[section]
    assert found
    return found


def test_no_section_of_the_vectors_is_left_out() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    sections = {name for name, value in VECTORS.items() if isinstance(value, list)} - OF_ATTESTERS
    assert {name for name in sections if f'entries("{name}")' not in here} == set()


def test_integers_calls_vouchers_and_receipts_encode_to_the_bytes_of_the_vectors_and_back() -> None:
    for entry in entries("varints"):
        value, data = int(entry["value"]), raw(entry["hex"])
        assert Writer().u128(value).finish() == data
        assert Reader(data).u128() == value
    for entry in entries("calls"):
        assert call(entry["call"]).encode() == raw(entry["hex"])
        assert Call.decode(raw(entry["hex"])) == call(entry["call"])
    for entry in entries("vouchers"):
        voucher = Voucher(session=int(entry["voucher"]["session"]), ceiling=int(entry["voucher"]["ceiling"]))
        assert voucher.encode() == raw(entry["hex"])
        assert Voucher.decode(raw(entry["hex"])) == voucher
    for entry in entries("receipts"):
        assert receipt(entry["receipt"]).encode() == raw(entry["hex"])
        assert Receipt.decode(raw(entry["hex"])) == receipt(entry["receipt"])
        assert leaf_hash(raw(entry["hex"])) == raw(entry["leaf_hash_hex"])


def test_answers_and_possessions_have_the_bytes_of_the_vectors() -> None:
    for entry in entries("answers"):
        answer = entry["answer"]
        assert answer_bytes(raw(answer["receipt_hex"]), answer["engine"], answer["label"]) == raw(entry["hex"])
    for entry in entries("possessions"):
        shown = entry["possession"]
        data = possession_bytes(shown["key_type"], raw(shown["key_hex"]), raw(shown["operator_hex"]))
        assert data == raw(entry["hex"])


def test_what_no_encoder_writes_is_refused_at_its_byte_and_for_its_reason() -> None:
    readers = {
        "u64": lambda data: whole(Reader(data), "u64"),
        "u128": lambda data: whole(Reader(data), "u128"),
        "call": Call.decode,
        "voucher": Voucher.decode,
        "receipt": Receipt.decode,
    }
    seen = 0
    for entry in entries("refused"):
        if entry["of"] == "batch":
            continue
        with pytest.raises(DecodeError) as refused:
            readers[entry["of"]](raw(entry["hex"]))
        assert (refused.value.reason, refused.value.at) == (entry["reason"], entry["at"]), entry["name"]
        seen += 1
    assert seen > 20


def whole(reader: Reader, kind: str) -> None:
    reader.u64() if kind == "u64" else reader.u128()
    reader.finish()


def test_tags_digests_commitments_and_measurements_are_those_of_the_vectors() -> None:
    for entry in entries("domain_tags"):
        assert Domain(entry["chain_id"], raw(entry["contract_hex"])).tag(entry["purpose"]) == raw(entry["tag_hex"])
    for entry in entries("digests"):
        tag = Domain(entry["chain_id"], raw(entry["contract_hex"])).tag(entry["purpose"])
        data = raw(entry["bytes_hex"])
        if entry["purpose"] == "receipt":
            found = receipt_digest(tag, data, int(entry["sequence"]))
        else:
            found = message_digest(tag, data)
        assert found == raw(entry["digest_hex"])
    for entry in entries("commitments"):
        tag = Domain(entry["chain_id"], raw(entry["contract_hex"])).tag("commit")
        found = commit_hash(tag, raw(entry["sender_hex"]), blob(entry["blob_id"]), raw(entry["salt_hex"]))
        assert found == raw(entry["hash_hex"])
    for entry in entries("measurements"):
        assert measurement(raw(entry["verifier_hex"]), raw(entry["digest_hex"])) == raw(entry["measurement_hex"])


def test_signatures_are_the_same_bytes_as_everywhere_and_verify() -> None:
    for entry in entries("signatures"):
        key = SigningKey(entry["key_type"], raw(entry["seed_hex"]))
        assert key.public_key.data == raw(entry["public_key_hex"]), entry["name"]
        assert key.sign(raw(entry["digest_hex"])) == raw(entry["signature_hex"]), entry["name"]
        assert key.public_key.verify(raw(entry["digest_hex"]), raw(entry["signature_hex"])), entry["name"]
        assert entry["seed_hex"] not in repr(key)


def test_signatures_and_keys_that_no_chain_takes_are_refused() -> None:
    for entry in entries("refused_signatures"):
        try:
            key = PublicKey(entry["key_type"], raw(entry["public_key_hex"]))
        except KeyFormatError:
            continue
        assert not key.verify(raw(entry["digest_hex"]), raw(entry["signature_hex"])), entry["name"]
    for entry in entries("refused_keys"):
        with pytest.raises(KeyFormatError):
            PublicKey(entry["key_type"], raw(entry["key_hex"]))


def test_trees_and_proofs_are_those_of_the_vectors() -> None:
    for entry in entries("merkle_trees"):
        leaves = [raw(leaf) for leaf in entry["leaves_hex"]]
        if len(leaves) != int(entry["size"]):
            continue
        root = raw(entry["root_hex"])
        assert merkle_root(leaves) == root
        for proof in entry["proofs"]:
            index, siblings = int(proof["index"]), [raw(one) for one in proof["siblings_hex"]]
            assert verify_inclusion(root, leaves[index], index, len(leaves), siblings)
            assert not verify_inclusion(root, leaves[index] + b"!", index, len(leaves), siblings)
    for entry in entries("refused_proofs"):
        siblings = [raw(one) for one in entry["siblings_hex"]]
        leaf, root = raw(entry["leaf_hex"]), raw(entry["root_hex"])
        assert not verify_inclusion(root, leaf, int(entry["index"]), int(entry["size"]), siblings), entry["name"]


def test_values_without_an_encoding_are_refused() -> None:
    for wrong in (-1, 2**64):
        with pytest.raises(EncodeError):
            Writer().u64(wrong)
    with pytest.raises(EncodeError):
        Voucher(session=1, ceiling=2**128).encode()
    short = Call(attester=1, session=1, model=1, request_id=b"", expires_at=1, request_hash=sha256())
    with pytest.raises(EncodeError, match="request_id has 0 bytes, expected 16"):
        short.encode()
    for seed in (bytes(32), b"\xff" * 32, b"", bytes(31)):
        with pytest.raises(KeyFormatError):
            SigningKey("secp256k1", seed)
