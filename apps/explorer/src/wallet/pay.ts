/** Paying for calls out of the wallet that is connected: sessions are opened and topped up, and each answer is checked. */

import { type HubReader, denomText, type escrow } from "hub-client/read";
import { cw20Send, openSessionMessage, wire } from "hub-client";
import { HubPayments, webStore } from "hub-x402";
import { accountSource } from "hub-x402/account";

import type { Config } from "../app/config.js";
import { amount, type Currency, tenth } from "../app/format.js";
import type { Connected } from "./connected.js";

/** Times a tenth of a unit, which a session gets that a call opens, that calls from this page may cost in all unless more is put in. */
const TOTAL_TENTHS = 10n;

/** An answer that was paid. */
export interface PaidCall {
  readonly body: string;
  readonly says: string;
  readonly session: number;
}

/** A session that somebody asks for. */
export interface Wish {
  readonly model: number;
  readonly operator: string;
  readonly budget: bigint;
  readonly days: number;
}

/** Calls a model, pays for it, and holds the answer against its receipt. */
export async function payFor(
  wallet: Connected,
  hub: HubReader,
  config: Config,
  currency: Currency,
  url: string,
  body: string,
): Promise<PaidCall> {
  const paid = await wallet.alone(async () => {
    await takeIn(wallet, hub, config, currency);
    return await (await paymentsOf(wallet, hub, config, currency)).call(url, body);
  });
  return {
    body: new TextDecoder().decode(paid.body),
    session: paid.session,
    says: `Paid ${amount(paid.amount, currency)} ${currency.symbol} from session ${paid.session}; the answer fits its signed receipt.`,
  };
}

/**
 * Opens a session for calls from this page, at most at the price that the model has now. Its key is kept before anything is sent, so
 * that a page that is closed meanwhile can use the session later: see {@link adoptOpened}.
 */
export async function openSession(
  wallet: Connected,
  reader: HubReader,
  config: Config,
  currency: Currency,
  { model, operator, budget, days }: Wish,
): Promise<void> {
  const { hub } = wallet.account;
  const [offer, now] = await Promise.all([hub.offer(model), hub.now()]);
  if (denomText(offer.denom) !== denomText(currency.denom)) {
    throw new Error(`model ${model} has its price in ${denomText(offer.denom)}: choose that denomination above`);
  }
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const { publicKey } = wire.SigningKey.ed25519(seed);
  const wish = {
    operator,
    models: [model],
    denom: currency.denom,
    budget,
    lastsSeconds: days * 86_400,
    maxPrice: offer.rates,
    ceiling: { key: publicKey },
  };
  await wallet.alone(async (send) => {
    const keys = seedsOf(wallet, config);
    keys.set([...keys.get(), wire.toHex(seed)]);
    try {
      await send([openSessionMessage(hub, wish, now)]);
    } catch (error) {
      if ((error as { code?: string }).code !== "unconfirmed") {
        keys.set(keys.get().filter((one) => one !== wire.toHex(seed)));
      }
      throw error;
    }
    allow(wallet, config, currency, budget);
    await takeIn(wallet, reader, config, currency);
  });
}

/** Takes sessions in that this page opened, and whose opening it did not see the end of. */
export async function adoptOpened(
  wallet: Connected,
  reader: HubReader,
  config: Config,
  currency: Currency,
): Promise<void> {
  await wallet.alone(() => takeIn(wallet, reader, config, currency));
}

async function takeIn(wallet: Connected, reader: HubReader, config: Config, currency: Currency): Promise<void> {
  const keys = seedsOf(wallet, config);
  if (keys.get().length === 0) {
    return;
  }
  const { sessions } = await wallet.account.hub.escrow.query.sessionsByCaller({ caller: wallet.address, limit: 30 });
  const payments = await paymentsOf(wallet, reader, config, currency);
  for (const text of keys.get()) {
    const seed = Uint8Array.from(text.match(/../g) ?? [], (digits) => parseInt(digits, 16));
    const { publicKey } = wire.SigningKey.ed25519(seed);
    const own = btoa(String.fromCharCode(...publicKey.bytes));
    const session = sessions.find(({ ceiling }) => ceiling?.key?.key === own);
    if (session !== undefined) {
      await payments.adopt(session.session, { type: "ed25519", seed });
      keys.set(keys.get().filter((one) => one !== text));
    }
  }
}

/** Adds to the budget of a session, from the wallet. */
export async function topUp(
  wallet: Connected,
  config: Config,
  currency: Currency,
  { session, denom }: Pick<escrow.SessionResponse, "session" | "denom">,
  value: bigint,
): Promise<void> {
  const { escrow } = wallet.account.hub;
  const text = value.toString();
  const deposit = { beneficiary: null, session: null };
  const paying =
    "native" in denom
      ? escrow.message("deposit", deposit, [{ denom: denom.native, amount: text }])
      : cw20Send(denom.cw20, escrow.address, text, { deposit });
  await wallet.send([paying, escrow.message("top_up", { session, amount: text })]);
  allow(wallet, config, currency, value);
}

async function paymentsOf(wallet: Connected, hub: HubReader, config: Config, currency: Currency): Promise<HubPayments> {
  const budget = tenth(currency);
  return await HubPayments.open({
    hub,
    deployment: config.deployment,
    source: accountSource(wallet.account),
    store: webStore(localStorage, `hub.payments.${config.deployment.chain_id}.${wallet.address}`),
    assets: {
      [denomText(currency.denom)]: {
        symbol: currency.symbol,
        decimals: currency.decimals,
        perCall: budget,
        total: TOTAL_TENTHS * budget + allowed(wallet, config, currency),
        budget,
      },
    },
  });
}

/** What was put into sessions by hand, and may be spent beyond the usual limit. */
function allowed(wallet: Connected, config: Config, currency: Currency): bigint {
  const text = localStorage.getItem(allowedKey(wallet, config, currency)) ?? "";
  return /^\d+$/.test(text) ? BigInt(text) : 0n;
}

function allow(wallet: Connected, config: Config, currency: Currency, more: bigint): void {
  localStorage.setItem(allowedKey(wallet, config, currency), String(allowed(wallet, config, currency) + more));
}

function allowedKey({ address }: Connected, { deployment }: Config, { denom }: Currency): string {
  return `hub.allowed.${deployment.chain_id}.${address}.${denomText(denom)}`;
}

/** Keys of sessions whose opening was not seen yet, as hex. */
function seedsOf({ address }: Connected, { deployment }: Config): { get(): string[]; set(seeds: string[]): void } {
  const key = `hub.opening.${deployment.chain_id}.${address}`;
  return {
    get: () => (localStorage.getItem(key) ?? "").split(",").filter((one) => /^[0-9a-f]{64}$/.test(one)),
    set: (seeds) => localStorage.setItem(key, seeds.slice(-20).join(",")),
  };
}
