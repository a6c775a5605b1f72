/** Compares what the plan says with the chain: lanes, sessions, usage, and everybody's money. */

import assert, { AssertionError } from "node:assert/strict";
import { denomText, HubError } from "hub-client";
import { Ledger } from "../ledger.js";
import { Recount } from "../recount.js";
import { USDC } from "../fixture.js";
import { found } from "./batches.js";
import { BUDGET, type Market } from "./market.js";
import { type Participants } from "./plan.js";
import type { Expected } from "./recount.js";
import type { Tally } from "./submitters.js";

/** Fails with a sentence at the first figure that is wrong. */
export async function checkChain(
  participants: Participants,
  market: Market,
  ledger: Ledger,
  expected: Expected,
  tally: Tally,
): Promise<void> {
  const gross = expected.sums.reduce((sum, one) => sum + one.gross, 0n);
  assert.equal(tally.receipts, expected.receipts, "receipts that the answers of all transactions call billed");
  assert.equal(tally.gross, gross, "money that the answers of all transactions call charged");
  await checkLanes(market, expected);
  await checkMoney(participants, market, ledger, expected);
  await checkUsage(market, expected);
}

/** Every lane stands behind its last receipt, and there are no others. */
async function checkLanes({ hub, ids }: Market, { lanes }: Expected): Promise<void> {
  for (const [place, session] of ids.sessions.entries()) {
    const answer = await hub.escrow.query.session({ session });
    const standing = answer.lanes.map(({ attester, next }) => [attester, next]).sort(byFirst);
    const own = [...(lanes.get(place) ?? [])].map(([attester, next]) => [found(ids.attesters, attester).id, next]);
    assert.deepEqual(standing, own.sort(byFirst), `lanes of session ${session}, as attester and next receipt`);
  }
}

function byFirst([one = 0]: readonly number[], [other = 0]: readonly number[]): number {
  return one - other;
}

/** What sessions have left, what everybody has earned and available, and that the escrow holds the sum of it. */
async function checkMoney(
  participants: Participants,
  { as, ids, operators }: Market,
  ledger: Ledger,
  { sums }: Expected,
): Promise<void> {
  for (const [place, { caller }] of participants.sessions.entries()) {
    ledger.deposit(as[caller].address, as[caller].address, USDC, BUDGET);
    ledger.open(found(ids.sessions, place), as[caller].address, USDC, BUDGET);
  }
  for (const { session, model, gross } of sums) {
    const { operator, payees } = found(participants.models, model);
    const whole = payees.reduce((sum, { bps }) => sum + bps, 0);
    const shares = [
      ...payees.map(({ name, bps }) => ({ account: as[name].address, bps: BigInt(bps) })),
      { account: found(operators, operator).address, bps: BigInt(10_000 - whole) },
    ];
    ledger.charge(found(ids.sessions, session), found(ids.models, model).model, gross, shares);
  }
  await ledger.check();
}

async function checkUsage({ hub, as, ids, operators }: Market, { sums }: Expected): Promise<void> {
  const recount = new Recount(hub);
  for (const { model, attester, gross, calls, freeCalls, unitsIn, unitsOut } of sums) {
    const { model: id, release } = found(ids.models, model);
    const called = { model: id, release, attester: found(ids.attesters, attester).id };
    const nothing = { related: 0n, aged: 0n };
    recount.add(called, denomText(USDC), { ...nothing, gross, calls, freeCalls, unitsIn, unitsOut });
  }
  const authors = [as.author.address, as.author2.address, as.stranger.address];
  await recount.check(
    authors,
    operators.map(({ address }) => address),
  );
}

/** What went wrong, as a sentence. */
export function sentenceOf(error: unknown): string {
  if (error instanceof AssertionError) {
    const { message, expected, actual } = error;
    return `${message.split("\n")[0]}: the chain says ${shown(actual)}, the recount ${shown(expected)}`;
  }
  if (!(error instanceof Error)) {
    return String(error);
  }
  // What was foreseen says what to do; of anything else it matters where it comes from.
  const foreseen = error instanceof HubError || error.constructor === Error;
  return foreseen ? error.message : (error.stack ?? error.message);
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? one.toString() : one)) ?? String(value);
}
