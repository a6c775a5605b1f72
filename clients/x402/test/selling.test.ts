/** A Hub model is sold by a server that knows nothing of the Hub but its operator's address: `@x402/express`, unchanged. */

import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { HTTPFacilitatorClient } from "@x402/core/server";
import { paymentMiddleware, x402ResourceServer } from "@x402/express";
import { wrapFetchWithPayment, x402Client } from "@x402/fetch";
import express from "express";
import { paymentErrorCode } from "../src/index.js";
import { forward, quoteOf, sellerScheme } from "../src/server.js";
import { BODY, CHAIN, COST, OPERATOR, StandIn } from "./stand-in.js";

/** Listens on a port of this machine until the test is over. */
async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The stand-in behind a socket. */
function operatorOf(hub: StandIn): Server {
  return createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) {
      parts.push(part as Buffer);
    }
    const body = Buffer.concat(parts);
    const headers = new Headers(request.headers as Record<string, string>);
    const init = { method: request.method ?? "GET", headers, ...(body.length > 0 && { body }) };
    const answer = await hub.fetch(`http://operator${request.url}`, init);
    answer.headers.forEach((value, name) => response.setHeader(name, value));
    response.statusCode = answer.status;
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
}

/** A seller of the operator's model. */
function sellerOf(operator: string, answers: (path: string) => boolean = () => true): Server {
  const model = `${operator}/v2/models/1/infer`;
  const network = `cosmos:${CHAIN}` as const;
  const seller = new x402ResourceServer(new HTTPFacilitatorClient({ url: operator }));
  seller.register(network, sellerScheme);
  const app = express();
  app.use(express.raw({ type: "application/json" }));
  const accepts = {
    scheme: "batch-settlement",
    network,
    payTo: OPERATOR,
    price: async ({ adapter }: { adapter: { getBody?(): unknown } }) =>
      (await quoteOf(model, adapter.getBody?.() as Uint8Array)).price,
  };
  app.use(paymentMiddleware({ "POST /forecast": { accepts, description: "A forecast" } }, seller));
  app.post("/forecast", async (request, response) => {
    if (!answers(request.path)) {
      response.json({ outputs: "of my own" });
      return;
    }
    const answer = await forward(model, request.body as Uint8Array, request.header("payment-signature") ?? "");
    response.status(answer.status).type(answer.mimeType).send(Buffer.from(answer.body));
  });
  return createServer(app);
}

test("a server of x402 sells a model through its operator, who is paid by the buyer, once", async (context) => {
  const hub = new StandIn();
  const operator = operatorOf(hub);
  const seller = sellerOf(await listen(operator));
  const url = `${await listen(seller)}/forecast`;
  context.after(() => [operator, seller].forEach((server) => server.close()));
  const payments = await hub.callerWith(1_000n, { fetch });
  const pay = wrapFetchWithPayment(payments.fetch, new x402Client().register("cosmos:*", payments.scheme));
  const post = { method: "POST", body: BODY, headers: { "content-type": "application/json" } };
  const unpaid = await fetch(url, post);
  assert.equal(unpaid.status, 402);
  const response = await pay(url, post);
  assert.deepEqual([response.status, await response.json()], [200, { outputs: [4] }]);
  const paid = payments.paid(response);
  assert.deepEqual([paid?.amount, paid?.operator, paid?.bodyChecked], [COST, OPERATOR, true]);
  assert.deepEqual([hub.ran, payments.spent("uusdc").total], [1, COST]);
});

test("a seller that answers by itself is paid nothing, since no attester signed for it", async (context) => {
  const hub = new StandIn();
  const operator = operatorOf(hub);
  const seller = sellerOf(await listen(operator), () => false);
  const url = `${await listen(seller)}/forecast`;
  context.after(() => [operator, seller].forEach((server) => server.close()));
  const payments = await hub.callerWith(1_000n, { fetch });
  const failure = await payments.call(url, BODY).catch((error: unknown) => error);
  assert.notEqual(paymentErrorCode(failure), undefined, String(failure));
  assert.deepEqual([hub.ran, payments.spent("uusdc").total], [0, 0n]);
});

test("a price that is no quote is refused", async () => {
  await assert.rejects(sellerScheme.parsePrice("$0.01"), { code: "invalid_input" });
  const hub = new StandIn();
  hub.lies = { instead: () => Response.json({ error: { code: "bad_shape", message: "No." } }, { status: 422 }) };
  const quote = quoteOf("http://operator/v2/models/1/infer", new TextEncoder().encode(BODY), hub.fetch);
  await assert.rejects(quote, { code: "refused" });
});
