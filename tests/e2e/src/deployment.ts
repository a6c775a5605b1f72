/** The deployment command, disturbed in every way. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { connectNode, NitroVerifierQueryClient, SigningClient } from "hub-client";
import { addressOf, ARTIFACTS, deploy, nitroDocument, NODE, ROOT, WORK, words } from "./node.js";
import { connect, PRICE_NOTICE, RECEIPT_MAX_AGE, SENDING, verifierAddress, wallet } from "./fixture.js";

const keeper = addressOf("keeper");
const { root: nitroRoot } = nitroDocument(new Uint8Array(33), 1_700_000_000, "any");

const config = {
  ...(JSON.parse(readFileSync(`${ROOT}deploy/chains/devnet.json`, "utf8")) as object),
  chain_id: NODE.chainId,
  rpc: NODE.rpc,
  constants: { receipt_max_age_seconds: RECEIPT_MAX_AGE, price_notice_seconds: PRICE_NOTICE },
  keeper,
  nitro_root: nitroRoot,
};
const out = `${WORK}/deployments`;

/** Writes a config with these changes, and runs the command with it. */
async function run(
  {
    changes = {},
    args = [],
    by = words("deployer") as string | undefined,
  }: { changes?: object; args?: string[]; by?: string | undefined },
  killAt?: RegExp,
) {
  const path = `${WORK}/chain.json`;
  writeFileSync(path, JSON.stringify({ ...config, ...changes }));
  return await deploy([path, "--artifacts", ARTIFACTS, "--out", out, ...args], by, killAt);
}

function saysWhatToDo(ran: { code: number | null; error: string }, sentence: RegExp): void {
  assert.equal(ran.code, 1, ran.error);
  assert.match(ran.error, sentence);
  assert.equal(ran.error.trim().split("\n").length, 1, "one sentence, no trace");
}

