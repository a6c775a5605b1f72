/**
 * A node with a Hub that tests make up: so many models, such texts, such failures. What it answers has the shapes of the contracts'
 * answers and nothing of their rules: figures are tested against real contracts, in tests/e2e and on `simulate --serve`.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

import { toBech32 } from "@cosmjs/encoding";

import { fields } from "../src/app/code.js";
import { Blocks } from "./blocks.js";
import { Shelf } from "./shelf.js";

/** An account of the stand-in, by its number. */
export function account(number: number): string {
  return toBech32("wasm", createHash("sha256").update(String(number)).digest().subarray(0, 20));
}

/** Addresses of the contracts. */
export const CONTRACT = { registry: account(901), escrow: account(902), billing: account(903) };
const DENOM = { native: "uusdc" };
const DAY = 86_400;

/** What a node says of itself, for clients that check its form. */
const NODE = {
  id: "ab".repeat(20),
  listen_addr: "tcp://0.0.0.0:26656",
  version: "0.38.21",
  channels: "40",
  moniker: "stand-in",
  other: { tx_index: "on", rpc_address: "tcp://0.0.0.0:26657" },
  protocol_version: { p2p: "8", block: "11", app: "0" },
};
const VALIDATOR = {
  address: "AB".repeat(20),
  pub_key: { type: "tendermint/PubKeyEd25519", value: Buffer.alloc(32, 1).toString("base64") },
  voting_power: "1",
};

/** What a test says of a model; the rest is made up. */
export interface ModelText {
  readonly title?: string;
  readonly name?: string;
  readonly description?: string;
  readonly homepage?: string | null;
  readonly task?: string;
  readonly tags?: readonly string[];
}

/** How the node behaves. */
export interface Behaviour {
  models: number;
  /** Every so many models one earns. */
  oneEarnsOf: number;
  operators: number;
  chainId: string;
  /** Unix seconds of the latest block. */
  time: number;
  catchingUp: boolean;
  /** Status of every answer, if not 200. */
  status: number | undefined;
  cors: boolean;
  texts: Map<number, ModelText>;
  delayMs: number;
  retired: Set<number>;
  /** Queries that fail, by name, with the contract's sentence. */
  refused: Map<string, string>;
}

/** Serves the page at `/`, and the node at `/rpc`. */
export class StandIn {
  readonly behaviour: Behaviour = {
    models: 270,
    oneEarnsOf: 4,
    operators: 6,
    chainId: "stand-in-1",
    time: Math.floor(Date.now() / 1_000) - 2,
    catchingUp: false,
    status: undefined,
    cors: true,
    texts: new Map(),
    delayMs: 0,
    retired: new Set(),
    refused: new Map(),
  };
  /** Requests to the node: how many questions each held, and how many bytes went each way. */
  readonly posts: { questions: number; bytes: number }[] = [];
  height = 123_456;
  /** What is sent to the chain. */
  readonly blocks = new Blocks();
  /** What is stored on Walrus: publisher and aggregator in one. */
  readonly shelf = new Shelf();
  /** Answers of contracts that a test gives instead of the usual ones, such as `registry.commitment`. */
  readonly instead = new Map<string, (given: Fields) => unknown>();
  #server: Server | undefined;

  constructor(
    /** Folder of the built page. */
    private readonly pages: string,
    private readonly config: Record<string, unknown> = {},
  ) {}

