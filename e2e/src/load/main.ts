/** Load on a node: eight submitters, full blocks, and a kill in the middle. e2e/load runs it. */

import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { connectNode, settleBatchMessage } from "hub-client";
import { Books } from "../books.js";
import { killNode, NODE, ROOT, startNode } from "../node.js";
import { NAMES, SENDING, USDC } from "../stage.js";
import { found, Signer } from "./batches.js";
import { Follower, pause } from "./blocks.js";
import { checkChain, sentenceOf } from "./check.js";
import { isFull, kindsOf, loadFigures } from "./figures.js";
import { GasLimits } from "./gas-limits.js";
import { deployHub, type Market, openMarket, SUBMITTERS } from "./market.js";
import { ATTESTERS, cast, SHAPES, Stream } from "./plan.js";
import { reckon } from "./recount.js";
import { type Report, withReport, written } from "./report.js";
import { Schedule } from "./schedule.js";
import { emptyTally, Submitter, type Tally } from "./submitters.js";

const SEED = setting("HUB_LOAD_SEED", 1);
const BLOCKS = setting("HUB_LOAD_BLOCKS", 100);
const BLOCK_GAS = setting("DEVNET_BLOCK_GAS", 0);
/** Blocks' worth of gas that is on its way at once, of all submitters together. */
const AHEAD = 3;
/** How long the node stays away. */
const AWAY_MS = 2_000;

function setting(name: string, otherwise: number): number {
  const text = process.env[name] ?? "";
  const value = text === "" ? otherwise : Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new Error(`${name} is ${JSON.stringify(text)}: give a whole number of at least 1`);
  }
  return value;
}

const begun = Date.now();
function say(text: string): void {
  console.log(`${((Date.now() - begun) / 1_000).toFixed(0).padStart(5)} s  ${text}`);
}

async function run(): Promise<void> {
  const people = cast(SEED);
  say(
    `seed ${SEED}: deploying, and opening a market of ${people.models.length} models, ${people.sessions.length} sessions`,
  );
  await deployHub();
  let books: Books | undefined;
  const market = await openMarket(people, async (hub, as) => {
    books = new Books(
      hub,
      NAMES.map((name) => as[name].address),
    );
    await books.begin(USDC);
  });
  if (books === undefined) {
    throw new Error("the books were not begun");
  }

  const signer = new Signer(SEED, market.hub.domain, market.ids, await market.hub.now());
  const streams = people.attesters.map((_, attester) => new Stream(SEED, people, attester));
  const submitters: Submitter[] = [];
  const schedules = streams.map(
    (stream) => new Schedule(stream, signer, (to, delivery) => found(submitters, to).give(delivery)),
  );
  const limits = new GasLimits(BLOCK_GAS, await firstGas(market, signer, streams));
  const each = batchesEach(limits.first);
  const signing = Date.now();
  for (const schedule of schedules) {
    await schedule.prepare(each);
  }
  const prepared = streams.flatMap((stream) => Array.from({ length: each }, (_, place) => stream.at(place).batch));
  const receipts = reckon(SEED, people, prepared).receipts;
  say(`${prepared.length} batches of ${receipts} receipts signed in ${((Date.now() - signing) / 1_000).toFixed(0)} s`);

  const { comet } = await connectNode(NODE.rpc, NODE.chainId);
  const follower = await Follower.begin(comet);
  const tally = emptyTally();
  const [, amount = "", denom = ""] = /^([0-9.]+)([a-z]+)$/.exec(SENDING.gasPrice) ?? [];
  const gasPrice = { denom, amount: Number(amount) };
  const gasOnTheWay = (AHEAD * BLOCK_GAS) / SUBMITTERS;
  market.submitters.forEach((account, place) => {
    const source = () => found(schedules, place).take();
    submitters.push(new Submitter(account, source, { follower, limits, tally, gasOnTheWay, gasPrice }));
  });
  follower.onReturn(() => submitters.forEach((one) => one.suspect("the node was away")));

  const work = [follower.run(), ...submitters.map((one) => one.run())];
  const failure = Promise.all(work).then(() => new Promise<never>(() => undefined));
  const kill = await Promise.race([failure, play(follower, submitters, schedules)]);
  follower.end();
  submitters.forEach((one) => one.end());
  await Promise.all(work);
  const course = { blockGas: BLOCK_GAS, killedAt: kill.at, wanted: BLOCKS };
  const load = loadFigures(follower.blocks, course);
  if (load.blocks < BLOCKS) {
    throw new Error(`only ${load.blocks} of ${BLOCKS} blocks were full: the submitters did not keep up with the node`);
  }

  const expected = reckon(
    SEED,
    people,
    schedules.flatMap((schedule) => schedule.begun),
  );
  say(`all is settled; comparing ${expected.receipts} receipts with the chain`);
  await checkChain(people, market, books, expected, tally);
  happened(tally, kill);
  say("every receipt was settled exactly once, and every balance is what the recount says");
  const report: Report = {
    seed: SEED,
    cores: cpus().length,
    blockGas: BLOCK_GAS,
    submitters: SUBMITTERS,
    attesters: ATTESTERS,
    sessions: people.sessions.length,
    models: people.models.length,
    load,
    run: {
      receipts: expected.receipts,
      batches: schedules.reduce((sum, schedule) => sum + schedule.begun.length, 0),
      transactions: tally.transactions,
      why: Object.fromEntries(tally.why),
      settled: tally.settled,
      partly: tally.partly,
      duplicate: tally.duplicate,
      tooEarly: tally.tooEarly,
      again: tally.again,
      outOfGas: tally.outOfGas,
      resent: tally.resent,
    },
    kill: {
      inMempool: kill.inMempool,
      startedAfter: kill.startedAfter,
      blockAfter: kill.blockAfter,
      fullAfter: kill.fullAfter,
    },
  };
  console.log(`\n${written(report)}`);
  if (process.env["HUB_LOAD_UPDATE"] === "1") {
    writeFileSync(`${ROOT}e2e/load.json`, `${JSON.stringify(report, undefined, 2)}\n`);
    const path = `${ROOT}README.md`;
    writeFileSync(path, withReport(readFileSync(path, "utf8"), report));
  }
}

