/** Load on a node: eight submitters, full blocks, and a kill in the middle. e2e/load runs it. */

import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { connectNode, settleBatchMessage } from "hub-client";
import { Books } from "../books.js";
import { killNode, NODE, ROOT, startNode } from "../node.js";
import { NAMES, SENDING, USDC } from "../stage.js";
import { type Batch, found, Signer } from "./batches.js";
import { Follower, pause } from "./blocks.js";
import { checkChain, sentenceOf } from "./check.js";
import { isFull, type Kind, kindsOf, type LoadFigures, loadFigures } from "./figures.js";
import { GasLimits } from "./gas-limits.js";
import { deployHub, type Market, openMarket, SUBMITTERS } from "./market.js";
import { presign } from "./presign.js";
import { ATTESTERS, type BatchPlan, type Cast, cast, largeBatch, SHAPES, Stream } from "./plan.js";
import { reckon } from "./recount.js";
import { type KillFigures, type Largest, type Report, withReport, written } from "./report.js";
import { type Give, Schedule } from "./schedule.js";
import { emptyTally, Submitter, type Tally } from "./submitters.js";

const SEED = setting("HUB_LOAD_SEED", 1);
const BLOCKS = setting("HUB_LOAD_BLOCKS", 100);
const BLOCK_GAS = setting("DEVNET_BLOCK_GAS", 0);
/** Blocks' worth of gas that is on its way at once, of all submitters together. */
const AHEAD = 3;
/** Receipts of a group in the largest batch: so many that its request stays just below the million bytes that RPC takes. */
const LARGEST_EACH = 1_400;
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

const [, amount = "", denom = ""] = /^([0-9.]+)([a-z]+)$/.exec(SENDING.gasPrice) ?? [];
const GAS_PRICE = { denom, amount: Number(amount) };

const begun = Date.now();
function say(text: string): void {
  console.log(`${((Date.now() - begun) / 1_000).toFixed(0).padStart(5)} s  ${text}`);
}

/** What stands before the first batch is sent. */
interface Stage {
  readonly people: Cast;
  readonly market: Market;
  readonly books: Books;
  readonly signer: Signer;
  readonly streams: readonly Stream[];
}

/** What is known once the last batch is settled. */
interface Filled {
  readonly load: LoadFigures;
  readonly kill: Kill;
  readonly tally: Tally;
  readonly batches: readonly BatchPlan[];
}

async function run(): Promise<void> {
  const stage = await setUp();
  const { people, market, books, signer } = stage;
  const { load, kill, tally, batches } = await fill(stage);
  const large = largeBatch(people, 0, reckon(SEED, people, batches).lanes, LARGEST_EACH);
  const largest = await sendLargest(market, signer.sign(large), tally);
  const all = [...batches, large];
  const expected = reckon(SEED, people, all);
  say(`all is settled; comparing ${expected.receipts} receipts with the chain`);
  await checkChain(people, market, books, expected, tally);
  happened(tally, kill);
  say("every receipt was settled exactly once, and every balance is what the recount says");
  const { why, receipts: _, gross: __, ...transactions } = tally;
  const report: Report = {
    seed: SEED,
    cores: cpus().length,
    blockGas: BLOCK_GAS,
    load,
    run: { receipts: expected.receipts, batches: all.length, why: Object.fromEntries(why), ...transactions },
    kill: kill.figures,
    largest,
  };
  console.log(`\n${written(report)}`);
  if (process.env["HUB_LOAD_UPDATE"] === "1") {
    writeFileSync(`${ROOT}e2e/load.json`, `${JSON.stringify(report, undefined, 2)}\n`);
    const path = `${ROOT}README.md`;
    writeFileSync(path, withReport(readFileSync(path, "utf8"), report));
  }
}

