/** What a chain lets a deployment do, asked before anything is paid. */

import { HubError } from "hub-client";
import { type Artifact, CONTRACTS, type ContractName } from "./artifacts.js";
import type { Deployer } from "./chain.js";
import type { ChainConfig } from "./config.js";
import { writeProposals } from "./governance.js";

interface Meant {
  readonly config: ChainConfig;
  readonly artifacts: Record<ContractName, Artifact>;
  readonly deployer: Deployer;
  readonly folder: string;
}

/**
 * Fails with a sentence where the chain cannot take a code, or does not let the account store one. In the second case the
 * proposals that ask governance to store what is missing are written, and the sentence names them.
 */
export async function checkChain({ config, artifacts, deployer, folder }: Meant): Promise<void> {
  const missing: ContractName[] = [];
  for (const name of CONTRACTS) {
    if ((await deployer.codeOf(artifacts[name].sha256)) === undefined) {
      missing.push(name);
    }
  }
  for (const name of missing) {
    const { bytes } = artifacts[name];
    if (bytes > config.limits.wasmBytes) {
      throw new HubError(
        "invalid_input",
        `${name} is ${bytes} bytes, and ${config.chainId} takes codes of ${config.limits.wasmBytes} at most`,
        "correct limits.wasm_bytes in the chain config if the chain takes more; otherwise this chain cannot have a Hub",
      );
    }
  }
  if (missing.length === 0) {
    return;
  }
  const { mayStore, everybodyInstantiates } = await deployer.permissions();
  if (!mayStore) {
    const files = writeProposals(folder, config, Object.fromEntries(missing.map((name) => [name, artifacts[name]])));
    throw new HubError(
      "refused",
      `${config.chainId} lets governance alone store codes. Proposals for ${missing.join(", ")} are written: ${files.join(", ")}`,
      "have each submitted (`tx gov submit-proposal FILE`) and accepted, then run this again: it finds the codes by their hashes",
    );
  }
  if (!everybodyInstantiates) {
    throw new HubError(
      "refused",
      `${config.chainId} does not let everybody instantiate a code, and billing has to instantiate its escrow`,
      "ask the chain's governance to store the codes with that permission",
    );
  }
}

/** Fails where a transaction needs more gas than the chain takes. */
export function checkGas(config: ChainConfig, step: string, gas: number, blockGas: number | undefined): void {
  const most = Math.min(config.limits.txGas ?? Infinity, blockGas ?? Infinity);
  if (gas > most) {
    throw new HubError(
      "invalid_input",
      `'${step}' needs about ${gas} gas, and ${config.chainId} takes ${most} in a transaction`,
      "ask the chain's governance to store the codes: docs/CHAINS.md says how",
    );
  }
}
