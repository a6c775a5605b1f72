// What tools/scripts/packages runs in an empty folder, into which nothing but the packed npm packages was installed: every entry of
// each is imported, and does something. With --types it prints a program in TypeScript that names every entry.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";

const PACKAGES = ["hub-client", "hub-x402", "hub-walrus-encode"];
const manifest = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
const entries = PACKAGES.flatMap((name) =>
  Object.keys(manifest(name).exports)
    .filter((entry) => entry !== "./package.json")
    .map((entry) => name + entry.slice(1)),
);

if (process.argv[2] === "--types") {
  entries.forEach((entry, at) => console.log(`import * as entry${at} from "${entry}";\nexport const kept${at}: object = entry${at};`));
  process.exit();
}

for (const name of PACKAGES) {
  const files = readdirSync(`node_modules/${name}`);
  for (const file of ["LICENSE", "README.md"]) assert.ok(files.includes(file), `${name} is packed without ${file}`);
}
const loaded = Object.fromEntries(await Promise.all(entries.map(async (entry) => [entry, await import(entry)])));
for (const [entry, module] of Object.entries(loaded)) assert.ok(Object.keys(module).length > 0, `${entry} is empty`);

// One of the keys signs, and its signature is checked.
const { wire } = loaded["hub-client"];
const key = wire.SigningKey.secp256k1(new Uint8Array(32).fill(7));
const digest = new Uint8Array(32).fill(1);
assert.ok(wire.verifyDigest(key.publicKey, digest, key.sign(digest)));
assert.ok(loaded["hub-x402"].HubPayments);
// A blob that Walrus' own documents name.
const blob = new TextEncoder().encode("some other string");
const { blobId } = loaded["hub-walrus-encode"].encode(blob.length, (offset, length) => blob.subarray(offset, offset + length));
assert.equal(blobId, "M4hsZGQ1oCktdzegB6HnI6Mi28S2nqOPHxK-W7_4BUk");
for (const name of PACKAGES) console.log(`${name} ${manifest(name).version}: ${entries.filter((it) => it.startsWith(name)).join(", ")}`);
