/**
 * Reading a Hub without cosmjs, in some kilobytes: for pages that many people look at and few sign on. The same queries, types and
 * errors as the whole client's.
 */

import { utf8, toHex, concat } from "./bytes.js";
import type { BillingQueryClient, EscrowQueryClient, RegistryQueryClient } from "./contracts/index.js";
import {
  checkChain,
  checkContract,
  checkWiring,
  CONTRACT_INFO,
  type ContractInfo,
  contractInfoOf,
  type ContractName,
  type Deployment,
} from "./deployment.js";
import { HubError, translateQuery } from "./errors.js";
import type { SmartQuerier } from "./querier.js";
import { type Latest, Rpc, type RpcOptions } from "./rpc.js";

export type { billing, escrow, registry } from "./contracts/index.js";
export type { Deployment } from "./deployment.js";
export { HubError } from "./errors.js";
export type { HubErrorCode } from "./errors.js";
export * from "./figures.js";
export type { SmartQuerier } from "./querier.js";
export { type Latest, MOST_CALLS, Rpc, type RpcOptions } from "./rpc.js";

/** A Hub on a chain, for reading. */
export class HubReader {
  readonly registry: { readonly address: string; readonly query: RegistryQueryClient };
  readonly escrow: { readonly address: string; readonly query: EscrowQueryClient };
  readonly billing: { readonly address: string; readonly query: BillingQueryClient };
  readonly #rpc: Rpc;
  readonly #deployment: Deployment;

  private constructor(
    rpc: Rpc,
    deployment: Deployment,
    /** The block after which everything is read; the latest at each question if undefined. */
    readonly height: bigint | undefined,
  ) {
    const { registry, escrow, billing } = deployment.contracts;
    const querier = smartQuerier(rpc, height);
    this.#rpc = rpc;
    this.#deployment = deployment;
    this.registry = { address: registry.address, query: queries<RegistryQueryClient>(querier, registry.address) };
    this.escrow = { address: escrow.address, query: queries<EscrowQueryClient>(querier, escrow.address) };
    this.billing = { address: billing.address, query: queries<BillingQueryClient>(querier, billing.address) };
  }

  /**
   * Connects to a node, and checks that it belongs to the deployment's chain and has caught up, that the contracts are there, are
   * of this package's version, and belong together. One request.
   */
  static async connect(
    endpoint: string,
    deployment: Deployment,
    options?: RpcOptions,
  ): Promise<{ hub: HubReader; latest: Latest }> {
    const { hub, checked } = HubReader.open(endpoint, deployment, options);
    return { hub, latest: await checked };
  }

  /**
   * The same without waiting for the checks, so that the first questions go out in the request that carries them. What is answered
   * is to be believed once `checked` was.
   */
  static open(
    endpoint: string,
    deployment: Deployment,
    options?: RpcOptions,
  ): { hub: HubReader; checked: Promise<Latest> } {
    const rpc = new Rpc(endpoint, options);
    const hub = new HubReader(rpc, deployment, undefined);
    return { hub, checked: hub.#check() };
  }

  async #check(): Promise<Latest> {
    const { registry, escrow, billing } = this.#deployment.contracts;
    const [latest, ...found] = await Promise.all([
      this.latest(),
      contractInfo(this.#rpc, registry.address),
      contractInfo(this.#rpc, escrow.address),
      contractInfo(this.#rpc, billing.address),
      this.billing.query.config().catch((error: unknown) => error),
    ]);
    const [ofRegistry, ofEscrow, ofBilling, wiring] = found;
    const infos: [ContractName, ContractInfo | undefined][] = [
      ["registry", ofRegistry],
      ["escrow", ofEscrow],
      ["billing", ofBilling],
    ];
    infos.forEach(([name, info]) => checkContract(name, this.#deployment.contracts[name].address, info));
    if (wiring instanceof HubError) {
      throw wiring;
    }
    checkWiring(this.#deployment, wiring as Awaited<ReturnType<BillingQueryClient["config"]>>);
    return latest;
  }

  /** The latest block of the node. */
  async latest(): Promise<Latest> {
    const latest = await this.#rpc.latest();
    checkChain(this.#rpc.endpoint, latest.chainId, this.#deployment.chain_id);
    return latest;
  }

  /** The same Hub as it was after a block, so that all numbers of a page are of one moment. Nodes keep the recent ones. */
  at(height: bigint): HubReader {
    return new HubReader(this.#rpc, this.#deployment, height);
  }
}

/**
 * The queries of a contract, as its generated client has them: `usageByDay({ startAfter })` asks `{ usage_by_day: { start_after } }`.
 * They are made when they are called, which is a tenth of the code.
 */
function queries<Client extends object>(querier: SmartQuerier, address: string): Client {
  return new Proxy({} as Client, {
    get: (_, name) =>
      typeof name === "symbol" || name === "then"
        ? undefined
        : (fields: Record<string, unknown> = {}) => {
            const asked = Object.entries(fields).map(([key, value]) => [snake(key), value]);
            return querier.queryContractSmart(address, { [snake(name)]: Object.fromEntries(asked) });
          },
  });
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function smartQuerier(rpc: Rpc, height?: bigint): SmartQuerier {
  return {
    queryContractSmart: async (address, query) => {
      const { value, code, log } = await ask(rpc, "SmartContractState", address, utf8(JSON.stringify(query)), height);
      if (code !== 0) {
        throw translateQuery(log);
      }
      return JSON.parse(new TextDecoder().decode(value)) as unknown;
    },
  };
}

async function contractInfo(rpc: Rpc, address: string): Promise<ContractInfo | undefined> {
  const { value, code } = await ask(rpc, "RawContractState", address, utf8(CONTRACT_INFO));
  return code === 0 ? contractInfoOf(value) : undefined;
}

/** A query of wasmd (cosmwasm/wasm/v1/query.proto): address and bytes there, bytes back. */
async function ask(
  rpc: Rpc,
  name: "SmartContractState" | "RawContractState",
  address: string,
  data: Uint8Array,
  height?: bigint,
): Promise<{ value: Uint8Array; code: number; log: string }> {
  const request = concat(field(1, utf8(address)), field(2, data));
  const answer = await rpc.abciQuery(`/cosmwasm.wasm.v1.Query/${name}`, toHex(request), height);
  return { ...answer, value: fieldOf(answer.value) };
}

/** A field of bytes as protobuf has it. */
function field(number: number, bytes: Uint8Array): Uint8Array {
  const head = [(number << 3) | 2];
  let length = bytes.length;
  for (; length > 127; length >>>= 7) {
    head.push((length & 127) | 128);
  }
  return concat(Uint8Array.from([...head, length]), bytes);
}

/** The bytes of the first field of an answer, which has no other. */
function fieldOf(message: Uint8Array): Uint8Array {
  let at = 1;
  while ((message[at] ?? 0) > 127) {
    at += 1;
  }
  return message.subarray(at + 1);
}
