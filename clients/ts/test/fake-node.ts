/** A node's RPC interface as CometBFT 0.38 and wasmd have it, over a chain that tests write: blocks, accounts, contracts. */

import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { sha256 } from "@noble/hashes/sha2";
import { TxMsgData } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import { BaseAccount } from "cosmjs-types/cosmos/auth/v1beta1/auth";
import { QueryAccountRequest, QueryAccountResponse } from "cosmjs-types/cosmos/auth/v1beta1/query";
import { SimulateResponse } from "cosmjs-types/cosmos/tx/v1beta1/service";
import { QueryRawContractStateRequest, QueryRawContractStateResponse } from "cosmjs-types/cosmwasm/wasm/v1/query";
import { CONTRACTS } from "../src/contracts/index.js";
import { toHex } from "../src/bytes.js";

export interface FakeTx {
  readonly bytes: Uint8Array;
  readonly code: number;
  readonly log?: string;
  readonly codespace?: string;
}

/** A failure that the application answers a query with. */
export class Refusal extends Error {}

interface Request {
  readonly id: unknown;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

export const DEPLOYMENT = {
  chain_id: "fake-1",
  contracts: { registry: { address: "r" }, escrow: { address: "e" }, billing: { address: "b" } },
} as const;

const INFOS: Record<string, { name: string; version: string }> = {
  r: CONTRACTS.registry,
  e: CONTRACTS.escrow,
  b: CONTRACTS.billing,
};

export class FakeNode {
  chainId = "fake-1";
  height = 10;
  earliest = 1;
  time = "2026-01-02T03:04:05.678Z";
  catchingUp = false;
  gas = 100_000n;
  sequence = 0n;
  /** By height. */
  readonly blocks = new Map<number, FakeTx[]>();
  /** What the index finds by its hash, with its height. */
  readonly index = new Map<string, { tx: FakeTx; height: number }>();
  readonly broadcast: Uint8Array[] = [];
  /** What a contract answers; `config` of billing if not told otherwise. */
  smart: (address: string, query: Record<string, unknown>) => unknown = () => ({ registry: "r", escrow: "e" });
  /** Whole answers instead of those above: status and body. */
  instead: ((requests: readonly Request[], batch: boolean) => { status: number; body: string } | undefined) | undefined;
  /** What becomes of the answers to a batch. */
  meddle: (answers: object[]) => unknown = (answers) => answers;
  /** Every request: the methods in it, and its headers. */
  readonly posts: { methods: string[]; headers: IncomingHttpHeaders; heights: unknown[] }[] = [];
  /** How often a request came while no other was open: round trips. */
  rounds = 0;
  #open = 0;
  #server: Server | undefined;

  async start(): Promise<string> {
    this.#server = createServer((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        this.rounds += this.#open === 0 ? 1 : 0;
        this.#open += 1;
        // Long enough for whatever is asked at the same time to arrive.
        setTimeout(() => {
          this.#open -= 1;
          const { status, text } = this.#answer(body, request.headers);
          response.writeHead(status, { "content-type": "application/json" }).end(text);
        }, 10);
      });
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  #answer(body: string, headers: IncomingHttpHeaders): { status: number; text: string } {
    const parsed = JSON.parse(body) as Request | Request[];
    const requests = Array.isArray(parsed) ? parsed : [parsed];
    this.posts.push({
      methods: requests.map(({ method }) => method),
      headers,
      heights: requests.map(({ params }) => params["height"]),
    });
    const other = this.instead?.(requests, Array.isArray(parsed));
    if (other !== undefined) {
      return { status: other.status, text: other.body };
    }
    const answers = requests.map(({ id, method, params }) => {
      try {
        return { jsonrpc: "2.0", id, result: this.#method(method, params) };
      } catch (error) {
        return { jsonrpc: "2.0", id, error: { code: -32603, message: "Internal error", data: String(error) } };
      }
    });
    return { status: 200, text: JSON.stringify(Array.isArray(parsed) ? this.meddle(answers) : answers[0]) };
  }

