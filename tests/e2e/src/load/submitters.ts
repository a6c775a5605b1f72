/**
 * Accounts that send batches, each with many transactions on their way at once. A submitter needs no rights and keeps no state
 * that matters: whatever becomes of its transactions, the same batches can be sent again, by it or by another.
 */

import type { StdFee } from "@cosmjs/amino";
import { toUtf8 } from "@cosmjs/encoding";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { hashOf, type HubAccount, outcomeName, outcomesOfGroups, settleBatchMessage } from "hub-client";
import type { Batch } from "./batches.js";
import { type Follower, isOutage, type Landed, pause } from "./blocks.js";
import type { GasLimits } from "./gas-limits.js";

/** Why a batch is sent. */
export type Why =
  "in turn" | "part first" | "across two" | "twice at once" | "twice later" | "early" | "late" | "as large as possible";

/** A batch that one submitter is to send. */
export interface Delivery {
  readonly batch: Batch;
  readonly why: Why;
  /** Where it stands among the batches of its attester: what must be settled goes in this order. */
  readonly place: number;
  /** Whether it is sent until all of it is settled. */
  readonly must: boolean;
  /** Told once it was handed to the node for the first time. */
  readonly left?: () => void;
  /** Told once all of it is settled. */
  readonly settled?: () => void;
}

/** A transaction on its way. */
interface Flight {
  readonly hash: string;
  readonly bytes: Uint8Array;
  readonly sequence: number;
  readonly gas: number;
  readonly delivery: Delivery;
}

/** What became of deliveries. */
export interface Tally {
  /** Transactions, each counted once however often its bytes were sent. */
  transactions: number;
  /** Of them, by why. */
  readonly why: Map<Why, number>;
  /** At least one receipt was billed, and nothing was missing. */
  settled: number;
  /** Some groups were billed, others wait for receipts before them. */
  partly: number;
  /** Succeeded and changed nothing: all of it was settled before. */
  duplicate: number;
  /** Nothing changed: receipts before all that was still open were missing. */
  tooEarly: number;
  /** Batches sent in a new transaction since not all of them was settled. */
  again: number;
  /** Transactions sent again byte by byte, since the node lost them. */
  resent: number;
  outOfGas: number;
  /** Receipts that transactions billed. */
  receipts: number;
  gross: bigint;
}

export function emptyTally(): Tally {
  return {
    transactions: 0,
    why: new Map(),
    settled: 0,
    partly: 0,
    duplicate: 0,
    tooEarly: 0,
    again: 0,
    resent: 0,
    outOfGas: 0,
    receipts: 0,
    gross: 0n,
  };
}

/** Where a submitter gets work from when nothing waits. */
export type Source = () => Delivery | undefined;

export interface Settings {
  readonly follower: Follower;
  readonly limits: GasLimits;
  readonly tally: Tally;
  /** Gas that is on its way at most, by the limits of the transactions. */
  readonly gasOnTheWay: number;
  readonly feeOf: (gas: number) => StdFee;
}

const RECOVERY_MS = 200;
/** Recoveries without a block in between before a submitter gives up: a minute. */
const MOST_RECOVERIES = 300;

export class Submitter {
  /** Sent in their order; those that must be settled before all others. */
  readonly #waiting: Delivery[] = [];
  #flights: Flight[] = [];
  #sequence = 0;
  #accountNumber = 0;
  /** What the node was last heard to say, if it is not known to have what is on its way. */
  #doubt: unknown;
  #recoveries = 0;
  #wake: () => void = () => undefined;
  #ended = false;

  constructor(
    readonly account: HubAccount,
    readonly source: Source,
    readonly settings: Settings,
  ) {}