test("a deployment that cannot succeed says what to do", async () => {
  mkdirSync(WORK, { recursive: true });
  saysWhatToDo(await run({ by: "" }), /HUB_MNEMONIC is not set.*put the words/);
  saysWhatToDo(await run({ by: "one two three" }), /HUB_MNEMONIC is no mnemonic/);
  saysWhatToDo(
    await run({ changes: { rpc: "http://127.0.0.1:9" } }),
    /node at http:\/\/127.0.0.1:9 does not answer.*start it/,
  );
  saysWhatToDo(await run({ changes: { chain_id: "other-1" } }), /belongs to chain .*, expected other-1.*give a node/);
  saysWhatToDo(await run({ changes: { gas_price: 1 } }), /gas_price is 1.*give a decimal number/);
  saysWhatToDo(await run({ changes: { keepr: "x" } }), /fields that mean nothing: keepr/);
  saysWhatToDo(await run({ changes: { nitro_root: "ab" } }), /nitro_root is "ab".*give a SHA-256/);
  saysWhatToDo(
    await run({ changes: { admin: "wasm1x" } }),
    /admin is "wasm1x": give an address that begins with wasm1/,
  );
  saysWhatToDo(
    await run({ changes: { prefix: "osmo", keeper: null } }),
    /addresses of this chain begin with wasm, not with osmo/,
  );
  const elsewhere = ["--rpc", "http://127.0.0.1:9"];
  saysWhatToDo(await run({ args: elsewhere }), /node at http:\/\/127.0.0.1:9 does not answer/);
  saysWhatToDo(await deploy(["nowhere"], undefined), /there is no chain nowhere.*give one of .*devnet/);
  saysWhatToDo(await deploy(["osmosis"], words("deployer")), /rpc is undefined.*address of a node, here or by HUB_RPC/);
  saysWhatToDo(
    await run({ changes: { key_type: "ethsecp256k1" } }),
    /have keys of Ethereum.*store and instantiate with the chain's own command/,
  );
  // The largest of the codes.
  const { size } = statSync(`${ARTIFACTS}/hub_billing.wasm`);
  saysWhatToDo(
    await run({ changes: { limits: { wasm_bytes: size - 1 } } }),
    new RegExp(`billing is ${size} bytes, and .* takes codes of ${size - 1} at most: .*this chain cannot have a Hub`),
  );
  saysWhatToDo(
    await run({ changes: { limits: { tx_gas: 1_000_000 } }, args: ["--dry-run"] }),
    /'store registry' needs about \d+ gas, and .* takes 1000000 in a transaction/,
  );
  saysWhatToDo(await run({ changes: { coin_type: 330 } }), /does not exist on this chain: send it coins/);

  const other = `${WORK}/artifacts`;
  mkdirSync(other, { recursive: true });
  for (const name of ["registry", "escrow", "billing", "nitro_verifier"]) {
    writeFileSync(`${other}/hub_${name}.wasm`, readFileSync(`${ARTIFACTS}/hub_${name}.wasm`));
  }
  saysWhatToDo(await run({ args: ["--artifacts", other] }), /checksums.txt cannot be read.*make wasm/);
  writeFileSync(`${other}/checksums.txt`, readFileSync(`${ARTIFACTS}/checksums.txt`, "utf8").replace(/^\w/, "#"));
  saysWhatToDo(await run({ args: ["--artifacts", other] }), /has the checksum .*build the commit/);

  const poor = await DirectSecp256k1HdWallet.generate(12, { prefix: "wasm" });
  saysWhatToDo(await run({ by: poor.mnemonic }), /does not exist on this chain: send it coins/);

  const { comet } = await connectNode(NODE.rpc, NODE.chainId);
  const faucet = await wallet(words("faucet"));
  const [[from], [to]] = [await faucet.getAccounts(), await poor.getAccounts()];
  const client = SigningClient.open(comet, faucet, SENDING);
  const some = [{ denom: "stake", amount: "70000" }];
  await client.sendTokens(from?.address ?? "", to?.address ?? "", some, "auto");
  const tooLittle = /has 70000 stake, the deployment costs about \d+: send it the rest/;
  saysWhatToDo(await run({ by: poor.mnemonic, args: ["--dry-run"] }), tooLittle);
  saysWhatToDo(await run({ by: poor.mnemonic }), /has too little money .*: send .* more/);
  rmSync(`${out}/${NODE.chainId}.progress.json`);
});

/** What a dry run says that the instantiations use. */
const estimated = new Map<string, bigint>();

test("a dry run says what would be done and what it costs, and does nothing", async () => {
  const { code, out: said } = await run({ args: ["--dry-run"] });
  assert.equal(code, 0);
  for (const step of [
    "store registry",
    "store escrow",
    "store billing",
    "store nitro_verifier",
    "instantiate registry",
    "instantiate billing",
    "instantiate nitro_verifier",
  ]) {
    assert.match(said, new RegExp(`${step} +[0-9,]+ gas +[0-9]+ stake`));
  }
  assert.match(said, /in all about \d+ stake; .* has 1000000000000; admin: none/);
  for (const [, step = "", gas = ""] of said.matchAll(/(instantiate \w+) +([0-9,]+) gas/g)) {
    estimated.set(step, BigInt(gas.replaceAll(",", "")));
  }
  assert.match((await run({ args: ["--dry-run"] })).out, /store registry +[0-9,]+ gas/, "nothing was stored");
});

test("a deployment that is killed goes on where it stopped, and stores no code twice", async () => {
  // While a transaction is on its way, behind one that is known, and just before the end.
  for (const moment of [
    /storing registry/,
    /storing escrow/,
    /code 2/,
    /instantiating registry/,
    /instantiating billing/,
    /instantiating nitro_verifier/,
  ]) {
    assert.equal((await run({}, moment)).code, null, `killed at ${moment.source}`);
  }
  const { code, out: said, error } = await run({});
  assert.equal(code, 0, error);
  assert.match(said, /registry is stored already: code 1/);
  assert.match(said, /the chain has what was meant/);
  const { hub } = await connect();
  assert.deepEqual(await hub.registry.query.walrusKeeper(), { keeper, offered_to: null });
  const verifier = new NitroVerifierQueryClient(hub.client, verifierAddress());
  assert.deepEqual(await verifier.config(), { root: nitroRoot, max_age_seconds: 300, max_ahead_seconds: 60 });
  const file = JSON.parse(readFileSync(`${out}/${NODE.chainId}.json`, "utf8")) as object;
  assert.deepEqual(file, { ...file, keeper, nitro_root: nitroRoot });
  assert.deepEqual(
    (await hub.client.getCodes()).map(({ id }) => id),
    [1, 2, 3, 4],
  );
});

