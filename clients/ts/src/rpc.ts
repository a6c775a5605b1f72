/**
 * CometBFT's RPC interface with `fetch` alone, for pages: what is asked at the same time goes out in batches of ten, the most that
 * CometBFT takes, and as requests that a browser sends without asking first (no preflight).
 */

import { behind, HubError, unreachable } from "./errors.js";

/** Most calls in one request: CometBFT refuses more, with an answer that belongs to none of them. */
export const MOST_CALLS = 10;

/** How a node is asked. */
export interface RpcOptions {
  /** How long an answer is waited for: 15 000 if not given. */
  readonly timeoutMs?: number;
  /** What sends; the platform's own if not given. */
  readonly fetch?: typeof fetch;
}

/** The latest block of a node. */
export interface Latest {
  readonly chainId: string;
  readonly height: bigint;
  /** Unix seconds. */
  readonly time: number;
}

interface Call {
  readonly method: string;
  readonly params: Record<string, unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: HubError) => void;
}

interface RpcAnswer {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message?: string; readonly data?: string };
}

/** A node, asked through its RPC interface. */
export class Rpc {
  readonly #timeoutMs: number;
  readonly #fetch: typeof fetch;
  #waiting: Call[] = [];
  /** Some gateways take no batches. */
  #single = false;

  constructor(
    readonly endpoint: string,
    { timeoutMs = 15_000, fetch: send }: RpcOptions = {},
  ) {
    this.#timeoutMs = timeoutMs;
    this.#fetch = send ?? ((...request) => fetch(...request));
  }

  /** The latest block. Fails if the node is still catching up: what it says is of the past. */
  async latest(): Promise<Latest> {
    const { node_info, sync_info } = (await this.#call("status", {})) as {
      node_info: { network: string };
      sync_info: { latest_block_height: string; latest_block_time: string; catching_up: boolean };
    };
    const time = new Date(sync_info.latest_block_time);
    const height = BigInt(sync_info.latest_block_height);
    if (sync_info.catching_up) {
      throw behind(this.endpoint, height, time);
    }
    return { chainId: node_info.network, height, time: Math.floor(time.getTime() / 1_000) };
  }

  /**
   * Answer of the application to a query by path.
   *
   * @param height the block after which it is asked; the latest if not given
   */
  async abciQuery(path: string, data: string, height = 0n): Promise<{ value: Uint8Array; log: string; code: number }> {
    const { response } = (await this.#call("abci_query", { path, data, height: height.toString(), prove: false })) as {
      response: { value?: string | null; log?: string; code?: number };
    };
    const value = Uint8Array.from(atob(response.value ?? ""), (character) => character.charCodeAt(0));
    return { value, log: response.log ?? "", code: response.code ?? 0 };
  }

  /** Everything that is asked before the next turn of the event loop leaves together. */
  #call(method: string, params: Record<string, unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) {
        setTimeout(() => this.#flush(), 0);
      }
      this.#waiting.push({ method, params, resolve, reject });
    });
  }

  #flush(): void {
    const calls = this.#waiting;
    this.#waiting = [];
    const size = this.#single ? 1 : MOST_CALLS;
    for (let from = 0; from < calls.length; from += size) {
      void this.#send(calls.slice(from, from + size));
    }
  }

  async #send(calls: readonly Call[]): Promise<void> {
    const requests = calls.map(({ method, params }, id) => ({ jsonrpc: "2.0", id, method, params }));
    let answers: unknown;
    try {
      answers = await this.#post(requests.length === 1 ? requests[0] : requests);
    } catch (error) {
      const failure = error instanceof HubError ? error : unreachable(this.endpoint, error);
      calls.forEach(({ reject }) => reject(failure));
      return;
    }
    if (calls.length > 1 && !Array.isArray(answers)) {
      this.#single = true;
      calls.forEach((call) => void this.#send([call]));
      return;
    }
    const byId = new Map((Array.isArray(answers) ? answers : [answers]).map((one: RpcAnswer) => [one?.id, one]));
    calls.forEach((call, id) => settle(this.endpoint, call, byId.get(id)));
  }

  /** The parsed answer. A string as body, and no header, is what needs no preflight. */
  async #post(body: unknown): Promise<unknown> {
    const response = await this.#fetch(this.endpoint, {
      method: "POST",
      body: JSON.stringify(body),
      credentials: "omit",
      signal: AbortSignal.timeout(this.#timeoutMs),
    });
    const text = await response.text();
    try {
      // Errors of JSON-RPC come with status 500.
      return JSON.parse(text) as unknown;
    } catch {
      if (response.status === 429 || response.status === 503) {
        throw new HubError(
          "node_busy",
          `the node at ${this.endpoint} answers with status ${response.status}`,
          "ask again after some seconds, or give the RPC address of another node of this chain",
        );
      }
      throw new Error(`status ${response.status}: ${text.slice(0, 200)}`);
    }
  }
}

function settle(endpoint: string, { resolve, reject }: Call, answer: RpcAnswer | undefined): void {
  if (answer?.error !== undefined) {
    const { message = "", data = "" } = answer.error;
    reject(unreachable(endpoint, new Error(`${message}: ${data}`)));
  } else if (answer?.result === undefined || answer.result === null) {
    reject(unreachable(endpoint, new Error("the answer has no result")));
  } else {
    resolve(answer.result);
  }
}
