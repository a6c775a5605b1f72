import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { HubError } from "hub-client";
import { type Artifact, CONTRACTS, type ContractName } from "./artifacts.js";
import type { Deployer, Permissions } from "./chain.js";
import { parseConfig } from "./config.js";
import { governanceAddress } from "./governance.js";
import { checkChain, checkGas } from "./limits.js";

const PROFILE = {
  chain_id: "limits-1",
  rpc: "http://127.0.0.1:26657",
  prefix: "cosmos",
  denom: "uatom",
  gas_price: "0.025",
  constants: { receipt_max_age_seconds: 259_200, price_notice_seconds: 259_200 },
};
const code = (contract: ContractName): Artifact => {
  const wasm = Buffer.from(`code of ${contract}`);
  const sha256 = createHash("sha256").update(wasm).digest("hex");
  return { contract, gzipped: gzipSync(wasm), bytes: wasm.length, sha256 };
};
const artifacts = Object.fromEntries(CONTRACTS.map((name) => [name, code(name)])) as Record<ContractName, Artifact>;

/** Checks a chain that has these codes already. */
async function check(permissions: Permissions, stored: readonly ContractName[], limits = {}): Promise<Governed> {
  const folder = mkdtempSync(`${tmpdir()}/hub-limits-`);
  const hashes = stored.map((name) => artifacts[name].sha256);
  const deployer = {
    codeOf: (sha256: string) => Promise.resolve(hashes.includes(sha256) ? 1 : undefined),
    permissions: () => Promise.resolve(permissions),
  } as unknown as Deployer;
  try {
    const error = await checkChain({ config: parseConfig({ ...PROFILE, limits }), artifacts, deployer, folder }).then(
      () => undefined,
      (reason: unknown) => reason as HubError,
    );
    const files = Object.fromEntries(
      readdirSync(folder).map((file) => [file, JSON.parse(readFileSync(`${folder}/${file}`, "utf8")) as Proposal]),
    );
    return { error: error?.message.replaceAll(folder, "FOLDER"), files };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Proposal {
  readonly messages: readonly [{ readonly sender: string; readonly wasm_byte_code: string }];
}
interface Governed {
  readonly error: string | undefined;
  readonly files: Readonly<Record<string, Proposal>>;
}

const FREE = { mayStore: true, everybodyInstantiates: true };

test("the account of governance is the one that every chain of the SDK has", () => {
  assert.equal(governanceAddress("cosmos"), "cosmos10d07y265gmmuvt4z0w9aw880jnsr700j6zn9kn");
  assert.equal(governanceAddress("osmo"), "osmo10d07y265gmmuvt4z0w9aw880jnsr700jjeq4qp");
});

test("a chain on which anybody may store codes is asked for nothing else", async () => {
  assert.deepEqual(await check(FREE, []), { error: undefined, files: {} });
});

test("where governance alone stores codes, a proposal for each code that is missing has its bytes", async () => {
  const { error, files } = await check({ ...FREE, mayStore: false }, ["escrow", "billing"]);
  assert.equal(
    error,
    "limits-1 lets governance alone store codes. Proposals for registry, nitro_verifier are written: " +
      "FOLDER/limits-1.store-registry.json, FOLDER/limits-1.store-nitro_verifier.json: have each submitted " +
      "(`tx gov submit-proposal FILE`) and accepted, then run this again: it finds the codes by their hashes",
  );
  assert.deepEqual(
    Object.entries(files).map(([file, { messages }]) => [file, messages[0].sender, messages[0].wasm_byte_code]),
    (["nitro_verifier", "registry"] as const).map((name) => [
      `limits-1.store-${name}.json`,
      governanceAddress("cosmos"),
      Buffer.from(artifacts[name].gzipped).toString("base64"),
    ]),
  );
});

test("a chain that has every code lets anybody go on, whoever may store codes", async () => {
  assert.deepEqual(await check({ mayStore: false, everybodyInstantiates: false }, CONTRACTS), {
    error: undefined,
    files: {},
  });
});

test("a chain on which a contract cannot make another is refused, since billing makes the escrow", async () => {
  const { error } = await check({ ...FREE, everybodyInstantiates: false }, []);
  assert.match(error ?? "", /does not let everybody instantiate a code, and billing has to instantiate its escrow/);
});

test("a code that the chain does not take is named with both sizes, before anything is paid", async () => {
  const { error } = await check(FREE, [], { wasm_bytes: 16 });
  assert.match(error ?? "", /registry is 16 bytes|escrow is 14 bytes|billing is 15 bytes|nitro_verifier is 22 bytes/);
  assert.match(error ?? "", /nitro_verifier is 22 bytes, and limits-1 takes codes of 16 at most/);
});

test("gas above the limit of a transaction or of a block is refused, and at the limit it is not", () => {
  const config = parseConfig({ ...PROFILE, limits: { tx_gas: 4_000_000 } });
  checkGas(config, "store registry", 4_000_000, 5_000_000);
  assert.throws(
    () => checkGas(config, "store registry", 4_000_001, 5_000_000),
    /'store registry' needs about 4000001 gas, and limits-1 takes 4000000 in a transaction/,
  );
  assert.throws(() => checkGas(config, "store registry", 3_000_001, 3_000_000), /takes 3000000 in a transaction/);
  checkGas(parseConfig(PROFILE), "store registry", 30_000_000, undefined);
});
