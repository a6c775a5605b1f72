/**
 * The user of a contract that buys inference (examples/inference-buyer), with cosmjs; and around it an author who publishes the
 * model and an operator who serves it, with hub-client. Runs in every end-to-end test.
 */

import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import {
  eventsOf,
  Hub,
  inclusion,
  native,
  otherMessage,
  priceOf,
  readSession,
  receiptFor,
  registerAttester,
  settleBatchMessage,
  signBatch,
  wire,
} from "hub-client";

const { HUB_RPC = "http://127.0.0.1:26657", HUB_DEPLOYMENT = "deploy/deployments/hub-devnet-1.json" } = process.env;
const hub = await Hub.connect(HUB_RPC, JSON.parse(await readFile(HUB_DEPLOYMENT, "utf8")));
const account = async (words = "") => {
  const signer = await DirectSecp256k1HdWallet.fromMnemonic(words, { prefix: "wasm" });
  return await hub.account(signer, { gasPrice: "0.025stake" });
};
const author = await account(process.env["AUTHOR"]);
const operator = await account(process.env["OPERATOR"]);
const user = await account(process.env["USER_WORDS"]);

// An author publishes a model at 500 micro-dollars a call and 1 a token, and an operator registers its server's key.
const published = await author.send([
  hub.registry.message("register_model", {
    name: `oracle-${Date.now()}`,
    metadata: { title: "Oracle", description: "", task: "text-generation", license: "MIT", tags: [], homepage: null },
    terms: {
      price: { denom: native("uusdc"), per_call: "500", per_million_in: "1000000", per_million_out: "1000000" },
      operator_bps: 1_000,
      payees: [{ address: author.address, bps: 9_000 }],
    },
    release: { major: 1, minor: 0, blob_id: wire.BlobId.fromBytes(wire.sha256(Uint8Array.of(1))).toString() },
  }),
]);
const { model } = published.answers[0];
const attesterKey = wire.SigningKey.generate("secp256k1");
const { attester } = await registerAttester(operator, attesterKey);

// Somebody puts the contract on the chain, for orders of twelve seconds; a real one would let them last for weeks.
const code = await readFile(process.env["HUB_BUYER_WASM"] ?? "examples/build/inference_buyer.wasm");
const { codeId } = await author.client.upload(author.address, code, "auto");
const buys = { billing: hub.billing.address, operator: operator.address, model, order_seconds: 12 };
const made = await author.client.instantiate(author.address, codeId, buys, "inference-buyer", "auto");
const buyer = made.contractAddress;

// The user knows nothing of sessions and vouchers: it pays the contract, and asks.
const coins = [{ denom: "uusdc", amount: "10000" }];
const ordered = await user.client.execute(user.address, buyer, { order: {} }, "auto", "", coins);
const [opened] = eventsOf(ordered.events, hub.escrow.address, "hub_session_opened");
const order = Number(opened?.attributes.find(({ key }) => key === "session")?.value);

const request = new TextEncoder().encode("What will the weather be?");
const request_hash = Buffer.from(wire.sha256(request)).toString("hex");
const offer = await hub.offer(model);
const units = { input: 6n, output: 94n };
const price = priceOf(offer.rates, units);
const ask = { ask: { order, request_hash, max_price: price.toString() } };
await user.client.execute(user.address, buyer, ask, "auto");

// The operator is handed the request, sees that the session pays for it, answers, and settles a batch of receipts.
const { payable } = await readSession(hub, order);
if (payable < price) throw new Error(`session ${order} pays ${payable} more, ${price} are needed`);
const response = new TextEncoder().encode("Changeable.");
const issuedAt = await hub.now();
const receipt = receiptFor({ attester, session: order, offer, units, request, response, issuedAt });
const { bytes, receipts } = new wire.BatchBuilder(BigInt(attester))
  .next(BigInt(order), 0n)
  .push(receipt)
  .build("itemised");
const settled = await operator.send([settleBatchMessage(hub, signBatch(hub.domain, attesterKey, bytes))]);
const { batch } = settled.answers[0];

// Anyone shows the contract that its operator vouched for this answer.
await operator.send([otherMessage(buyer, { answer: { batch, ...inclusion(receipts, 0) } })]);
const asked = { request: { order, request_hash } };
const { answer } = (await user.client.queryContractSmart(buyer, asked)) as { answer: { response_hash: string } };
const shown = answer.response_hash === Buffer.from(wire.sha256(response)).toString("hex");

// When the order has ended, its operator releases the session at once; what was not used goes back to the user.
while ((await readSession(hub, order)).state === "open") {
  await sleep(500);
}
await operator.send([hub.escrow.message("release_session", { session: order })]);
const before = await user.client.getBalance(user.address, "uusdc");
await operator.send([otherMessage(buyer, { refund: { order } })]);
const after = await user.client.getBalance(user.address, "uusdc");
const back = BigInt(after.amount) - BigInt(before.amount);
console.log(`answered for ${price} uusdc, ${shown ? "shown" : "not shown"} on chain, ${back} paid back`);
