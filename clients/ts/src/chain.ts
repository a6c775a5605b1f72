/** A node and an account: reading, and sending in a way that never loses track of a transaction. */

import { encodeSecp256k1Pubkey } from "@cosmjs/amino";
import { CosmWasmClient, type CosmWasmClientOptions, SigningCosmWasmClient } from "@cosmjs/cosmwasm";
import { encodePubkey, type EncodeObject, type OfflineSigner } from "@cosmjs/proto-signing";
import {
  BroadcastTxError,
  calculateFee,
  type Coin,
  type DeliverTxResponse,
  type Event,
  GasPrice,
  type SequenceResponse,
  type StdFee,
} from "@cosmjs/stargate";
import {
  Comet1Client,
  Comet38Client,
  type CometClient,
  HttpClient,
  type RpcClient,
  Tendermint37Client,
} from "@cosmjs/tendermint-rpc";
import { sha256 } from "@noble/hashes/sha2";
import { SignMode } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import { Tx, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { accountNumbers, signerFor } from "./accounts.js";
import { toHex } from "./bytes.js";
import { checkChain } from "./deployment.js";
import { behind, HubError, InputError, translate, translateText, UnconfirmedError, unreachable } from "./errors.js";
import { earlierExecution, fateOf, type Flight, INDEXING_BLOCKS, latestBlock } from "./fate.js";

/** How transactions are sent. Everything but the gas price has a default. */
export interface SendingOptions {
  /** What a unit of gas costs, such as `0.025untrn`. */
  readonly gasPrice: string;
  /** Gas limit over the estimate: 1.3 if not given. */
  readonly gasAdjustment?: number;
  /**
   * Most that one transaction may pay for gas, in the coin of `gasPrice`, such as `250000untrn`. Whatever a node says about gas,
   * nothing above it is signed. What 50 million gas cost if not given.
   */
  readonly maxFee?: string;
  /** Blocks after which a transaction that was not executed never will be: 100 if not given. */
  readonly timeoutBlocks?: number;
  /** How long a block with the transaction is waited for: 60 000 if not given. */
  readonly confirmTimeoutMs?: number;
  /** How often the node is asked for it: 500 if not given. */
  readonly pollMs?: number;
}

/** A transaction in a block. */
export interface Executed {
  readonly txHash: string;
  readonly height: number;
  readonly gasUsed: bigint;
  readonly gasWanted: bigint;
  readonly events: readonly Event[];
  /** Answer of each message, in order, as protobuf. */
  readonly responses: readonly Uint8Array[];
}

/** What is known of a transaction whose fate is not: an {@link UnconfirmedError}, or what was kept of it. */
export interface LostTransaction {
  readonly txHash: string;
  readonly txBytes?: Uint8Array | undefined;
  /** The last block that can hold it. Without it, `resume` can never tell that it did not happen. */
  readonly timeoutHeight?: bigint | undefined;
  /** The block after which it was signed. With it, a node's whole history of the time can show that it did not happen. */
  readonly afterHeight?: bigint | undefined;
  /** Whose it is. With it and `txBytes`, the account's sequence can show that it did not happen. */
  readonly sender?: string | undefined;
}

/** Told of a transaction before it leaves, so that it can be kept; it leaves once this is done. */
export type BeforeBroadcast = (tx: {
  readonly txHash: string;
  readonly timeoutHeight: bigint;
  readonly afterHeight: bigint;
}) => void | Promise<void>;

/** Options of one transaction. */
export interface SendOptions {
  /** Estimated if not given; a number is the factor over the estimate. */
  readonly fee?: StdFee | "auto" | number;
  readonly memo?: string;
  /** The last block that may hold it; `timeoutBlocks` from now if not given. */
  readonly timeoutHeight?: bigint | undefined;
  readonly beforeBroadcast?: BeforeBroadcast;
}

// --- Reading ------------------------------------------------------------------------------------

/** An HTTP client that says which node does not answer. */
class NodeRpc implements RpcClient {
  readonly #http: HttpClient;

  constructor(readonly endpoint: string) {
    this.#http = new HttpClient(endpoint, 30_000);
  }

  execute: RpcClient["execute"] = async (request) => {
    try {
      return await this.#http.execute(request);
    } catch (error) {
      // An error of JSON-RPC is an answer of the node.
      if (error instanceof Error && error.message.startsWith("{")) {
        throw error;
      }
      throw unreachable(this.endpoint, error);
    }
  };

  disconnect = (): void => this.#http.disconnect();
}

/** Opens the RPC interface of a node. Fails if it does not answer, belongs to another chain, or is still catching up. */
export async function connectNode(
  endpoint: string,
  chainId?: string,
): Promise<{ comet: CometClient; chainId: string }> {
  let rpc: NodeRpc;
  try {
    rpc = new NodeRpc(endpoint);
  } catch (error) {
    throw unreachable(endpoint, error);
  }
  const comet38 = Comet38Client.create(rpc);
  const { nodeInfo, syncInfo } = await comet38.status();
  checkChain(endpoint, nodeInfo.network, chainId);
  if (syncInfo.catchingUp) {
    throw behind(endpoint, syncInfo.latestBlockHeight, new Date(syncInfo.latestBlockTime.getTime()));
  }
  const comet = nodeInfo.version.startsWith("0.37.")
    ? Tendermint37Client.create(rpc)
    : nodeInfo.version.startsWith("1.")
      ? Comet1Client.create(rpc)
      : comet38;
  return { comet, chainId: nodeInfo.network };
}

/** cosmjs' client, with failures that say what to do next. */
export class ReadingClient extends CosmWasmClient {
  static override create(comet: CometClient, options: CosmWasmClientOptions = {}): ReadingClient {
    return new ReadingClient(comet, options);
  }

  /** What a contract keeps under a key; empty if nothing. In one question: cosmjs asks before whether there is a contract. */
  async rawState(address: string, key: Uint8Array): Promise<Uint8Array> {
    return (await this.forceGetQueryClient().wasm.queryContractRaw(address, key)).data;
  }

  override async queryContractSmart(address: string, query: object): Promise<unknown> {
    try {
      return await super.queryContractSmart(address, query);
    } catch (error) {
      throw translate(error);
    }
  }
}

// --- Sending ------------------------------------------------------------------------------------

/**
 * cosmjs' signing client, in which every transaction has a hash before it leaves and every failure after that carries it.
 * Transactions are sent one after the other. The generated clients work on it unchanged.
 */
export class SigningClient extends SigningCosmWasmClient {
  readonly #signer: OfflineSigner;
  readonly #options: SendingOptions;
  /** Account numbers, which cosmjs cannot carry. */
  readonly #numbers: Map<string, bigint>;
  readonly #maxFee: Coin;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    comet: CometClient,
    signer: OfflineSigner,
    options: SendingOptions,
    numbers: Map<string, bigint> = new Map(),
  ) {
    super(comet, signerFor(signer, numbers), { gasPrice: gasPriceOf(options.gasPrice) });
    this.#signer = signer;
    this.#options = options;
    this.#numbers = numbers;
    this.#maxFee = maxFeeOf(options);
  }

  static open(comet: CometClient, signer: OfflineSigner, options: SendingOptions): SigningClient {
    return new SigningClient(comet, signer, options);
  }

  /** What a contract keeps under a key; empty if nothing. In one question: cosmjs asks before whether there is a contract. */
  async rawState(address: string, key: Uint8Array): Promise<Uint8Array> {
    return (await this.forceGetQueryClient().wasm.queryContractRaw(address, key)).data;
  }

  override async queryContractSmart(address: string, query: object): Promise<unknown> {
    try {
      return await super.queryContractSmart(address, query);
    } catch (error) {
      throw translate(error);
    }
  }

  override async signAndBroadcast(
    address: string,
    messages: readonly EncodeObject[],
    fee: StdFee | "auto" | number,
    memo = "",
    timeoutHeight?: bigint,
  ): Promise<DeliverTxResponse> {
    return await this.signAndSend(address, messages, { fee, memo, timeoutHeight });
  }

  /** Signs messages as one transaction, sends it, and waits for its block. */
  async signAndSend(
    address: string,
    messages: readonly EncodeObject[],
    options: SendOptions,
  ): Promise<DeliverTxResponse> {
    return await this.#inTurn(async () => {
      const { txBytes, after, until } = await this.#sign(address, messages, options);
      const txHash = hashOf(txBytes);
      await options.beforeBroadcast?.({ txHash, timeoutHeight: until, afterHeight: after });
      const flight = { txHash, txBytes, after, until, sender: address };
      return await this.#confirm(flight, await this.#broadcast(txBytes, address));
    });
  }

  /**
   * What became of a transaction: by its hash; or by the error that it ended with, and then the same bytes are sent again if no
   * block holds them.
   */
  async resume(lost: string | LostTransaction): Promise<Executed> {
    const known: LostTransaction = typeof lost === "string" ? { txHash: lost } : lost;
    const { txHash, txBytes, timeoutHeight: until, afterHeight: after, sender } = known;
    return executed(await this.#confirm({ txHash, txBytes, after, until, sender }, new Error("resumed")));
  }

  override async getSequence(address: string): Promise<SequenceResponse> {
    const account = await this.forceGetQueryClient().auth.account(address);
    const numbers = account === null ? undefined : accountNumbers(account);
    if (numbers === undefined) {
      return await super.getSequence(address);
    }
    this.#numbers.set(address, numbers.accountNumber);
    const accountNumber = Number(numbers.accountNumber);
    return {
      // Where it is not exact, the signer puts in what is.
      accountNumber: Number.isSafeInteger(accountNumber) ? accountNumber : 0,
      sequence: Number(numbers.sequence),
    };
  }

  /** Gas that the messages would use. Asks in another way where a node serves no more than RPC. */
  override async simulate(
    address: string,
    messages: readonly EncodeObject[],
    memo: string | undefined,
  ): Promise<number> {
    return await pastPanics(async () => {
      try {
        return await super.simulate(address, messages, memo);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.includes("unknown query path")) {
          throw error;
        }
        return await this.#simulateByPath(address, messages, memo ?? "");
      }
    });
  }

  async #simulateByPath(address: string, messages: readonly EncodeObject[], memo: string): Promise<number> {
    const account = (await this.#signer.getAccounts()).find((one) => one.address === address);
    const { sequence } = await this.getSequence(address);
    const signer = {
      publicKey: account && encodePubkey(encodeSecp256k1Pubkey(account.pubkey)),
      modeInfo: { single: { mode: SignMode.SIGN_MODE_UNSPECIFIED } },
      sequence: BigInt(sequence),
    };
    const tx = Tx.fromPartial({
      authInfo: { fee: {}, signerInfos: [signer] },
      body: { messages: messages.map((message) => this.registry.encodeAsAny(message)), memo },
      signatures: [new Uint8Array()],
    });
    const request = { path: "/app/simulate", data: Tx.encode(tx).finish() };
    const answer = await this.forceGetCometClient().abciQuery(request);
    if (answer.code !== 0) {
      throw new Error(answer.log);
    }
    const { gas_info } = JSON.parse(new TextDecoder().decode(answer.value)) as { gas_info: { gas_used: string } };
    return Number(gas_info.gas_used);
  }

  /** Gas that the messages would use. Fails as they would. */
  async estimate(address: string, messages: readonly EncodeObject[], memo = ""): Promise<number> {
    try {
      return await this.simulate(address, messages, memo);
    } catch (error) {
      throw translate(error, { address });
    }
  }

  async #sign(
    address: string,
    messages: readonly EncodeObject[],
    { fee = "auto", memo = "", timeoutHeight }: SendOptions,
  ): Promise<{ txBytes: Uint8Array; after: bigint; until: bigint }> {
    try {
      const adjustment = fee === "auto" ? (this.#options.gasAdjustment ?? 1.3) : fee;
      const used = typeof adjustment === "number" ? await this.#fee(address, messages, memo, adjustment) : adjustment;
      this.#checkFee(used);
      const { height: after, time, catchingUp } = await latestBlock(this.forceGetCometClient());
      if (catchingUp) {
        throw behind("hand", after, time);
      }
      const until = timeoutHeight ?? after + BigInt(this.#options.timeoutBlocks ?? 100);
      const raw = await this.sign(address, messages, used, memo, undefined, until);
      return { txBytes: TxRaw.encode(raw).finish(), after, until };
    } catch (error) {
      throw translate(error, { address });
    }
  }

  async #fee(address: string, messages: readonly EncodeObject[], memo: string, adjustment: number): Promise<StdFee> {
    const gas = Math.ceil((await this.simulate(address, messages, memo)) * adjustment);
    return calculateFee(gas, this.#options.gasPrice);
  }

  /** Fails if a fee is above what the account is willing to pay. */
  #checkFee({ amount, gas }: StdFee): void {
    const most = this.#maxFee;
    const above = amount.find(({ denom, amount: paid }) => denom !== most.denom || BigInt(paid) > BigInt(most.amount));
    if (above !== undefined) {
      throw new HubError(
        "fee_too_high",
        `${gas} gas would cost ${above.amount}${above.denom}, more than maxFee, which is ${most.amount}${most.denom}`,
        "ask another node, since this one may be wrong about the gas; raise maxFee if the transaction is worth it",
      );
    }
  }

  /** Hands the transaction to the node. Gives the reason if it cannot be told whether the node has it. */
  async #broadcast(txBytes: Uint8Array, address?: string): Promise<unknown> {
    try {
      await this.broadcastTxSync(txBytes);
      return undefined;
    } catch (error) {
      if (!(error instanceof BroadcastTxError)) {
        return error;
      }
      // 19: the node has it already.
      if (error.codespace === "sdk" && error.code === 19) {
        return undefined;
      }
      // The node looked at it and did not take it: it is nowhere.
      throw translateText(error.log ?? error.message, { address }, error);
    }
  }

  /**
   * Waits for a block with the transaction, through outages of the node: a node that restarts has forgotten what was in no
   * block yet, so after one the same bytes are sent again, which the chain executes at most once.
   */
  async #confirm(flight: Flight, doubt: unknown): Promise<DeliverTxResponse> {
    const { txHash, txBytes, after, until, sender } = flight;
    const deadline = Date.now() + (this.#options.confirmTimeoutMs ?? 60_000);
    let cause = doubt;
    do {
      try {
        // Asked before the search: what is not found then is in no block up to this height.
        const latest = await latestBlock(this.forceGetCometClient());
        const found = await this.#find(flight);
        if (found !== undefined) {
          return found;
        }
        if (until !== undefined && latest.height > until + INDEXING_BLOCKS) {
          const fate = await fateOf(this.forceGetCometClient(), this.forceGetQueryClient(), flight, latest.height);
          if ("executed" in fate) {
            return succeeded(fate.executed, sender);
          }
          if ("dropped" in fate) {
            const what = `no block up to ${until}, the last one that could, holds the transaction (${fate.dropped})`;
            throw new HubError("tx_dropped", what, "nothing happened, send the messages again", { txHash });
          }
          cause = new Error(fate.unknown);
        } else if (cause !== undefined && txBytes !== undefined) {
          // Refused for now, or because a block just took it: what comes after tells.
          cause = await this.#broadcast(txBytes).catch((error: unknown) => error);
        }
      } catch (error) {
        if (error instanceof HubError && error.txHash !== undefined) {
          throw error;
        }
        cause = error;
      }
      await sleep(this.#options.pollMs ?? 500);
    } while (Date.now() < deadline);
    throw new UnconfirmedError(txHash, txBytes, until, cause, after, sender);
  }

  /** The transaction, if a block holds it. An error if it failed there. */
  async #find(flight: Flight): Promise<DeliverTxResponse | undefined> {
    const { txHash, sender: address } = flight;
    const found = await this.getTx(txHash);
    if (found === null) {
      return undefined;
    }
    const { height, txIndex, code, rawLog, events, msgResponses, gasUsed, gasWanted } = found;
    const last = { height, txIndex, code, rawLog, events, msgResponses, gasUsed, gasWanted, transactionHash: txHash };
    if (code === 0 || translateText(rawLog, {}).code !== "sequence_conflict") {
      return succeeded(last, address);
    }
    // A node tells of the last block with these bytes. They fail there also if an earlier block has executed them.
    const blocks = BigInt(this.#options.timeoutBlocks ?? 100);
    const first = await earlierExecution(this.forceGetCometClient(), flight, BigInt(height), blocks);
    return succeeded(first ?? last, address);
  }

  /** One transaction after the other: they share the account's sequence. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return await turn;
  }
}

/** The transaction, or the error that it ended with in its block. */
function succeeded(response: DeliverTxResponse, address: string | undefined): DeliverTxResponse {
  if (response.code !== 0) {
    throw translateText(response.rawLog ?? "", { address, txHash: response.transactionHash });
  }
  return response;
}

/** Gas that one transaction may pay for where no bound is given. */
const MOST_GAS = 50_000_000;

function maxFeeOf({ gasPrice, maxFee }: SendingOptions): Coin {
  const price = gasPriceOf(gasPrice);
  if (maxFee === undefined) {
    return coinOf(calculateFee(MOST_GAS, price));
  }
  const [, amount, denom] = /^(\d{1,38})([a-zA-Z][a-zA-Z0-9/:._-]{2,127})$/.exec(maxFee) ?? [];
  if (amount === undefined || denom !== price.denom) {
    throw new InputError(
      `maxFee is ${JSON.stringify(maxFee)}`,
      `give an amount in the coin of the gas price, such as 250000${price.denom}`,
    );
  }
  return { amount, denom };
}

function coinOf({ amount }: StdFee): Coin {
  const [coin] = amount;
  if (coin === undefined) {
    throw new InputError("the fee has no coin", "give a gas price with one");
  }
  return coin;
}

function gasPriceOf(text: string): GasPrice {
  try {
    return GasPrice.fromString(text);
  } catch {
    throw new InputError(`gasPrice is ${JSON.stringify(text)}`, "give an amount and a coin, such as 0.025untrn");
  }
}

/** What cosmjs calls the response of a delivered transaction, in the words of this package. */
export function executed(response: DeliverTxResponse): Executed {
  return {
    txHash: response.transactionHash,
    height: response.height,
    gasUsed: response.gasUsed,
    gasWanted: response.gasWanted,
    events: response.events,
    responses: response.msgResponses.map((one) => one.value),
  };
}

/** Hash of a signed transaction, as explorers show it. */
export function hashOf(txBytes: Uint8Array): string {
  return toHex(sha256(txBytes)).toUpperCase();
}

/** Waits. */
/** How a node tells that its own code panicked: no contract refused anything. */
const PANIC = /recovered: [\s\S]*stack:\s*goroutine/;

/**
 * Asks a node something that changes nothing, and up to five times more if it panics. A node that goes from one block to the
 * next was seen to do so in a dry run, for it had no time of a block yet.
 */
export async function pastPanics<T>(ask: () => Promise<T>, pauseMs = 200): Promise<T> {
  for (let triesLeft = 5; ; triesLeft -= 1) {
    try {
      return await ask();
    } catch (error) {
      if (triesLeft === 0 || !(error instanceof Error) || !PANIC.test(error.message)) {
        throw error;
      }
    }
    await sleep(pauseMs);
  }
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
