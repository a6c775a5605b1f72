/** Reads every block as it comes: what was in it, what it used, when it was made; and tells whoever waits for a transaction. */

import { type billing, type connectNode, hashOf, HubError } from "hub-client";
import { TxMsgData } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import { MsgExecuteContractResponse } from "cosmjs-types/cosmwasm/wasm/v1/tx";

type Comet = Awaited<ReturnType<typeof connectNode>>["comet"];

/** What became of a transaction. */
export interface Landed {
  readonly height: number;
  readonly code: number;
  readonly log: string;
  readonly gasWanted: bigint;
  readonly gasUsed: bigint;
  /** Of the one message that it had; none if it failed. */
  readonly answer: billing.BatchResponse | undefined;
}

export interface Block {
  readonly height: number;
  /** Of its header, in milliseconds. */
  readonly time: number;
  readonly txs: number;
  readonly failed: number;
  readonly gasWanted: number;
  readonly gasUsed: number;
  /** Batches of which at least one receipt was billed. */
  readonly batches: number;
  /** Receipts that were billed. */
  readonly receipts: number;
  /** Bytes of all transactions. */
  readonly bytes: number;
}

const POLL_MS = 50;

export class Follower {
  readonly blocks: Block[] = [];
  #height: number;
  #ended = false;
  readonly #waiting = new Map<string, (landed: Landed) => void>();
  readonly #onBlock: ((block: Block) => void)[] = [];
  readonly #onReturn: (() => void)[] = [];

  private constructor(
    readonly comet: Comet,
    height: number,
  ) {
    this.#height = height;
  }

  /** Begins behind the latest block. */
  static async begin(comet: Comet): Promise<Follower> {
    const { syncInfo } = await comet.status();
    return new Follower(comet, syncInfo.latestBlockHeight);
  }

  /** The last block that was read. */
  get height(): number {
    return this.#height;
  }

  /** Has `tell` told once a block holds the transaction. */
  expect(txHash: string, tell: (landed: Landed) => void): void {
    this.#waiting.set(txHash, tell);
  }

  onBlock(tell: (block: Block) => void): void {
    this.#onBlock.push(tell);
  }

  /** Has `tell` told whenever the node answers again after it did not. */
  onReturn(tell: () => void): void {
    this.#onReturn.push(tell);
  }

  end(): void {
    this.#ended = true;
  }

  async run(): Promise<void> {
    let away = false;
    while (!this.#ended) {
      let latest: number;
      try {
        latest = (await this.comet.status()).syncInfo.latestBlockHeight;
        while (this.#height < latest) {
          await this.#read(this.#height + 1);
        }
      } catch (error) {
        if (!isOutage(error) && !isTooEarly(error)) {
          throw error;
        }
        away ||= isOutage(error);
        await pause(POLL_MS);
        continue;
      }
      if (away) {
        away = false;
        this.#onReturn.forEach((tell) => tell());
      }
      await pause(POLL_MS);
    }
  }

  async #read(height: number): Promise<void> {
    const { block } = await this.comet.block(height);
    const { results } = await this.comet.blockResults(height);
    const landed = results.map((result): Landed => {
      const { code, log = "", gasWanted, gasUsed, data } = result;
      return { height, code, log, gasWanted, gasUsed, answer: code === 0 && data ? answerIn(data) : undefined };
    });
    const read: Block = {
      height,
      time: block.header.time.getTime(),
      txs: landed.length,
      failed: landed.filter(({ code }) => code !== 0).length,
      gasWanted: landed.reduce((sum, one) => sum + Number(one.gasWanted), 0),
      gasUsed: landed.reduce((sum, one) => sum + Number(one.gasUsed), 0),
      batches: landed.filter(({ answer }) => (answer?.paid ?? 0) > 0).length,
      receipts: landed.reduce((sum, { answer }) => sum + (answer?.paid ?? 0), 0),
      bytes: block.txs.reduce((sum, tx) => sum + tx.length, 0),
    };
    this.blocks.push(read);
    this.#height = height;
    this.#onBlock.forEach((tell) => tell(read));
    for (const [place, tx] of block.txs.entries()) {
      const hash = hashOf(tx);
      const tell = this.#waiting.get(hash);
      const result = landed[place];
      if (tell !== undefined && result !== undefined) {
        this.#waiting.delete(hash);
        tell(result);
      }
    }
  }
}

function answerIn(data: Uint8Array): billing.BatchResponse | undefined {
  const [first] = TxMsgData.decode(data).msgResponses;
  if (first?.typeUrl !== "/cosmwasm.wasm.v1.MsgExecuteContractResponse") {
    return undefined;
  }
  const text = new TextDecoder().decode(MsgExecuteContractResponse.decode(first.value).data);
  return text === "" ? undefined : (JSON.parse(text) as billing.BatchResponse);
}

/** A node announces a block before it has executed it. */
function isTooEarly(error: unknown): boolean {
  return error instanceof Error && /could not find results|must be less than or equal to/.test(error.message);
}

/** A node that is not there, or not yet: another error is a fault. */
export function isOutage(error: unknown): boolean {
  return error instanceof HubError && error.code === "node_unreachable";
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
