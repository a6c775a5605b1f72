/** Load on a node: eight submitters, full blocks, and a kill in the middle. tests/e2e/load runs it. */

import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { settleBatchMessage } from "hub-client";
import { Ledger } from "../ledger.js";
import { ROOT } from "../node.js";
import { NAMES, USDC } from "../fixture.js";
import { type Batch, found, Signer } from "./batches.js";
import { checkChain, sentenceOf } from "./check.js";
import { fill } from "./fill.js";
import { deployHub, type Market, openMarket } from "./market.js";
import { type Participants, drawParticipants, largeBatch, Stream } from "./plan.js";
import { reckon } from "./recount.js";
import { type KillFigures, type Largest, type Report, withReport, written } from "./report.js";
import { BLOCK_GAS, feeOf, say, SEED } from "./settings.js";
import type { Tally } from "./submitters.js";

/** Receipts of a group in the largest batch: so many that its request stays just below the million bytes that RPC takes. */
const LARGEST_EACH = 1_400;

/** What stands before the first batch is sent. */
interface Prepared {
  readonly participants: Participants;
  readonly market: Market;
  readonly ledger: Ledger;
  readonly signer: Signer;
  readonly streams: readonly Stream[];
}

async function run(): Promise<void> {
  const { participants, market, ledger, signer, streams } = await setUp();
  const { load, kill, tally, batches } = await fill(market, signer, streams);
  const large = largeBatch(participants, 0, reckon(SEED, participants, batches).lanes, LARGEST_EACH);
  const largest = await sendLargest(market, signer.sign(large), tally);
  const all = [...batches, large];
  const expected = reckon(SEED, participants, all);
  say(`all is settled; comparing ${expected.receipts} receipts with the chain`);
  await checkChain(participants, market, ledger, expected, tally);
  happened(tally, kill);
  say("every receipt was settled exactly once, and every balance is what the recount says");
  const { why, receipts: _, gross: __, ...transactions } = tally;
  const report: Report = {
    seed: SEED,
    cores: cpus().length,
    blockGas: BLOCK_GAS,
    load,
    run: { receipts: expected.receipts, batches: all.length, why: Object.fromEntries(why), ...transactions },
    kill,
    largest,
  };
  console.log(`\n${written(report)}`);
  if (process.env["HUB_UPDATE"] === "1") {
    writeFileSync(`${ROOT}tests/e2e/load.json`, `${JSON.stringify(report, undefined, 2)}\n`);
    const path = `${ROOT}docs/LOAD.md`;
    writeFileSync(path, withReport(readFileSync(path, "utf8"), report));
  }
}

async function setUp(): Promise<Prepared> {
  const participants = drawParticipants(SEED);
  const { models, sessions } = participants;
  say(`seed ${SEED}: deploying, and opening a market of ${models.length} models and ${sessions.length} sessions`);
  await deployHub();
  let ledger: Ledger | undefined;
  const market = await openMarket(participants, async (hub, as) => {
    const everybody = NAMES.map((name) => as[name].address);
    ledger = new Ledger(hub, everybody);
    await ledger.begin(USDC);
  });
  if (ledger === undefined) {
    throw new Error("the ledger was not begun");
  }
  const signer = new Signer(SEED, market.hub.domain, market.ids, await market.hub.now());
  const streams = participants.attesters.map((_, attester) => new Stream(SEED, participants, attester));
  return { participants, market, ledger, signer, streams };
}

/** Sends one batch with a whole block's gas. */
async function sendLargest(market: Market, batch: Batch, tally: Tally): Promise<Largest> {
  const message = settleBatchMessage(market.hub, batch);
  const { answers, gasUsed } = await found(market.submitters, 0).send([message], { fee: feeOf(BLOCK_GAS) });
  tally.transactions += 1;
  tally.why.set("as large as possible", 1);
  tally.settled += 1;
  tally.receipts += answers[0].paid;
  tally.gross += answers[0].gross.reduce((sum, one) => sum + BigInt(one.amount), 0n);
  return { receipts: batch.receipts, bytes: batch.bytes.length, gasUsed: Number(gasUsed) };
}

/** A run in which nothing went wrong on purpose shows nothing. */
function happened(tally: Tally, kill: KillFigures): void {
  const none = Object.entries({
    "batches sent twice at once": tally.why.get("twice at once") ?? 0,
    "batches sent again once they were settled": tally.why.get("twice later") ?? 0,
    "batches of which a part was sent first": tally.why.get("part first") ?? 0,
    "batches across two others": tally.why.get("across two") ?? 0,
    "batches sent before their turn": tally.why.get("early") ?? 0,
    "batches behind their turn": tally.why.get("late") ?? 0,
    "transactions that changed nothing": tally.duplicate,
    "transactions that came too early": tally.tooEarly + tally.partly,
    "transactions that the killed node had": kill.inMempool,
    "transactions sent again after the kill": tally.resent,
  }).flatMap(([what, count]) => (count === 0 ? [what] : []));
  if (none.length > 0) {
    throw new Error(`the run shows less than it should, there were no ${none.join(", no ")}: run more blocks`);
  }
}

try {
  await run();
  process.exit(0);
} catch (error) {
  console.error(sentenceOf(error));
  process.exit(1);
}
