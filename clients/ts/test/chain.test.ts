/** What becomes of a transaction where nodes know little, lag or exaggerate; what a connection takes. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { hashOf, type LostTransaction, pastPanics } from "../src/chain.js";
import { HubError, UnconfirmedError } from "../src/errors.js";
import { Hub, type HubAccount } from "../src/hub.js";
import { otherMessage } from "../src/messages.js";
import { DEPLOYMENT, FakeNode } from "./fake-node.js";

const QUICK = { gasPrice: "0.025stake", pollMs: 5, confirmTimeoutMs: 400 };
const MESSAGE = otherMessage("wasm1xyz", { nothing: {} });

let node: FakeNode;
let url: string;

beforeEach(async () => {
  node = new FakeNode();
  url = await node.start();
});
afterEach(() => node.stop());

async function account(options: object = {}): Promise<HubAccount> {
  const hub = await Hub.connect(url, DEPLOYMENT);
  const signer = await DirectSecp256k1HdWallet.fromMnemonic("abandon ".repeat(11) + "about", { prefix: "wasm" });
  return await hub.account(signer, { ...QUICK, ...options });
}

/** A transaction that left at block 10 and may stand in blocks up to 20, of which nothing was heard since. */
async function lose(sender: HubAccount): Promise<UnconfirmedError> {
  const error = await sender.send([MESSAGE], { timeoutHeight: 20n }).catch((failure: unknown) => failure);
  assert.ok(error instanceof UnconfirmedError, String(error));
  assert.deepEqual([error.timeoutHeight, error.afterHeight, error.sender], [20n, 10n, sender.address]);
  return error;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((failure: unknown) => failure);
  assert.ok(error instanceof HubError, String(error));
  return error.code;
}

test("a sequence that the account still expects shows that a transaction never happened", async () => {
  const sender = await account();
  const lost = await lose(sender);
  // The node knows nothing of the time.
  [node.height, node.earliest] = [40, 39];
  await assert.rejects(sender.resume(lost), { code: "tx_dropped", message: /account still expects its sequence/ });
});

test("a node that was synced from a state cannot say that a transaction never happened", async () => {
  const sender = await account();
  const lost = await lose(sender);
  [node.height, node.earliest, node.sequence] = [40, 12, 1n];
  const error = await sender.resume(lost).catch((failure: unknown) => failure);
  assert.ok(error instanceof UnconfirmedError, String(error));
  assert.match(String(error.cause), /does not have every block from 11 to 20 .*ask one with older blocks/);
});

test("blocks that were searched to the last one show that a transaction never happened", async () => {
  const sender = await account();
  const lost = await lose(sender);
  [node.height, node.sequence] = [40, 1n];
  node.blocks.set(15, [{ bytes: Uint8Array.of(1, 2, 3), code: 0 }]);
  await assert.rejects(sender.resume(lost), { code: "tx_dropped", message: /blocks 11 to 20 were searched/ });
});

test("a transaction in a block counts, though the node does not find it by its hash", async () => {
  const sender = await account();
  const lost = await lose(sender);
  [node.height, node.sequence] = [40, 1n];
  node.blocks.set(20, [
    { bytes: Uint8Array.of(1), code: 0 },
    { bytes: lost.txBytes ?? new Uint8Array(), code: 0 },
  ]);
  assert.equal((await sender.resume(lost)).height, 20);
});

test("by its hash alone, a transaction that is not found is never called dropped", async () => {
  const sender = await account();
  const lost = await lose(sender);
  [node.height, node.sequence] = [40, 1n];
  const kept: LostTransaction[] = [{ txHash: lost.txHash }, { txHash: lost.txHash, timeoutHeight: 20n }];
  for (const known of kept) {
    assert.equal(await codeOf(sender.resume(known)), "unconfirmed");
  }
  assert.equal(
    await codeOf(sender.resume({ txHash: lost.txHash, timeoutHeight: 20n, afterHeight: 10n })),
    "tx_dropped",
  );
});

test("a sequence told by a node that lags counts for nothing", async () => {
  const sender = await account();
  const lost = await lose(sender);
  // Behind one address: the status of a node at 40, the queries of one at 15, before the transaction was executed.
  node.instead = (requests) => {
    const [request] = requests;
    if (request?.method !== "status") {
      node.height = 15;
      return undefined;
    }
    node.height = 40;
    return undefined;
  };
  node.earliest = 1;
  assert.equal(await codeOf(sender.resume(lost)), "unconfirmed");
});

