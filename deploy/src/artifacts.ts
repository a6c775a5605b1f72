/** The built contracts, verified against the committed checksums. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { HubError } from "hub-client";

export const CONTRACTS = ["registry", "escrow", "billing", "nitro_verifier"] as const;
export type ContractName = (typeof CONTRACTS)[number];

/** A contract's code. */
export interface Artifact {
  readonly contract: ContractName;
  /** As the chain takes it. */
  readonly gzipped: Uint8Array;
  readonly bytes: number;
  /** Of the code itself: what the chain shows as its hash. */
  readonly sha256: string;
}

/** Reads the codes, which must be what `checksums.txt` says. */
export function readArtifacts(folder: string): Record<ContractName, Artifact> {
  const checksums = readChecksums(`${folder}/checksums.txt`);
  const read = (contract: ContractName): Artifact => {
    const file = `hub_${contract}.wasm`;
    const wasm = readOr(`${folder}/${file}`, "run `make wasm`, which builds it");
    const sha256 = createHash("sha256").update(wasm).digest("hex");
    const expected = checksums.get(file);
    if (sha256 !== expected) {
      throw new HubError(
        "invalid_input",
        `${file} has the checksum ${sha256}, checksums.txt says ${expected ?? "nothing of it"}`,
        "build the commit that you mean to deploy with `make wasm`",
      );
    }
    return { contract, gzipped: gzipSync(wasm, { level: 9 }), bytes: wasm.length, sha256 };
  };
  return {
    registry: read("registry"),
    escrow: read("escrow"),
    billing: read("billing"),
    nitro_verifier: read("nitro_verifier"),
  };
}

function readChecksums(path: string): Map<string, string> {
  const lines = readOr(path, "run `make wasm`, which writes it").toString("utf8").split("\n");
  return new Map(lines.map((line) => line.trim().split(/\s+\*?/)).map(([sum = "", file = ""]) => [file, sum]));
}

function readOr(path: string, next: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new HubError("invalid_input", `${path} cannot be read`, next, { cause });
  }
}
