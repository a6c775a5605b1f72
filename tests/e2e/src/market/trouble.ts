/** The node stops, answers are lost, and people try what they must not: nothing is lost, and every failure says what to do. */

import assert from "node:assert/strict";
import { after } from "node:test";
import { Secp256k1HdWallet } from "@cosmjs/amino";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import {
  type Action,
  cw20Send,
  Hub,
  HubError,
  readSession,
  registerAttesterMessage,
  type Sent,
  settleBatchMessage,
  UnconfirmedError,
  wire,
} from "hub-client";
import { batchOf } from "../by-hand.js";
import { NODE, Proxy, startNode, stopNode, words } from "../node.js";
import { blob, deployment, fails, metadata, SENDING, USDC, wallet } from "../fixture.js";
import { as, ledger, call, charge, coin, hub, id, KEYS, step } from "./steps.js";

step("the node is restarted while a settlement is on its way: nothing is lost", async () => {
  const calls: Awaited<ReturnType<typeof call>>[] = [];
  for (let place = 0; place < 20; place += 1) {
    calls.push(await call("big 1", "committed", undefined, "attester2"));
  }
  const receipts = calls.map(({ receipt }) => receipt);
  const actions = [settleBatchMessage(hub, await batchOf(as.submitter, KEYS.attester2, receipts))] as const;
  // Stopped as soon as the transaction is signed: it reaches the node before, after, or not at all.
  let stopped: Promise<void> | undefined;
  const beforeBroadcast = async () => {
    stopped = stopNode();
  };
  const settling = as.submitter.send(actions, { beforeBroadcast }).catch((error: unknown) => {
    assert.ok(error instanceof UnconfirmedError, String(error));
    return error;
  });
  while (stopped === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await stopped;
  await fails(hub.now(), "node_unreachable", /start it/);
  await startNode();
  const outcome = await settling;
  const { answers } = outcome instanceof UnconfirmedError ? await as.submitter.resume(outcome, actions) : outcome;
  assert.equal(answers[0].paid, 20);
  charge("big 1", "committed", calls);
});

step("a transaction whose answer is lost, or that never arrives, is resumed and happens once", async () => {
  const patient = await hub.account(await wallet(words("caller")), SENDING);
  proxy = await Proxy.open(NODE.rpc);
  const far = await Hub.connect(proxy.url, deployment());
  const account = await far.account(await wallet(words("caller")), { ...SENDING, confirmTimeoutMs: 1_500 });
  for (const how of ["forward and cut", "cut"] as const) {
    let cutOff = false;
    proxy.meddling = (request) => {
      cutOff ||= request.includes("broadcast_tx_sync");
      return cutOff ? (request.includes("broadcast_tx_sync") ? how : "cut") : "forward";
    };
    const actions = [hub.escrow.message("deposit", {}, [{ denom: "uusdc", amount: "77" }])] as const;
    const lost = await account.send(actions).then(
      () => assert.fail("the answer came"),
      (error: unknown) => error,
    );
    assert.ok(lost instanceof UnconfirmedError, String(lost));
    assert.match(lost.txHash, /^[0-9A-F]{64}$/);
    proxy.meddling = () => "forward";
    const sent: Sent<[{ session: number } | undefined]> = await account.resume(lost, actions);
    assert.equal(sent.txHash, lost.txHash);
    assert.deepEqual(sent.answers, [undefined]);
    // By the hash alone as well, and by another account.
    assert.equal((await patient.resume(lost.txHash)).height, sent.height);
    ledger.deposit(as.caller.address, as.caller.address, USDC, 77n);
    await ledger.check();
  }

  proxy.meddling = (request) =>
    request.includes(Buffer.from("contract_info").toString("hex"))
      ? (answer) => answer.replace(/"value":"([^"]+)"/, (_, value: string) => `"value":"${newer(value)}"`)
      : "forward";
  await fails(
    Hub.connect(proxy.url, deployment()),
    "other_version",
    /this package is made for .*: install the hub-client/,
  );
});

let proxy: Proxy | undefined;
after(() => proxy?.close());

