/** What requirements and answers have to be. Nothing here asks anybody; each check says in words what is wrong. */

import type { KnownAttester } from "./chain.js";
import type { Requirements, Settled } from "./header.js";
import * as wire from "hub-client/wire";
import { priceOf, type registry } from "./hub.js";
import { assetOf } from "./chain.js";

/** What is wrong with requirements by themselves; undefined if nothing is. */
export function wrongByItself(found: Requirements): string | undefined {
  const most = priceOf(found.rates, { input: found.unitsIn, output: found.maxUnitsOut });
  if (most !== found.amount) {
    return `its amount is ${found.amount}, and its rates and units make ${most}`;
  }
  return undefined;
}

/** What is wrong with requirements beside what the chain shows; undefined if nothing is. */
export function wrongByChain(
  found: Requirements,
  attester: KnownAttester,
  terms: registry.TermsResponse,
): string | undefined {
  if (attester.operator !== found.payTo) {
    return `attester ${found.attester} is one of ${attester.operator}, and ${found.payTo} is to be paid`;
  }
  if (!attester.active) {
    return `attester ${found.attester} was retired or revoked`;
  }
  if (attester.measurement !== found.measurement) {
    return `attester ${found.attester} has measurement ${attester.measurement ?? "none"} on chain, it says ${found.measurement ?? "none"}`;
  }
  const { price } = terms;
  const pairs: [string, bigint, bigint][] = [
    ["perCall", found.rates.perCall, BigInt(price.per_call)],
    ["perMillionIn", found.rates.perMillionIn, BigInt(price.per_million_in)],
    ["perMillionOut", found.rates.perMillionOut, BigInt(price.per_million_out)],
  ];
  const other = pairs.find(([, said, right]) => said !== right);
  if (other !== undefined) {
    return `its ${other[0]} is ${other[1]}, and ${other[2]} in terms ${found.terms} of model ${found.model} on chain`;
  }
  if (assetOf(price.denom) !== found.asset) {
    return `its asset is ${found.asset}, and model ${found.model} is priced in ${assetOf(price.denom)}`;
  }
  return undefined;
}

/** What is wrong with a correction beside the requirements that were agreed; undefined if nothing is. */
export function wrongCorrection(renewed: Requirements, agreed: Requirements, session: number): string | undefined {
  const same: [string, unknown, unknown][] = [
    ["network", renewed.network, agreed.network],
    ["asset", renewed.asset, agreed.asset],
    ["payee", renewed.payTo, agreed.payTo],
    ["billing contract", renewed.billing, agreed.billing],
    ["attester", renewed.attester, agreed.attester],
    ["measurement", renewed.measurement, agreed.measurement],
    ["model", renewed.model, agreed.model],
    ["request", renewed.requestHash, agreed.requestHash],
    ["session", renewed.session ?? session, session],
  ];
  const other = same.find(([, found, expected]) => found !== expected);
  return other === undefined
    ? wrongByItself(renewed)
    : `its ${other[0]} is ${String(other[1])}, expected ${String(other[2])}`;
}

/** A call that was paid, as its caller knows it. */
export interface PaidCall {
  readonly session: number;
  readonly requestId: string;
  readonly agreed: Requirements;
  readonly key: wire.PublicKey;
  readonly blob: Uint8Array;
  /** Of a repeat, the most that it could cost when it was signed first; 0 if it was answered before. Undefined of all others. */
  readonly first: bigint | undefined;
  /** Whether the offer was made for this very body. One that is remembered bounds the amount alone: another body has other units. */
  readonly isOwnOffer: boolean;
  /** sha256 of the body that was sent, hex; what the server said it was, if that was not seen. */
  readonly requestHash: string;
}

/** Terms that are past: those of the stored answer to a repeat. */
export interface PastTerms {
  readonly terms: number;
  readonly rates: Requirements["rates"];
  /** The most that was agreed then; undefined if it was counted then. */
  readonly most: bigint | undefined;
}

/** A receipt that fits its call. */
export interface FittingReceipt {
  readonly receipt: wire.Receipt;
  /** What it charges. */
  readonly amount: bigint;
}

/**
 * Holds an answer against its call. Without a body, everything but that is checked.
 *
 * @returns the receipt, or in words what is wrong
 */
export function fit(
  call: PaidCall,
  settled: Settled,
  body: Uint8Array | undefined,
  domain: wire.Domain,
  past?: PastTerms,
): FittingReceipt | string {
  if (!settled.success) {
    return "it says that the payment failed, with an answer";
  }
  let receipt: wire.Receipt;
  try {
    receipt = wire.decodeReceipt(settled.receipt);
  } catch (error) {
    return `its receipt cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  const signed = wire.answerDigest(domain, wire.answerBytes(settled.receipt, settled.engine, settled.label));
  if (!wire.verifyDigest(call.key, signed, settled.answerSignature)) {
    return "its signature does not verify with the attester's key";
  }
  const { agreed } = call;
  const same: [string, boolean][] = [
    ["attester", receipt.attester === BigInt(agreed.attester)],
    ["session", receipt.session === BigInt(call.session)],
    ["model", receipt.model === BigInt(agreed.model)],
    ["release", receipt.release === BigInt(agreed.release)],
    ["terms", receipt.terms === BigInt(past?.terms ?? agreed.terms)],
    ["request id", wire.toHex(receipt.requestId) === call.requestId],
    ["request", wire.toHex(receipt.requestHash) === call.requestHash],
    ["answer", body === undefined || wire.equal(receipt.responseHash, wire.sha256(body))],
    ["file of weights", wire.equal(receipt.blobId.bytes, call.blob)],
  ];
  const other = same.find(([, fits]) => !fits);
  if (other !== undefined) {
    return `its receipt is about another ${other[0]}`;
  }
  const { units } = receipt;
  const amount = priceOf(past?.rates ?? agreed.rates, units);
  const tooMany = units.input > agreed.unitsIn || units.output > agreed.maxUnitsOut;
  const most = past === undefined ? agreed.amount : past.most;
  if ((most !== undefined && amount > most) || (call.isOwnOffer && tooMany)) {
    return `its receipt states ${units.input} units in and ${units.output} out, and at most ${agreed.unitsIn} and ${agreed.maxUnitsOut} were agreed`;
  }
  return amount === settled.amount ? { receipt, amount } : `it charges ${settled.amount}, and its units cost ${amount}`;
}