  /** Starts it, and answers its address. */
  async start(): Promise<string> {
    this.#server = createServer((request, response) => {
      const path = new URL(request.url ?? "/", "http://x").pathname;
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const body = Buffer.concat(parts);
        if (path.startsWith("/v1/")) {
          this.shelf.answer(request, body, response);
        } else if (path === "/rpc") {
          void this.#rpc(body.toString(), response);
        } else {
          void this.#file(path, response);
        }
      });
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, "127.0.0.1", resolve));
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server?.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  async #file(path: string, response: ServerResponse): Promise<void> {
    if (path === "/hub.json") {
      const config = {
        name: "stand-in",
        deployment: {
          chain_id: "stand-in-1",
          contracts: Object.fromEntries(Object.entries(CONTRACT).map(([name, address]) => [name, { address }])),
        },
        rpc: [`${this.url}/rpc`, "http://127.0.0.1:9"],
        currencies: [
          { denom: DENOM, symbol: "USDC", decimals: 6 },
          { denom: { native: "stake" }, symbol: "STAKE", decimals: 6 },
        ],
        ...this.config,
      };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(config));
      return;
    }
    const types: Record<string, string> = {
      ".html": "text/html; charset=utf-8",
      ".js": "text/javascript",
      ".css": "text/css",
      ".svg": "image/svg+xml",
      ".wasm": "application/wasm",
    };
    try {
      const file = join(this.pages, normalize(path === "/" ? "/index.html" : path));
      const bytes = await readFile(file);
      response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }

  async #rpc(body: string, response: ServerResponse): Promise<void> {
    const { delayMs, status, cors } = this.behaviour;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    const headers = cors ? { "access-control-allow-origin": "*" } : {};
    if (status !== undefined) {
      response.writeHead(status, headers).end("too many requests");
      return;
    }
    const parsed = JSON.parse(body) as Question | Question[];
    const questions = Array.isArray(parsed) ? parsed : [parsed];
    const answers = questions.map((question) => this.#answer(question));
    const text = JSON.stringify(Array.isArray(parsed) ? answers : answers[0]);
    this.posts.push({ questions: questions.length, bytes: text.length });
    response.writeHead(200, { ...headers, "content-type": "application/json" }).end(text);
  }

  #answer({ id, method, params }: Question): unknown {
    if (method === "broadcast_tx_sync") {
      return { jsonrpc: "2.0", id, result: this.blocks.broadcast(String(params["tx"])) };
    }
    if (method === "tx_search") {
      return { jsonrpc: "2.0", id, result: this.blocks.search(String(params["query"]), this.height) };
    }
    if (method === "status") {
      const { chainId, time, catchingUp } = this.behaviour;
      const sync_info = {
        latest_block_hash: "AB".repeat(32),
        latest_app_hash: "AB".repeat(32),
        latest_block_height: String(this.height),
        latest_block_time: new Date(time * 1_000).toISOString(),
        catching_up: catchingUp,
      };
      return {
        jsonrpc: "2.0",
        id,
        result: { node_info: { network: chainId, ...NODE }, sync_info, validator_info: VALIDATOR },
      };
    }
    try {
      const value = this.#query(String(params["path"]), Buffer.from(String(params["data"]), "hex"));
      return {
        jsonrpc: "2.0",
        id,
        result: { response: { code: 0, value: value.toString("base64"), log: "", height: String(this.height) } },
      };
    } catch (error) {
      const log = `${(error as Error).message}: query wasm contract failed`;
      return { jsonrpc: "2.0", id, result: { response: { code: 9, value: null, log } } };
    }
  }

  #query(path: string, data: Uint8Array): Buffer {
    const signers = this.blocks.query(path, data);
    if (signers !== undefined) {
      return Buffer.from(signers);
    }
    const message = fields(data);
    const address = Buffer.from((message.get(1) as Uint8Array | undefined) ?? []).toString();
    const contract = Object.entries(CONTRACT).find(([, found]) => found === address)?.[0];
    const name = path.split("/").pop();
    if (name === "RawContractState") {
      const info = { contract: `crates.io:hub-${contract}`, version: "0.3.0" };
      return tagged(1, Buffer.from(JSON.stringify(info)));
    }
    if (name === "ContractInfo") {
      return tagged(2, Buffer.concat([Buffer.from([8, 7]), tagged(3, Buffer.from(""))]));
    }
    if (name === "Codes") {
      const key = fields(message.get(1) as Uint8Array).get(1) as Uint8Array;
      assert.equal(Buffer.from(key).readBigUInt64BE(), 7n);
      return tagged(1, Buffer.concat([Buffer.from([8, 7]), tagged(3, Buffer.alloc(32, 7))]));
    }
    const query = JSON.parse(Buffer.from(message.get(2) as Uint8Array).toString()) as Record<string, Fields>;
    const [[asked, given] = ["", {}]] = Object.entries(query);
    const refusal = this.behaviour.refused.get(asked);
    if (refusal !== undefined) {
      throw new Error(refusal);
    }
    const whole = `${contract}.${asked}`;
    const instead = this.instead.get(whole);
    const answer = instead === undefined ? this.smart(whole, given) : instead(given);
    return tagged(1, Buffer.from(JSON.stringify(answer)));
  }

  /** What a contract answers. */
  smart(name: string, given: Fields): unknown {
    const { behaviour } = this;
    const ids = (given["ids"] ?? given["models"]) as number[] | undefined;
    const limit = Number(given["limit"] ?? 10);
    const today = Math.floor(behaviour.time / DAY);
    switch (name) {
      case "billing.config":
        return { registry: CONTRACT.registry, escrow: CONTRACT.escrow, layout: 1, receipt_max_age_seconds: 259_200 };
      case "registry.config":
        return { layout: 1, receipt_max_age_seconds: 259_200, price_notice_seconds: 259_200 };
      case "billing.hub": {
        const none = { models_registered: behaviour.models, sums: this.#hubSums(30) };
        return {
          denom: DENOM,
          today,
          before: none,
          last: none,
          lifetime: { models_registered: behaviour.models, sums: this.#hubSums(900) },
          so_far_today: none,
          ten_largest: "310000000",
          ten_largest_share: "0.31",
          this_week: { models_called: 40, models_earning: 30, payers: 70, returning: 22 },
        };
      }
      case "billing.ranking": {
        const after = given["start_after"] as { score: number } | undefined;
        const all = this.#earning()
          .map((model) => this.#ranked(model))
          .sort((one, other) => other.place.score - one.place.score || one.place.model - other.place.model)
          .filter(({ place }) => after === undefined || place.score < after.score);
        return { models: all.slice(0, limit) };
      }
      case "billing.ranking_at": {
        const place = Number(this.#operators().indexOf(String(given["operator"])));
        return {
          models: this.#earning()
            .filter((model) => place >= 0 && model % behaviour.operators === place)
            .slice(0, limit)
            .map((model) => ({ ...this.#ranked(model), sums: this.#served(model) })),
        };
      }
      case "billing.hub_by_day":
        return {
          days: Array.from({ length: 90 }, (_, place) => ({
            day: today - 89 + place,
            sums: this.#hubSums(place),
          })).filter(({ day }) => behaviour.models > 0 && day > Number(given["start_after"] ?? 0)),
        };
      case "billing.hub_weeks":
        return {
          weeks: Array.from({ length: 13 }, (_, place) => ({
            week: Math.floor(today / 7) - 12 + place,
            counts: { payers: 40 + 3 * place, returning: 10 + 2 * place, models_called: 40, models_earning: 30 },
          })).filter(({ week }) => behaviour.models > 0 && week > Number(given["start_after"] ?? 0)),
        };
      case "billing.usages_by_day":
        return { models: ids?.map((model) => ({ model, days: this.#days(model, today, 14) })) };
      case "billing.usage_by_day":
        return { days: this.#days(Number(given["model"]), today, 90) };
      case "billing.usage":
        return {
          ...this.#ranked(Number(given["model"])),
          model: given["model"],
          denom: DENOM,
          payer_weeks: 20,
          payers_this_week: 3,
          settle_lag_seconds: 4,
          sums: this.#sums(Number(given["model"]) % 17),
        };
      case "billing.usage_by_release":
        return { releases: [{ release: 1, sums: this.#sums(Number(given["model"]) % 17) }] };
      case "billing.served_by": {
        const model = Number(given["model"]);
        return { operators: [{ operator: this.#operators()[model % behaviour.operators], sums: this.#served(model) }] };
      }
      case "billing.payers":
        return {
          payers: Array.from({ length: 12 }, (_, place) => ({
            payer: account(300 + place),
            first_week: 2_900,
            last_week: 2_900 + place,
          })),
        };
      case "billing.backing": {
        const model = Number(given["model"]);
        const operator = this.#operators()[model % behaviour.operators] ?? "";
        const believed = (given["operators"] as string[]).includes(operator);
        return {
          backed: believed ? "91000000" : "0",
          recent_backed: believed ? "9000000" : "0",
          coverage_bps: believed ? 9_000 : 0,
          factor: 5,
          model,
          operators: [],
        };
      }
      case "billing.attesters":
        return { attesters: this.#operators().map((operator, place) => this.#attester(place + 1, operator)) };
      case "billing.attesters_by_operator": {
        const operator = String(given["operator"]);
        const place = this.#operators().indexOf(operator);
        return { attesters: place < 0 ? [] : [this.#attester(place + 1, operator)] };
      }
      case "billing.attester":
        return this.#attester(
          Number(given["attester"]),
          this.#operators()[Number(given["attester"]) - 1] ?? account(1),
        );
      case "billing.batches":
        return { batches: [] };
      case "billing.operator_usage":
        return {
          attesters: 1,
          next: null,
          sums: { gross: "91000000", aged: "81000000", calls: 8_123, kept: "18000000" },
        };
      case "billing.author_usage":
        return { models: 3, next: null, sums: this.#sums(5) };
      case "registry.models_by_ids":
        return { models: ids?.map((model) => this.#summary(model)) };
      case "registry.models":
      case "registry.models_by_task":
      case "registry.models_by_tag":
      case "registry.models_by_author": {
        const top = Number(given["start_after"] ?? behaviour.models + 1);
        const found = Array.from({ length: Math.min(limit, Math.max(0, top - 1)) }, (_, place) => top - 1 - place);
        return { models: found.map((model) => this.#summary(model)) };
      }
      case "registry.tasks":
        return {
          topics:
            behaviour.models === 0
              ? []
              : [
                  { name: "forecasting", models: 90 },
                  { name: "text-generation", models: 70 },
                ],
        };
      case "registry.tags":
        return { topics: behaviour.models === 0 ? [] : [{ name: "finance", models: 90 }] };
      case "registry.model": {
        const { price: _, tags: __, operator_bps: ___, ...summary } = this.#summary(Number(given["model"]));
        const text = behaviour.texts.get(summary.model) ?? {};
        return {
          ...summary,
          active_from: 0,
          latest_terms: 2,
          metadata: {
            title: summary.title,
            task: summary.task,
            description: text.description ?? "From ten candles of a price, how far it will move in the next one.",
            license: "Apache-2.0",
            tags: text.tags ?? ["finance"],
            homepage: text.homepage === undefined ? "https://example.org/model" : text.homepage,
          },
        };
      }
      case "registry.releases":
        return { releases: [this.#release(Number(given["model"]))] };
      case "registry.terms_list":
        return {
          terms: [2, 1].map((terms) => ({
            model: given["model"],
            terms,
            operator_bps: 2_000,
            price: this.#summary(Number(given["model"])).price,
            payees: [{ address: account(Number(given["model"])), bps: 8_000 }],
            validity: {
              interval: {
                effective_from: behaviour.time - 9 * DAY * (3 - terms),
                superseded_at: terms === 1 ? behaviour.time - 9 * DAY : null,
              },
            },
          })),
        };
      case "registry.by_blob":
        return {
          claims: [0, 1].map((place) => ({
            model: place === 0 ? 5 : 9,
            release: 1,
            publisher: account(5 + place),
            author: account(5 + place),
            claimed_at: behaviour.time - 40 * DAY,
          })),
        };
      case "registry.walrus_keeper":
        return { keeper: account(77), offered_to: null };
      case "registry.committees":
        return {
          committees: [{ epoch: 7, members: 100, n_shards: 1_000, quorum: 667, set_at: behaviour.time - 3 * DAY }],
        };
      case "escrow.denoms":
        return { denoms: [{ denom: DENOM, denom_number: 1, owed: "5000000" }] };
      case "escrow.solvency":
        return { denom: DENOM, held: "5000000", owed: "5000000" };
      case "escrow.balance":
        return { denom: DENOM, denom_number: 1, available: "1230000", earned: "99000000", auto_payout: true };
      case "escrow.balances":
        return { balances: [this.smart("escrow.balance", {})] };
      case "escrow.spend":
        return { denom: DENOM, released: "4000000", kept: "800000" };
      case "escrow.spend_by_operator":
        return { denom: DENOM, operators: [{ operator: this.#operators()[0], released: "4000000", kept: "800000" }] };
      case "escrow.sessions_by_caller":
      case "escrow.sessions_by_operator":
        return { sessions: [this.#session(3), this.#session(2)] };
      case "escrow.sessions_from_others":
      case "escrow.sessions_for_others":
        return { sessions: [] };
      case "escrow.session":
        return this.#session(Number(given["session"]));
      default:
        throw new Error(`the stand-in does not answer ${name}`);
    }
  }

  #operators(): string[] {
    return Array.from({ length: this.behaviour.operators }, (_, place) => account(700 + place));
  }

  #earning(): number[] {
    const { models, oneEarnsOf } = this.behaviour;
    return Array.from({ length: Math.floor(models / oneEarnsOf) }, (_, place) => (place + 1) * oneEarnsOf);
  }

  #ranked(model: number): { place: { model: number; score: number }; recent_aged: string; [name: string]: unknown } {
    const recent = Math.floor(4e8 / (1 + ((model * 7_919) % 3_000)));
    const score = Math.floor(16 * Math.log2(recent)) + 4 * Math.floor(this.behaviour.time / (7 * DAY));
    return {
      place: { model, score },
      aged: String(recent * 3),
      recent_aged: String(recent),
      gross: String(recent * 4),
      related: "0",
      payers: model % 23,
      returning: model % 9,
    };
  }

  #served(model: number): Record<string, string | number> {
    const recent = Math.floor(4e8 / (1 + ((model * 7_919) % 3_000)));
    return {
      calls: recent % 9_999,
      strange: String(recent * 3),
      kept: String(Math.floor(recent / 2)),
      recent_strange: String(recent),
      recent_kept: String(Math.floor(recent / 6)),
    };
  }

  #sums(weight: number): Record<string, string | number> {
    const gross = 100_000 * weight * weight;
    return {
      gross: String(gross),
      related: String(Math.floor(gross / 10)),
      aged: String(Math.floor(gross * 0.7)),
      calls: weight * 120,
      free_calls: weight,
      units_in: String(weight * 120_000),
      units_out: String(weight * 50_000),
    };
  }

  #hubSums(weight: number): Record<string, string | number> {
    const wave = Math.floor(weight + 12 + 9 * Math.sin(weight / 2));
    return { ...this.#sums(wave), payers: 3, models_called: 4, models_earning: 2, authors_earning: 1 };
  }

  #days(model: number, today: number, days: number): unknown[] {
    return Array.from({ length: days }, (_, place) => ({
      day: today - days + 1 + place,
      sums: this.#sums((model * (place + 3)) % 13),
    }));
  }

  #attester(attester: number, operator: string): unknown {
    return {
      attester,
      operator,
      batches: 12 * attester,
      endpoint: `https://op${attester}.example.org`,
      key: Buffer.alloc(32, attester).toString("base64"),
      key_type: "ed25519",
      measurement: attester % 3 === 0 ? "ab".repeat(32) : null,
      status: attester === 5 ? { retired: { cutoff: this.behaviour.time - DAY } } : { active: {} },
    };
  }

  #summary(model: number) {
    const { texts, retired, time, models } = this.behaviour;
    if (model < 1 || model > models) {
      throw new Error(`there is no model ${model}: ids go from 1 to ${models}`);
    }
    const text = texts.get(model) ?? {};
    return {
      model,
      author: account(model % 40),
      name: text.name ?? `model-${model}`,
      title: text.title ?? `Volatility of the next candle, ${model}`,
      task: text.task ?? (model % 2 === 0 ? "forecasting" : "text-generation"),
      tags: text.tags ?? ["finance"],
      status: retired.has(model) ? { retired: { cutoff: time - 60 } } : { active: {} },
      latest_release: 1,
      operator_bps: 2_000,
      registered_at: time - (models - model) * 3_600,
      terms: 2,
      price: {
        denom: DENOM,
        per_call: model % 3 === 0 ? "500" : "0",
        per_million_in: model % 3 === 0 ? "0" : "2000000",
        per_million_out: "0",
      },
    };
  }

  #release(model: number): unknown {
    return {
      model,
      release: 1,
      major: 1,
      minor: 0,
      blob_id: "VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4",
      manifest: null,
      claimed_at: this.behaviour.time - 40 * DAY,
      published_at: this.behaviour.time - 39 * DAY,
      publisher: account(model % 40),
      size: "12345678",
      permanent: { by_author: true, certified_at: this.behaviour.time - DAY, epoch: 7 },
      deletable: null,
    };
  }

  #session(session: number): unknown {
    return {
      session,
      caller: account(1),
      funder: account(1),
      operator: this.#operators()[0],
      denom: DENOM,
      budget: "10000000",
      spent: "2500000",
      kept: "500000",
      left: "7500000",
      state: "open",
      opened_at: this.behaviour.time - DAY,
      ends_at: this.behaviour.time + DAY,
      models: { listed: [{ model: 4, release: null }] },
      lanes: [{ attester: 1, next: 812 }],
      ceiling: { ceiling: "3000000", key: { key: "AA==", key_type: "secp256k1" } },
      max_price: { per_call: "500", per_million_in: "0", per_million_out: "0" },
      measurement: null,
      label: null,
    };
  }
}

interface Question {
  readonly id: unknown;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** Fields of a query. */
export type Fields = Record<string, unknown>;

function tagged(number: number, bytes: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = bytes.length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      length.push(rest);
      break;
    }
    length.push((rest % 128) + 128);
  }
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), bytes]);
}
