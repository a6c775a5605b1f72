/** Whether what the chain has is what was meant. */

import {
  BillingQueryClient,
  contractInfo,
  CONTRACTS as EXPECTED,
  EscrowQueryClient,
  HubError,
  NitroVerifierQueryClient,
  RegistryQueryClient,
  translate,
} from "hub-client";
import { CONTRACTS, type ContractName } from "./artifacts.js";
import type { Deployer } from "./chain.js";
import type { DeploymentFile } from "./files.js";

/** SHA-256 of the root certificate (DER) of AWS Nitro Enclaves, commercial partition, G1. */
const AWS_NITRO_ROOT = "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b";

/** Asks the chain for code hashes, admins, wiring, versions and constants. Fails with everything that differs. */
export async function verify(deployer: Deployer, meant: DeploymentFile): Promise<void> {
  const { client } = deployer;
  const differences: string[] = [];
  const same = (what: string, found: unknown, expected: unknown): void => {
    if (found !== expected) {
      differences.push(`${what} is ${String(found)}, expected ${String(expected)}`);
    }
  };
  const { registry, escrow, billing, nitro_verifier } = meant.contracts;
  for (const name of CONTRACTS) {
    await verifyCode(deployer, meant, name, same);
  }
  if (differences.length === 0) {
    const constants = await new RegistryQueryClient(client, registry.address).config();
    const { receipt_max_age_seconds, price_notice_seconds } = meant.constants;
    same("the registry's receipt_max_age_seconds", constants.receipt_max_age_seconds, receipt_max_age_seconds);
    same("the registry's price_notice_seconds", constants.price_notice_seconds, price_notice_seconds);

    const wiring = await new BillingQueryClient(client, billing.address).config();
    same("billing's registry", wiring.registry, registry.address);
    same("billing's escrow", wiring.escrow, escrow.address);
    same("billing's receipt_max_age_seconds", wiring.receipt_max_age_seconds, receipt_max_age_seconds);
    same("the layout of billing", wiring.layout, constants.layout);

    const purse = await new EscrowQueryClient(client, escrow.address).config();
    same("the escrow's collector", purse.collector, billing.address);
    same("the escrow's receipt_max_age_seconds", purse.receipt_max_age_seconds, receipt_max_age_seconds);
    same("the layout of the escrow", purse.layout, constants.layout);

    const { root } = await new NitroVerifierQueryClient(client, nitro_verifier.address).config();
    same("the verifier's nitro_root", root, meant.nitro_root ?? AWS_NITRO_ROOT);
  }
  if (differences.length > 0) {
    throw new HubError(
      "not_a_hub",
      `the deployment on ${meant.chain_id} is not as meant: ${differences.join("; ")}`,
      "if the chain was begun anew, remove the deployment file and deploy again; otherwise do not use what is there, and deploy " +
        "under another `name` in the chain config",
    );
  }
}

/** Asks the registry who its keeper is. Right after it was made alone: a keeper can hand the role on. */
export async function verifyKeeper({ client }: Deployer, meant: DeploymentFile): Promise<void> {
  const { keeper } = await new RegistryQueryClient(client, meant.contracts.registry.address).walrusKeeper();
  const [found, expected] = [keeper ?? "nobody", meant.keeper ?? "nobody"];
  if (found !== expected) {
    throw new HubError(
      "not_a_hub",
      `the registry's keeper is ${found}, expected ${expected}`,
      "name in the chain config who has the role now, or deploy under another `name`",
    );
  }
}

async function verifyCode(
  { client, hashOf }: Deployer,
  meant: DeploymentFile,
  name: ContractName,
  same: (what: string, found: unknown, expected: unknown) => void,
): Promise<void> {
  const { address, code_id, sha256 } = meant.contracts[name];
  const contract = await client.getContract(address).catch((error: unknown) => {
    const failure = translate(error);
    if (failure.code === "node_unreachable") {
      throw failure;
    }
    return undefined;
  });
  if (contract === undefined) {
    same(`the ${name} at ${address}`, "not there", "a contract");
    return;
  }
  same(`the code of the ${name}`, contract.codeId, code_id);
  same(`the admin of the ${name}`, contract.admin ?? "nobody", meant.admin ?? "nobody");
  same(
    `the creator of the ${name}`,
    contract.creator,
    name === "escrow" ? meant.contracts.billing.address : meant.deployer,
  );
  same(`the hash of code ${code_id}`, await hashOf(contract.codeId), sha256);
  const info = await contractInfo(client, address);
  same(`the ${name} calls itself`, info?.contract, EXPECTED[name].name);
  same(`the version of the ${name}`, info?.version, EXPECTED[name].version);
}
