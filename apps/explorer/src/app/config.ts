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

/** Why there is no page: a sentence for whoever serves it. */
export class ConfigError extends Error {}

/** Reads and checks `hub.json`. */
export function readConfig(json: unknown): Config {
  const {
    name,
    deployment,
    rpc,
    currencies,
    aggregators = [],
    publishers = [],
    simulated = false,
    wallet,
  } = object(json, "hub.json") as Partial<Config>;
  const contracts = object(object(deployment, "deployment")["contracts"], "deployment.contracts");
  for (const contract of ["registry", "escrow", "billing"]) {
    if (typeof object(contracts[contract], `deployment.contracts.${contract}`)["address"] !== "string") {
      throw new ConfigError(`hub.json: deployment.contracts.${contract}.address is missing`);
    }
  }
  if (!isTexts(rpc) || rpc.length === 0) {
    throw new ConfigError("hub.json: rpc must list the address of a node at least");
  }
  if (!Array.isArray(currencies) || currencies.length === 0 || !currencies.every(isCurrency)) {
    throw new ConfigError("hub.json: currencies must list denom, symbol and decimals of one denomination at least");
  }
  if (!isTexts(aggregators) || !isTexts(publishers)) {
    throw new ConfigError("hub.json: aggregators and publishers must be lists of addresses");
  }
  return {
    name: typeof name === "string" ? name : (deployment as Deployment).chain_id,
    deployment: deployment as Config["deployment"],
    rpc,
    currencies: currencies as Currency[],
    aggregators,
    publishers,
    simulated,
    ...(wallet === undefined ? {} : { wallet }),
  };
}

function object(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null) {
    throw new ConfigError(`hub.json: ${name} is missing`);
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