  /** Has a batch sent as soon as there is room. */
  give(delivery: Delivery): void {
    const behind = this.#waiting.findIndex((one) => rank(one) > rank(delivery));
    this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, delivery);
    this.#wake();
  }

  /** Transactions on their way, or waiting to be. */
  get busy(): boolean {
    return this.#flights.length > 0 || this.#waiting.length > 0;
  }

  get onTheWay(): number {
    return this.#flights.length;
  }

  /** Says that the node may have lost what it had. */
  suspect(reason: unknown): void {
    this.#doubt = reason;
    this.#wake();
  }

  /** Says that there may be work again. */
  wake(): void {
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async run(): Promise<void> {
    const { accountNumber, sequence } = await this.account.client.getSequence(this.account.address);
    this.#accountNumber = accountNumber;
    this.#sequence = sequence;
    while (!this.#ended) {
      if (this.#doubt !== undefined) {
        await this.#recover();
        continue;
      }
      const delivery = this.#next();
      if (delivery === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      await this.#send(delivery);
    }
  }

  #next(): Delivery | undefined {
    const onTheWay = this.#flights.reduce((sum, { gas }) => sum + gas, 0);
    return onTheWay < this.settings.gasOnTheWay ? (this.#waiting.shift() ?? this.source()) : undefined;
  }

  async #send(delivery: Delivery): Promise<void> {
    const { limits, tally, follower, feeOf } = this.settings;
    const gas = limits.of(delivery.batch);
    const bytes = await this.#signed(delivery.batch, feeOf(gas));
    const flight = { hash: hashOf(bytes), bytes, sequence: this.#sequence, gas, delivery };
    this.#sequence += 1;
    this.#flights.push(flight);
    tally.transactions += 1;
    tally.why.set(delivery.why, (tally.why.get(delivery.why) ?? 0) + 1);
    follower.expect(flight.hash, (landed) => this.#landed(flight, landed));
    await this.#broadcast(flight);
    delivery.left?.();
  }

  async #signed(batch: Batch, fee: StdFee): Promise<Uint8Array> {
    const { address, client, hub } = this.account;
    const { contract, message } = settleBatchMessage(hub, batch);
    const execution = {
      typeUrl: "/cosmwasm.wasm.v1.MsgExecuteContract",
      value: { sender: address, contract, msg: toUtf8(JSON.stringify(message)), funds: [] },
    };
    const signer = { accountNumber: this.#accountNumber, sequence: this.#sequence, chainId: hub.chainId };
    return TxRaw.encode(await client.sign(address, [execution], fee, "", signer)).finish();
  }

  /** Hands a transaction to the node, and says whether it was new to it. Whatever goes wrong, its fate is found out later. */
  async #broadcast(flight: Flight): Promise<boolean> {
    try {
      await this.account.client.broadcastTxSync(flight.bytes);
      return true;
    } catch (error) {
      if (!(error instanceof Error && error.message.includes("tx already exists in cache"))) {
        this.#doubt = error;
      }
      return false;
    }
  }

  /**
   * After an outage, or a transaction that the node did not take: whatever no block holds is sent again, byte by byte and in the
   * order of sequences, which the chain executes at most once.
   */
  async #recover(): Promise<void> {
    const { follower, tally } = this.settings;
    const doubt = this.#doubt;
    this.#doubt = undefined;
    this.#recoveries += 1;
    if (this.#recoveries > MOST_RECOVERIES) {
      throw new Error(`${this.account.address} gets no transaction through: ${String(doubt)}`);
    }
    await pause(RECOVERY_MS);
    try {
      const height = await this.account.client.getHeight();
      const { sequence } = await this.account.client.getSequence(this.account.address);
      while (follower.height < height) {
        await pause(RECOVERY_MS / 4);
      }
      const lost = this.#flights.filter((flight) => flight.sequence >= sequence);
      for (const flight of lost) {
        if (await this.#broadcast(flight)) {
          tally.resent += 1;
        }
        if (this.#doubt !== undefined) {
          return;
        }
      }
    } catch (error) {
      if (!isOutage(error)) {
        throw error;
      }
      this.#doubt = error;
    }
  }

  #landed(flight: Flight, landed: Landed): void {
    this.#flights = this.#flights.filter((other) => other !== flight);
    this.#recoveries = 0;
    this.#judge(flight.delivery, landed);
    this.#wake();
  }

  #judge(delivery: Delivery, { answer, code, log, gasUsed }: Landed): void {
    const { limits, tally } = this.settings;
    if (code !== 0 && /out of gas/.test(log)) {
      tally.outOfGas += 1;
      limits.raise(delivery.batch);
      this.#again(delivery);
    } else if (code !== 0 && isTooEarly(log)) {
      tally.tooEarly += 1;
      this.#again(delivery);
    } else if (code !== 0 || answer === undefined) {
      throw new Error(`a batch of attester ${delivery.batch.plan.attester} (${delivery.why}) failed: ${log}`);
    } else {
      tally.receipts += answer.paid;
      tally.gross += answer.gross.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
      const outcomes = new Set(outcomesOfGroups(answer).map(outcomeName));
      const strange = [...outcomes].filter((outcome) => !["paid", "stale", "gap"].includes(outcome));
      if (strange.length > 0) {
        throw new Error(
          `a batch of attester ${delivery.batch.plan.attester} has groups that are ${strange.join(", ")}`,
        );
      }
      if (outcomes.has("gap")) {
        // Without a receipt that was billed, all that was not missing had been settled before.
        tally[answer.paid > 0 ? "partly" : "tooEarly"] += 1;
        this.#again(delivery);
        return;
      }
      if (answer.paid > 0) {
        tally.settled += 1;
        limits.learn(delivery.batch, Number(gasUsed));
      } else {
        tally.duplicate += 1;
      }
      delivery.settled?.();
    }
  }

  #again(delivery: Delivery): void {
    if (delivery.must) {
      this.settings.tally.again += 1;
      const { left: _, ...rest } = delivery;
      this.give(rest);
    }
  }
}

/** Nothing was settled, since receipts before each group are missing. */
function isTooEarly(log: string): boolean {
  return /nothing was settled: gap \([^)]*\): execute/.test(log);
}

/** What must be settled goes first, in the order of its attester. */
function rank({ must, place }: Delivery): number {
  return must ? place : Number.MAX_SAFE_INTEGER;
}
