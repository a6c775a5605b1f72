/** The keeper stores Walrus committees, and anybody shows a certificate of one on a release. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { certifyMessage, setCommitteeMessage, wire } from "hub-client";
import { ROOT, words } from "./node.js";
import { connect, fails, metadata, SENDING, USDC, wallet } from "./fixture.js";

interface Vectors {
  readonly committees: readonly {
    readonly name: string;
    readonly n_shards: number;
    readonly members: readonly { readonly weight: number; readonly public_key_uncompressed_hex: string }[];
  }[];
  readonly vectors: readonly {
    readonly name: string;
    readonly committee: string;
    readonly epoch_in_message: number;
    readonly blob_id_hex: string;
    readonly signers: readonly number[];
    readonly message_hex: string;
    readonly signature_hex: string;
  }[];
}

const file = JSON.parse(readFileSync(`${ROOT}tests/vectors/walrus-certificates.json`, "utf8")) as Vectors;
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
const named = <T extends { readonly name: string }>(entries: readonly T[], name: string): T =>
  entries.find((entry) => entry.name === name) ?? assert.fail(`there is no vector ${name}`);
const certificate = (name: string) => {
  const { signers, message_hex, signature_hex } = named(file.vectors, name);
  return { signers, serializedMessage: bytes(message_hex), signature: bytes(signature_hex) };
};

test("a release shows what a Walrus committee certified of its blob", async () => {
  const { hub, as } = await connect();
  const keeper = await hub.account(await wallet(words("keeper")), SENDING);
  const vector = named(file.vectors, "move_permanent");
  const epoch = vector.epoch_in_message;
  const { n_shards, members } = named(file.committees, vector.committee);
  // As Sui has the keys.
  const committee = setCommitteeMessage(hub, {
    epoch,
    nShards: n_shards,
    members: members.map(({ weight, public_key_uncompressed_hex: key }) => ({ weight, key: bytes(key) })),
  });
  await fails(as.stranger.send([committee]), "refused", /keeper/);
  const { gasUsed } = await keeper.send([committee]);
  console.log(`  a committee of ${members.length}: ${gasUsed} gas`);
  const { committees } = await hub.registry.query.committees();
  assert.deepEqual(
    committees.map(({ epoch, n_shards }) => [epoch, n_shards]),
    [[epoch, n_shards]],
  );

  const { answers } = await as.author.send([
    hub.registry.message("register_model", {
      name: "stored",
      metadata: metadata("Stored"),
      terms: {
        price: { denom: USDC, per_call: "1", per_million_in: "0", per_million_out: "0" },
        operator_bps: 0,
        payees: [{ address: as.author.address, bps: 10_000 }],
      },
      release: { major: 1, minor: 0, blob_id: wire.BlobId.fromBytes(bytes(vector.blob_id_hex)).toString() },
    }),
  ]);
  const of = { model: answers[0].model, release: 1 };
  await fails(
    as.stranger.send([certifyMessage(hub, of, certificate("move_below_quorum"))]),
    "refused",
    /have 6 of 10 shards/,
  );
  const whole = certificate("move_permanent");
  const fewer = { ...whole, signers: [...whole.signers.slice(1), 9] };
  await fails(as.stranger.send([certifyMessage(hub, of, fewer)]), "refused", /signature/);
  assert.equal((await hub.registry.query.release(of)).permanent, null);

  // Anybody may show it.
  const shown = await as.stranger.send([certifyMessage(hub, of, whole)]);
  const { permanent, deletable } = await hub.registry.query.release(of);
  assert.equal(permanent?.epoch, epoch);
  const { header } = await hub.client.getBlock(shown.height);
  assert.equal(permanent?.certified_at, Math.floor(Date.parse(header.time) / 1_000));
  assert.equal(deletable, null);
  await fails(as.stranger.send([certifyMessage(hub, of, whole)]), "refused", /epoch/);
});

test("the keeper's role is handed on by the keeper, to whom takes it", async () => {
  const { hub, as } = await connect();
  const keeper = await hub.account(await wallet(words("keeper")), SENDING);
  const { registry } = hub;
  const to = (address: string) => registry.message("offer_keeper_role", { to: address });
  await fails(as.stranger.send([to(as.stranger.address)]), "refused", /keeper/);
  await fails(as.stranger.send([registry.message("accept_keeper_role", {})]), "refused", /offered/);
  await keeper.send([to(as.operator2.address)]);
  await fails(as.stranger.send([registry.message("accept_keeper_role", {})]), "refused", /offered/);
  await as.operator2.send([registry.message("accept_keeper_role", {})]);
  assert.deepEqual(await registry.query.walrusKeeper(), { keeper: as.operator2.address, offered_to: null });
  await fails(keeper.send([to(keeper.address)]), "refused", /keeper/);
  // Back, so that others find it as it was.
  await as.operator2.send([to(keeper.address)]);
  await keeper.send([registry.message("accept_keeper_role", {})]);
  assert.equal((await registry.query.walrusKeeper()).keeper, keeper.address);
});