const MISMATCH = "account sequence mismatch, expected 1, got 0: incorrect account sequence";

test("bytes that fail a second time, since a block has executed them, are what that block made of them", async () => {
  const sender = await account();
  const { txBytes: bytes = new Uint8Array(), ...lost } = await lose(sender);
  const again = { bytes, code: 32, codespace: "sdk", log: MISMATCH };
  node.height = 14;
  node.index.set(hashOf(bytes), { tx: again, height: 13 });
  node.blocks.set(13, [again]);
  node.blocks.set(12, [{ bytes, code: 0 }]);
  assert.equal((await sender.resume({ ...lost, txBytes: bytes })).height, 12);

  node.blocks.set(12, [{ bytes, code: 11, codespace: "sdk", log: "out of gas in location: x" }]);
  await assert.rejects(sender.resume({ ...lost, txBytes: bytes }), { code: "out_of_gas", txHash: hashOf(bytes) });

  // Only where no earlier block has them did another transaction come first.
  node.blocks.delete(12);
  assert.equal(await codeOf(sender.resume({ ...lost, txBytes: bytes })), "sequence_conflict");

  // And where the earlier blocks are missing, nothing is said.
  node.earliest = 13;
  assert.equal(await codeOf(sender.resume({ ...lost, txBytes: bytes })), "unconfirmed");
});

test("a node that is still catching up is refused, at the connection and before something is signed", async () => {
  const sender = await account();
  node.catchingUp = true;
  await assert.rejects(Hub.connect(url, DEPLOYMENT), { code: "node_behind", message: /at block 10 of 2026-01-02T03/ });
  assert.equal(await codeOf(sender.send([MESSAGE])), "node_behind");
  assert.equal(node.broadcast.length, 0);
});

test("no fee above the bound is signed, whatever the node says about gas", async () => {
  node.gas = 2_000_000_000_000n;
  const sender = await account();
  await assert.rejects(sender.send([MESSAGE]), { code: "fee_too_high", message: /more than maxFee, .* 1250000stake/ });
  node.gas = 100_000n;
  const thrifty = await account({ maxFee: "3249stake" });
  await assert.rejects(thrifty.send([MESSAGE]), { code: "fee_too_high", message: /130000 gas would cost 3250stake/ });
  const fee = { amount: [{ denom: "other", amount: "1" }], gas: "1" };
  assert.equal(await codeOf(thrifty.send([MESSAGE], { fee })), "fee_too_high");
  assert.equal(node.broadcast.length, 0);

  const exact = await account({ maxFee: "3250stake" });
  assert.equal(await codeOf(exact.send([MESSAGE])), "unconfirmed");
  assert.ok(node.broadcast.length > 0);
  for (const maxFee of ["3250other", "-1stake", "stake", "1.5stake"]) {
    assert.equal(await codeOf(account({ maxFee })), "invalid_input", maxFee);
  }
});

test("a connection takes two round trips, the time of the chain one small question", async () => {
  const hub = await Hub.connect(url, DEPLOYMENT);
  assert.equal(node.rounds, 2);
  node.posts.length = 0;
  assert.equal(await hub.now(), Math.floor(Date.parse(node.time) / 1_000));
  assert.deepEqual(
    node.posts.map(({ methods }) => methods),
    [["status"]],
  );
});

test("a node that panics in a dry run is asked again, one that refuses is not, and one that panics for ever is told of", async () => {
  const panic = "recovered: Block (unix) time must never be empty or negative\nstack:\ngoroutine 81 [running]:";
  const after = (panics: number, last: () => number) => {
    let asked = 0;
    const ask = async (): Promise<number> => {
      asked += 1;
      if (asked <= panics) {
        throw new Error(panic);
      }
      return last();
    };
    return { ask, asked: () => asked };
  };
  const twice = after(2, () => 7);
  assert.equal(await pastPanics(twice.ask, 1), 7);
  assert.equal(twice.asked(), 3);

  const refuses = after(0, () => {
    throw new Error("only the operator");
  });
  await assert.rejects(pastPanics(refuses.ask, 1), /only the operator/);
  assert.equal(refuses.asked(), 1);

  const never = after(100, () => 7);
  await assert.rejects(pastPanics(never.ask, 1), /must never be empty/);
  assert.equal(never.asked(), 6);
});
