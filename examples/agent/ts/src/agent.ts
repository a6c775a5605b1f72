/**
 * An agent that buys a forecast every minute and shows what it spent: ten candles of a price go out, the volatility of the next one
 * comes back, with a receipt. Runs in every end-to-end test, with a short interval.
 */

import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { wrapFetchWithPayment, x402Client } from "@x402/fetch";
import { Hub } from "hub-client";
import { HubPayments, paymentErrorCode } from "hub-x402";
import { accountSource } from "hub-x402/account";
import { fileStore } from "hub-x402/node";
import { prices } from "./prices.js";

const { HUB_MODEL_URL = "", HUB_MNEMONIC = "", HUB_RPC = "http://127.0.0.1:26657" } = process.env;
const { HUB_DEPLOYMENT = "deploy/deployments/hub-devnet-1.json", HUB_TALLY = "tally.json" } = process.env;
const { HUB_EVERY_SECONDS = "60", HUB_CALLS = "Infinity" } = process.env;

// Ten lines: a chain, an account, limits, and a `fetch` that pays.
const deployment = JSON.parse(await readFile(HUB_DEPLOYMENT, "utf8"));
const hub = await Hub.connect(HUB_RPC, deployment);
const signer = await DirectSecp256k1HdWallet.fromMnemonic(HUB_MNEMONIC, { prefix: "wasm" });
const source = accountSource(await hub.account(signer, { gasPrice: "0.025stake" }));
const uusdc = { symbol: "USDC", decimals: 6, perCall: 1_000n, perDay: 50_000n, total: 1_000_000n, budget: 20_000n };
const payments = await HubPayments.open({ hub, deployment, source, assets: { uusdc }, store: fileStore(HUB_TALLY) });
const pay = wrapFetchWithPayment(payments.fetch, new x402Client().register("cosmos:*", payments.scheme));

// What an earlier run left open is asked for first: it was paid, or it was not.
await payments.reconcile();
const market = prices();
for (let call = 0; call < Number(HUB_CALLS); call += 1) {
  const inputs = [{ name: "candles", datatype: "FP32", shape: [1, 10, 4], data: market.next() }];
  try {
    const response = await pay(HUB_MODEL_URL, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ inputs }),
    });
    if (!response.ok) throw new Error(`status ${response.status}: ${await response.text()}`);
    const { outputs } = (await response.json()) as { outputs: [{ data: [number] }] };
    const paid = payments.paid(response);
    const { today, total } = payments.spent("uusdc");
    const moves = (100 * outputs[0].data[0]).toFixed(2);
    console.log(
      `price ${market.last.toFixed(2)}, next candle moves ${moves} %: ${paid?.amount} uusdc, ${today} today, ${total} in all`,
    );
  } catch (error) {
    // Limits and a dishonest operator end it. Everything else may pass: the next minute tries again.
    const code = paymentErrorCode(error);
    console.error(error instanceof Error ? error.message : error);
    if (code === "over_limit" || code === "distrusted" || code === "wrong_chain" || code === "wrong_asset") {
      process.exitCode = 1;
      break;
    }
  }
  if (call + 1 < Number(HUB_CALLS)) await sleep(1_000 * Number(HUB_EVERY_SECONDS));
}
