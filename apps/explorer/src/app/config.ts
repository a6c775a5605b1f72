/** What the page is told about where it stands: `hub.json` beside it, which whoever serves the page writes. */

import type { Deployment } from "hub-client/read";

import type { Currency } from "./format.js";

/** The contents of `hub.json`. */
export interface Config {
  /** What readers call this Hub, such as `Neutron`. */
  readonly name: string;
  /** Chain and contracts: what `deploy/deployments/<chain-id>.json` holds. */
  readonly deployment: Deployment & {
    readonly contracts: Deployment["contracts"];
    /** Hashes of the codes, by contract, as `artifacts/checksums.txt` has them. */
    readonly checksums?: Readonly<Record<string, string>>;
  };
  /** RPC addresses of nodes that answer pages (CORS); the first is asked. */
  readonly rpc: readonly string[];
  /** Denominations, the usual one first. */
  readonly currencies: readonly Currency[];
  /** Aggregators of Walrus, for manifests. */
  readonly aggregators: readonly string[];
  /** Publishers of Walrus, for uploads. */
  readonly publishers: readonly string[];
  /** Whether the chain is played by `simulate --serve`: its clock stands still. */
  readonly simulated: boolean;
  /** What a wallet is told of the chain that does not know it; readers need it not. */
  readonly wallet?: WalletChain;
}

/** What a wallet has to know of a chain. */
export interface WalletChain {
  /** Prefix of addresses. */
  readonly prefix: string;
  /** Coin of the fees, in its smallest unit. */
  readonly feeDenom: string;
  readonly feeSymbol: string;
  readonly feeDecimals: number;
  /** Price of a unit of gas in it, such as `0.025`. */
  readonly gasPrice: string;
  /** REST address of a node, which wallets want. */
  readonly rest: string;
  /** On a devnet alone: words of accounts that anybody may use. */
  readonly developerAccounts?: readonly { readonly name: string; readonly mnemonic: string }[];
}

/** Reads and checks `hub.json`. */
export function readConfig(json: unknown): Config {
  const given = object(json, "hub.json");
  const deployment = object(given["deployment"], "deployment");
  const contracts = object(deployment["contracts"], "contracts");
  for (const name of ["registry", "escrow", "billing"]) {
    object(contracts[name], name);
  }
  const config = {
    name: deployment["chain_id"],
    aggregators: [],
    publishers: [],
    simulated: false,
    ...given,
  } as unknown as Config;
  const { rpc, currencies, aggregators, publishers } = config;
  for (const [name, list] of Object.entries({ rpc, aggregators, publishers })) {
    if (!isTexts(list) || (name === "rpc" && list.length === 0)) {
      throw new Error(`hub.json: ${name} is no list of web addresses`);
    }
  }
  if (!Array.isArray(currencies) || currencies.length === 0 || !currencies.every(isCurrency)) {
    throw new Error("hub.json: currencies must list one at least");
  }
  return config;
}

function object(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null) {
    throw new Error(`hub.json: ${name} is missing`);
  }
  return value as Record<string, unknown>;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string" && /^https?:\/\//.test(one));
}

function isCurrency(value: unknown): value is Currency {
  const { denom, symbol, decimals } = value as Partial<Currency>;
  return typeof denom === "object" && typeof symbol === "string" && Number.isInteger(decimals);
}
