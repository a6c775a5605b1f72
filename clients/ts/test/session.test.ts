/** What a session is opened with. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { escrow } from "../src/contracts/index.js";
import type { HubAccount, Offer } from "../src/hub.js";
import { Messages } from "../src/messages.js";
import { openSession, type SessionWish } from "../src/session.js";
import { native, type Denom, type Rates } from "../src/values.js";
import { BlobId } from "../src/wire/blob-id.js";

const USD = native("uusd");
const rates = (perCall: bigint, perMillionIn: bigint, perMillionOut: bigint): Rates => ({
  perCall,
  perMillionIn,
  perMillionOut,
});
const PRICES: Record<string, { rates: Rates; denom: Denom }> = {
  "1/1": { rates: rates(9n, 0n, 5n), denom: USD },
  "2/1": { rates: rates(1n, 7n, 0n), denom: USD },
  "2/2": { rates: rates(3n, 8n, 0n), denom: USD },
  "4/1": { rates: rates(1n, 1n, 1n), denom: native("other") },
};

/** Opens a session and gives the limit that was sent along, at the time that was asked. */
async function limitOf(wish: Partial<SessionWish>): Promise<escrow.NewSession["max_price"]> {
  let sent: escrow.NewSession | undefined;
  const messages = new Messages<escrow.ExecuteMsg, escrow.ExecuteData>("escrow");
  const account = {
    hub: {
      escrow: { address: "escrow", message: messages.message.bind(messages) },
      now: async () => 1_000,
      offer: async (model: number, release = 1): Promise<Offer> => {
        const { rates, denom } = PRICES[`${model}/${release}`] ?? assert.fail(`no model ${model}/${release}`);
        return {
          model,
          release,
          blobId: BlobId.fromBytes(new Uint8Array(32)),
          terms: 1,
          denom,
          rates,
          operatorBps: 0,
          until: 9,
        };
      },
    },
    send: async ([action]: { message: { deposit: { session: escrow.NewSession } } }[]) => {
      sent = action?.message.deposit.session;
      return { answers: [{ session: 7 }] };
    },
  } as unknown as HubAccount;
  const always = { operator: "operator", models: [1], denom: USD, budget: 5n, lastsSeconds: 60 };
  const { session } = await openSession(account, { ...always, ...wish });
  assert.deepEqual([session, sent?.expires_at], [7, 1_060]);
  return sent?.max_price;
}

const message = (perCall: string, perMillionIn: string, perMillionOut: string) => ({
  per_call: perCall,
  per_million_in: perMillionIn,
  per_million_out: perMillionOut,
});

test("a session pays no more than its models cost when it was opened, unless it is told otherwise", async () => {
  assert.deepEqual(await limitOf({}), message("9", "0", "5"));
  // Each component to the highest among the models; a named release by its own price.
  assert.deepEqual(await limitOf({ models: [1, { model: 2 }] }), message("9", "7", "5"));
  assert.deepEqual(await limitOf({ models: [{ model: 2, release: 2 }, 1] }), message("9", "8", "5"));
  assert.deepEqual(await limitOf({ maxPrice: rates(1n, 2n, 3n) }), message("1", "2", "3"));
  assert.equal(await limitOf({ maxPrice: "none" }), null);
});

test("a session that could pay none of its models is not opened", async () => {
  await assert.rejects(limitOf({ models: [1, 4] }), {
    code: "invalid_input",
    message: "model 4 has its price in other, the session holds uusd: open a session in the denomination of the model",
  });
  await assert.rejects(limitOf({ models: "any" }), { code: "invalid_input", message: /no maxPrice/ });
  await assert.rejects(limitOf({ models: "any", maxPrice: "none" }), { code: "invalid_input", message: /no maxPrice/ });
});
