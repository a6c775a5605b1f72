/** Fills blocks, kills the node in the middle, and goes on until there are enough. */

import { connectNode, settleBatchMessage } from "hub-client";
import { killNode, NODE, startNode } from "../node.js";
import { found, type Signer } from "./batches.js";
import { Follower, pause } from "./blocks.js";
import { isFull, type Kind, kindsOf, type LoadFigures, loadFigures } from "./figures.js";
import { GasLimits } from "./gas-limits.js";
import { type Market, SUBMITTERS } from "./market.js";
import { ATTESTERS, type BatchPlan, SHAPES, type Stream } from "./plan.js";
import { presign } from "./presign.js";
import type { KillFigures } from "./report.js";
import { type Give, Schedule } from "./schedule.js";
import { BLOCK_GAS, BLOCKS, feeOf, say } from "./settings.js";
import { emptyTally, Submitter, type Tally } from "./submitters.js";

/** Blocks' worth of gas that is on its way at once, of all submitters together. */
const AHEAD = 3;
/** How long the node stays away. */
const AWAY_MS = 2_000;

/** What is known once the last batch is settled. */
export interface Filled {
  readonly load: LoadFigures;
  readonly kill: KillFigures;
  readonly tally: Tally;
  /** All that was begun. */
  readonly batches: readonly BatchPlan[];
}

/** Fills blocks until there are enough, and returns once all that was begun is settled. */
export async function fill(market: Market, signer: Signer, streams: readonly Stream[]): Promise<Filled> {
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
    submitters.push(new Submitter(account, source, { follower, limits, tally, gasOnTheWay, feeOf }));
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
  return { load, kill: kill.figures, tally, batches: schedules.flatMap(({ begun }) => begun) };
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
      throw new Error(`${what}: give HUB_DEVNET_BLOCK_GAS less than ${BLOCK_GAS}`);
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
  let [inMempool, height] = [0, 0];
  while (inMempool === 0) {
    height = (await follower.comet.status()).syncInfo.latestBlockHeight;
    inMempool = (await follower.comet.numUnconfirmedTxs()).total;
  }
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
  const later = () => follower.blocks.filter((block) => block.height > height);
  const blockAfter = await first(() => later().length > 0);
  const fullAfter = await first(() => later().some((block) => isFull(block, BLOCK_GAS)));
  return { at, figures: { inMempool, startedAfter, blockAfter, fullAfter } };
}
