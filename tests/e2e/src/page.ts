import { readFile } from "node:fs/promises";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import {
  checkReceipt,
  Collector,
  eventsOf,
  Hub,
  inclusionIn,
  native,
  openSession,
  priceOf,
  readSession,
  receiptFor,
  registerAttester,
  requireSession,
  settlementBy,
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

// A call: the caller sends request and voucher, the operator checks that the session pays, and answers.
const request = new TextEncoder().encode("Why is the sky blue?");
const units = { input: 6n, output: 40n };
const price = priceOf(offer.rates, units);
const voucher = pad.raise(price);
await requireSession(hub, session, { amount: price, seconds: 60, voucher });
const response = new TextEncoder().encode("Short waves scatter more than long ones.");

// The operator collects receipts and settles them in batches, as often as it likes; the author is paid into the wallet in
// the same transaction. What cannot be billed yet is kept and sent again; `store` keeps it over a restart.
const receipt = receiptFor({ attester, session, offer, units, request, response });
const collector = await Collector.open({ attester, key: attesterKey });
collector.add(receipt);
collector.voucher(voucher);
const payout = hub.escrow.message("payout", { denom: native("uusdc"), accounts: [author.address] });
const report = await collector.settle(settlementBy(operator, [payout]));

const { left, spent } = await readSession(hub, session);
console.log(`paid ${report.paid} call, ${spent} uusdc spent, ${left} left, ${report.held.length} held`);

// The operator hands over the receipt and its proof. The caller holds it against its call, and asks the chain who signed it.
const proof = inclusionIn(report, receipt);
const charged = checkReceipt(receipt, { session, offer, request, response });
const found = await hub.billing.query.verifyInclusion(proof);
const signer = await hub.billing.query.attester({ attester: found.attester });
const right = signer.operator === operator.address;
console.log(`the receipt charges ${charged} and is signed for ${right ? "the operator" : "somebody else"}`);

// At the end the caller closes the session. What is left comes back when it is released: by the operator from then on, by
// anybody a day later. What happened stands in events, whose attributes are text.
const closed = await caller.send([hub.escrow.message("close_session", { session })]);
for (const event of eventsOf(closed.events, hub.escrow.address, "hub_session_closed")) {
  console.log(`session ${valueOf(event, "session")} ends at ${valueOf(event, "ends_at")}`);
}
