/** The account that is connected, and what it sent: kept until its fate is known, also when the page is closed in between. */

import type { Action, HubAccount } from "hub-client";

import type { Config } from "../app/config.js";
import type { Way } from "./wallets.js";

const UNCONFIRMED = "hub.unconfirmed";

/** An account that signs. */
export class Connected {
  private constructor(
    readonly account: HubAccount,
    readonly way: Way,
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
    return new Connected(await hub.account(signer, { gasPrice: `${gasPrice}${feeDenom}` }), way, config);
  }

  get address(): string {
    return this.account.address;
  }

  /** Sends messages in one transaction. Its hash is kept before it leaves, until a block holds it or cannot any more. */
  async send(actions: readonly Action<unknown>[]): Promise<string> {
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

let current: Connected | undefined;
const listeners = new Set<() => void>();

/** The account that is connected, if any. */
export function connected(): Connected | undefined {
  return current;
}

/** Sets or drops the account that is connected. */
export function become(next: Connected | undefined): void {
  current = next;
  listeners.forEach((tell) => tell());
}

let leaveWallet = () => undefined as unknown;

/**
 * Connects a wallet, and follows it: when its account changes, the new one is connected in its place, and nobody if the wallet does
 * not let it.
 */
export async function connect(config: Config, endpoint: string, way: Way): Promise<void> {
  const { changes } = way;
  become(await Connected.to(config, endpoint, way));
  leaveWallet();
  if (changes === undefined) {
    leaveWallet = () => undefined;
    return;
  }
  const changed = () => {
    if (current?.way !== way) {
      return;
    }
    // What the old account began must not be signed by the new one.
    become(undefined);
    Connected.to(config, endpoint, way).then(become, () => undefined);
  };
  addEventListener(changes, changed);
  leaveWallet = () => removeEventListener(changes, changed);
}

/** Tells of every change until the answer is called. */
export function onChange(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}
