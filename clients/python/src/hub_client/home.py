"""Sessions that ``hub session open`` left on this machine: the chain's profile, the key, and the tally of ``hub call``."""

from __future__ import annotations

import base64
import json
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyrage
import requests

from hub_client.chain import Chain, canonical, denomination, read_json
from hub_client.errors import ChainError, HomeError
from hub_client.metering import Metering, MeteringError
from hub_client.session import Limits, Session
from hub_client.trust import Rates, Release, Terms, Trust
from hub_client.wire import PublicKey, SigningKey

if TYPE_CHECKING:
    from collections.abc import Mapping


def home_folder() -> Path:
    """``HUB_HOME``, else ``$XDG_CONFIG_HOME/hub``, else ``~/.config/hub``."""
    if folder := os.environ.get("HUB_HOME"):
        return Path(folder)
    if folder := os.environ.get("XDG_CONFIG_HOME"):
        return Path(folder) / "hub"
    return Path.home() / ".config" / "hub"


def open_session(
    number: int,
    *,
    per_call: int,
    total: int | None = None,
    server: str | None = None,
    chain: str | None = None,
    home: Path | None = None,
    password: str | None = None,
    key: SigningKey | None = None,
    metering: Mapping[int, Metering] | None = None,
    answer_bytes: int = 64 << 20,
    answer_seconds: float = 120,
) -> Session:
    """Pay from a session that ``hub session open`` opened, or from any other whose key is given.

    ``per_call`` and ``total`` are limits of your own; without ``total`` it is the session's budget. ``server`` is the one
    that the operator has on chain, ``chain`` the only one of ``chains.toml``, ``password`` that of ``HUB_KEY_PASSWORD``.
    Whom to believe is read from the chain, never from the server. Units are counted again by the manifests that the command
    ``hub`` fetched and checked, or by ``metering``, by model.
    """
    folder = home or home_folder()
    known = read_chain(folder, chain)
    found = known.ask(known.escrow, {"session": {"session": number}}, _session_facts)
    if found["state"] != "open":
        raise HomeError(f"session {number} has ended: open another with hub session open")
    voucher = (found.get("ceiling") or {}).get("key")
    if voucher is None:
        raise HomeError(f"session {number} has no key that signs calls: open one without --no-ceiling")
    public = PublicKey(voucher["key_type"], base64.b64decode(voucher["key"]))
    key = key or read_key(folder / "keys" / f"voucher-{public.data.hex()}.age", password)
    if key.public_key != public:
        raise HomeError(f"the key is not the one of session {number}")
    server = (server or _server(known, found["operator"])).rstrip("/")
    trust = _trust(known, found, server, metering or {})
    limits = Limits(per_call, int(found["budget"]) if total is None else total, answer_bytes, answer_seconds)
    tally = folder / "sessions" / f"{known.chain_id}-{number}.json"
    return Session(number, key, trust, limits, tally=tally, spent=int(found["spent"]), server=server)


def read_chain(folder: Path, name: str | None = None) -> Chain:
    """Read a profile of ``chains.toml``: the one that is named, or the only one."""
    path = folder / "chains.toml"
    try:
        profiles: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise HomeError(f"{path} cannot be read: {error}; add a chain with hub chain add") from error
    if name is None and len(profiles) == 1:
        name = next(iter(profiles))
    if name is None or name not in profiles:
        raise HomeError(f"name one of the chains of {path}: {', '.join(profiles) or 'it has none'}")
    profile = profiles[name]
    texts = {key: str(profile[key]) for key in ("chain_id", "registry", "escrow", "billing")}
    return Chain(rpc=tuple(profile["rpc"]), **texts)