/** What the first batch of each shape would use, by the node. */
async function firstGas(market: Market, signer: Signer, streams: readonly Stream[]): Promise<Map<string, number>> {
  const first = new Map<string, number>();
  for (const stream of streams) {
    const { batch } = stream.at(0);
    if (!first.has(batch.shape)) {
      const message = settleBatchMessage(market.hub, signer.sign(batch));
      first.set(batch.shape, await found(market.submitters, 0).estimate([message]));
    }
  }
  return first;
}

/** About how many batches of each attester are needed; a fifth of what is sent is there a second time. */
function batchesEach(gas: ReadonlyMap<string, number>): number {
  const mean = SHAPES.reduce((sum, { name, share }) => sum + ((gas.get(name) ?? BLOCK_GAS) * share) / 100, 0);
  return Math.ceil(((BLOCKS + 2 * AHEAD) * BLOCK_GAS * 0.8) / mean / ATTESTERS);
}

interface Kill {
  readonly at: number;
  readonly inMempool: number;
  readonly startedAfter: number;
  readonly blockAfter: number;
  readonly fullAfter: number;
}

/** Lets the submitters fill blocks, kills the node in the middle, and returns once all is settled. */
async function play(
  follower: Follower,
  submitters: readonly Submitter[],
  schedules: readonly Schedule[],
): Promise<Kill> {
  const full = () => follower.blocks.filter((block) => isFull(block, BLOCK_GAS)).length;
  const until = async (what: () => boolean) => {
    while (!what()) {
      await pause(25);
    }
  };
  follower.onBlock(({ height, gasWanted, gasUsed, receipts, txs, failed }) => {
    const part = (gas: number) => `${((100 * gas) / BLOCK_GAS).toFixed(0).padStart(3)} %`;
    const gas = `gas ${part(gasWanted)} wanted ${part(gasUsed)} used`;
    say(`block ${height}: ${gas}, ${txs} transactions, ${failed} failed, ${receipts} receipts`);
  });
  await until(() => full() >= BLOCKS / 2);
  const kill = await killAndStart(follower);
  const course = { blockGas: BLOCK_GAS, killedAt: kill.at, wanted: BLOCKS };
  const counted = () => kindsOf(follower.blocks, course).filter((kind) => kind === "load").length;
  await until(() => counted() >= BLOCKS);
  schedules.forEach((schedule) => schedule.stop());
  say("enough full blocks: no more batches are begun");
  await until(() => schedules.every(({ done }) => done) && submitters.every(({ busy }) => !busy));
  const { height } = follower;
  await until(() => follower.height > height);
  return kill;
}

async function killAndStart(follower: Follower): Promise<Kill> {
  let inMempool = 0;
  while (inMempool === 0) {
    inMempool = (await follower.comet.numUnconfirmedTxs()).total;
  }
  const before = follower.blocks.length;
  const at = Date.now();
  killNode();
  say(`the node is killed, with ${inMempool} transactions in its mempool`);
  const since = () => (Date.now() - at) / 1_000;
  await pause(AWAY_MS);
  const startedAfter = since();
  await startNode();
  const first = async (what: () => boolean) => {
    while (!what()) {
      await pause(10);
    }
    return since();
  };
  const later = () => follower.blocks.slice(before).filter(({ time }) => time > at);
  const blockAfter = await first(() => later().length > 0);
  const fullAfter = await first(() => later().some((block) => isFull(block, BLOCK_GAS)));
  return { at, inMempool, startedAfter, blockAfter, fullAfter };
}

/** A run in which nothing went wrong on purpose shows nothing. */
function happened(tally: Tally, kill: Kill): void {
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
