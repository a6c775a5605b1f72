"""A server of the Hub for tests, honest unless told otherwise, behind a real socket. It shares no code with the client but
the wire format, which the vectors hold."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hub_client import Limits, Metering, Rates, Release, Session, Tally, Terms, Trust
from hub_client.wire import Call, Domain, Receipt, SigningKey, Voucher, answer_bytes, message_digest, sha256

CHAIN = "hub-testing-1"
BILLING = bytes(range(32))
SESSION = 12
MODEL = 7
BLOB = bytes(reversed(range(32)))

Change = Callable[[dict[str, Any]], None]


class Server(ThreadingHTTPServer):
    """Takes as many callers at once as tests send: five may wait by default, and the system resets the sixth."""

    request_queue_size = 128


class Operator:
    """The books of an operator, and what it does wrong."""

    def __init__(self, budget: int = 100_000) -> None:
        self.key = SigningKey("ed25519", b"\x07" * 32)
        self.caller = SigningKey("secp256k1", b"\x09" * 32)
        domain = Domain(CHAIN, BILLING)
        self.tags = {purpose: domain.tag(purpose) for purpose in ("call", "voucher", "answer")}
        self.budget, self.per_call, self.per_million_out = budget, 100, 1_000_000
        self.charged, self.ceiling, self.runs = 0, 0, 0
        self.reserved: dict[str, int] = {}
        self.stored: dict[str, tuple[dict[str, str], bytes]] = {}
        self.refuse: tuple[int, str] | None = None
        self.offers: Change = lambda offer: None
        self.settles: Change = lambda settled: None
        self.answers: Callable[[bytes], bytes] = lambda body: body
        self.before_payment: Callable[[], None] = lambda: None
        self.terms_in_force = 1
        self.on_chain: dict[int, Rates] = {}
        self.metering: Metering | None = None
        self.instead: Callable[[BaseHTTPRequestHandler, str | None], bool] = lambda handler, payment: False
        """Answers by itself, if it says so."""
        self.lose = 0
        self.gateway_gives_up = 0
        self.streams = False
        self.cut = 0
        self.chunks: Callable[[bytes], Iterable[bytes]] | None = None
        """How an answer leaves, chunk by chunk."""
        self.while_it_answers: Callable[[], None] = lambda: None
        self.seen: list[str | None] = []
        self.lock = threading.Lock()
        operator = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if operator.instead(self, self.headers.get("payment-signature")):
                    self.close_connection = True
                    return
                found = operator.handle(body, self.headers.get("payment-signature"))
                if found is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                status, headers, answer = found
                if operator.chunks is not None and status == 200:
                    send_chunks(self, operator.chunks(answer), headers)
                    return
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(answer))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def handle(self) -> None:
                try:
                    super().handle()
                except (OSError, ValueError):
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/v2/models/7/infer"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def trust(self) -> Trust:
        return Trust(
            chain_id=CHAIN,
            billing="hub1billing",
            billing_canonical=BILLING,
            operator="hub1operator",
            attester=3,
            key=self.key.public_key,
            asset="uusd",
            models=self,
        )

    def terms(self, model: int, terms: int) -> Terms:
        """What the chain shows: the rates that are in force, until a test has it otherwise."""
        assert model == MODEL
        return Terms(self.on_chain.get(terms) or Rates(self.per_call, 0, self.per_million_out), "uusd")

    def release(self, model: int, release: int) -> Release:
        assert (model, release) == (MODEL, 1)
        return Release(BLOB, self.metering)

    def session(
        self,
        per_call: int = 1_000,
        total: int = 50_000,
        tally: Tally | None = None,
        answer_bytes: int = 64 << 20,
        answer_seconds: float = 120,
        **more: Any,
    ) -> Session:
        limits = Limits(per_call, total, answer_bytes, answer_seconds)
        return Session(SESSION, self.caller, self.trust(), limits, tally=tally, **more)

    def offer(self, body: bytes, known: bool) -> dict[str, Any]:
        units_in = len(body)
        offer: dict[str, Any] = {
            "scheme": "batch-settlement",
            "network": f"cosmos:{CHAIN}",
            "asset": "uusd",
            "amount": str(self.per_call + self.per_million_out * 10 // 1_000_000),
            "payTo": "hub1operator",
            "maxTimeoutSeconds": 600,
            "extra": {
                "hub": {"billing": "hub1billing", "escrow": "hub1escrow", "attester": 3, "measurement": None},
                "label": "operator's word",
                "model": MODEL,
                "release": 1,
                "terms": self.terms_in_force,
                "perCall": str(self.per_call),
                "perMillionIn": "0",
                "perMillionOut": str(self.per_million_out),
                "unitsIn": units_in,
                "maxUnitsOut": 10,
                "requestHash": sha256(body).hex(),
                "requestId": sha256(str(len(self.seen)).encode())[:16].hex(),
            },
        }
        if known:
            offer["extra"] |= {"session": SESSION, "charged": str(self.at_most()), "ceiling": str(self.ceiling)}
        self.offers(offer)
        return offer

    def at_most(self) -> int:
        return self.charged + sum(self.reserved.values())

    def handle(self, body: bytes, header: str | None) -> tuple[int, dict[str, str], bytes] | None:
        with self.lock:
            self.seen.append(header)
            if header is None:
                return self.required(body, "payment_required", known=False)
            self.before_payment()
            if self.refuse is not None:
                return self.required(body, self.refuse[1], known=True, status=self.refuse[0])
            found = self.pay(body, json.loads(base64.b64decode(header)))
        if isinstance(found, str):
            return self.required(body, found, known=True)
        if self.lose > 0:
            self.lose -= 1
            return None
        if self.gateway_gives_up > 0:
            self.gateway_gives_up -= 1
            return 502, {}, b"<html>Bad Gateway</html>"
        self.while_it_answers()
        if self.cut > 0:
            self.cut -= 1
            headers, answer = found
            return 200, headers, answer[:-9]
        return 200, *found

    def required(self, body: bytes, code: str, *, known: bool, status: int = 402) -> tuple[int, dict[str, str], bytes]:
        text = json.dumps({"error": {"code": code, "message": f"this is {code}", "type": code}}).encode()
        if status != 402:
            return status, {}, text
        required = {"x402Version": 2, "error": code, "resource": {"url": self.url}, "accepts": [self.offer(body, known)]}
        return 402, {"payment-required": encode(required)}, text

    def pay(self, body: bytes, payment: dict[str, Any]) -> tuple[dict[str, str], bytes] | str:
        payload, accepted = payment["payload"], payment["accepted"]
        request_id, expires_at = payload["call"]["requestId"], payload["call"]["expiresAt"]
        call = Call(3, SESSION, MODEL, bytes.fromhex(request_id), expires_at, sha256(body))
        public = self.caller.public_key
        if not public.verify(message_digest(self.tags["call"], call.encode()), unbase(payload["call"]["signature"])):
            return "bad_signature"
        voucher = Voucher(SESSION, int(payload["voucher"]["ceiling"]))
        signature = unbase(payload["voucher"]["signature"])
        if not public.verify(message_digest(self.tags["voucher"], voucher.encode()), signature):
            return "bad_voucher"
        if (again := self.stored.get(request_id)) is not None:
            return again
        if expires_at <= time.time():
            return "call_expired"
        amount = int(self.offer(body, known=False)["amount"])
        if int(accepted["amount"]) < amount:
            return "price_changed"
        self.ceiling = max(self.ceiling, voucher.ceiling)
        if self.charged + amount > self.budget:
            return "exhausted"
        if self.charged + amount > self.ceiling:
            return "voucher_missing"
        self.runs += 1
        answer = self.answers(json.dumps({"outputs": [self.runs]}).encode())
        receipt = Receipt(
            3,
            SESSION,
            BLOB,
            MODEL,
            1,
            self.terms_in_force,
            bytes.fromhex(request_id),
            int(time.time()),
            len(body),
            10,
            sha256(body),
            sha256(answer),
        ).encode()
        self.charged += amount
        digest = message_digest(self.tags["answer"], answer_bytes(receipt, "tract 0.23", "operator's word"))
        settled: dict[str, Any] = {
            "success": True,
            "transaction": f"hub:hub1billing/3/{request_id}",
            "network": f"cosmos:{CHAIN}",
            "payer": "hub1caller",
            "amount": str(amount),
            "extra": {
                "receipt": base64.b64encode(receipt).decode(),
                "charged": str(self.at_most()),
                "ceiling": str(self.ceiling),
                "engine": "tract 0.23",
                "label": "operator's word",
                "answerSignature": base64.b64encode(self.key.sign(digest)).decode(),
            },
        }
        self.settles(settled)
        if self.streams:
            end = b"event: payment-response\ndata: " + encode(settled).encode() + b"\n\n"
            self.stored[request_id] = ({"content-type": "text/event-stream"}, answer + end)
        else:
            self.stored[request_id] = ({"payment-response": encode(settled)}, answer)
        return self.stored[request_id]


def send_chunks(handler: BaseHTTPRequestHandler, chunks: Iterable[bytes], headers: dict[str, str] | None = None) -> bool:
    """Answer 200 with a body of no stated length, chunk by chunk."""
    handler.send_response(200)
    for name, value in {"transfer-encoding": "chunked", **(headers or {})}.items():
        handler.send_header(name, value)
    handler.end_headers()
    for chunk in chunks:
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        handler.wfile.flush()
    handler.wfile.write(b"0\r\n\r\n")
    return True


def encode(content: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps(content).encode()).decode()


def unbase(text: str) -> bytes:
    return base64.b64decode(text)
