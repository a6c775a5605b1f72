from __future__ import annotations

import json
from multiprocessing import get_context
from pathlib import Path

import pytest

from hub_client import Tally, TallyError

A, B, C = "01" * 16, "02" * 16, "03" * 16


def test_a_tally_survives_a_restart_and_counts_what_is_open_at_its_most(tmp_path: Path) -> None:
    path = tmp_path / "tally.json"
    tally = Tally(7, 100, path)
    assert tally.begin(A, 30, 1_000) == 130
    assert tally.begin(B, 20, 1_000) == 150
    tally.end(A, 25, b"\1" * 32)
    tally = Tally(7, 0, path)
    assert (tally.charged, tally.at_most, tally.ceiling, tally.open_calls) == (125, 145, 150, {B: 20})
    # The same call again is one call; the ceiling that was signed covers it.
    assert tally.begin(B, 20, 1_000) == 150
    tally.drop(B)
    # A repeat of an answered call is no further call, unless it has another receipt: then it ran again.
    assert tally.begin(A, 30, 1_000) == 150
    tally.end(A, 25, b"\1" * 32)
    assert (tally.charged, tally.at_most) == (125, 125)
    tally.end(A, 25, b"\2" * 32)
    assert (tally.charged, tally.at_most) == (150, 150)


def test_what_a_limit_does_not_allow_is_not_noted(tmp_path: Path) -> None:
    tally = Tally(7, 90, tmp_path / "tally.json")
    assert tally.begin(A, 11, 100) is None
    assert (tally.at_most, tally.ceiling) == (90, 0)
    assert tally.begin(A, 10, 100) == 100
    assert tally.begin(A, 10, 100) == 100
    assert tally.begin(B, 1, 100) is None


def test_what_ran_beside_a_call_may_be_counted_at_its_most_and_nothing_more(tmp_path: Path) -> None:
    tally = Tally(7, 100, tmp_path / "tally.json")
    tally.begin(A, 30, 1_000)
    tally.begin(B, 20, 1_000)
    # The server counted the second at its most when it answered the first; the second was answered sooner, and cheaper.
    assert tally.end(B, 5, b"\2" * 32) == (135, False)
    assert tally.most_beside(A) == 120
    assert tally.end(A, 25, b"\1" * 32) == (145, False)
    assert tally.at_most == 130
    # A call that is begun later has nothing beside it.
    tally.begin(C, 30, 1_000)
    assert tally.drop(C) == 130
    # Who names no call is held to what was ever signed for.
    assert (tally.most_signed, tally.most_beside(C), tally.ceiling) == (160, 160, 160)


def test_a_file_of_the_command_hub_is_read_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "tally.json"
    charged = 2**128 - 2
    path.write_text(
        f'{{"session":7,"charged":"{charged}","ceiling":"5","open":{{"{A}":"1"}},"answered":[["{B}","{"00" * 32}"]]}}'
    )

    tally = Tally(7, 0, path)
    assert (tally.at_most, tally.ceiling) == (2**128 - 1, 5)
    tally.drop(A)
    assert set(json.loads(path.read_text())) == {"session", "charged", "ceiling", "open", "beside", "answered"}


def test_a_tally_of_another_session_or_of_nonsense_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "tally.json"
    Tally(7, 0, path).begin(A, 1, 10)
    with pytest.raises(TallyError, match="session 7, not of 8"):
        Tally(8, 0, path)
    for nonsense in ("{", "[]", "null", '{"session": 7}', '{"session":7,"charged":"x","ceiling":"0","open":{}}'):
        path.write_text(nonsense)
        with pytest.raises(TallyError, match="mend it or start a new session"):
            Tally(7, 0, path)


def test_what_cannot_be_written_is_not_counted_and_not_sent(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    tally = Tally(7, 5, folder / "tally.json")
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    with pytest.raises(TallyError, match="nothing was sent"):
        tally.begin(A, 30, 1_000)
    folder.mkdir()
    assert (tally.at_most, tally.ceiling) == (5, 0)


def test_processes_share_a_tally_and_lose_no_call(tmp_path: Path) -> None:
    path = tmp_path / "tally.json"
    with get_context("spawn").Pool(2) as pool:
        allowed = pool.starmap(_spend, [(path, start) for start in range(2)])
    # 40 calls of 10 were tried by two at once; 30 fit.
    assert sum(allowed) == 30
    tally = Tally(7, 0, path)
    assert (tally.charged, tally.at_most) == (300, 300)


def _spend(path: Path, start: int) -> int:
    tally, allowed = Tally(7, 0, path), 0
    for count in range(20):
        name = f"{start:016x}{count:016x}"
        if tally.begin(name, 10, 300) is not None:
            tally.end(name, 10, bytes([start, count]) * 16)
            allowed += 1
    return allowed
