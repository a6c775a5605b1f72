/** Paying for a call out of the wallet that is connected: a session is opened for the operator, and each answer is checked. */

import { HubPayments, webStore } from "hub-x402";
import { accountSource } from "hub-x402/account";
import { denomText, type HubReader } from "hub-client/read";

import type { Config } from "../app/config.js";
import { amount, type Currency } from "../app/format.js";
import type { Connected } from "./connected.js";

/** Whole units that a session gets, and that calls from this page may cost in all: tenths. */
const BUDGET_TENTHS = 1n;
const TOTAL_TENTHS = 10n;

/** An answer that was paid. */
export interface PaidCall {
  readonly body: string;
  readonly says: string;
  readonly session: number;
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
  const tenth = 10n ** BigInt(Math.max(0, currency.decimals - 1));
  const payments = await HubPayments.open({
    hub,
    deployment: config.deployment,
    source: accountSource(wallet.account),
    store: webStore(localStorage, `hub.payments.${config.deployment.chain_id}.${wallet.address}`),
    assets: {
      [denomText(currency.denom)]: {
        symbol: currency.symbol,
        decimals: currency.decimals,
        perCall: BUDGET_TENTHS * tenth,
        total: TOTAL_TENTHS * tenth,
        budget: BUDGET_TENTHS * tenth,
      },
    },
  });
  const paid = await payments.call(url, body);
  return {
    body: new TextDecoder().decode(paid.body),
    session: paid.session,
    says: `Paid ${amount(paid.amount, currency)} ${currency.symbol} from session ${paid.session}; the answer fits its signed receipt.`,
  };
}
