import assert from "node:assert/strict";
import { test } from "node:test";
import { HubError, translate, UnconfirmedError } from "../src/errors.js";

/** As nodes of wasmd 0.70 say it. */
const LOGS: [string, string, RegExp][] = [
  [
    "Query failed with (6): rpc error: code = Unknown desc = failed to execute message; message index: 0: there is no session 9: ids run from 1 to 3: execute wasm contract failed [wasmd/x/wasm/keeper/keeper.go:445] with gas used: '117433': unknown request",
    "refused",
    /^the chain refused: there is no session 9: ids run from 1 to 3$/,
  ],
  [
    "failed to simulate tx: failed to execute message; message index: 1: dispatch: submessages: only the collector x settles: execute wasm contract failed",
    "refused",
    /^the chain refused: only the collector x settles$/,
  ],
  [
    "failed to simulate tx: failed to execute message; message index: 0: dispatch: submessages: reply: the escrow refuses; it said: unknown field `books`: execute wasm contract failed: execute wasm contract failed",
    "refused",
    /^the chain refused: the escrow refuses; it said: unknown field `books`$/,
  ],
  ["Query failed with (18): there is no model 7: query wasm contract failed", "refused", /: there is no model 7$/],
  [
    "spendable balance 5uusdc is smaller than 9uusdc: insufficient funds",
    "insufficient_funds",
    /wasm1x has too little money/,
  ],
  [
    "insufficient fees; got: 1stake required: 7500stake: insufficient fee",
    "fee_too_low",
    /got: 1stake required: 7500stake.*raise the gas price/,
  ],
  [
    "out of gas in location: WritePerByte; gasWanted: 100000, gasUsed: 100214: out of gas",
    "out_of_gas",
    /gasWanted: 100000/,
  ],
  [
    "account sequence mismatch, expected 5, got 4: incorrect account sequence",
    "sequence_conflict",
    /another transaction of wasm1x came first/,
  ],
  [
    "Account 'wasm1x' does not exist on chain. Send some tokens there before trying to query sequence.",
    "account_unknown",
    /wasm1x does not exist on this chain: send it coins/,
  ],
  [
    "Query failed with (6): hrp does not match bech32 prefix: expected 'wasm' got 'osmo': internal logic error",
    "invalid_input",
    /begin with wasm, not with osmo: give the chain's own prefix/,
  ],
  [
    "signature verification failed; please verify account number (4), sequence (1) and chain-id (a-1): unauthorized",
    "wrong_chain",
    /does not take the signature of wasm1x/,
  ],
];

test("what nodes say is put into words that say what to do", () => {
  for (const [log, code, sentence] of LOGS) {
    const failure = translate(new Error(log), { address: "wasm1x" });
    assert.equal(failure.code, code, log);
    assert.match(failure.message, sentence);
    assert.notEqual(failure.next, "");
  }
});

test("what was translated stays as it is, and the hash stands in the sentence", () => {
  const lost = new UnconfirmedError("AB12", undefined, undefined, new Error("cut"));
  assert.equal(translate(lost), lost);
  assert.ok(lost instanceof HubError);
  assert.deepEqual([lost.code, lost.txHash, lost.name], ["unconfirmed", "AB12", "UnconfirmedError"]);
  assert.match(lost.message, /AB12.*resume\(\)/);
  assert.equal(translate(new Error("out of gas"), { txHash: "CD34" }).txHash, "CD34");
});
