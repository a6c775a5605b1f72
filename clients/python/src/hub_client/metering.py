"""What a model's prices count, so that a charge can be counted again from the bodies of request and answer."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

UnitName = Literal["elements", "nonzero", "bytes", "samples", "tokens"]

_MANIFEST = "application/vnd.cncf.model.manifest.v1+json"
_ANNOTATION = "hub.metering"
# Smaller numbers of these types are zero: they are counted as the server holds them, not as JSON spells them.
_SMALL: dict[str, str] = {"FP16": "<e", "FP32": "<f"}


class MeteringError(ValueError):
    """A metering that says nothing, or a body that cannot be counted."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What is counted on one side of a call."""

    unit: UnitName = "elements"
    """Elements of all tensors, those of one tensor that are not zero, bytes of the body, the length of one dimension of one
    tensor, or tokens, which are the operator's word."""
    tensor: str = ""
    """The tensor, for ``nonzero`` and ``samples``."""
    axis: int = 0
    """The dimension, from 0, for ``samples``."""

    def count(self, body: bytes, side: Literal["inputs", "outputs"]) -> int | None:
        """Count the units of a body. Nothing stands for tokens, which nobody can count again."""
        if self.unit == "tokens":
            return None
        if self.unit == "bytes":
            return len(body)
        tensors = _tensors(body, side)
        if self.unit == "elements":
            return sum(int(math.prod(one["shape"])) for one in tensors)
        # An output that was not asked for is not counted, and neither is a dimension that this answer does not have.
        found = next((one for one in tensors if one["name"] == self.tensor), None)
        if found is None:
            return 0
        if self.unit == "nonzero":
            return sum(_counts(one, found["datatype"]) for one in _flat(found["data"]))
        return int(found["shape"][self.axis]) if self.axis < len(found["shape"]) else 0


@dataclass(frozen=True, slots=True)
class Metering:
    """What one unit is, of what callers send and of what they get."""

    input: Unit = Unit()
    """Units of the request, which ``per_million_in`` of a price counts."""
    output: Unit = Unit()
    """Units of the answer, which ``per_million_out`` counts."""

    @staticmethod
    def of_manifest(data: bytes) -> Metering:
        """Read it from the manifest of a release, which lies on Walrus under the blob id that the registry shows."""
        try:
            manifest = json.loads(data)
            if manifest["artifactType"] != _MANIFEST:
                raise MeteringError("it is no manifest of a model")
            found = manifest.get("annotations", {}).get(_ANNOTATION)
            said = {} if found is None else json.loads(found)
            return Metering(_unit(said.get("input", {})), _unit(said.get("output", {})))
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
            raise MeteringError(f"the manifest cannot be read: {error}") from error

    def recount(self, request: bytes, answer: bytes) -> tuple[int | None, int | None]:
        """Count what a call was charged for, from its two bodies. Nothing stands for what is the operator's word."""
        return self.input.count(request, "inputs"), self.output.count(answer, "outputs")


def _unit(said: dict[str, Any]) -> Unit:
    name = said.get("unit", "elements")
    if name in ("elements", "bytes", "tokens"):
        return Unit(name)
    if name == "nonzero":
        return Unit(name, str(said["tensor"]))
    if name == "samples":
        axis = said["axis"]
        if not isinstance(axis, int) or isinstance(axis, bool) or axis < 0:
            raise MeteringError(f"{axis!r} is no dimension")
        return Unit(name, str(said["tensor"]), axis)
    raise MeteringError(f"{name!r} is no unit")


def _tensors(body: bytes, side: str) -> list[dict[str, Any]]:
    """Give the tensors of a body of the Open Inference Protocol, each with a shape that fits its values."""
    try:
        found = json.loads(body)[side]
        if not isinstance(found, list):
            raise MeteringError(f"its {side} are no list")
        for one in found:
            shape = one["shape"]
            if not isinstance(one["name"], str) or not isinstance(one["datatype"], str):
                raise MeteringError("a tensor has no name or no type")
            if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
                raise MeteringError(f"the shape of {one['name']} is none")
            if sum(1 for _ in _flat(one["data"])) != math.prod(shape):
                raise MeteringError(f"the shape of {one['name']} does not fit its values")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MeteringError(f"the body cannot be counted: {error}") from error
    return found


def _flat(data: Any) -> Iterator[Any]:  # noqa: ANN401
    if isinstance(data, list):
        for one in data:
            yield from _flat(one)
    else:
        yield data


def _counts(value: Any, datatype: str) -> bool:  # noqa: ANN401
    """Whether a value is none of zero, false or an empty text. NaN is not zero, and negative zero is."""
    if datatype in _SMALL and isinstance(value, int | float):
        try:
            return bool(struct.unpack(_SMALL[datatype], struct.pack(_SMALL[datatype], float(value)))[0] != 0)
        except OverflowError:
            return True
    return bool(value)
