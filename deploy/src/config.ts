/** A chain, as its config file describes it. */

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { canonical, HubError } from "hub-client";

/** Where the Hub is deployed, and how. */
export interface ChainConfig {
  readonly chainId: string;
  /** RPC address of a node. */
  readonly rpc: string;
  /** Bech32 prefix of addresses. */
  readonly prefix: string;
  /** Coin that fees are paid in. */
  readonly denom: string;
  /** Price of a unit of gas, in that coin. */
  readonly gasPrice: string;
  /** SLIP-44 number in the path of the deployer's key: another one is another account. */
  readonly coinType: number;
  /** What the chain's accounts sign with. */
  readonly keyType: KeyType;
  /** What the chain allows, where its parameters do not say it. */
  readonly limits: {
    /** Bytes of a code, uncompressed. */
    readonly wasmBytes: number;
    /** Gas of a transaction, if the chain refuses more. */
    readonly txGas: number | undefined;
  };
  /** Who may migrate the contracts; nobody if undefined. Whoever it is could move funds by new code. */
  readonly admin: string | undefined;
  /** Who stores Walrus committees in the registry; nobody if undefined. It can hand the role on. */
  readonly keeper: string | undefined;
  /** SHA-256 of the root certificate (DER) that the verifier of Nitro Enclaves trusts, in hex; AWS's own if undefined. */
  readonly nitroRoot: string | undefined;
  /** Tells Hubs of one deployer on one chain apart. */
  readonly name: string;
  readonly constants: {
    readonly receiptMaxAgeSeconds: number;
    readonly priceNoticeSeconds: number;
  };
}

/** `ethsecp256k1` accounts have Ethereum's addresses and hashes. */
export type KeyType = "secp256k1" | "ethsecp256k1";

const MAX_SECONDS = 30 * 86_400;
/** Of wasmd, where a chain sets nothing else. */
const WASM_BYTES = 819_200;
const COSMOS_COIN_TYPE = 118;

/** Reads a config: `chain` is the name of a file in `folder`, or the path of a file. `rpc` goes before what it says. */
export function readConfig(chain: string, folder: string, rpc?: string): ChainConfig {
  const named = `${folder}/${chain}.json`;
  const path = existsSync(named) ? named : chain;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    const known = readdirSync(folder).map((file) => file.replace(/\.json$/, ""));
    throw invalid(`there is no chain ${chain}`, `give one of ${known.join(", ")}, or the path of a config file`);
  }
  try {
    const json: unknown = JSON.parse(text);
    return parseConfig(rpc === undefined ? json : { ...(json as object), rpc });
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw invalid(`${path} is no JSON (${error.message})`, "correct it");
    }
    throw error;
  }
}

/** Checks a config field by field: a mistake here would be deployed. */
export function parseConfig(json: unknown): ChainConfig {
  const fields = new Fields(json, "the chain config");
  const constants = new Fields(fields.take("constants"), "constants");
  const limits = new Fields(fields.take("limits") ?? {}, "limits");
  const config: ChainConfig = {
    chainId: fields.text("chain_id"),
    rpc: fields.text("rpc", /^https?:\/\/\S+$/, "the http(s) address of a node, here or by HUB_RPC"),
    prefix: fields.text("prefix", /^[a-z0-9]+$/, "a bech32 prefix"),
    denom: fields.text("denom", /^[a-zA-Z][a-zA-Z0-9/:._-]{2,127}$/, "a native denom"),
    gasPrice: fields.text("gas_price", /^\d+(\.\d+)?$/, 'a decimal number such as "0.025"'),
    coinType: fields.optionalCount("coin_type") ?? COSMOS_COIN_TYPE,
    keyType: (fields.optionalText("key_type", /^(eth)?secp256k1$/, "secp256k1 or ethsecp256k1") ??
      "secp256k1") as KeyType,
    limits: {
      wasmBytes: limits.optionalCount("wasm_bytes") ?? WASM_BYTES,
      txGas: limits.optionalCount("tx_gas"),
    },
    admin: fields.optionalText("admin"),
    keeper: fields.optionalText("keeper"),
    nitroRoot: fields.optionalText("nitro_root", /^[0-9a-f]{64}$/, "a SHA-256 as 64 lower-case hex digits"),
    name: fields.optionalText("name") ?? "hub",
    constants: {
      receiptMaxAgeSeconds: constants.seconds("receipt_max_age_seconds", 1),
      priceNoticeSeconds: constants.seconds("price_notice_seconds", 1),
    },
  };
  fields.finish();
  constants.finish();
  limits.finish();
  if (!/^[a-z0-9-]{1,32}$/.test(config.name)) {
    throw invalid(`name is ${JSON.stringify(config.name)}`, "give 1 to 32 of a-z, 0-9 and hyphen");
  }
  for (const role of ["admin", "keeper"] as const) {
    const address = config[role];
    if (address !== undefined && (!address.startsWith(`${config.prefix}1`) || !isAddress(address))) {
      throw invalid(`${role} is ${JSON.stringify(address)}`, `give an address that begins with ${config.prefix}1`);
    }
  }
  if (config.constants.priceNoticeSeconds < config.constants.receiptMaxAgeSeconds) {
    throw invalid("price_notice_seconds is below receipt_max_age_seconds", "give at least as much");
  }
  return config;
}

function isAddress(text: string): boolean {
  try {
    return canonical(text).length > 0;
  } catch {
    return false;
  }
}

/** The fields of an object, each taken once. */
class Fields {
  readonly #rest: Map<string, unknown>;

  constructor(
    json: unknown,
    readonly of: string,
  ) {
    if (typeof json !== "object" || json === null || Array.isArray(json)) {
      throw invalid(`${of} is no object`, "see deploy/chains/devnet.json");
    }
    this.#rest = new Map(Object.entries(json));
  }

  take(name: string): unknown {
    const value = this.#rest.get(name);
    this.#rest.delete(name);
    return value;
  }

  text(name: string, form = /\S/, expected = "a text"): string {
    const value = this.take(name);
    if (typeof value !== "string" || !form.test(value)) {
      throw invalid(`${name} is ${JSON.stringify(value)}`, `give ${expected}`);
    }
    return value;
  }

  optionalText(name: string, form?: RegExp, expected?: string): string | undefined {
    return this.#rest.get(name) === undefined || this.#rest.get(name) === null
      ? (this.take(name), undefined)
      : this.text(name, form, expected);
  }

  optionalCount(name: string): number | undefined {
    const value = this.take(name);
    if (value === undefined || value === null) {
      return undefined;
    }
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
      throw invalid(`${name} is ${JSON.stringify(value)}`, "give a whole number");
    }
    return value;
  }

  seconds(name: string, least: number): number {
    const value = this.take(name);
    if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > MAX_SECONDS) {
      throw invalid(`${name} is ${JSON.stringify(value)}`, `give ${least} to ${MAX_SECONDS} seconds`);
    }
    return value;
  }

  finish(): void {
    const unknown = [...this.#rest.keys()];
    if (unknown.length > 0) {
      throw invalid(`${this.of} has fields that mean nothing: ${unknown.join(", ")}`, "remove or correct them");
    }
  }
}

function invalid(what: string, next: string): HubError {
  return new HubError("invalid_input", what, next);
}
