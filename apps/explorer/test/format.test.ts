/** How numbers, texts and links are shown: exact where it counts, and harmless whatever a stranger wrote. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { bpsOf, bytes, exactAmount, exactPercent, percent } from "../src/app/figures.js";
import { amount, count, plain, short, span, tenth } from "../src/app/format.js";
import { typedAmount } from "../src/app/typed.js";
import { webAddress } from "../src/app/web.js";

const USDC = { symbol: "USDC", decimals: 6 };

test("an amount is never shown as more than it is, nor as nothing where it is something", () => {
  const shown = (value: bigint) => amount(value, USDC);
  assert.deepEqual([0n, 1n, 12n, 999n, 10_000n, 145_678n, 999_999n, 1_000_000n, 1_999_999n, 12_345_678n].map(shown), [
    "0",
    "0.000001",
    "0.000012",
    "0.000999",
    "0.01",
    "0.145",
    "0.999",
    "1.00",
    "1.99",
    "12.34",
  ]);
  assert.equal(shown(1_234_567_890_123n), "1\u202f234\u202f567.89");
  assert.equal(shown(2n ** 128n - 1n).replace(/\u202f/g, ""), "340282366920938463463374607431768.21");
  // In a sentence, thousands stand without the part behind the point.
  assert.deepEqual(
    [999_990_000n, 1_234_567_890n].map((value) => amount(value, USDC, true)),
    ["999.99", "1\u202f234"],
  );
  assert.equal(shown(-1_500_000n), "−1.50");
  assert.equal(amount(12_345n, { decimals: 0 }), "12\u202f345");
  assert.equal(amount(5n, { decimals: 18 }), "0.000000000000000005");
  assert.equal(exactAmount(1_234_567n, USDC), "1.234567 USDC");
  assert.equal(exactAmount(7n, { symbol: "X", decimals: 0 }), "7 X");
});

test("counts, parts, spans and sizes are short, and large ones in groups", () => {
  assert.deepEqual([0, 9_999, 10_000, 1_234_567].map(count), ["0", "9\u202f999", "10\u202f000", "1\u202f234\u202f567"]);
  assert.deepEqual(
    [0, 1, 99, 100, 105, 1_250, 10_000].map((bps) => percent(bps).replace("\u202f", "")),
    ["0%", "0.01%", "1.0%", "1%", "1.1%", "13%", "100%"],
  );
  assert.deepEqual(
    [0, 15, 1_250, 1_234, 2_000].map((bps) => exactPercent(bps).replace("\u202f", "")),
    ["0%", "0.15%", "12.5%", "12.34%", "20%"],
  );
  assert.deepEqual([bpsOf(1n, 3n), bpsOf(0n, 0n), bpsOf(5n, 5n)], [3_333, 0, 10_000]);
  assert.deepEqual([0, 119, 120, 7_200, 172_800, 1e8].map(span), [
    "0 s",
    "119 s",
    "2 min",
    "2 h",
    "2 days",
    "1\u202f157 days",
  ]);
  assert.deepEqual([0, 1_023, 1_024, 15_728_640, 3e9].map(bytes), [
    "0 bytes",
    "1\u202f023 bytes",
    "1.0 KiB",
    "15 MiB",
    "2.8 GiB",
  ]);
  assert.equal(short("wasm1r99tzh3vfryu872gh0mwv6s8zqn8fkuthcc6qh"), "wasm1r99t…c6qh");
});

test("amounts are typed in whatever exponent the denomination has, and none is taken for another", () => {
  const typed = (text: string, decimals: number) => typedAmount(text, { decimals });
  assert.deepEqual(
    [typed("0.002", 6), typed(" 1,5 ", 6), typed(".5", 6), typed("7.", 6), typed("1.500000000", 6)],
    [2_000n, 1_500_000n, 500_000n, 7_000_000n, 1_500_000n],
  );
  assert.deepEqual([typed("12", 0), typed("12.0", 0), typed("12.5", 0)], [12n, 12n, undefined]);
  assert.deepEqual([typed("0.000000000000000001", 18), typed("1", 18)], [1n, 10n ** 18n]);
  for (const none of ["", ".", "-1", "1e3", "0x10", "1 000", "1,000.5", "0.0000001", "١", "NaN", "9".repeat(21)]) {
    assert.equal(typed(none, 6), undefined, none);
  }
  assert.deepEqual(
    [0, 1, 6, 18].map((decimals) => tenth({ decimals })),
    [1n, 1n, 100_000n, 10n ** 17n],
  );
});

test("what hides in a text or turns its direction is shown as a mark", () => {
  assert.equal(plain("paypal\u202ecod.exe"), "paypal\ufffdcod.exe");
  assert.equal(plain("a\u200bb\u2066c\u0000d\ufeff"), "a\ufffdb\ufffdc\ufffdd\ufffd");
  assert.equal(plain("line\n\tnext"), "line\n\tnext");
  assert.equal(plain("שלום мир 世界 🙂"), "שלום мир 世界 🙂");
});

test("only a web address with a host becomes a link", () => {
  for (const text of [
    "javascript:alert(1)",
    " javascript:alert(1)",
    "JaVaScRiPt:alert(1)//https://x.example",
    "data:text/html,<script>alert(1)</script>",
    "https:alert(1)",
    "https:///x",
    "https://",
    "https://bank.example@evil.example/",
    "//evil.example",
    "ftp://x.example",
    "",
  ]) {
    assert.equal(webAddress(text), undefined, text);
  }
  assert.equal(webAddress("https://x.example/a?b")?.href, "https://x.example/a?b");
  assert.equal(webAddress("HTTP://127.0.0.1:8080")?.host, "127.0.0.1:8080");
  assert.equal(webAddress(null), undefined);
});