def read_key(path: Path, password: str | None = None) -> SigningKey:
    """Read a key that ``hub`` keeps: a file in the age format that a password opens."""
    password = password or os.environ.get("HUB_KEY_PASSWORD")
    if not password:
        raise HomeError("key files need a password: give it, or set HUB_KEY_PASSWORD")
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise HomeError(f"{path} can be read by others: chmod 600 it")
        plain = json.loads(pyrage.passphrase.decrypt(path.read_bytes(), password))
        return SigningKey(plain["key_type"], bytes.fromhex(plain["seed"]))
    except OSError as error:
        raise HomeError(f"the key {path} cannot be read: {error}; call from where the session was opened") from error
    except pyrage.DecryptError as error:
        raise HomeError(f"the key {path} does not open with this password: {error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise HomeError(f"the key {path} is damaged: take it from a backup") from error


def _session_facts(session: Mapping[str, Any]) -> object:
    return [session[name] for name in ("caller", "operator", "denom", "measurement", "models")], session["ceiling"]["key"]


def _server(chain: Chain, operator: str) -> str:
    question = {"attesters_by_operator": {"operator": operator, "start_after": None, "limit": 100}}
    for one in chain.ask(chain.billing, question)["attesters"]:
        if "active" in one["status"] and one["endpoint"]:
            return str(one["endpoint"])
    raise HomeError(f"operator {operator} has no server on chain: ask it for its address and give it as server")


def _trust(chain: Chain, session: Mapping[str, Any], server: str, metering: Mapping[int, Metering]) -> Trust:
    try:
        said = read_json(f"{server}/.well-known/hub.json")
        number = int(said["attester"])
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        raise ChainError(f"{server} cannot be read: {error!r}. Is it a server of the Hub?") from error
    attester = chain.ask(chain.billing, {"attester": {"attester": number}}, lambda one: (one["operator"], one["key"]))
    if attester["operator"] != session["operator"]:
        raise ChainError(
            f"the server's attester {number} belongs to {attester['operator']}, and the session trusts "
            f"{session['operator']} alone: call a server of that operator"
        )
    if "active" not in attester["status"]:
        raise ChainError(f"attester {number} of the server is no longer active: call another server")
    return Trust(
        chain_id=chain.chain_id,
        billing=chain.billing,
        billing_canonical=canonical(chain.billing),
        operator=str(session["operator"]),
        attester=number,
        key=PublicKey(attester["key_type"], base64.b64decode(attester["key"])),
        asset=denomination(session["denom"]),
        models=_Models(chain, metering),
    )


class _Models:
    """What the chain shows of models. None of it ever changes, so each is asked once."""

    def __init__(self, chain: Chain, metering: Mapping[int, Metering]) -> None:
        self._chain = chain
        self._metering = metering
        self._terms: dict[tuple[int, int], Terms] = {}
        self._releases: dict[tuple[int, int], Release] = {}

    def terms(self, model: int, terms: int) -> Terms:
        if (known := self._terms.get((model, terms))) is None:
            found = self._chain.ask(
                self._chain.registry, {"terms": {"model": model, "terms": terms}}, lambda one: one["price"]
            )
            price = found["price"]
            rates = Rates(*(int(price[name]) for name in ("per_call", "per_million_in", "per_million_out")))
            known = self._terms[model, terms] = Terms(rates, denomination(price["denom"]))
        return known

    def release(self, model: int, release: int) -> Release:
        if (known := self._releases.get((model, release))) is None:
            question = {"release": {"model": model, "release": release}}
            facts = lambda one: (one["blob_id"], one.get("manifest"))  # noqa: E731
            found = self._chain.ask(self._chain.registry, question, facts)
            metering = self._metering.get(model) or _metering_of(found.get("manifest"))
            weights = base64.urlsafe_b64decode(str(found["blob_id"]) + "=")
            known = self._releases[model, release] = Release(weights, metering)
        return known


def _metering_of(manifest: str | None) -> Metering | None:
    """Read a manifest where the command ``hub`` keeps blobs: nothing gets there that was not checked against its id."""
    if manifest is None or not set(manifest) <= _BLOB_ID:
        return None
    try:
        return Metering.of_manifest((_cache_folder() / "blobs" / manifest).read_bytes())
    except (OSError, MeteringError):
        return None


_BLOB_ID = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def _cache_folder() -> Path:
    """``HUB_WALRUS_CACHE``, else ``$XDG_CACHE_HOME/hub/walrus``, else ``~/.cache/hub/walrus``."""
    if folder := os.environ.get("HUB_WALRUS_CACHE"):
        return Path(folder)
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "hub" / "walrus"
