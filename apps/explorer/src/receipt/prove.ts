/** Whether a receipt is proven: which recorded batch holds it, and who signed that. */

import type { billing, HubReader } from "hub-client/read";
import * as wire from "hub-client/wire";

import { type Pasted, toBase64 } from "./read.js";

/** What became of the question. */
export type Verdict =
  | { readonly proven: true; readonly batch: number; readonly inclusion: billing.InclusionResponse }
  | { readonly proven: false; readonly why: string };

/** Most batches of an attester that are looked through, the newest first. */
const MOST_BATCHES = 2_000;
const PAGE = 100;

/** Asks the chain whether the attester vouched for a receipt in a recorded batch. */
export async function prove(hub: HubReader, pasted: Pasted, attester: billing.AttesterResponse): Promise<Verdict> {
  const { proof, bytes } = pasted;
  if (proof === undefined) {
    return {
      proven: false,
      why: "the way from it to the root of its batch was not pasted: the operator’s server has it at /v1/receipts/ and its request id",
    };
  }
  const found = await batchWith(hub, attester, proof.root);
  if (found === undefined) {
    return {
      proven: false,
      why: `none of the ${attester.batches} batches that attester ${attester.attester} settled has the root that is claimed; if it is new, wait until it is settled`,
    };
  }
  try {
    const inclusion = await hub.billing.query.verifyInclusion({
      attester: attester.attester,
      batch: found.batch,
      receipt: toBase64(bytes),
      proof: { index: proof.index, siblings: [...proof.siblings] },
    });
    return { proven: true, batch: found.batch, inclusion };
  } catch (error) {
    return {
      proven: false,
      why: `the chain refuses the proof: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** The recorded batch with a root, the newest first. */
async function batchWith(
  hub: HubReader,
  { attester, batches: last }: billing.AttesterResponse,
  root: string,
): Promise<billing.RecordedBatch | undefined> {
  const wanted = root.toLowerCase();
  for (let top = last; top > Math.max(0, last - MOST_BATCHES); top -= PAGE) {
    const { batches } = await hub.billing.query.batches({ attester, limit: PAGE, startAfter: Math.max(0, top - PAGE) });
    const found = batches.find(({ receipts_root }) => receipts_root.toLowerCase() === wanted);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

/** Whether the attester's key signed the answer that came with a receipt; undefined where no signature was pasted. */
export function answerSigned(
  pasted: Pasted,
  attester: billing.AttesterResponse,
  domain: wire.Domain,
): boolean | undefined {
  if (pasted.answer === undefined) {
    return undefined;
  }
  const { engine, label, signature } = pasted.answer;
  const key = Uint8Array.from(atob(attester.key), (character) => character.charCodeAt(0));
  try {
    const digest = wire.answerDigest(domain, wire.answerBytes(pasted.bytes, engine, label));
    return wire.verifyDigest(wire.PublicKey.of(attester.key_type, key), digest, signature);
  } catch {
    return false;
  }
}
