/** What a deployment leaves behind: where it stands while it goes on, and what it made once it is done. */

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Deployment } from "hub-client";
import type { ContractName } from "./artifacts.js";

/** Steps that are transactions. */
export type Step = `store ${ContractName}` | `instantiate ${Instantiated}`;

/** Contracts that a deployment instantiates itself, in this order; billing instantiates the escrow. */
export const INSTANTIATED = ["registry", "billing", "nitro_verifier"] as const;
export type Instantiated = (typeof INSTANTIATED)[number];

/** A deployment on its way. Nothing in it is secret. */
export interface Progress {
  readonly chain_id: string;
  readonly deployer: string;
  readonly name: string;
  /** Steps that are done, with their transactions. */
  transactions: Partial<Record<Step, string>>;
  codes: Partial<Record<ContractName, number>>;
  /** A transaction that was signed; whether it happened was not known yet. */
  pending?:
    | { readonly step: Step; readonly tx: string; readonly timeout_height: string; readonly after_height: string }
    | undefined;
}

/** A contract that was deployed. */
export interface DeployedContract {
  readonly address: string;
  readonly code_id: number;
  readonly sha256: string;
  readonly version: string;
}

/** A finished deployment: `deploy/deployments/<chain-id>.json`. */
export interface DeploymentFile extends Deployment {
  readonly name: string;
  readonly prefix: string;
  readonly deployer: string;
  /** Who may migrate the contracts; null for nobody. */
  readonly admin: string | null;
  readonly constants: { readonly receipt_max_age_seconds: number; readonly price_notice_seconds: number };
  /** Who the registry's keeper was at first, if one was named. */
  readonly keeper?: string;
  /** The root that the verifier of Nitro Enclaves trusts, if one was named. */
  readonly nitro_root?: string;
  readonly contracts: Record<ContractName, DeployedContract>;
  readonly transactions: Partial<Record<Step, string>>;
}

/** The JSON file at `path`, or undefined if there is none. */
export function readJson<T>(path: string): T | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  return JSON.parse(text) as T;
}

/** Writes a JSON file whole or not at all. */
export function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}

export function remove(path: string): void {
  rmSync(path, { force: true });
}
