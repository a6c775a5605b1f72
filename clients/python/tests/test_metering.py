"""Units, counted again from the bodies as apps/hub-engine counts them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hub_client import Metering, MeteringError, Unit

ROOT = Path(__file__).resolve().parents[3]


def tensor(name: str, shape: list[int], data: Any, datatype: str = "INT64") -> dict[str, Any]:
    return {"name": name, "shape": shape, "datatype": datatype, "data": data}


REQUEST = json.dumps(
    {"inputs": [tensor("ids", [2, 3], [5, 6, 7, 8, 0, 0]), tensor("mask", [2, 3], [[1, 1, 1], [1, 0, 0]])]}
)
ANSWER = json.dumps(
    {
        "model_name": "a/b",
        "outputs": [
            tensor("all", [2, 4], [0.0, 1, 0, 1, 1, 1, 1, -0.0], "FP32"),
            tensor("words", [1], ["one"], "BYTES"),
        ],
    }
)


@pytest.mark.parametrize(
    ("input_", "output", "counted"),
    [
        (Unit(), Unit(), (12, 9)),
        (Unit("nonzero", "mask"), Unit("nonzero", "all"), (4, 5)),
        (Unit("samples", "ids", 1), Unit("samples", "all", 0), (3, 2)),
        (Unit("samples", "ids", 2), Unit("samples", "each", 0), (0, 0)),
        (Unit("bytes"), Unit("bytes"), (len(REQUEST), len(ANSWER))),
        (Unit("tokens"), Unit("tokens"), (None, None)),
        # An output that was not asked for is not in the answer and costs nothing.
        (Unit("nonzero", "mask"), Unit("nonzero", "each"), (4, 0)),
    ],
)
def test_units_are_what_the_manifest_says(input_: Unit, output: Unit, counted: tuple[int | None, int | None]) -> None:
    assert Metering(input_, output).recount(REQUEST.encode(), ANSWER.encode()) == counted


@pytest.mark.parametrize(
    ("datatype", "data", "counted"),
    [
        # A number that is too small for its type is zero there.
        ("FP16", [1e-8, 6e-8, -1e-9, 70_000], 2),
        ("FP32", [1e-46, 1e-45, 0.0, -0.0], 1),
        ("FP64", [1e-46, 5e-324, 0.0, -0.0], 2),
        ("BOOL", [True, False, False, True], 2),
        ("UINT64", [0, 1, 2**64 - 1, 0], 2),
        ("BYTES", ["", "a", "0", ""], 2),
    ],
)
def test_what_is_zero_is_a_matter_of_the_type(datatype: str, data: list[Any], counted: int) -> None:
    body = json.dumps({"inputs": [tensor("x", [4], data, datatype)]}).encode()
    assert Unit("nonzero", "x").count(body, "inputs") == counted


NO_BODIES: list[Any] = [
    {},
    [],
    {"inputs": 3},
    {"inputs": [3]},
    {"inputs": [tensor("x", [2], [1])]},
    {"inputs": [tensor("x", [2, 2], [1, 2, 3])]},
    {"inputs": [tensor("x", [-1, -1], [1])]},
    {"inputs": [tensor("x", [True], [1])]},
    {"inputs": [{"name": "x", "shape": [1], "datatype": "INT64"}]},
]


@pytest.mark.parametrize("body", NO_BODIES)
def test_a_body_that_is_none_cannot_be_counted(body: Any) -> None:
    with pytest.raises(MeteringError, match="cannot be counted"):
        Unit().count(json.dumps(body).encode(), "inputs")


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff"])
def test_what_is_no_json_cannot_be_counted(body: bytes) -> None:
    with pytest.raises(MeteringError):
        Unit().count(body, "inputs")


def manifest(metering: Any) -> bytes:
    annotations = {} if metering is None else {"hub.metering": json.dumps(metering)}
    return json.dumps({"artifactType": "application/vnd.cncf.model.manifest.v1+json", "annotations": annotations}).encode()


def test_a_manifest_says_what_a_unit_is() -> None:
    assert Metering.of_manifest(manifest(None)) == Metering(Unit("elements"), Unit("elements"))
    said = {"input": {"unit": "nonzero", "tensor": "mask"}, "output": {"unit": "samples", "tensor": "all", "axis": 1}}
    assert Metering.of_manifest(manifest(said)) == Metering(Unit("nonzero", "mask"), Unit("samples", "all", 1))
    assert Metering.of_manifest(manifest({"output": {"unit": "tokens"}})) == Metering(Unit(), Unit("tokens"))


@pytest.mark.parametrize(
    "said",
    [
        {"input": {"unit": "words"}},
        {"input": {"unit": "nonzero"}},
        {"input": {"unit": "samples", "tensor": "x"}},
        {"input": {"unit": "samples", "tensor": "x", "axis": -1}},
        {"input": {"unit": "samples", "tensor": "x", "axis": True}},
        {"input": 3},
        [],
        3,
    ],
)
def test_a_manifest_that_says_nonsense_is_none(said: Any) -> None:
    with pytest.raises(MeteringError, match="cannot be read"):
        Metering.of_manifest(manifest(said))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"3", b'{"artifactType": "other"}'])
def test_what_is_no_manifest_is_none(data: bytes) -> None:
    with pytest.raises(MeteringError, match="cannot be read"):
        Metering.of_manifest(data)
