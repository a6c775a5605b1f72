/** Where a Hub is, and whether what is found there is one that this package speaks with. */

import { type billing, CONTRACTS } from "./contracts/index.js";
import { HubError } from "./errors.js";

/** Where a Hub is: what `deploy/deployments/<chain-id>.json` holds, or as much of it. */
export interface Deployment {
  readonly chain_id: string;
  readonly contracts: { readonly [name in ContractName]: { readonly address: string } } & {
    /** The verifier of Nitro Enclaves that was deployed along; a Hub is whole without it. */
    readonly nitro_verifier?: { readonly address: string };
  };
}

/** The contracts that make a Hub. */
export type ContractName = "registry" | "escrow" | "billing";

/** What cw2 says of a contract. */
export interface ContractInfo {
  readonly contract: string;
  readonly version: string;
}

/** Fails if a node belongs to another chain than the deployment. */
export function checkChain(endpoint: string, found: string, expected: string | undefined): void {
  if (expected !== undefined && found !== expected) {
    throw new HubError(
      "wrong_chain",
      `the node at ${endpoint} belongs to chain ${found}, expected ${expected}`,
      "give a node of the expected chain, or the deployment of the node's chain",
    );
  }
}

/** Fails if there is another contract at an address than the deployment says, or one of another release. */
export function checkContract(name: ContractName, address: string, found: ContractInfo | undefined): void {
  const expected = CONTRACTS[name];
  if (found?.contract !== expected.name) {
    throw new HubError(
      "not_a_hub",
      `${address} is ${found === undefined ? "no contract" : found.contract}, expected ${expected.name}`,
      `give the address of the ${name} of this chain's deployment`,
    );
  }
  if (compatible(found.version) !== compatible(expected.version)) {
    throw new HubError(
      "other_version",
      `the ${name} at ${address} has version ${found.version}, this package is made for ${expected.version}`,
      "install the hub-client of the contracts' version",
    );
  }
}

/** Fails if a billing settles by other contracts than those of the deployment. */
export function checkWiring({ contracts }: Deployment, wiring: billing.ConfigResponse): void {
  const { registry, escrow, billing } = contracts;
  if (wiring.registry !== registry.address || wiring.escrow !== escrow.address) {
    throw new HubError(
      "not_a_hub",
      `${billing.address} settles by registry ${wiring.registry} and escrow ${wiring.escrow}, not by those given`,
      "give the three addresses of one deployment",
    );
  }
}

/** Where a contract keeps what cw2 says of it. */
export const CONTRACT_INFO = "contract_info";

/** What cw2 wrote; undefined where nothing, or something else, stands. */
export function contractInfoOf(raw: Uint8Array): ContractInfo | undefined {
  let info: { contract?: unknown; version?: unknown } | null;
  try {
    info = JSON.parse(new TextDecoder().decode(raw)) as typeof info;
  } catch {
    return undefined;
  }
  return typeof info?.contract === "string" ? { contract: info.contract, version: String(info.version) } : undefined;
}

/** The part of a version within which messages stay the same. */
function compatible(version: string): string {
  const [major = "", minor = ""] = version.split(".");
  return major === "0" ? `0.${minor}` : major;
}
