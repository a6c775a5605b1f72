/** The account that is connected, and what it sent: kept until its fate is known, also when the page is closed in between. */

import type { Action, HubAccount } from "hub-client";

import type { Config } from "../app/config.js";
import type { Way } from "./wallets.js";

const UNCONFIRMED = "hub.unconfirmed";

/** Sends messages in one transaction, and answers its hash once a block holds it. */
export type Send = (actions: readonly Action<unknown>[]) => Promise<string>;

/** An account that signs. */
export class Connected {
  private constructor(
    readonly account: HubAccount,
    readonly way: Way,
    /** RPC address of the node that it sends to. */
    readonly endpoint: string,
    private readonly config: Config,
  ) {}

  /** Connects a wallet to the chain. cosmjs is loaded here and nowhere earlier. */
  static async to(config: Config, endpoint: string, way: Way): Promise<Connected> {
    if (config.wallet === undefined) {
      throw new Error("hub.json has no section “wallet”, which says what fees cost: this page cannot sign");
    }
    const [signer, { Hub }] = await Promise.all([way.connect(), import("hub-client")]);
    const hub = await Hub.connect(endpoint, config.deployment);
    const { gasPrice, feeDenom } = config.wallet;
    return new Connected(await hub.account(signer, { gasPrice: `${gasPrice}${feeDenom}` }), way, endpoint, config);
  }

  get address(): string {
    return this.account.address;
  }

  /** Sends messages in one transaction, if nothing else of this account signs or pays at the moment. */
  async send(actions: readonly Action<unknown>[]): Promise<string> {
    return await this.alone((send) => send(actions));
  }

  /**
   * Does what signs or pays, while nothing else of this account does. A second click, the page that is left and opened again, and
   * another tab are refused meanwhile: each of them would sign the same a second time.
   */
  async alone<T>(doing: (send: Send) => Promise<T>): Promise<T> {
    return await onlyOne(this.#key, () => doing((actions) => this.#send(actions)));
  }

  /** Its hash is kept before it leaves, until a block holds it or cannot any more. */
  async #send(actions: readonly Action<unknown>[]): Promise<string> {
    let hash = "";
    try {
      const sent = await this.account.send([...actions], {
        beforeBroadcast: ({ txHash }) => {
          hash = txHash;
          remember(this.#key, [...unconfirmed(this.#key), txHash]);
        },
      });
      this.#forget(hash);
      return sent.txHash;
    } catch (error) {
      if ((error as { code?: string }).code !== "unconfirmed") {
        this.#forget(hash);
      }
      throw error;
    }
  }

  /** Transactions of this account whose fate is not known. */
  get unconfirmed(): readonly string[] {
    return unconfirmed(this.#key);
  }

  /** Asks what became of a transaction. */
  async resume(hash: string): Promise<string> {
    try {
      await this.account.resume(hash);
      this.#forget(hash);
      return "It is in a block.";
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (code === "tx_dropped" || code === "refused") {
        this.#forget(hash);
      }
      return message;
    }
  }

  get #key(): string {
    return `${UNCONFIRMED}.${this.config.deployment.chain_id}.${this.address}`;
  }

  #forget(hash: string): void {
    remember(
      this.#key,
      unconfirmed(this.#key).filter((one) => one !== hash),
    );
  }
}

function unconfirmed(key: string): string[] {
  return (localStorage.getItem(key) ?? "").split(",").filter((one) => one !== "");
}

function remember(key: string, hashes: readonly string[]): void {
  localStorage.setItem(key, hashes.join(","));
}

/** Where browsers have no locks (pages without encryption), this tab at least does one thing at a time. */
const running = new Set<string>();

/** Does something unless the same runs already, in this tab or another. */
async function onlyOne<T>(name: string, doing: () => Promise<T>): Promise<T> {
  const { locks } = navigator as { readonly locks?: LockManager };
  if (locks !== undefined) {
    return (await locks.request(name, { ifAvailable: true }, async (lock) => {
      if (lock === null) {
        throw new Error(BUSY);
      }
      return await doing();
    })) as T;
  }
  if (running.has(name)) {
    throw new Error(BUSY);
  }
  running.add(name);
  try {
    return await doing();
  } finally {
    running.delete(name);
  }
}

const BUSY =
  "This account is asked to sign already, or waits for a block, here or in another tab: let that end first, then try again";

let current: Connected | undefined;
/** Counts what was asked for: whatever was asked for last becomes the account, however long it takes. */
let asked = 0;
const listeners = new Set<() => void>();

/** The account that is connected, if any. */
export function connected(): Connected | undefined {
  return current;
}

function become(next: Connected | undefined): void {
  current = next;
  listeners.forEach((tell) => tell());
}

let leaveWallet = () => undefined as unknown;

/**
 * Connects a wallet, and follows it: when its account changes, the new one is connected in its place, and nobody if the wallet does
 * not let it.
 */
export async function connect(config: Config, endpoint: string, way: Way): Promise<void> {
  const turn = (asked += 1);
  const next = await Connected.to(config, endpoint, way);
  if (turn !== asked) {
    return;
  }
  leaveWallet();
  become(next);
  const { changes } = way;
  if (changes === undefined) {
    leaveWallet = () => undefined;
    return;
  }
  const changed = () => {
    // What the old account began must not be signed by the new one.
    become(undefined);
    const turn = (asked += 1);
    Connected.to(config, endpoint, way).then(
      (other) => (turn === asked ? become(other) : undefined),
      () => undefined,
    );
  };
  addEventListener(changes, changed);
  leaveWallet = () => removeEventListener(changes, changed);
}

/** Leaves the account that is connected, and follows its wallet no more. */
export function disconnect(): void {
  asked += 1;
  leaveWallet();
  leaveWallet = () => undefined;
  become(undefined);
}

/** Tells of every change until the answer is called. */
export function onChange(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}
