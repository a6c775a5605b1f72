/** Reading without cosmjs: what goes over the line, and what nodes and gateways may answer. */

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { BillingQueryClient, EscrowQueryClient, RegistryQueryClient } from "../src/contracts/index.js";
import { HubReader } from "../src/read.js";
import { HubError } from "../src/errors.js";
import { DEPLOYMENT, FakeNode, Refusal } from "./fake-node.js";

let node: FakeNode;
let url: string;

beforeEach(async () => {
  node = new FakeNode();
  url = await node.start();
});
afterEach(() => node.stop());

async function failure(work: Promise<unknown>): Promise<HubError> {
  const error = await work.catch((thrown: unknown) => thrown);
  assert.ok(error instanceof HubError, String(error));
  return error;
}

/** Asks for models 1 to `count`, whose answers say which was asked. */
async function models(hub: HubReader, count: number): Promise<(number | HubError)[]> {
  node.smart = (_, query) => ({ model: (query as { model: { model: number } }).model.model });
  const asked = Array.from({ length: count }, (_, place) => hub.registry.query.model({ model: place + 1 }));
  const settled = await Promise.allSettled(asked);
  return settled.map((one) => (one.status === "fulfilled" ? one.value.model : (one.reason as HubError)));
}

const upTo = (count: number) => Array.from({ length: count }, (_, place) => place + 1);

test("a connection is one request, which a browser sends without asking first", async () => {
  const { latest } = await HubReader.connect(url, DEPLOYMENT);
  assert.deepEqual(latest, { chainId: "fake-1", height: 10n, time: Math.floor(Date.parse(node.time) / 1_000) });
  const [post, ...others] = node.posts;
  assert.deepEqual(others, []);
  assert.deepEqual(post?.methods, ["status", ...Array.from({ length: 4 }, () => "abci_query")]);
  // What the Fetch standard lets through without a preflight: no header of one's own, and text.
  assert.equal(post.headers["content-type"], "text/plain;charset=UTF-8");
  assert.equal(post.headers["authorization"], undefined);
});

test("a connection fails as the whole client's does", async () => {
  assert.equal((await failure(HubReader.connect("http://127.0.0.1:9", DEPLOYMENT))).code, "node_unreachable");
  const elsewhere = { ...DEPLOYMENT, chain_id: "other-1" };
  assert.equal((await failure(HubReader.connect(url, elsewhere))).code, "wrong_chain");
  const swapped = { ...DEPLOYMENT, contracts: { ...DEPLOYMENT.contracts, escrow: { address: "b" } } };
  assert.equal((await failure(HubReader.connect(url, swapped))).code, "not_a_hub");
  const absent = { ...DEPLOYMENT, contracts: { ...DEPLOYMENT.contracts, billing: { address: "none" } } };
  assert.match((await failure(HubReader.connect(url, absent))).message, /none is no contract/);
  node.smart = () => ({ registry: "r", escrow: "another" });
  assert.match((await failure(HubReader.connect(url, DEPLOYMENT))).message, /settles by registry r and escrow another/);
  node.catchingUp = true;
  assert.equal((await failure(HubReader.connect(url, DEPLOYMENT))).code, "node_behind");
});

test("what is asked together leaves in requests of ten, and each answer finds its question", async () => {
  const { hub } = await HubReader.connect(url, DEPLOYMENT);
  node.posts.length = 0;
  node.meddle = (answers) => answers.reverse();
  assert.deepEqual(await models(hub, 25), upTo(25));
  assert.deepEqual(
    node.posts.map(({ methods }) => methods.length).sort((one, other) => other - one),
    [10, 10, 5],
  );
});

test("a question that the node leaves out, or refuses, harms no other", async () => {
  const { hub } = await HubReader.connect(url, DEPLOYMENT);
  node.meddle = (answers) => answers.filter((_, place) => place !== 2);
  const answers = await models(hub, 4);
  assert.deepEqual([answers[0], answers[1], answers[3]], [1, 2, 4]);
  assert.ok(answers[2] instanceof HubError && answers[2].code === "node_unreachable");

  node.meddle = (all) => all;
  node.smart = (_, query) => {
    if ("model" in query) {
      throw new Refusal("there is no model 7: query wasm contract failed: unknown request");
    }
    return { registry: "r" };
  };
  const [refused, config] = await Promise.all([
    failure(hub.registry.query.model({ model: 7 })),
    hub.billing.query.config(),
  ]);
  assert.deepEqual([refused.code, refused.next, config.registry], ["refused", "there is no model 7", "r"]);
});

