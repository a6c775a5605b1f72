/** Enclaves: their documents are verified by a contract, and a session can insist on one image. Money is compared by differences. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { toBase64 } from "@cosmjs/encoding";
import {
  type Evidence,
  type HubAccount,
  measurementBy,
  measurementUsage,
  NitroVerifierQueryClient,
  openSession,
  priceOf,
  readSession,
  receiptFor,
  registerAttester,
  settleBatchMessage,
  signBatch,
  wire,
} from "hub-client";
import { nitroDocument, ROOT } from "./node.js";
import { blob, connect, fails, metadata, named, USDC, verifierAddress } from "./fixture.js";

const KEYS = {
  enclave: wire.SigningKey.secp256k1(named("enclave key")),
  other: wire.SigningKey.ed25519(named("key in another image")),
  plain: wire.SigningKey.ed25519(named("key in no enclave")),
};
const BUDGET = 10_000n;

/** Evidence for the deployment's verifier. */
function evidence(document: Uint8Array): { evidence: Evidence } {
  return { evidence: { verifier: verifierAddress(), evidence: document } };
}

test("a session insists on one enclave image, which a verifier on chain vouches for", async (context) => {
  const { hub, as } = await connect();
  const verifier = new NitroVerifierQueryClient(hub.client, verifierAddress());
  // One instance, whose certificates are those of this time.
  const chainTime = await hub.now();
  const attested = async (by: HubAccount, key: wire.SigningKey, image: string) => {
    const made = nitroDocument(key.publicKey.bytes, await hub.now(), image, chainTime);
    const { attester, gasUsed } = await registerAttester(by, key, evidence(made.document));
    console.log(`  an attester with a document of ${made.document.length} bytes: ${gasUsed} gas`);
    const measurement = Buffer.from(measurementBy(verifierAddress(), made.digest)).toString("hex");
    return { ...made, measurement, attester };
  };
  const first = await attested(as.operator, KEYS.enclave, "server 1.0");
  const second = await attested(as.operator, KEYS.other, "server 1.1");
  const plain = await registerAttester(as.operator, KEYS.plain);
  assert.notEqual(first.measurement, second.measurement);

  await context.test("the chain shows which image holds a key", async () => {
    const found = await hub.billing.query.attester({ attester: first.attester });
    assert.deepEqual([found.measurement, found.operator], [first.measurement, as.operator.address]);
    assert.equal((await hub.billing.query.attester({ attester: plain.attester })).measurement, null);
    const { attesters } = await hub.billing.query.attestersByMeasurement({ measurement: second.measurement });
    assert.deepEqual(
      attesters.map(({ attester }) => attester),
      [second.attester],
    );
  });

  await context.test("a dry run says what a document is worth before anything is sent", async () => {
    const key = wire.SigningKey.generate("ed25519");
    const question = (document: Uint8Array) => ({
      key: toBase64(key.publicKey.bytes),
      keyType: key.keyType,
      evidence: toBase64(document),
    });
    const made = nitroDocument(key.publicKey.bytes, await hub.now(), "server 1.0", chainTime);
    const found = await verifier.verify(question(made.document));
    assert.equal(found.measurement, first.measurement);
    // The instance was seen before.
    assert.equal(found.new_authorities, 0);
    await assert.rejects(verifier.verify(question(first.document)), /does not bind the key/);
  });

  await context.test("what is no verifier vouches for nobody", async () => {
    const key = wire.SigningKey.generate("ed25519");
    const { document } = nitroDocument(key.publicKey.bytes, await hub.now(), "server 1.0");
    const by = (address: string) => ({ evidence: { verifier: address, evidence: document } });
    await fails(registerAttester(as.operator, key, by(as.operator.address)), "refused", /no such contract|not found/);
    await fails(registerAttester(as.operator, key, by(hub.escrow.address)), "refused", /unknown variant `attest`/);
    assert.equal(await hub.billing.query.attesterByKey({ key: toBase64(key.publicKey.bytes) }), null);
  });

  await context.test("a document serves no other key, no second time, and not for long", async () => {
    const key = wire.SigningKey.generate("secp256k1");
    const { document } = first;
    const stolen = registerAttester(as.operator2, key, evidence(document));
    await fails(stolen, "refused", /does not bind the key/);
    await fails(registerAttester(as.operator, KEYS.enclave, evidence(document)), "refused", /this key is attester/);
    const old = nitroDocument(key.publicKey.bytes, (await hub.now()) - 330, "server 1.0");
    await fails(registerAttester(as.operator, key, evidence(old.document)), "refused", /get a fresh one/);
    const garbled = nitroDocument(key.publicKey.bytes, await hub.now(), "server 1.0");
    const last = garbled.document.length - 1;
    garbled.document[last] = (garbled.document[last] ?? 0) ^ 1;
    await fails(
      registerAttester(as.operator, key, evidence(garbled.document)),
      "refused",
      /the signature of the document does not verify/,
    );
  });

  const sent = await as.author.send([
    hub.registry.message("register_model", {
      name: "attested",
      metadata: metadata("Attested"),
      terms: {
        price: { denom: USDC, per_call: "100", per_million_in: "1000000", per_million_out: "0" },
        operator_bps: 0,
        payees: [{ address: as.author.address, bps: 10_000 }],
      },
      release: { major: 1, minor: 0, blob_id: blob("attested").toString() },
    }),
  ]);
  const { model } = sent.answers[0];
  const offer = await hub.offer(model);
  const { session } = await openSession(as.caller, {
    operator: as.operator.address,
    models: [model],
    denom: USDC,
    budget: BUDGET,
    lastsSeconds: 3_600,
    measurement: Uint8Array.from(Buffer.from(first.measurement, "hex")),
  });
  assert.equal((await readSession(hub, session)).answer.measurement, first.measurement);
  const units = { input: 50n, output: 0n };
  const price = priceOf(offer.rates, units);
  const batch = async (attester: number, key: wire.SigningKey) => {
    const receipt = receiptFor({
      attester,
      session,
      offer,
      units,
      request: named("request"),
      response: named("response"),
      issuedAt: await hub.now(),
    });
    const { bytes } = new wire.BatchBuilder(BigInt(attester)).next(BigInt(session), 0n).push(receipt).build("itemised");
    return settleBatchMessage(hub, signBatch(hub.domain, key, bytes));
  };

  await context.test("attesters of another image, or of none, are paid nothing", async () => {
    for (const [attester, key] of [
      [second.attester, KEYS.other],
      [plain.attester, KEYS.plain],
    ] as const) {
      await fails(as.submitter.send([await batch(attester, key)]), "refused", /attester_not_allowed/);
    }
    assert.equal((await readSession(hub, session)).left, BUDGET);
  });

  await context.test("the one in the image is, and the batch and the sums show it", async () => {
    const earned = async () =>
      BigInt((await hub.escrow.query.balance({ address: as.author.address, denom: USDC })).earned);
    const before = await earned();
    const { answers } = await as.submitter.send([await batch(first.attester, KEYS.enclave)]);
    assert.deepEqual(answers[0].outcomes, [{ outcome: "paid", groups: 1 }]);
    assert.equal((await earned()) - before, price);
    assert.equal((await readSession(hub, session)).left, BUDGET - price);
    const recorded = await hub.billing.query.batch({ attester: first.attester, batch: 1 });
    assert.equal(recorded.measurement, first.measurement);
    assert.deepEqual(await measurementUsage(hub, first.measurement, USDC), {
      attesters: 1n,
      gross: price,
      aged: 0n,
      calls: 1n,
    });
    assert.equal((await measurementUsage(hub, second.measurement, USDC)).gross, 0n);
  });
});

