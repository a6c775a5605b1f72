/**
 * The contracts of a Hub of the previous release are migrated below a running `hub serve`: with sessions that live, receipts that are not
 * settled, a batch that is signed and cannot leave, and one of which the server never heard that it is in a block. Calls go on
 * all the while, the server is killed in between, and in the end the chain has charged what callers counted, each call once.
 */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";
import { Hub, type HubAccount, readSession } from "hub-client";
import { HubReader } from "hub-client/read";
import { HubPayments, memoryStore } from "hub-x402";
import { accountSource } from "hub-x402/account";
import { connect, deployment, SENDING, USDC, wallet } from "./fixture.js";
import { codesOf, CONTRACTS, Old } from "./migration.js";
import { NODE, Proxy, WORK, words } from "./node.js";
import { CANDLES, COST, serve, type Serving } from "./served.js";

const HOME = `${WORK}/upgrade`;

let line: Proxy | undefined;
let served: Serving | undefined;
after(async () => {
  await served?.kill();
  line?.close();
});

/** What the server says of itself, by the names of its metrics. */
async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${served?.url}/metrics`)).text();
  const found = text.split("\n").find((one) => one.startsWith(`${name} `));
  return Number(found?.split(" ")[1] ?? assert.fail(`the server says no ${name}`));
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await holds())) {
    assert.ok(Date.now() < end, `not within 30 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test("contracts are migrated below a running server, and no call is lost or paid twice", async () => {
  const { hub: current, as } = await connect();
  const { before, codes } = await codesOf(current, as.deployer);
  const old = await Old.deploy(as.deployer, as.caller, before);
  const contracts = Object.fromEntries(
    CONTRACTS.map((name) => [
      name,
      { ...deployment().contracts[name], address: old.address[name], code_id: before[name] },
    ]),
  ) as unknown as ReturnType<typeof deployment>["contracts"];
  const theirs = { ...deployment(), contracts };
  mkdirSync(HOME, { recursive: true });
  writeFileSync(`${HOME}/deployment.json`, JSON.stringify(theirs));

  // What the server sends can be held back.
  line = await Proxy.open(NODE.rpc);
  const settings = ["[settle]", "after_seconds = 1"];
  const place = { home: HOME, deployment: `${HOME}/deployment.json`, rpc: line.url, settings };
  served = await serve("author", "operator", place);
  const hold = (how: "cut" | "forward and cut") => {
    line!.meddling = (request) => (request.includes("broadcast_tx") ? how : "forward");
  };

  const hub = await Hub.connect(NODE.rpc, theirs);
  const { hub: reader } = await HubReader.connect(NODE.rpc, theirs);
  const payer = async (account: HubAccount) =>
    await HubPayments.open({
      hub: reader,
      deployment: theirs,
      source: accountSource(account),
      store: memoryStore(),
      assets: { uusdc: { symbol: "USDC", decimals: 6, perCall: 1_000n, total: 100_000n, budget: 40n * COST } },
    });
  const callers = await Promise.all(
    (["caller", "payee"] as const).map(async (name) => payer(await hub.account(await wallet(words(name)), SENDING))),
  );
  let answered = 0n;
  const call = async (times: number) => {
    for (let round = 0; round < times; round += 1) {
      const answers = await Promise.all(callers.map((payments) => payments.call(served!.infer, CANDLES)));
      answered += BigInt(answers.length);
    }
  };
  const charged = async () => BigInt((await hub.billing.query.usage({ model: served!.model, denom: USDC })).sums.gross);

  // A batch that the chain takes, and whose answer is lost.
  hold("forward and cut");
  await call(3);
  await until("the chain has a batch", async () => (await charged()) > 0n);
  // And one that does not leave.
  hold("cut");
  await call(3);
  await until("a batch is signed and held back", async () => (await metric("hub_batches_open")) > 0);
  const settled = await charged();
  assert.ok(settled < answered * COST, "all was settled, and nothing is in flight");

  // Calls are on their way while all three are migrated, in one transaction.
  await Promise.all([old.migrate(CONTRACTS, codes), call(4)]);
  for (const name of CONTRACTS) {
    assert.equal((await hub.client.getContract(old.address[name])).codeId, codes[name]);
  }
  assert.equal(await charged(), settled, "something left although it was held back");
  await call(2);

  // Killed with all of it unsettled, and started again on the same books.
  await served.kill();
  served = await served.restart();
  line.meddling = () => "forward";
  await call(2);
  await until("everything is settled", async () => (await charged()) === answered * COST);
  await until("the server knows that", async () => (await metric("hub_receipts_unsettled")) === 0);
  // A session that is opened after the migration is served as those before it.
  callers.push(await payer(await hub.account(await wallet(words("stranger")), SENDING)));
  await call(1);
  await served.stop();

  for (const payments of callers) {
    const [session, ...more] = payments.sessions;
    assert.ok(session !== undefined && more.length === 0, "one session each, from the first call to the last");
    assert.equal((await readSession(hub, session.session)).spent, session.charged);
  }
  const { sums } = await hub.billing.query.usage({ model: served.model, denom: USDC });
  assert.deepEqual([BigInt(sums.calls), BigInt(sums.gross)], [answered, answered * COST]);
  const { held, owed } = await hub.escrow.query.solvency({ denom: USDC });
  assert.equal(held, owed);
});
