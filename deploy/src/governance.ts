/** What a chain's governance is asked for, where it alone stores codes. */

import { createHash } from "node:crypto";
import { toBech32 } from "@cosmjs/encoding";
import type { Artifact, ContractName } from "./artifacts.js";
import type { ChainConfig } from "./config.js";
import { writeJson } from "./files.js";

const ADDRESS_BYTES = 20;

/** Account that governance acts by: the SDK derives it from the module's name. */
export function governanceAddress(prefix: string): string {
  return toBech32(prefix, createHash("sha256").update("gov").digest().subarray(0, ADDRESS_BYTES));
}

/**
 * Writes a proposal for each code, in the form of `tx gov submit-proposal`, and returns their paths. One code each: four in
 * one transaction are more bytes than nodes take.
 */
export function writeProposals(
  folder: string,
  config: ChainConfig,
  artifacts: Partial<Record<ContractName, Artifact>>,
): string[] {
  return Object.values(artifacts).map((artifact) => {
    const path = `${folder}/${config.chainId}.store-${artifact.contract}.json`;
    writeJson(path, proposal(config, artifact));
    return path;
  });
}

function proposal(config: ChainConfig, { contract, gzipped, bytes, sha256 }: Artifact): object {
  return {
    messages: [
      {
        "@type": "/cosmwasm.wasm.v1.MsgStoreCode",
        sender: governanceAddress(config.prefix),
        wasm_byte_code: Buffer.from(gzipped).toString("base64"),
        instantiate_permission: { permission: "ACCESS_TYPE_EVERYBODY", addresses: [] },
      },
    ],
    metadata: "",
    // The least that a chain takes is a parameter of it; whoever submits knows it.
    deposit: `1${config.denom}`,
    title: `Store hub_${contract}`,
    summary:
      `The code of the Hub's ${contract}: ${bytes} bytes, SHA-256 ${sha256}, which anybody gets by building the same commit. ` +
      "Everybody may instantiate it.",
  };
}
