/** Sessions that an account opens and tops up, through hub-client and so through cosmjs. */

import {
  cw20Send,
  eventsOf,
  HubError,
  type HubAccount,
  openSessionMessage,
  UnconfirmedError,
  valueOf,
} from "hub-client";
import type { SessionSource } from "./sessions.js";

/** Pays sessions out of an account's wallet. */
export function accountSource(account: HubAccount): SessionSource {
  const { hub } = account;
  return {
    open: async (order, left) => {
      const wish = {
        operator: order.operator,
        models: order.models,
        denom: denomOf(order.asset),
        budget: order.budget,
        lastsSeconds: order.lastsSeconds,
        maxPrice: order.maxPrice,
        ceiling: { key: order.key },
        ...(order.measurement !== undefined && { measurement: bytesOf(order.measurement) }),
      };
      const action = openSessionMessage(hub, wish, await hub.now());
      try {
        const sent = await account.send([action], { beforeBroadcast: ({ txHash }) => left(txHash) });
        return sent.answers[0].session;
      } catch (error) {
        if (!(error instanceof UnconfirmedError)) {
          throw error;
        }
        return (await account.resume(error, [action])).answers[0].session;
      }
    },
    opened: async (txHash) => {
      try {
        const { events } = await account.resume(txHash);
        const [opened] = eventsOf(events, hub.escrow.address, "hub_session_opened");
        const session = opened === undefined ? undefined : valueOf(opened, "session");
        return session === undefined ? undefined : Number(session);
      } catch (error) {
        // It surely never happened, or was refused as a whole.
        if (error instanceof HubError && (error.code === "tx_dropped" || error.code === "refused")) {
          return undefined;
        }
        throw error;
      }
    },
    topUp: async (session, asset, amount) => {
      const denom = denomOf(asset);
      const deposit = { beneficiary: null, session: null };
      const text = amount.toString();
      const paying =
        "native" in denom
          ? hub.escrow.message("deposit", deposit, [{ denom: denom.native, amount: text }])
          : cw20Send(denom.cw20, hub.escrow.address, text, { deposit });
      const actions = [paying, hub.escrow.message("top_up", { session, amount: text })] as const;
      try {
        await account.send(actions);
      } catch (error) {
        if (!(error instanceof UnconfirmedError)) {
          throw error;
        }
        await account.resume(error);
      }
    },
  };
}

function denomOf(asset: string): { native: string } | { cw20: string } {
  return asset.startsWith("cw20:") ? { cw20: asset.slice("cw20:".length) } : { native: asset };
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}
