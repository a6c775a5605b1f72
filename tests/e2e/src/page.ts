import { readFile } from "node:fs/promises";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import {
  checkReceipt,
  eventsOf,
  Hub,
  inclusion,
  native,
  openSession,
  priceOf,
  readSession,
  receiptFor,
  registerAttester,
  settleBatchMessage,
  signBatch,
  valueOf,
  VoucherPad,
  wire,
} from "hub-client";

// A Hub on a chain. Chain id, versions and wiring of the contracts are checked.
const { HUB_RPC = "http://127.0.0.1:26657", HUB_DEPLOYMENT = "deploy/deployments/hub-devnet-1.json" } = process.env;
const hub = await Hub.connect(HUB_RPC, JSON.parse(await readFile(HUB_DEPLOYMENT, "utf8")));

// Accounts. In a browser the signer is a wallet, such as Keplr's offline signer.
const account = async (words = "") => {
  const signer = await DirectSecp256k1HdWallet.fromMnemonic(words, { prefix: "wasm" });
  return await hub.account(signer, { gasPrice: "0.025stake" });
};
const author = await account(process.env["AUTHOR"]);
const operator = await account(process.env["OPERATOR"]);
const caller = await account(process.env["CALLER"]);

// An author publishes a model that lies on Walrus: 500 micro-dollars a call and 2 a thousand tokens, a tenth of it
// for the operator that serves the call. Several messages can go into one transaction; their answers are typed.
const { answers } = await author.send([
  hub.registry.message("register_model", {
    name: `tiny-${Date.now()}`,
    metadata: {
      title: "Tiny",
      description: "",
      task: "text-generation",
      license: "MIT",
      tags: ["llm"],
      homepage: null,
    },
    terms: {
      price: { denom: native("uusdc"), per_call: "500", per_million_in: "2000", per_million_out: "2000" },
      operator_bps: 1_000,
      payees: [{ address: author.address, bps: 9_000 }],
    },
    release: { major: 1, minor: 0, blob_id: "VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4" },
  }),
  hub.escrow.message("set_auto_payout", { denom: native("uusdc"), on: true }),
]);
const { model } = answers[0];

// An operator registers the key that its server signs receipts with.
const attesterKey = wire.SigningKey.generate("ed25519");
const { attester } = await registerAttester(operator, attesterKey, { endpoint: "https://inference.example" });

// A caller looks at the price, and deposits and opens a session in one transaction. It pays only what it signs for.
const offer = await hub.offer(model);
const voucherKey = wire.SigningKey.generate("secp256k1");
const { session } = await openSession(caller, {
  operator: operator.address,
  models: [model],
  denom: offer.denom,
  budget: 10_000n,
  lastsSeconds: 3_600,
  ceiling: { key: voucherKey.publicKey },
});
const pad = new VoucherPad(hub.domain, voucherKey, session);

// A call: the caller sends request and voucher, and the operator answers. `hub serve` and `hub-x402` do this over HTTP.
const request = new TextEncoder().encode("Why is the sky blue?");
const units = { input: 6n, output: 40n };
const price = priceOf(offer.rates, units);
const voucher = pad.raise(price);
const response = new TextEncoder().encode("Short waves scatter more than long ones.");

// The operator settles receipts in batches, as often as it likes; `hub serve` does it by itself. This is one batch by hand: its first
// number in the session is 0. The author is paid into the wallet in the same transaction.
const receipt = receiptFor({ attester, session, offer, units, request, response });
const { bytes, receipts } = new wire.BatchBuilder(BigInt(attester))
  .next(BigInt(session), 0n)
  .push(receipt)
  .build("itemised");
const settled = await operator.send([
  settleBatchMessage(hub, signBatch(hub.domain, attesterKey, bytes), [voucher]),
  hub.escrow.message("payout", { denom: native("uusdc"), accounts: [author.address] }),
]);
const { paid, batch } = settled.answers[0];

const { left, spent } = await readSession(hub, session);
console.log(`paid ${paid} call, ${spent} uusdc spent, ${left} left`);

// The operator hands over the receipt and its proof. The caller holds it against its call, and asks the chain who signed it.
const charged = checkReceipt(receipt, { session, offer, request, response });
const proof = inclusion(receipts, 0) as NonNullable<ReturnType<typeof inclusion>>;
const found = await hub.billing.query.verifyInclusion({ attester, batch: batch ?? 0, ...proof });
const signer = await hub.billing.query.attester({ attester: found.attester });
const right = signer.operator === operator.address;
console.log(`the receipt charges ${charged} and is signed for ${right ? "the operator" : "somebody else"}`);

// At the end the caller closes the session. What is left comes back when it is released: by the operator from then on, by
// anybody a day later. What happened stands in events, whose attributes are text.
const closed = await caller.send([hub.escrow.message("close_session", { session })]);
for (const event of eventsOf(closed.events, hub.escrow.address, "hub_session_closed")) {
  console.log(`session ${valueOf(event, "session")} ends at ${valueOf(event, "ends_at")}`);
}
