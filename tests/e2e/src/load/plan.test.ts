import assert from "node:assert/strict";
import { test } from "node:test";
import { priceOf, wire } from "hub-client";
import { found, type Ids, Signer } from "./batches.js";
import { ATTESTERS, type BatchPlan, drawParticipants, Rng, type Planned, receiptsIn, Stream } from "./plan.js";
import { reckon } from "./recount.js";

const SEED = 7;
const participants = drawParticipants(SEED);
const PLACES = 14;

/** Ids that are none of the places. */
const ids: Ids = {
  attesters: participants.attesters.map(({ keyType }, place) => {
    const seed = new Uint8Array(32).fill(place + 1);
    return {
      id: place + 11,
      key: keyType === "ed25519" ? wire.SigningKey.ed25519(seed) : wire.SigningKey.secp256k1(seed),
    };
  }),
  sessions: participants.sessions.map((_, place) => place + 101),
  models: participants.models.map((_, place) => ({
    model: place + 21,
    release: 2,
    terms: 3,
    blobId: wire.BlobId.fromBytes(new Uint8Array(32).fill(place)),
  })),
};
const domain = { chainId: "load-test", contract: new Uint8Array(32).fill(9) };
const signer = new Signer(SEED, domain, ids, 1_700_000_000);

function planned(attester: number): Planned[] {
  const stream = new Stream(SEED, participants, attester);
  return Array.from({ length: PLACES }, (_, place) => stream.at(place));
}

/** The rule of lanes alone: what a batch bills, given where its lanes stand. */
class Lanes {
  readonly next = new Map<string, number>();
  readonly gross = new Map<string, bigint>();
  receipts = 0;

  /** Whether nothing was missing before any group. */
  settle({ attester, groups }: wire.Batch): boolean {
    let complete = true;
    for (const { session, model, sequence, work } of groups) {
      const lane = `${session} ${attester}`;
      const next = BigInt(this.next.get(lane) ?? 0);
      const count = work.mode === "itemised" ? work.units.length : work.count;
      const end = sequence + BigInt(count);
      if (end <= next || (work.mode === "netted" && sequence < next)) {
        continue;
      }
      if (sequence > next) {
        complete = false;
        continue;
      }
      const { rates } = found(participants.models, Number(model) - 21);
      const amount =
        work.mode === "netted"
          ? priceOf(rates, work.total, BigInt(count))
          : work.units.slice(Number(next - sequence)).reduce((sum, units) => sum + priceOf(rates, units), 0n);
      this.next.set(lane, Number(end));
      this.receipts += Number(end - next);
      const key = `${session} ${model}`;
      this.gross.set(key, (this.gross.get(key) ?? 0n) + amount);
    }
    return complete;
  }
}

test("whatever the order in which an attester's batches, parts and overlaps arrive, every receipt is billed once", () => {
  const plans = planned(0);
  const batches = plans.flatMap(({ batch, disorder }) => {
    const cuts = [disorder.partFirst, disorder.overlap].flatMap((plan) =>
      plan === undefined ? [] : [signer.sign(plan)],
    );
    const whole = signer.sign(batch);
    return [whole, whole, ...cuts].map(({ bytes }) => wire.decodeBatch(bytes));
  });
  assert.ok(batches.length > 2 * PLACES, "there are parts and overlaps");
  const expected = reckon(
    SEED,
    participants,
    plans.map(({ batch }) => batch),
  );
  const grossByBoth = new Map<string, bigint>();
  for (const { session, model, gross } of expected.sums) {
    grossByBoth.set(`${session + 101} ${model + 21}`, gross);
  }
  for (const seed of [1, 2, 3]) {
    const rng = new Rng(seed, 9);
    const lanes = new Lanes();
    let waiting = batches.map((batch) => ({ batch, ticket: rng.below(1_000_000) }));
    waiting.sort((one, other) => one.ticket - other.ticket);
    let refused = 0;
    while (waiting.length > 0) {
      const again = waiting.filter(({ batch }) => !lanes.settle(batch));
      assert.ok(again.length < waiting.length, "each round settles something");
      refused += again.length;
      waiting = again;
    }
    assert.ok(refused > 0, "some came too early");
    assert.equal(lanes.receipts, expected.receipts);
    assert.deepEqual(new Map([...lanes.gross].sort()), new Map([...grossByBoth].sort()));
    for (const [session, own] of expected.lanes) {
      assert.equal(lanes.next.get(`${session + 101} 11`), own.get(0));
    }
  }
});

test("the same seed gives the same batches, and another seed others", () => {
  const plans = (seed: number) =>
    Array.from({ length: 20 }, (_, place) => new Stream(seed, drawParticipants(seed), 3).at(place));
  assert.deepEqual(plans(SEED), plans(SEED));
  assert.notDeepEqual(plans(SEED), plans(SEED + 1));
});

test("every session lists models of its own operator alone, and has a lane for each of its two attesters", () => {
  for (const { operator, models } of participants.sessions) {
    assert.ok(models.every((model) => found(participants.models, model).operator === operator));
  }
  const lanes = participants.attesters.flatMap(({ operator, sessions }) => {
    assert.ok(sessions.every((session) => found(participants.sessions, session).operator === operator));
    return sessions;
  });
  const counts = participants.sessions.map((_, session) => lanes.filter((one) => one === session).length);
  assert.deepEqual(new Set(counts), new Set([2]));
});

test("within the first batches of all attesters everything happens that a run must show", () => {
  const disorders = Array.from({ length: ATTESTERS }, (_, attester) => planned(attester).slice(0, 12)).flat();
  for (const what of ["partFirst", "overlap", "twiceAtOnce", "twiceLater", "early", "late"] as const) {
    assert.ok(
      disorders.some(({ disorder }) => disorder[what] !== undefined),
      what,
    );
  }
});

test("a recount refuses a plan in which a batch is missing or stands twice", () => {
  const batches = planned(1).map(({ batch }) => batch);
  const [first, ...rest] = batches as [BatchPlan, ...BatchPlan[]];
  assert.throws(
    () => reckon(SEED, participants, rest),
    /the plan goes on with receipt \d+ of attester 1 in session \d+, not with 0/,
  );
  assert.throws(() => reckon(SEED, participants, [first, first]), /goes on with receipt 0 .* not with \d+/);
  assert.equal(
    reckon(SEED, participants, batches).receipts,
    batches.reduce((sum, batch) => sum + receiptsIn(batch), 0),
  );
});
