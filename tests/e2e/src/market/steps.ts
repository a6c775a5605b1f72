/** What the steps of the market share: the Hub, who takes part, the ledger beside the chain, and the names of what was made. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Denom,
  type Hub,
  type HubAccount,
  type Offer,
  openSession,
  priceOf,
  type Rates,
  receiptFor,
  wire,
} from "hub-client";
import { Ledger } from "../ledger.js";
import { type Billed, Recount } from "../recount.js";
import { blob, connect, metadata, type Name, named, NAMES, token, USDC } from "../fixture.js";

export let hub: Hub;
/** Everybody's accounts. */
export let as: Record<Name, HubAccount>;
/** What everybody must have. */
export let ledger: Ledger;
/** What usage must say. */
export let recount: Recount;
/** A cw20 token. */
export let coin: Denom;
/** A cw20 token that the payee cannot receive. */
export let refusing: Denom;

/** Where model, session and attester ids are remembered, by what they stand for. */
export const ids = new Map<string, number>();
/** The id of what was made under a name. */
export const id = (name: string): number => {
  const found = ids.get(name);
  assert.ok(found !== undefined, `${name} was not made`);
  return found;
};

export const KEYS = {
  attester: wire.SigningKey.secp256k1(named("attester key")),
  attester2: wire.SigningKey.ed25519(named("attester2 key")),
  vouchers: wire.SigningKey.secp256k1(named("voucher key")),
};

/** What models cost if nothing else is said. */
export const RATES: Rates = { perCall: 100n, perMillionIn: 1_000_000n, perMillionOut: 3_000_000n };

/** Shares of a model, payees in order and the operator last. */
export const shares = new Map<string, { account: string; bps: bigint }[]>();

/** What comes after a failure would fail for no reason of its own. */
let broken = false;

/** A test that leaves the ledger right. */
export function step(name: string, work: () => Promise<void>): void {
  test(name, async (context) => {
    if (broken) {
      context.skip("an earlier step failed");
      return;
    }
    broken = true;
    await work();
    await ledger.check();
    broken = false;
  });
}

/** Connects everybody, and makes tokens: the step before all others. */
export async function begin(): Promise<void> {
  broken = true;
  ({ hub, as } = await connect());
  const everybody = NAMES.map((name) => as[name]);
  coin = await token(as.deployer, "cw20_base", "COIN", everybody);
  refusing = await token(as.deployer, "refusing_token", "REF", everybody, as.payee);
  ledger = new Ledger(
    hub,
    everybody.map(({ address }) => address),
  );
  recount = new Recount(hub);
  await ledger.begin(USDC);
  await ledger.begin(coin);
  await ledger.begin(refusing);
  broken = false;
}

/** Registers a model with a release, for `payees` and the operator's share. */
export async function register(
  name: string,
  by: Name,
  denom: Denom,
  payees: readonly (readonly [Name, number])[],
  operator: Name = "operator",
): Promise<void> {
  const whole = payees.reduce((sum, [, bps]) => sum + bps, 0);
  const sent = await as[by].send([
    hub.registry.message("register_model", {
      name,
      metadata: metadata(name),
      terms: {
        price: {
          denom,
          per_call: RATES.perCall.toString(),
          per_million_in: RATES.perMillionIn.toString(),
          per_million_out: RATES.perMillionOut.toString(),
        },
        operator_bps: 10_000 - whole,
        payees: payees.map(([payee, bps]) => ({ address: as[payee].address, bps })),
      },
      release: { major: 1, minor: 0, blob_id: blob(name).toString() },
    }),
  ]);
  ids.set(name, sent.answers[0].model);
  shares.set(name, [
    ...payees.map(([payee, bps]) => ({ account: as[payee].address, bps: BigInt(bps) })),
    { account: as[operator].address, bps: BigInt(10_000 - whole) },
  ]);
}

/** Deposits and opens a session in one transaction. */
export async function open(
  name: string,
  by: Name,
  denom: Denom,
  budget: bigint,
  more: Partial<Parameters<typeof openSession>[1]> = {},
): Promise<number> {
  const models = [...ids].filter(([other]) => shares.has(other)).map(([, model]) => model);
  const { session } = await openSession(as[by], {
    operator: as.operator.address,
    models: models.slice(0, 8),
    denom,
    budget,
    lastsSeconds: 3_600,
    // The list has models of other denominations, and of prices that rise: what becomes of them is up to the contracts.
    maxPrice: "none",
    ...more,
  });
  ledger.deposit(as[by].address, as[by].address, denom, budget);
  ledger.open(session, as[by].address, denom, budget);
  ids.set(name, session);
  return session;
}

let issued = 0;

/** A receipt for a call, and its price. */
export async function call(session: string, model: string, offer?: Offer, attester = "attester"): Promise<Billed> {
  const terms = offer ?? (await hub.offer(id(model)));
  issued += 1;
  const units = { input: BigInt(50 + ((issued * 331) % 3_950)), output: BigInt(20 + ((issued * 127) % 1_480)) };
  const receipt = receiptFor({
    attester: id(attester),
    session: id(session),
    offer: terms,
    units,
    request: named(`question ${issued}`),
    response: named(`answer ${issued}`),
    issuedAt: await hub.now(),
  });
  return { receipt, price: priceOf(terms.rates, units) };
}

/** These receipts were paid. */
export function charge(session: string, model: string, paid: readonly Billed[]): void {
  const parties = shares.get(model) ?? [];
  const { caller, denom } = ledger.session(id(session));
  const related = parties.some(({ account }) => account === caller);
  paid.forEach((one) => recount.bill(one, denom, related));
  ledger.charge(
    id(session),
    id(model),
    paid.reduce((sum, { price }) => sum + price, 0n),
    parties,
  );
}

/** Waits for a block of this time, unix seconds, or later. */
export async function waitUntil(time: number): Promise<void> {
  while ((await hub.now()) < time) {
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