test("a gateway that takes no batches is asked one by one, from then on", async () => {
  const { hub } = await HubReader.connect(url, DEPLOYMENT);
  const refused = '{"jsonrpc":"2.0","id":-1,"error":{"code":-32600,"message":"batches are not allowed"}}';
  node.instead = (_, batch) => (batch ? { status: 500, body: refused } : undefined);
  node.posts.length = 0;
  assert.deepEqual(await models(hub, 3), [1, 2, 3]);
  assert.equal(node.posts.length, 4);
  assert.deepEqual(await models(hub, 3), [1, 2, 3]);
  assert.equal(node.posts.length, 7);
});

test("a node that is busy, and one that answers a page, are told apart", async () => {
  const { hub } = await HubReader.connect(url, DEPLOYMENT);
  node.instead = () => ({ status: 429, body: "too many requests" });
  assert.equal((await failure(hub.latest())).code, "node_busy");
  node.instead = () => ({ status: 200, body: "<html>welcome</html>" });
  assert.equal((await failure(hub.latest())).code, "node_unreachable");
  node.instead = () => ({ status: 200, body: "[]" });
  assert.equal((await failure(hub.latest())).code, "node_unreachable");
});

test("a page can be read as it was after one block", async () => {
  const { hub, latest } = await HubReader.connect(url, DEPLOYMENT);
  node.posts.length = 0;
  await Promise.all([hub.at(latest.height).billing.query.config(), hub.billing.query.config()]);
  assert.deepEqual(
    node.posts.map(({ heights }) => heights),
    [["10", "0"]],
  );
  assert.equal((await failure(hub.at(11n).billing.query.config())).code, "refused");
});

test("an answer of many kilobytes comes whole", async () => {
  const { hub } = await HubReader.connect(url, DEPLOYMENT);
  const long = "x".repeat(70_000);
  node.smart = () => ({ registry: long });
  assert.equal((await hub.billing.query.config()).registry, long);
});

test("it has no cosmjs in it, and is as small as the README says", async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL("../src/read.js", import.meta.url))],
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    platform: "browser",
    format: "esm",
  });
  const foreign = Object.keys(metafile.inputs).filter((path) => /cosmjs|noble\/curves/.test(path));
  assert.deepEqual(foreign, []);
  const bytes = gzipSync(outputFiles[0]?.contents ?? new Uint8Array()).length;
  assert.ok(bytes > 1_000 && bytes < 8_000, `${bytes} bytes`);
});

test("every query asks what the generated client asks", async () => {
  const { hub } = await HubReader.connect(url, DEPLOYMENT);
  const asked: unknown[] = [];
  node.smart = (_, query) => (asked.push(query), {});
  const generated = {
    queryContractSmart: (_: string, query: Record<string, unknown>) => Promise.resolve(asked.push(query)),
  };
  const clients = [
    [hub.registry.query, new RegistryQueryClient(generated, "r")],
    [hub.escrow.query, new EscrowQueryClient(generated, "e")],
    [hub.billing.query, new BillingQueryClient(generated, "b")],
  ] as const;
  // More fields than any query has: the generated client takes those that it knows.
  const fields = { denom: { native: "x" }, startAfter: { score: 1, model: 2 }, blobId: "b", limit: 3, model: 4 };
  for (const [reader, client] of clients) {
    for (const name of Object.keys(client).filter((key) => !["client", "contractAddress"].includes(key))) {
      asked.length = 0;
      await (client as never as Record<string, (given: unknown) => Promise<unknown>>)[name]?.(fields);
      const [expected] = JSON.parse(JSON.stringify(asked)) as Record<string, object>[];
      const given = Object.fromEntries(
        Object.entries(fields).filter(([key]) => snakeCase(key) in (Object.values(expected ?? {})[0] ?? {})),
      );
      await (reader as never as Record<string, (given: unknown) => Promise<unknown>>)[name]?.(given);
      assert.deepEqual(asked[1], expected, name);
    }
  }
});

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
