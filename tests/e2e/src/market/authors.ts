/** Authors publish, and operators register their keys. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { commitment, registerAttester } from "hub-client";
import { blob, fails, named, USDC } from "../fixture.js";
import { as, begin, coin, hub, id, ids, KEYS, RATES, refusing, register, step, waitUntil } from "./steps.js";

test("everybody connects, and there are tokens", begin);

step("an author commits to a blob id, and publishes it dated by the commitment", async () => {
  const salt = named("salt");
  const other = blob("committed, second");
  const hash = commitment(as.author, other, salt);
  await as.author.send([hub.registry.message("commit", { hash })]);
  const committedAt = (await hub.registry.query.commitment({ hash })).committed_at ?? 0;
  await waitUntil(committedAt + 1);
  await register("committed", "author", USDC, [
    ["author", 7_000],
    ["payee", 2_000],
  ]);
  const sent = await as.author.send([
    hub.registry.message("publish_release", {
      model: id("committed"),
      release: { major: 1, minor: 1, blob_id: other.toString(), salt: Buffer.from(salt).toString("hex") },
    }),
  ]);
  assert.deepEqual(sent.answers, [{ release: 2 }]);
  const release = await hub.registry.query.release({ model: id("committed"), release: 2 });
  assert.equal(release.claimed_at, committedAt);
  assert.ok(release.published_at > release.claimed_at);
  // A repeat succeeds and changes nothing.
  await as.author.send([hub.registry.message("commit", { hash })]);
  assert.equal((await hub.registry.query.commitment({ hash })).committed_at, committedAt);
  const offer = await hub.offer(id("committed"));
  assert.deepEqual([offer.release, offer.blobId.toString(), offer.terms], [2, other.toString(), 1]);
  assert.deepEqual([offer.rates, offer.operatorBps], [RATES, 1_000]);
});

step("more models, in coins and tokens", async () => {
  await register("shared", "author2", USDC, [
    ["author2", 5_000],
    ["payee", 3_333],
    ["author", 1_667],
  ]);
  await register("in-tokens", "author", coin, [["author", 9_000]]);
  await register("refused", "author2", refusing, [
    ["author2", 5_000],
    ["payee", 5_000],
  ]);
});

step("operators register keys of both kinds", async () => {
  ids.set(
    "attester",
    (await registerAttester(as.operator, KEYS.attester, { endpoint: "https://one.example" })).attester,
  );
  ids.set("attester2", (await registerAttester(as.operator, KEYS.attester2)).attester);
  const found = await hub.billing.query.attesterByKey({
    key: Buffer.from(KEYS.attester.publicKey.bytes).toString("base64"),
  });
  assert.deepEqual(
    [found?.attester, found?.operator, found?.endpoint],
    [id("attester"), as.operator.address, "https://one.example"],
  );
  await fails(registerAttester(as.operator2, KEYS.attester), "refused", /this key is attester 1 already/);
});