async function setUp(): Promise<Stage> {
  const people = cast(SEED);
  const { models, sessions } = people;
  say(`seed ${SEED}: deploying, and opening a market of ${models.length} models and ${sessions.length} sessions`);
  await deployHub();
  let books: Books | undefined;
  const market = await openMarket(people, async (hub, as) => {
    const everybody = NAMES.map((name) => as[name].address);
    books = new Books(hub, everybody);
    await books.begin(USDC);
  });
  if (books === undefined) {
    throw new Error("the books were not begun");
  }
  const signer = new Signer(SEED, market.hub.domain, market.ids, await market.hub.now());
  const streams = people.attesters.map((_, attester) => new Stream(SEED, people, attester));
  return { people, market, books, signer, streams };
}

/** Fills blocks until there are enough, and returns once all that was begun is settled. */
async function fill({ market, signer, streams }: Stage): Promise<Filled> {
  const submitters: Submitter[] = [];
  const give: Give = (to, delivery) => found(submitters, to).give(delivery);
  const limits = new GasLimits(BLOCK_GAS, await firstGas(market, signer, streams));
  const each = batchesEach(limits.first);
  say(`signing ${each * ATTESTERS} batches`);
  const signed = await presign(signer, streams, each);
  const schedules = streams.map((stream, place) => new Schedule(stream, signer, give, found(signed, place)));
  say("sending them");

  const { comet } = await connectNode(NODE.rpc, NODE.chainId);
  const follower = await Follower.begin(comet);
  const tally = emptyTally();
  const gasOnTheWay = (AHEAD * BLOCK_GAS) / SUBMITTERS;
  market.submitters.forEach((account, place) => {
    const source = () => found(schedules, place).take();
    submitters.push(new Submitter(account, source, { follower, limits, tally, gasOnTheWay, gasPrice: GAS_PRICE }));
  });
  follower.onReturn(() => submitters.forEach((one) => one.suspect("the node was away")));
  const work = Promise.all([follower.run(), ...submitters.map((one) => one.run())]);
  // Ends only by a failure.
  const failure = work.then(() => new Promise<never>(() => undefined));
  const kill = await Promise.race([failure, play(follower, submitters, schedules)]);
  follower.end();
  submitters.forEach((one) => one.end());
  await work;
  const load = loadFigures(follower.blocks, { blockGas: BLOCK_GAS, killedAt: kill.at, wanted: BLOCKS });
  return { load, kill, tally, batches: schedules.flatMap(({ begun }) => begun) };
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

/** Sends one batch with a whole block's gas. */
async function sendLargest(market: Market, batch: Batch, tally: Tally): Promise<Largest> {
  const { denom, amount } = GAS_PRICE;
  const fee = { gas: BLOCK_GAS.toString(), amount: [{ denom, amount: Math.ceil(BLOCK_GAS * amount).toString() }] };
  const { answers, gasUsed } = await found(market.submitters, 0).send([settleBatchMessage(market.hub, batch)], { fee });
  tally.transactions += 1;
  tally.why.set("as large as possible", 1);
  tally.settled += 1;
  tally.receipts += answers[0].paid;
  tally.gross += answers[0].gross.reduce((sum, one) => sum + BigInt(one.amount), 0n);
  return { receipts: batch.receipts, bytes: batch.bytes.length, gasUsed: Number(gasUsed) };
}

interface Kill {
  readonly at: number;
  readonly figures: KillFigures;
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
  const count = (kind: Kind) => kindsOf(follower.blocks, course).filter((one) => one === kind).length;
  await until(() => {
    if (count("thin") > BLOCKS) {
      const what = `${count("thin")} blocks were not full, as the submitters do not keep up with the node`;
      throw new Error(`${what}: give DEVNET_BLOCK_GAS less than ${BLOCK_GAS}`);
    }
    return count("load") >= BLOCKS;
  });
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
  return { at, figures: { inMempool, startedAfter, blockAfter, fullAfter } };
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
    "transactions that the killed node had": kill.figures.inMempool,
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
