"""What the chain shows of sessions, attesters and releases, by the RPC of CometBFT. Several nodes must not contradict."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import bech32
import requests

from hub_client.errors import ChainError, WrongChainError
from hub_client.wire import Reader, Writer

if TYPE_CHECKING:
    from collections.abc import Callable

_SMART = "/cosmwasm.wasm.v1.Query/SmartContractState"
_TIMEOUT = 20
_MOST = 4 << 20


@dataclass(frozen=True, slots=True)
class Chain:
    """A Hub on a chain, and the nodes that are asked. With three nodes, one that lies can do no harm."""

    chain_id: str
    rpc: tuple[str, ...]
    registry: str
    escrow: str
    billing: str

    def ask(self, contract: str, question: dict[str, Any], facts: Callable[[Any], object] = lambda answer: answer) -> Any:  # noqa: ANN401
        """Ask every node. ``facts`` are what all that answer have to agree in: other fields may change with each block."""
        answers: list[tuple[str, Any]] = []
        failures: list[str] = []
        for node in self.rpc:
            try:
                answers.append((node, self._of(node, contract, question)))
            except (OSError, ValueError, KeyError, TypeError) as error:
                failures.append(f"{node}: {error}")
        if not answers:
            raise ChainError(f"no node of {self.chain_id} answered {json.dumps(question)}: {'; '.join(failures)}")
        first, answer = answers[0]
        for node, other in answers[1:]:
            if facts(other) != facts(answer):
                raise ChainError(f"the nodes {first} and {node} contradict each other in {json.dumps(question)}")
        return answer

    def _of(self, node: str, contract: str, question: dict[str, Any]) -> Any:  # noqa: ANN401
        found = _rpc(node, "status", {})["node_info"]["network"]
        if found != self.chain_id:
            raise WrongChainError(f"{node} is a node of {found}, expected {self.chain_id}")
        # QuerySmartContractStateRequest: 1 address, 2 query data.
        data = Writer().byte(0x0A).prefixed(contract.encode()).byte(0x12).prefixed(json.dumps(question).encode()).finish()
        params = {"path": _SMART, "data": data.hex(), "height": "0", "prove": False}
        response = _rpc(node, "abci_query", params)["response"]
        if response.get("code", 0) != 0:
            raise ValueError(str(response.get("log", "refused"))[:500])
        reader = Reader(base64.b64decode(response["value"]))
        if reader.byte() != 0x0A:
            raise ValueError("the answer is none of a contract")
        return json.loads(reader.raw(reader.u64()))


def _rpc(node: str, method: str, params: dict[str, Any]) -> dict[str, Any]:
    asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    found = read_json(node, asked)
    if "result" not in found:
        raise ValueError(str(found.get("error", found))[:500])
    result: dict[str, Any] = found["result"]
    return result


def read_json(url: str, sent: dict[str, Any] | None = None) -> Any:  # noqa: ANN401
    """Ask for JSON of at most a few megabytes, by POST if something is sent. Whoever answers may be hostile."""
    with requests.request("GET" if sent is None else "POST", url, json=sent, timeout=_TIMEOUT, stream=True) as answer:
        deadline, read = time.monotonic() + _TIMEOUT, bytearray()
        for chunk in answer.iter_content(65_536):
            read += chunk
            if len(read) > _MOST:
                raise ValueError(f"it answers more than {_MOST} bytes")
            if time.monotonic() > deadline:
                raise ValueError(f"its answer takes longer than {_TIMEOUT} s")
        try:
            return json.loads(read)
        except RecursionError as error:
            raise ValueError("it answers JSON that is too deep") from error


def canonical(address: str) -> bytes:
    """Give the bytes that a bech32 address spells."""
    _, words = bech32.bech32_decode(address)
    data = bech32.convertbits(words, 5, 8, pad=False) if words is not None else None
    if data is None:
        raise ChainError(f"{address} is no address")
    return bytes(data)


def denomination(denom: dict[str, str]) -> str:
    """Spell a denomination as x402 does: a native one by its name, a token as ``cw20:<address>``."""
    return denom["native"] if "native" in denom else f"cw20:{denom['cw20']}"