test("what a dry run estimates is what the instantiations used, rounded up by a tenth at most", async () => {
  const { hub } = await connect();
  const { transactions } = JSON.parse(readFileSync(`${out}/${NODE.chainId}.json`, "utf8")) as {
    transactions: Record<string, string>;
  };
  assert.deepEqual(
    [...estimated.keys()],
    ["instantiate registry", "instantiate billing", "instantiate nitro_verifier"],
  );
  for (const [step, estimate] of estimated) {
    const used = (await hub.client.getTx(transactions[step] ?? ""))?.gasUsed ?? 0n;
    assert.ok(used <= estimate && used * 10n >= estimate * 9n, `${step}: ${used} gas, ${estimate} estimated`);
  }
});

test("a finished deployment is verified, and nothing else is done", async () => {
  const { code, out: said, error } = await run({});
  assert.equal(code, 0, error);
  assert.match(said, /deployed already/);
  assert.match((await run({ args: ["--dry-run"] })).out, /nothing to do/);
  saysWhatToDo(await run({ changes: { name: "other" } }), /describes a deployment of the name hub.*move the file away/);

  const somebody = addressOf("stranger");
  const file = `${out}/${NODE.chainId}.json`;
  const written = readFileSync(file, "utf8");
  writeFileSync(
    file,
    written
      .replace('"price_notice_seconds": 90', '"price_notice_seconds": 91')
      .replace('"admin": null', `"admin": "${somebody}"`),
  );
  const constants = { ...config.constants, price_notice_seconds: 91 };
  saysWhatToDo(
    await run({ changes: { admin: somebody, constants } }),
    /the admin of the registry is nobody, expected wasm1[a-z0-9]+/,
  );
  saysWhatToDo(await run({}), /the chain config has another admin, constants than .*restore the config/);
  writeFileSync(file, written);
  saysWhatToDo(await run({ changes: { keeper: somebody } }), /the chain config has another keeper than/);
  saysWhatToDo(await run({ changes: { nitro_root: undefined } }), /the chain config has another nitro_root than/);
});

test("a Hub that was made for another keeper or another root of attestation is none that was meant", async () => {
  const args = ["--out", `${WORK}/meant otherwise`];
  const somebody = addressOf("stranger");
  const otherKeeper = await run({ changes: { keeper: somebody }, args });
  saysWhatToDo(otherKeeper, new RegExp(`the registry's keeper is ${keeper}, expected ${somebody}`));
  const none = await run({ changes: { keeper: null }, args });
  saysWhatToDo(none, new RegExp(`the registry's keeper is ${keeper}, expected nobody`));
  const aws = await run({ changes: { nitro_root: null }, args });
  saysWhatToDo(aws, new RegExp(`the verifier's nitro_root is ${nitroRoot}, expected 641a0321a3e2`));
});

test("without its files a deployment is found again on the chain", async () => {
  const elsewhere = ["--out", `${WORK}/elsewhere`];
  const { code, out: said, error } = await run({ args: elsewhere });
  assert.equal(code, 0, error);
  assert.match(
    said,
    /registry is stored already: code 1[\s\S]*the registry is there already[\s\S]*the billing is there already/,
  );
  const read = (folder: string) =>
    JSON.parse(readFileSync(`${folder}/${NODE.chainId}.json`, "utf8")) as { contracts: object };
  assert.deepEqual(read(`${WORK}/elsewhere`).contracts, read(out).contracts);
});
