/** Who takes part, on which chain, with which tokens. */

import { readFileSync } from "node:fs";
import assert from "node:assert/strict";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import {
  type Denom,
  type Deployment,
  Hub,
  HubAccount,
  HubError,
  type HubErrorCode,
  type registry,
  wire,
} from "hub-client";
import { NODE, ROOT, WORK, words } from "./node.js";

export const NAMES = [
  "deployer",
  "author",
  "author2",
  "payee",
  "caller",
  "caller2",
  "operator",
  "operator2",
  "submitter",
  "stranger",
] as const;
export type Name = (typeof NAMES)[number];

export const SENDING = { gasPrice: "0.025stake", pollMs: 150 };

/** Short, so that a run lives to see them pass; the grace of 60 s is in the contracts. */
export const RECEIPT_MAX_AGE = 90;
export const PRICE_NOTICE = 90;

export const USDC: Denom = { native: "uusdc" };

export function deployment(): Deployment {
  return JSON.parse(readFileSync(`${WORK}/deployments/${NODE.chainId}.json`, "utf8")) as Deployment;
}

/** Address of the verifier of Nitro Enclaves that was deployed along. */
export function verifierAddress(): string {
  return deployment().contracts.nitro_verifier?.address ?? assert.fail("no verifier was deployed");
}

export function wallet(mnemonic: string): Promise<DirectSecp256k1HdWallet> {
  return DirectSecp256k1HdWallet.fromMnemonic(mnemonic, { prefix: "wasm" });
}

/** Everybody's accounts on the deployed Hub, or on another. */
export async function connect(of = deployment()): Promise<{ hub: Hub; as: Record<Name, HubAccount> }> {
  const hub = await Hub.connect(NODE.rpc, of);
  const entries = await Promise.all(
    NAMES.map(async (name) => [name, await hub.account(await wallet(words(name)), SENDING)] as const),
  );
  return { hub, as: Object.fromEntries(entries) as Record<Name, HubAccount> };
}

/** A cw20 token with money for some. */
export async function token(
  by: HubAccount,
  code: "cw20_base" | "refusing_token",
  symbol: string,
  holders: readonly HubAccount[],
  refused?: HubAccount,
): Promise<Denom> {
  const folder = code === "cw20_base" ? `${ROOT}tests/devnet/build` : `${ROOT}tests/e2e/build`;
  const { codeId } = await by.client.upload(by.address, readFileSync(`${folder}/${code}.wasm`), "auto");
  const message = {
    name: `Token ${symbol}`,
    symbol,
    decimals: 6,
    initial_balances: holders.map(({ address }) => ({ address, amount: "1000000000000" })),
    marketing: refused === undefined ? null : { project: refused.address },
  };
  const { contractAddress } = await by.client.instantiate(by.address, codeId, message, symbol, "auto");
  return { cw20: contractAddress };
}

/** Blob ids and hashes that stand for something. */
export function named(name: string): Uint8Array {
  return wire.sha256(new TextEncoder().encode(name));
}

export function blob(name: string): wire.BlobId {
  return wire.BlobId.fromBytes(named(name));
}

export function metadata(title: string): registry.Metadata {
  return {
    title,
    description: "",
    task: "time-series-forecasting",
    license: "Apache-2.0",
    tags: ["e2e"],
    homepage: null,
  };
}

/** That something fails, how, and that it says what to do next. */
export async function fails(work: Promise<unknown>, code: HubErrorCode, says: RegExp): Promise<HubError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof HubError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, says);
    assert.notEqual(error.next, "");
    return error;
  }
  assert.fail(`nothing failed, expected ${code} (${says.source})`);
}
