"""What a session was used for, by the caller's own count."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hub_client.errors import TallyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has one process per file.
    fcntl = None  # type: ignore[assignment]

_T = TypeVar("_T")

_REMEMBERED = 256
"""So many answered calls are remembered: repeats come soon, or not at all."""


@dataclass(slots=True)
class _State:
    session: int
    charged: int
    ceiling: int = 0
    open: dict[str, int] = field(default_factory=dict)
    beside: dict[str, int] = field(default_factory=dict)
    """For each open call, the most that all else came to since it was begun: what a server can rightly count beside it."""
    answered: list[tuple[str, str]] = field(default_factory=list)
    distrusted: str | None = None
    """What the operator did, if it is not to be paid any more."""

    def at_most(self) -> int:
        return self.charged + sum(self.open.values())

    def most_signed(self) -> int:
        return max(self.at_most(), self.ceiling)

    def close(self, request_id: str) -> int | None:
        """End a call. Give the most that all else came to while it was open, if it was."""
        others = self.beside.pop(request_id, None)
        return others if self.open.pop(request_id, None) is not None else None

    def note(self) -> None:
        """Note for each open call what all else comes to now."""
        most = self.at_most()
        for name, own in self.open.items():
            self.beside[name] = max(most - own, self.beside.get(name, 0))

    def to_json(self) -> str:
        found: dict[str, Any] = {
            "session": self.session,
            "charged": str(self.charged),
            "ceiling": str(self.ceiling),
            "open": {name: str(amount) for name, amount in sorted(self.open.items())},
            "beside": {name: str(amount) for name, amount in sorted(self.beside.items())},
            "answered": [list(one) for one in self.answered],
        }
        if self.distrusted is not None:
            found["distrusted"] = self.distrusted
        return json.dumps(found)

    @staticmethod
    def of_json(text: str) -> _State:
        found: dict[str, Any] = json.loads(text)
        return _State(
            session=int(found["session"]),
            charged=int(found["charged"]),
            ceiling=int(found["ceiling"]),
            open={str(name): int(amount) for name, amount in found["open"].items()},
            beside={str(name): int(amount) for name, amount in found.get("beside", {}).items()},
            answered=[(str(name), str(digest)) for name, digest in found.get("answered", [])],
            distrusted=None if found.get("distrusted") is None else str(found["distrusted"]),
        )


class Tally:
    """Counts what a session was used for, in a file, so that a restart forgets nothing, or in memory.

    The file is the one of ``hub call``. Every step reads it, changes it and writes it under a lock, so that threads and
    processes share it. What cannot be written did not happen: then nothing is sent.
    """

    def __init__(self, session: int, charged: int = 0, path: Path | None = None) -> None:
        """``charged`` is what the chain shows as spent; a tally that is there already knows it."""
        self.session = session
        self._path = path
        self._state = _State(session, charged)
        self._thread = threading.Lock()
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise TallyError(f"the tally {path} cannot be kept: {error}") from error
            with self._locked():
                self._read()

    @property
    def charged(self) -> int:
        """What calls came to that were answered, and what was charged before."""
        return self._now(lambda state: state.charged)

    @property
    def at_most(self) -> int:
        """The most that the session can have been charged: calls whose end is not known, at their highest price."""
        return self._now(_State.at_most)

    @property
    def ceiling(self) -> int:
        """The highest ceiling that was signed."""
        return self._now(lambda state: state.ceiling)

    @property
    def most_signed(self) -> int:
        """The most that a server can rightly count, of calls that it does not name."""
        return self._now(_State.most_signed)

    def most_beside(self, request_id: str) -> int:
        """Give the most that a server can rightly count beside a call that runs."""

        def question(state: _State) -> int:
            return (
                state.beside[request_id] if request_id in state.open and request_id in state.beside else state.most_signed()
            )

        return self._now(question)

    @property
    def open_calls(self) -> dict[str, int]:
        """Calls whose end is not known, by request id, with the most that each can cost."""
        return self._now(lambda state: dict(state.open))

    def begin(self, request_id: str, amount: int, total: int) -> int | None:
        """Note a call that is about to be sent, and give the ceiling that covers it and every other open call.

        Gives nothing, and notes nothing, if the session could then be charged more than ``total``.
        """

        def change(state: _State) -> int | None:
            # A repeat of an answered call is no further call.
            known = any(name == request_id for name, _ in state.answered)
            before = state.open.get(request_id, 0)
            # Of a repeat it is not known at which of its prices it ran.
            most = max(amount, before)
            adds = 0 if known else most - before
            if state.at_most() + adds > total:
                return None
            if not known:
                state.open[request_id] = most
            state.ceiling = max(state.ceiling, state.at_most())
            return state.ceiling

        return self._change(change)

    @property
    def distrusted(self) -> str | None:
        """What the operator did, if it is not to be paid any more."""
        return self._now(lambda state: state.distrusted)

    def distrust(self, why: str | None) -> None:
        """Pay the operator no more, or again if nothing is given. What was noted first stays."""

        def change(state: _State) -> None:
            state.distrusted = None if why is None else state.distrusted or why

        self._change(change)

    def drop(self, request_id: str) -> int:
        """Note that a call was not charged. Give the most that a server can rightly have counted when it said so."""

        def change(state: _State) -> int:
            others = state.close(request_id)
            return state.most_signed() if others is None else others

        return self._change(change)

    def end(self, request_id: str, amount: int, receipt_hash: bytes) -> tuple[int, bool]:
        """Note what a call came to, by a receipt with this hash. The same receipt counts once.

        Give the most that a server can rightly have counted when it answered, and whether the call was answered before with
        another receipt: then it was charged twice.
        """

        def change(state: _State) -> tuple[int, bool]:
            others = state.close(request_id)
            answered = (request_id, receipt_hash.hex())
            is_known = answered in state.answered
            is_second = not is_known and any(name == request_id for name, _ in state.answered)
            if not is_known:
                state.charged += amount
                state.answered.append(answered)
                del state.answered[:-_REMEMBERED]
            return state.most_signed() if others is None else others + amount, is_second

        return self._change(change)

    def _now(self, question: Callable[[_State], _T]) -> _T:
        with self._locked():
            self._read()
            return question(self._state)

    def _change(self, change: Callable[[_State], _T]) -> _T:
        with self._locked():
            self._read()
            before = self._state.to_json()
            result = change(self._state)
            self._state.note()
            after = self._state.to_json()
            if after != before:
                try:
                    self._write(after)
                except OSError as error:
                    self._state = _State.of_json(before)
                    raise TallyError(f"the tally {self._path} cannot be kept, so nothing was sent: {error}") from error
            return result

    def _read(self) -> None:
        if self._path is None:
            return
        try:
            found = _State.of_json(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        except OSError as error:
            raise TallyError(f"the tally {self._path} cannot be read: {error}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise TallyError(
                f"the tally {self._path} cannot be read: {error!r}; it is all that says what you spent, "
                "so mend it or start a new session"
            ) from error
        if found.session != self.session:
            raise TallyError(
                f"the tally {self._path} is that of session {found.session}, not of {self.session}: name another file"
            )
        self._state = found

    def _write(self, text: str) -> None:
        """Write beside the file and then in its place, so that there is always a whole one."""
        if self._path is None:
            return
        beside = self._path.with_name(self._path.name + ".new")
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with self._thread:
            if self._path is None or fcntl is None:
                yield
                return
            try:
                lock = Path(str(self._path) + ".lock").open("a", encoding="utf-8")  # noqa: SIM115
            except OSError as error:
                raise TallyError(f"the tally {self._path} cannot be kept, so nothing was sent: {error}") from error
            with lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