  #method(method: string, params: Record<string, unknown>): unknown {
    switch (method) {
      case "status":
        return this.#status();
      case "abci_query":
        return { response: this.#query(String(params["path"]), hex(String(params["data"])), Number(params["height"])) };
      case "broadcast_tx_sync":
        this.broadcast.push(base64(String(params["tx"])));
        return { code: 0, data: "", log: "", codespace: "", hash: hashOf(this.broadcast.at(-1)) };
      case "tx_search":
        return this.#search(String(params["query"]));
      case "block":
        return this.#block(Number(params["height"]));
      case "block_results":
        return { height: String(params["height"]), txs_results: this.#at(Number(params["height"])).map(result) };
      default:
        throw new Error(`unknown method ${method}`);
    }
  }

  #status(): unknown {
    const protocol_version = { p2p: "8", block: "11", app: "0" };
    const node_info = {
      protocol_version,
      id: "00".repeat(20),
      listen_addr: "tcp://0.0.0.0:26656",
      network: this.chainId,
      version: "0.38.21",
      channels: "40",
      moniker: "fake",
      other: { tx_index: "on", rpc_address: "tcp://127.0.0.1:26657" },
    };
    const sync_info = {
      latest_block_hash: "AA",
      latest_app_hash: "AA",
      latest_block_height: String(this.height),
      latest_block_time: this.time,
      earliest_block_hash: "AA",
      earliest_app_hash: "AA",
      earliest_block_height: String(this.earliest),
      earliest_block_time: this.time,
      catching_up: this.catchingUp,
    };
    const validator_info = {
      address: "00".repeat(20),
      pub_key: { type: "tendermint/PubKeyEd25519", value: toBase64(new Uint8Array(32)) },
      voting_power: "0",
    };
    return { node_info, sync_info, validator_info };
  }

  #query(path: string, data: Uint8Array, height: number): unknown {
    const ok = (value: Uint8Array) => ({ code: 0, value: toBase64(value), height: String(height || this.height) });
    if (height > this.height) {
      return { code: 26, codespace: "sdk", log: "cannot query with height in the future", height: "0" };
    }
    try {
      switch (path) {
        case "/cosmos.auth.v1beta1.Query/Account": {
          const { address } = QueryAccountRequest.decode(data);
          const value = BaseAccount.encode({ address, accountNumber: 1n, sequence: this.sequence }).finish();
          const account = { typeUrl: "/cosmos.auth.v1beta1.BaseAccount", value };
          return ok(QueryAccountResponse.encode({ account }).finish());
        }
        case "/cosmos.tx.v1beta1.Service/Simulate": {
          const gasInfo = { gasWanted: 0n, gasUsed: this.gas };
          return ok(SimulateResponse.encode({ gasInfo }).finish());
        }
        case "/cosmwasm.wasm.v1.Query/RawContractState": {
          const { address } = QueryRawContractStateRequest.decode(data);
          const info = INFOS[address];
          const text = info === undefined ? "" : JSON.stringify({ contract: info.name, version: info.version });
          return ok(QueryRawContractStateResponse.encode({ data: new TextEncoder().encode(text) }).finish());
        }
        case "/cosmwasm.wasm.v1.Query/SmartContractState": {
          const { address, queryData } = QueryRawContractStateRequest.decode(data);
          const query = JSON.parse(new TextDecoder().decode(queryData)) as Record<string, unknown>;
          const text = JSON.stringify(this.smart(address, query));
          return ok(QueryRawContractStateResponse.encode({ data: new TextEncoder().encode(text) }).finish());
        }
        default:
          throw new Refusal(`unknown query path ${path}`);
      }
    } catch (error) {
      if (error instanceof Refusal) {
        return { code: 6, codespace: "sdk", log: error.message, height: String(this.height) };
      }
      throw error;
    }
  }

  #search(query: string): unknown {
    const found = this.index.get(/tx\.hash='(\w+)'/.exec(query)?.[1] ?? "");
    const txs =
      found === undefined
        ? []
        : [
            {
              hash: hashOf(found.tx.bytes),
              height: String(found.height),
              index: 0,
              tx_result: result(found.tx),
              tx: toBase64(found.tx.bytes),
            },
          ];
    return { txs, total_count: String(txs.length) };
  }

  #at(height: number): FakeTx[] {
    if (height < this.earliest || height > this.height) {
      throw new Error(`height ${height} is not available, lowest height is ${this.earliest}`);
    }
    return this.blocks.get(height) ?? [];
  }

  #block(height: number): unknown {
    const txs = this.#at(height).map(({ bytes }) => toBase64(bytes));
    const block_id = { hash: "AA", parts: { total: 1, hash: "AA" } };
    const header = {
      version: { block: "11", app: "0" },
      chain_id: this.chainId,
      height: String(height),
      time: this.time,
      last_block_id: block_id,
      last_commit_hash: "AA",
      data_hash: "AA",
      validators_hash: "AA",
      next_validators_hash: "AA",
      consensus_hash: "AA",
      app_hash: "AA",
      last_results_hash: "AA",
      evidence_hash: "AA",
      proposer_address: "AA",
    };
    return {
      block_id,
      block: { header, data: { txs }, evidence: { evidence: [] }, last_commit: { block_id: { hash: "" } } },
    };
  }
}

function result({ code, log = "", codespace = "" }: FakeTx): unknown {
  const data = toBase64(TxMsgData.encode(TxMsgData.fromPartial({})).finish());
  return { code, log, codespace, data, events: [], gas_wanted: "1", gas_used: "1" };
}

function hashOf(bytes: Uint8Array | undefined): string {
  return toHex(sha256(bytes ?? new Uint8Array())).toUpperCase();
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

function base64(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "base64"));
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