/** The answer to a raw query with another version in it. */
function newer(value: string): string {
  const text = Buffer.from(value, "base64").toString("latin1");
  return Buffer.from(text.replace(/"version":"[^"]*"/, '"version":"0.9.0"'), "latin1").toString("base64");
}

step("every failure says what to do next", async () => {
  const { contracts, chain_id } = deployment();
  await fails(Hub.connect("http://127.0.0.1:9", deployment()), "node_unreachable", /start it, or give/);
  await fails(
    Hub.connect(NODE.rpc, { contracts, chain_id: "other-1" }),
    "wrong_chain",
    /give a node of the expected chain/,
  );
  const token = { address: (coin as { cw20: string }).cw20 };
  await fails(
    Hub.connect(NODE.rpc, { contracts: { ...contracts, escrow: token }, chain_id }),
    "not_a_hub",
    /is crates.io:cw20-base, expected crates.io:hub-escrow/,
  );
  await fails(
    Hub.connect(NODE.rpc, { contracts: { ...contracts, billing: { address: as.caller.address } }, chain_id }),
    "not_a_hub",
    /is no contract/,
  );

  const nobody = await hub.account(await wallet("abandon ".repeat(11) + "about"), SENDING);
  const deposit = (amount: string) => [hub.escrow.message("deposit", {}, [{ denom: "uusdc", amount }])] as const;
  await fails(nobody.send(deposit("1")), "account_unknown", /send it coins/);
  await fails(as.caller.send(deposit("9999999999999")), "insufficient_funds", /send .* more/);
  const fee = (amount: string, gas: string) => ({ fee: { amount: [{ denom: "stake", amount }], gas } });
  await fails(as.caller.send(deposit("1"), fee("1", "300000")), "fee_too_low", /raise the gas price/);
  const ranOut = await fails(as.caller.send(deposit("1"), fee("2500", "100000")), "out_of_gas", /higher gas limit/);
  assert.match(ranOut.txHash ?? "", /^[0-9A-F]{64}$/);

  const never = { txHash: "00".repeat(32), timeoutHeight: 2n, afterHeight: 0n };
  await fails(as.caller.resume(never), "tx_dropped", /send the messages again/);

  await fails(readSession(hub, 999_999), "refused", /there is no session 999999: ids run from 1 to/);
  await fails(hub.offer(999), "refused", /there is no model 999/);
});

step("an account that is new on the chain takes part, whether its wallet signs documents or JSON", async () => {
  const direct = await DirectSecp256k1HdWallet.generate(12, { prefix: "wasm" });
  const amino = await Secp256k1HdWallet.generate(12, { prefix: "wasm" });
  for (const signer of [direct, amino]) {
    const account = await hub.account(signer, SENDING);
    const coins = [
      { denom: "stake", amount: "100000" },
      { denom: "uusdc", amount: "9" },
    ];
    await as.deployer.client.sendTokens(as.deployer.address, account.address, coins, "auto");
    await account.send([hub.escrow.message("deposit", {}, [{ denom: "uusdc", amount: "9" }])]);
    await account.send([hub.escrow.message("withdraw", { denom: USDC, recipient: as.deployer.address })]);
  }
});

step("a stranger is refused at every door", async () => {
  const model = id("committed");
  const session = id("native");
  const attester = id("attester");
  const terms = {
    price: { denom: USDC, per_call: "1", per_million_in: "1", per_million_out: "1" },
    operator_bps: 0,
    payees: [{ address: as.stranger.address, bps: 10_000 }],
  };
  const release = { major: 9, minor: 0, blob_id: blob("stranger").toString() };
  const { registry, escrow, billing } = hub;
  const zero = "00".repeat(32);
  const doors: [Action<unknown>, RegExp][] = [
    [registry.message("update_metadata", { model, metadata: metadata("x") }), /is not the author/],
    [registry.message("publish_release", { model, release }), /is not the author/],
    [registry.message("set_terms", { model, terms }), /is not the author/],
    [registry.message("set_status", { model, status: "retired" }), /is not the author/],
    [registry.message("offer_transfer", { model, to: as.stranger.address }), /is not the author/],
    [registry.message("cancel_transfer", { model }), /is not the author/],
    [registry.message("accept_transfer", { model, expected_terms: 1, payees: terms.payees }), /offered to nobody/],
    [registry.message("prove_size", { model, release: 1, size: "1", root_hash: zero }), /is not the author/],
    [escrow.message("withdraw", { denom: USDC }), /no uusdc is available/],
    [escrow.message("withdraw", { denom: USDC, amount: "1" }), /no uusdc is available/],
    [escrow.message("top_up", { session, amount: "1" }), /only the caller/],
    [escrow.message("close_session", { session }), /only the caller/],
    [escrow.message("release_session", { session }), /can be released by its operator from/],
    [escrow.message("raise_ceiling", { session: id("vouchers"), ceiling: "99999999" }), /only the caller/],
    [
      escrow.message("receive", {
        sender: as.caller.address,
        amount: "1",
        msg: Buffer.from('{"deposit":{}}').toString("base64"),
      }),
      /does not answer the cw20 query/,
    ],
    [escrow.message("settle", { books: "AQAA" }), /only the collector/],
    [billing.message("retire", { attester }), /only the operator/],
    [billing.message("revoke", { attester }), /only the operator/],
    [billing.message("set_endpoint", { attester, endpoint: "https://x.example" }), /only the operator/],
    [registerAttesterMessage(as.operator, wire.SigningKey.generate("ed25519")), /proof of possession does not verify/],
    [
      cw20Send((coin as { cw20: string }).cw20, escrow.address, "1", { nonsense: {} }),
      /the message sent along with the tokens is malformed/,
    ],
  ];
  for (const [action, reason] of doors) {
    await fails(as.stranger.send([action]), "refused", reason);
  }
  const before = (await readSession(hub, session)).left;
  const both = [
    escrow.message("deposit", {}, [{ denom: "uusdc", amount: "5" }]),
    escrow.message("close_session", { session }),
  ];
  await fails(as.stranger.send(both), "refused", /only the caller/);
  assert.equal((await readSession(hub, session)).left, before);
  await assert.rejects(
    as.deployer.client.migrate(as.deployer.address, escrow.address, 2, {}, "auto"),
    (error: unknown) => error instanceof HubError && /unauthorized|can not migrate/.test(error.message),
    "nobody is admin, not even who deployed it",
  );
});
