/** What everybody must have, reckoned beside the chain and compared with its bank and tokens after every step. */

import assert from "node:assert/strict";
import { type Denom, denomText, type Hub, native, cw20 } from "hub-client";

type Shares = readonly { readonly account: string; readonly bps: bigint }[];

/** Money of accounts, by account and denomination. */
class Amounts {
  readonly #amounts = new Map<string, bigint>();

  get(account: string, denom: string): bigint {
    return this.#amounts.get(`${account} ${denom}`) ?? 0n;
  }

  add(account: string, denom: string, amount: bigint): void {
    const sum = this.get(account, denom) + amount;
    assert.ok(sum >= 0n, `${account} would have ${sum} ${denom}`);
    this.#amounts.set(`${account} ${denom}`, sum);
  }
}

export class Ledger {
  readonly #wallets = new Amounts();
  readonly #available = new Amounts();
  readonly #earned = new Amounts();
  readonly #reserved = new Map<number, { readonly caller: string; readonly denom: string; left: bigint }>();
  /** Lifetime gross of each model in each denomination: whose turn it is at its next unit. */
  readonly #gross = new Map<string, bigint>();
  readonly #accounts: string[];
  readonly #denoms: string[] = [];

  constructor(
    readonly hub: Hub,
    accounts: readonly string[],
  ) {
    this.#accounts = [...accounts];
  }

  /** Takes what everybody has of a denomination as the beginning. */
  async begin(denom: Denom): Promise<void> {
    const text = denomText(denom);
    this.#denoms.push(text);
    for (const account of this.#accounts) {
      this.#wallets.add(account, text, await this.#held(account, denom));
    }
  }

  deposit(from: string, owner: string, denom: Denom, amount: bigint): void {
    this.#wallets.add(from, denomText(denom), -amount);
    this.#available.add(owner, denomText(denom), amount);
  }

  open(session: number, caller: string, denom: Denom, budget: bigint): void {
    this.#available.add(caller, denomText(denom), -budget);
    this.#reserved.set(session, { caller, denom: denomText(denom), left: budget });
  }

  topUp(session: number, amount: bigint): void {
    const reserve = this.#reserve(session);
    this.#available.add(reserve.caller, reserve.denom, -amount);
    reserve.left += amount;
  }

  /** A session pays for a model: every unit of the model's lifetime gross has one owner by its number. */
  charge(session: number, model: number, amount: bigint, shares: Shares): void {
    const reserve = this.#reserve(session);
    reserve.left -= amount;
    assert.ok(reserve.left >= 0n, `session ${session} pays ${-reserve.left} too much`);
    const key = `${model} ${reserve.denom}`;
    const before = this.#gross.get(key) ?? 0n;
    this.#gross.set(key, before + amount);
    let from = 0n;
    for (const { account, bps } of shares) {
      const part = unitsOf(before + amount, from, from + bps) - unitsOf(before, from, from + bps);
      this.#available.add(account, reserve.denom, part);
      this.#earned.add(account, reserve.denom, part);
      from += bps;
    }
    assert.equal(from, 10_000n, `shares of model ${model}, in basis points`);
  }

  release(session: number): void {
    const reserve = this.#reserve(session);
    this.#available.add(reserve.caller, reserve.denom, reserve.left);
    reserve.left = 0n;
  }

  /** Out of the escrow, into a wallet. */
  payOut(account: string, denom: Denom, amount: bigint, recipient = account): void {
    this.#available.add(account, denomText(denom), -amount);
    this.#wallets.add(recipient, denomText(denom), amount);
  }

  available(account: string, denom: Denom): bigint {
    return this.#available.get(account, denomText(denom));
  }

  left(session: number): bigint {
    return this.#reserve(session).left;
  }

  /** Who owns a session, and in what it pays. */
  session(session: number): { readonly caller: string; readonly denom: string } {
    return this.#reserve(session);
  }

  gross(model: number, denom: Denom): bigint {
    return this.#gross.get(`${model} ${denomText(denom)}`) ?? 0n;
  }

  /** Compares everything with the chain. */
  async check(): Promise<void> {
    for (const text of this.#denoms) {
      const denom = text.startsWith("cw20:") ? cw20(text.slice(5)) : native(text);
      let owed = 0n;
      for (const account of this.#accounts) {
        const balance = await this.hub.escrow.query.balance({ address: account, denom });
        const found = [await this.#held(account, denom), BigInt(balance.available), BigInt(balance.earned)];
        const expected = [this.#wallets, this.#available, this.#earned].map((amounts) => amounts.get(account, text));
        assert.deepEqual(found, expected, `wallet, available and earned of ${account} in ${text}`);
        owed += BigInt(balance.available);
      }
      for (const [session, reserve] of this.#reserved) {
        if (reserve.denom === text) {
          const { left } = await this.hub.escrow.query.session({ session });
          assert.equal(BigInt(left), reserve.left, `left in session ${session}`);
          owed += reserve.left;
        }
      }
      const solvency = await this.hub.escrow.query.solvency({ denom });
      assert.equal(BigInt(solvency.owed), owed, `what the escrow owes in ${text}`);
      assert.equal(await this.#held(this.hub.escrow.address, denom), owed, `what the escrow holds of ${text}`);
    }
  }

  #reserve(session: number): { readonly caller: string; readonly denom: string; left: bigint } {
    const reserve = this.#reserved.get(session);
    assert.ok(reserve, `session ${session} is not in the ledger`);
    return reserve;
  }

  /** What the bank or the token says. */
  async #held(account: string, denom: Denom): Promise<bigint> {
    if ("native" in denom) {
      return BigInt((await this.hub.client.getBalance(account, denom.native)).amount);
    }
    const query = { balance: { address: account } };
    const { balance } = (await this.hub.client.queryContractSmart(denom.cw20, query)) as { balance: string };
    return BigInt(balance);
  }
}

/** How many of the numbers below `end` are, modulo 10 000, in [from, to). */
function unitsOf(end: bigint, from: bigint, to: bigint): bigint {
  const inLast = end % 10_000n;
  const part = inLast <= from ? 0n : inLast < to ? inLast - from : to - from;
  return (end / 10_000n) * (to - from) + part;
}
