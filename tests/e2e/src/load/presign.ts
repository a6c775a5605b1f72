/** Signs batches before they are sent, on all cores: what attesters do must not slow the node. */

import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type SignedBatch, wire } from "hub-client";
import { attesterKey, type Batch, type Ids, type Signed, Signer } from "./batches.js";
import { type BatchPlan, drawParticipants, receiptsIn, Stream } from "./plan.js";

/** What a worker has to know, in values that reach it. */
interface Order {
  readonly seed: number;
  readonly domain: wire.Domain;
  readonly attesters: readonly number[];
  readonly sessions: readonly number[];
  readonly models: readonly { model: number; release: number; terms: number; blobId: string }[];
  readonly issuedAt: number;
  /** How many batches of each attester. */
  readonly count: number;
  /** Places of the attesters whose batches it signs. */
  readonly own: readonly number[];
}

/** Signatures of one place of an attester. */
interface Made {
  readonly attester: number;
  readonly place: number;
  readonly whole: SignedBatch;
  readonly partFirst: SignedBatch | undefined;
  readonly overlap: SignedBatch | undefined;
}

/** The first `count` batches of every attester, signed. */
export async function presign(signer: Signer, streams: readonly Stream[], count: number): Promise<Signed[][]> {
  const { seed, domain, ids, issuedAt } = signer;
  const workers = Math.min(availableParallelism(), streams.length);
  const signed = streams.map((): Signed[] => []);
  const all = Array.from({ length: workers }, async (_, turn) => {
    const order: Order = {
      seed,
      domain,
      attesters: ids.attesters.map(({ id }) => id),
      sessions: ids.sessions,
      models: ids.models.map((model) => ({ ...model, blobId: model.blobId.toString() })),
      issuedAt,
      count,
      own: streams.map(({ attester }) => attester).filter((attester) => attester % workers === turn),
    };
    const worker = new Worker(new URL(import.meta.url), { workerData: order });
    worker.on("message", ({ attester, place, whole, partFirst, overlap }: Made) => {
      const { batch, disorder } = (streams[attester] as Stream).at(place);
      (signed[attester] as Signed[])[place] = {
        whole: batchOf(whole, batch),
        ...(partFirst && disorder.partFirst && { partFirst: batchOf(partFirst, disorder.partFirst) }),
        ...(overlap && disorder.overlap && { overlap: batchOf(overlap, disorder.overlap) }),
      };
    });
    await new Promise((resolve, reject) => worker.once("exit", resolve).once("error", reject));
  });
  await Promise.all(all);
  return signed;
}

function batchOf({ bytes, signature }: SignedBatch, plan: BatchPlan): Batch {
  return { bytes, signature, plan, receipts: receiptsIn(plan) };
}

function work({ seed, domain, attesters, sessions, models, issuedAt, count, own }: Order): void {
  const participants = drawParticipants(seed);
  const ids: Ids = {
    attesters: participants.attesters.map(({ keyType }, place) => ({
      id: attesters[place] as number,
      key: attesterKey(place, keyType),
    })),
    sessions,
    models: models.map((model) => ({ ...model, blobId: wire.BlobId.parse(model.blobId) })),
  };
  const signer = new Signer(seed, domain, ids, issuedAt);
  for (const attester of own) {
    const stream = new Stream(seed, participants, attester);
    for (let place = 0; place < count; place += 1) {
      const { whole, partFirst, overlap } = signer.signAll(stream.at(place));
      const made: Made = {
        attester,
        place,
        whole: bare(whole),
        partFirst: partFirst && bare(partFirst),
        overlap: overlap && bare(overlap),
      };
      parentPort?.postMessage(made);
    }
  }
}

function bare({ bytes, signature }: Batch): SignedBatch {
  return { bytes, signature };
}

if (!isMainThread) {
  work(workerData as Order);
}
