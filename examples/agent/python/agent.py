"""An agent that buys a forecast every minute, and shows what it spent.

It pays from a session that ``hub session open`` opened, within limits of its own, and writes each purchase down as a line of JSON.
It stops by itself where going on would cost what nobody allowed, or where a server lies.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hub_client import AnswerLostError, HubError, PriceRaisedError, Session, hub_requests, open_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

CANDLES = 10
"""So many candles the model looks back."""

Candle = tuple[float, float, float, float]
"""Open, high, low, close."""


@dataclass(frozen=True)
class Purchase:
    """One forecast that was bought."""

    at: float
    """When, unix seconds."""
    close: float
    """The last price that the model was shown."""
    volatility: float
    """What it said of the next candles: the standard deviation of their returns."""
    amount: int
    """What it cost, in the smallest unit of the session's denomination."""
    spent: int
    """What the session was charged so far."""
    request_id: str
    """Under it the server, and then the chain, show the receipt."""


def of_file(path: Path) -> Iterator[list[Candle]]:
    """Read candles from a CSV file with the columns open, high, low and close, and move on by one for each purchase."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [tuple(float(row[name]) for name in ("open", "high", "low", "close")) for row in csv.DictReader(file)]
    for end in range(CANDLES, len(rows) + 1):
        yield [(row[0], row[1], row[2], row[3]) for row in rows[end - CANDLES : end]]


def made_up(seed: int = 1) -> Iterator[list[Candle]]:
    """Walk at random, for those who have no prices at hand. What a model says of it means nothing."""
    walk = random.Random(seed)  # noqa: S311 - prices, not secrets
    price = 100.0
    window: list[Candle] = []
    while True:
        steps = [price := price * (1 + walk.gauss(0, 0.002)) for _ in range(4)]
        window.append((steps[0], max(steps), min(steps), steps[-1]))
        if len(window) >= CANDLES:
            yield window[-CANDLES:]


def buy(http: requests.Session, session: Session, model: str, candles: list[Candle]) -> Purchase:
    """Buy one forecast. An answer that was lost is asked for again under the same name, and paid once."""
    flat = [value for candle in candles for value in candle]
    body = {"inputs": [{"name": "candles", "datatype": "FP32", "shape": [1, CANDLES, 4], "data": flat}]}
    url = f"{session.server}/v2/models/{model}/infer"
    try:
        answer = http.post(url, json=body)
    except AnswerLostError as lost:
        with session.repeating(lost.request_id):
            answer = http.post(url, json=body)
    answer.raise_for_status()
    paid = session.paid(answer.content)
    volatility = float(answer.json()["outputs"][0]["data"][0])
    return Purchase(time.time(), candles[-1][3], volatility, paid.amount, session.tally.charged, paid.request_id)


def run(
    session: Session, model: str, market: Iterator[list[Candle]], every: float, calls: int, ledger: Path | None = None
) -> Iterator[Purchase]:
    """Buy a forecast every ``every`` seconds, ``calls`` times, and write each into ``ledger``."""
    with hub_requests(session) as http:
        for count, candles in enumerate(market):
            if count == calls:
                return
            if count:
                time.sleep(every)
            try:
                purchase = buy(http, session, model, candles)
            except PriceRaisedError as raised:
                # Nothing was charged. The next offer has the new price, and the limits hold for it.
                print(raised, file=sys.stderr)
                continue
            if ledger is not None:
                with ledger.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(purchase)) + "\n")
            yield purchase


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--session", type=int, required=True, help="number of the session that pays")
    parser.add_argument("--model", required=True, help="the model, as a number or AUTHOR/NAME")
    parser.add_argument("--server", help="the operator's server; default: the one that it has on chain")
    parser.add_argument("--every", type=float, default=60, help="seconds between two purchases (default: 60)")
    parser.add_argument("--calls", type=int, default=1_440, help="how many to buy (default: 1440, a day)")
    parser.add_argument("--per-call", type=int, default=1_000, help="most that a forecast may cost (default: 1000)")
    parser.add_argument("--total", type=int, help="most that the session may be charged in all; default: its budget")
    parser.add_argument("--candles", type=Path, help="CSV file of prices; default: a random walk")
    parser.add_argument("--ledger", type=Path, default=Path("purchases.jsonl"), help="where purchases are written down")
    options = parser.parse_args()
    market = of_file(options.candles) if options.candles else made_up()
    try:
        session = open_session(options.session, per_call=options.per_call, total=options.total, server=options.server)
        for purchase in run(session, options.model, market, options.every, options.calls, options.ledger):
            print(
                f"{time.strftime('%H:%M:%S', time.localtime(purchase.at))}  close {purchase.close:.2f}  "
                f"volatility {purchase.volatility:.5f}  paid {purchase.amount}  "
                f"spent {purchase.spent} of {session.limits.total}{session.trust.asset}  {purchase.request_id}",
                flush=True,
            )
    except HubError as error:
        print(f"stopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
