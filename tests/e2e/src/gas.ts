/**
 * One `Settle` and one batch use as much gas on the node as in wasmd's application in process, where tests/gas/snapshot.json is
 * measured. Both send the same messages: tests/gas/node_test.go says them in Go, and a change here is one there.
 */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import {
  BillingQueryClient,
  type Deployment,
  openSession,
  receiptFor,
  registerAttester,
  settleBatchMessage,
  settleReceiptMessage,
  signBatch,
  wire,
} from "hub-client";
import { NODE, ROOT, WORK } from "./node.js";
import { blob, connect, deployment, metadata, named, USDC } from "./fixture.js";

/** The snapshot is of one wasmd. Another counts a little otherwise: `make chains` says how much it may. */
const TOLERANCE = Number(process.env["HUB_E2E_GAS_TOLERANCE"] ?? "0.005");
const PER_GROUP = 50;
const BUDGET = 100_000_000n;
const DAY = 86_400;
/** Of every transaction that settles, as in process: the widths of gas limit and fee cost gas. */
const FEE = { gas: "10000000", amount: [{ denom: "stake", amount: "250000" }] };
const KEY = wire.SigningKey.secp256k1(named("gas attester key"));

test("a receipt and a batch use as much gas on the node as in process", async () => {
  const { hub, as } = await connect(await anotherHub());
  const { attester } = await registerAttester(as.operator, KEY);
  for (const [place, author] of [as.author, as.author2].entries()) {
    await author.send([
      hub.registry.message("register_model", {
        name: `model-${place}`,
        metadata: metadata("A model"),
        terms: {
          price: { denom: USDC, per_call: "5", per_million_in: "2000000", per_million_out: "8000000" },
          operator_bps: 0,
          payees: [{ address: author.address, bps: 10_000 }],
        },
        release: { major: 1, minor: 0, blob_id: blob(`gas model ${place}`).toString() },
      }),
    ]);
  }
  const models = [1, 2];
  const offers = await Promise.all(models.map((model) => hub.offer(model)));
  const wish = { operator: as.operator.address, models, denom: USDC, budget: BUDGET, lastsSeconds: 60 * DAY };
  const sessions = [(await openSession(as.caller, wish)).session, (await openSession(as.caller2, wish)).session];
  assert.deepEqual([attester, ...sessions], [1, 1, 2], "the Hub is a new one");

  // All of it on one day, and later than the sessions begin.
  const begun = await hub.now();
  const until = DAY - (begun % DAY) < 120 ? begun + 121 : begun + 1;
  while ((await hub.now()) < until) {
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const issuedAt = await hub.now();
  const next = new Map(sessions.map((session) => [session, 0n]));
  const receipt = (session: number, model: number, units: wire.Units): wire.Receipt => {
    const offer = offers[model - 1];
    assert.ok(offer);
    return receiptFor({
      attester,
      session,
      offer,
      units,
      request: named("request"),
      response: named("response"),
      issuedAt,
    });
  };
  const take = (session: number, receipts: number): bigint => {
    const first = next.get(session) ?? 0n;
    next.set(session, first + BigInt(receipts));
    return first;
  };

  const settle = async (): Promise<bigint> => {
    const one = receipt(1, 1, { input: 1_000n, output: 500n });
    const { answers, gasUsed } = await as.submitter.send([settleReceiptMessage(hub, KEY, one, take(1, 1))], {
      fee: FEE,
    });
    assert.equal(answers[0].outcome, "paid");
    return gasUsed;
  };
  const batch = async (): Promise<bigint> => {
    const builder = new wire.BatchBuilder(BigInt(attester));
    let place = 0n;
    for (const session of sessions) {
      builder.next(BigInt(session), take(session, models.length * PER_GROUP));
      for (const model of models) {
        for (let count = 0; count < PER_GROUP; count += 1, place += 1n) {
          const units = { input: 50n + ((place * 331n) % 3_950n), output: 20n + ((place * 127n) % 1_480n) };
          builder.push(receipt(session, model, units));
        }
      }
    }
    const signed = signBatch(hub.domain, KEY, builder.build("itemised").bytes);
    const { answers, gasUsed } = await as.submitter.send([settleBatchMessage(hub, signed)], { fee: FEE });
    assert.deepEqual([answers[0].offered, answers[0].paid], [Number(place), Number(place)]);
    return gasUsed;
  };

  // Each is measured behind one of its kind.
  await settle();
  await batch();
  const found = { settle: Number(await settle()), batch: Number(await batch()) };
  const { node } = JSON.parse(readFileSync(`${ROOT}tests/gas/snapshot.json`, "utf8")) as {
    node?: Record<string, number>;
  };
  writeFileSync(`${WORK}/gas.json`, JSON.stringify(found));
  for (const [name, gas] of Object.entries(found)) {
    const inProcess = node?.[name] ?? NaN;
    console.log(`  ${name}: ${gas} gas on the node, ${inProcess} in process`);
    assert.ok(
      Math.abs(gas - inProcess) <= TOLERANCE * inProcess,
      `${name}: ${gas} gas on the node, ${inProcess} in process by tests/gas/snapshot.json. ` +
        "If the contracts changed: HUB_UPDATE=1 make gas. Otherwise node_test.go and this do not measure the same",
    );
  }
});

/** A Hub of its own, of the codes that are deployed: ids begin at 1, and nobody's money is in it. */
async function anotherHub(): Promise<Deployment> {
  const { as } = await connect();
  const { client, address } = as.deployer;
  const { contracts } = deployment();
  const codeOf = async (contract: string): Promise<number> => (await client.getContract(contract)).codeId;
  const [registryCode, escrowCode, billingCode] = await Promise.all(
    [contracts.registry, contracts.escrow, contracts.billing].map((one) => codeOf(one.address)),
  );
  assert.ok(registryCode !== undefined && billingCode !== undefined);
  const registry = await client.instantiate(address, registryCode, {}, "gas-registry", "auto");
  const message = { registry: registry.contractAddress, escrow_code_id: escrowCode };
  const billing = await client.instantiate(address, billingCode, message, "gas-billing", "auto");
  const { escrow } = await new BillingQueryClient(client, billing.contractAddress).config();
  return {
    chain_id: NODE.chainId,
    contracts: {
      registry: { address: registry.contractAddress },
      escrow: { address: escrow },
      billing: { address: billing.contractAddress },
    },
  };
}
