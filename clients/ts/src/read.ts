/**
 * Reading a Hub without cosmjs, in some kilobytes: for pages that many people look at and few sign on. The same queries, types and
 * errors as the whole client's.
 */

import { utf8, toHex, concat } from "./bytes.js";
import { BillingQueryClient, EscrowQueryClient, RegistryQueryClient } from "./contracts/index.js";
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
import { HubError, translateText } from "./errors.js";
import type { SmartQuerier } from "./querier.js";
import { type Latest, Rpc, type RpcOptions } from "./rpc.js";

export type { billing, escrow, registry } from "./contracts/index.js";
export type { Deployment } from "./deployment.js";
export { HubError } from "./errors.js";
export type { HubErrorCode } from "./errors.js";
export type { SmartQuerier } from "./querier.js";
export { type Latest, MOST_CALLS, Rpc, type RpcOptions } from "./rpc.js";
export { authorUsage, dayOf, everyEntry, measurementUsage, operatorUsage, sumsOf, weekOf } from "./usage.js";
export type { AttesterSums, PageStart, Sums, UsageQueries } from "./usage.js";
export { cw20, denomText, native, outcomeName, priceOf } from "./values.js";
export type { Denom, Id, Rates } from "./values.js";

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
    this.registry = { address: registry.address, query: new RegistryQueryClient(querier, registry.address) };
    this.escrow = { address: escrow.address, query: new EscrowQueryClient(querier, escrow.address) };
    this.billing = { address: billing.address, query: new BillingQueryClient(querier, billing.address) };
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
    const rpc = new Rpc(endpoint, options);
    const hub = new HubReader(rpc, deployment, undefined);
    const { registry, escrow, billing } = deployment.contracts;
    const [latest, ...found] = await Promise.all([
      rpc.latest(),
      contractInfo(rpc, registry.address),
      contractInfo(rpc, escrow.address),
      contractInfo(rpc, billing.address),
      hub.billing.query.config().catch((error: unknown) => error),
    ]);
    checkChain(endpoint, latest.chainId, deployment.chain_id);
    const [ofRegistry, ofEscrow, ofBilling, wiring] = found;
    const infos: [ContractName, ContractInfo | undefined][] = [
      ["registry", ofRegistry],
      ["escrow", ofEscrow],
      ["billing", ofBilling],
    ];
    infos.forEach(([name, info]) => checkContract(name, deployment.contracts[name].address, info));
    if (wiring instanceof HubError) {
      throw wiring;
    }
    checkWiring(deployment, wiring as Awaited<ReturnType<BillingQueryClient["config"]>>);
    return { hub, latest };
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

function smartQuerier(rpc: Rpc, height?: bigint): SmartQuerier {
  return {
    queryContractSmart: async (address, query) => {
      const { value, code, log } = await ask(rpc, "SmartContractState", address, utf8(JSON.stringify(query)), height);
      if (code !== 0) {
        throw translateText(log, {});
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
