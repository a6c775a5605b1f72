/**
 * Months of a market, played on the real contracts and read over HTTP: every figure that this package's reader gives is the one
 * that cosmjs gives, and that a plain request in an address gives. `clients/ts/check` builds the program that plays and answers,
 * whose own tests show that what goes over the line is what the contracts say.
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { CosmWasmClient } from "@cosmjs/cosmwasm";
import { QuerySmartContractStateRequest, QuerySmartContractStateResponse } from "cosmjs-types/cosmwasm/wasm/v1/query";
import { Hub } from "../src/hub.js";
import {
  backing,
  backingsOf,
  type Deployment,
  everyEntry,
  HubError,
  HubReader,
  type PageStart,
  rankingOf,
  recentlyServedOf,
  servedOf,
} from "../src/read.js";

const program = process.env["HUB_SIMULATE"];
const skip = program === undefined ? "HUB_SIMULATE names no program: clients/ts/check builds it" : false;

interface Scenario {
  readonly name: string;
  readonly denom: { readonly native: string };
  readonly operators: readonly string[];
}

let node: ChildProcess | undefined;
let url: string;
let deployment: Deployment;
let scenario: Scenario;

const get = async (path: string) => (await (await fetch(`${url}${path}`)).json()) as unknown;

before(async () => {
  if (program === undefined) {
    return;
  }
  node = spawn(program, ["--serve", "127.0.0.1:0", "small"], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: node.stdout! })) {
    const found = /^(http:\S+) answers/.exec(line);
    if (found?.[1] !== undefined) {
      url = found[1];
      break;
    }
  }
  deployment = (await get("/deployment.json")) as Deployment;
  scenario = (await get("/scenario")) as Scenario;
});
after(async () => {
  if (node !== undefined) {
    node.kill();
    await once(node, "exit");
  }
});

/** The answer of a contract to a query, by a request that has everything in its address. */
async function byAddress(address: string, query: object): Promise<unknown> {
  const queryData = new TextEncoder().encode(JSON.stringify(query));
  const data = Buffer.from(QuerySmartContractStateRequest.encode({ address, queryData }).finish()).toString("hex");
  const path = encodeURIComponent('"/cosmwasm.wasm.v1.Query/SmartContractState"');
  const { result } = (await get(`/abci_query?path=${path}&data=0x${data}`)) as {
    result: { response: { value: string } };
  };
  const value = QuerySmartContractStateResponse.decode(Buffer.from(result.response.value, "base64"));
  return JSON.parse(new TextDecoder().decode(value.data)) as unknown;
}

test("every figure of a page is the same by the reader, by cosmjs, and by plain requests", { skip }, async () => {
  const { hub, latest } = await HubReader.connect(url, deployment);
  const page = hub.at(latest.height);
  const { denom, operators } = scenario;
  const models = Array.from({ length: 100 }, (_, place) => place + 1);
  const [from, until] = [Math.floor(latest.time / 86_400) - 9, Math.floor(latest.time / 86_400)];
  const { billing } = page;
  const at = operators[0] ?? "";
  const asked: [object, Promise<unknown>][] = [
    [{ config: {} }, billing.query.config()],
    [{ hub: { denom, days: 10 } }, billing.query.hub({ denom, days: 10 })],
    [{ usages: { models, denom } }, billing.query.usages({ models, denom })],
    [{ usages_of_days: { models, denom, from, until } }, billing.query.usagesOfDays({ models, denom, from, until })],
    [{ usages_by_day: { models, denom, from, until } }, billing.query.usagesByDay({ models, denom, from, until })],
    [
      { backings: { models, denom, operators, factor: 5 } },
      billing.query.backings({ models, denom, operators: [...operators], factor: 5 }),
    ],
    [{ hub_by_day: { denom, limit: 100 } }, billing.query.hubByDay({ denom, limit: 100 })],
    [{ hub_weeks: { denom, limit: 100 } }, billing.query.hubWeeks({ denom, limit: 100 })],
    [{ ranking: { denom, limit: 100 } }, billing.query.ranking({ denom, limit: 100 })],
    [{ lifetime_ranking: { denom, limit: 100 } }, billing.query.lifetimeRanking({ denom, limit: 100 })],
    [{ ranking_at: { operator: at, denom, limit: 100 } }, billing.query.rankingAt({ operator: at, denom, limit: 100 })],
    ...models.map((model): [object, Promise<unknown>] => [
      { served_by: { model, denom } },
      billing.query.servedBy({ model, denom }),
    ]),
  ];
  const cosmjs = await CosmWasmClient.connect(url);
  for (const [query, answer] of asked) {
    const found = await answer;
    assert.deepEqual(found, await byAddress(billing.address, query), JSON.stringify(query).slice(0, 80));
    assert.deepEqual(found, await cosmjs.queryContractSmart(billing.address, query));
  }
  cosmjs.disconnect();
});

test("what this package makes of the operators of a model is what the contract makes of them", { skip }, async () => {
  const { hub } = await HubReader.connect(url, deployment);
  const { denom, operators } = scenario;
  const models = Array.from({ length: 158 }, (_, place) => place + 1);
  for (const believed of [operators, operators.slice(1), []]) {
    for (const factor of [1, 3, 5, 20]) {
      const answers = await backingsOf(hub, models, denom, { operators: believed, factor });
      assert.deepEqual(
        answers.map(({ model }) => model),
        models,
      );
      for (const { backed, recent_backed, operators: served } of answers) {
        const [all, recent] = [
          served.map(({ sums }) => servedOf(sums)),
          served.map(({ sums }) => recentlyServedOf(sums)),
        ];
        assert.deepEqual([backing(all, factor), backing(recent, factor)], [BigInt(backed), BigInt(recent_backed)]);
      }
      const some = answers.some(({ backed }) => backed !== "0");
      assert.equal(some, believed.length > 0);
    }
  }
  const [first, ...others] = await rankingOf(hub, operators, denom);
  assert.ok(first !== undefined && others.length > 10 && first.at.size > 0);
  const ofFirst = await hub.billing.query.servedBy({ model: first.model, denom, limit: 100 });
  const kept = ofFirst.operators.filter(({ operator }) => operators.includes(operator));
  assert.equal(
    first.recentKept,
    kept.reduce((sum, { sums }) => sum + BigInt(sums.recent_kept), 0n),
  );
});

test("every model of the registry is read, page by page", { skip }, async () => {
  const { hub } = await HubReader.connect(url, deployment);
  const found: number[] = [];
  const page = async (from: PageStart<number>) => (await hub.registry.query.models(from)).models;
  for await (const { model } of everyEntry(page, (entry) => entry.model)) {
    found.push(model);
  }
  // The newest first.
  assert.deepEqual(
    found,
    found.map((_, place) => found.length - place),
  );
  assert.ok(found.length > 150, `${found.length} models`);
});

test("the whole client connects, and what it cannot do is said", { skip }, async () => {
  const hub = await Hub.connect(url, deployment);
  const { registry } = await hub.billing.query.config();
  assert.equal(registry, deployment.contracts.registry.address);
  const { hub: reader, latest } = await HubReader.connect(url, deployment);
  const past = await reader
    .at(latest.height - 1n)
    .billing.query.config()
    .catch((error: unknown) => error);
  assert.ok(past instanceof HubError && past.code === "refused", String(past));
});