test("a verifier of anybody's making vouches for those who believe it", async () => {
  const { hub, as } = await connect();
  const auditors = ["first", "second", "third"].map((name) => wire.SigningKey.ed25519(named(`auditor ${name}`)));
  const { client, address } = as.stranger;
  const { codeId } = await client.upload(address, readFileSync(`${ROOT}examples/build/keys_verifier.wasm`), "auto");
  const panel = {
    threshold: 2,
    keys: auditors.map(({ publicKey }, place) => ({
      name: `auditor ${place}`,
      key_type: publicKey.keyType,
      key: toBase64(publicKey.bytes),
    })),
  };
  const { contractAddress } = await client.instantiate(address, codeId, panel, "auditors", "auto");
  const key = wire.SigningKey.secp256k1(named("audited key"));
  const statement = named("report");
  const toSign = (await client.queryContractSmart(contractAddress, {
    to_sign: {
      key: toBase64(key.publicKey.bytes),
      key_type: key.keyType,
      statement: Buffer.from(statement).toString("hex"),
    },
  })) as string;
  const vouched = (signers: readonly number[]) => ({
    evidence: {
      verifier: contractAddress,
      evidence: Buffer.from(
        JSON.stringify({
          statement: Buffer.from(statement).toString("hex"),
          signatures: signers.map((signer) => ({
            signer,
            signature: toBase64((auditors[signer] as wire.SigningKey).sign(Buffer.from(toSign, "hex"))),
          })),
        }),
      ),
    },
  });
  await fails(registerAttester(as.operator, key, vouched([1])), "refused", /1 of the named keys signed, 2 are needed/);
  await fails(registerAttester(as.operator, key, vouched([1, 1])), "refused", /signer 1 stands twice/);
  const { attester } = await registerAttester(as.operator, key, vouched([0, 2]));
  const { measurement } = await hub.billing.query.attester({ attester });
  assert.equal(measurement, Buffer.from(measurementBy(contractAddress, statement)).toString("hex"));
});
