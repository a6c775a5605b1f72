/** The market on a real chain, step by step. After each step everybody's money is compared with the bank and the tokens. */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Secp256k1HdWallet } from "@cosmjs/amino";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import {
  type Action,
  canonical,
  Collector,
  commitment,
  cw20Send,
  type Denom,
  eventsOf,
  followSession,
  Hub,
  type HubAccount,
  HubError,
  inclusion,
  openSession,
  openSessionMessage,
  type Offer,
  priceOf,
  type Rates,
  readSession,
  receiptFor,
  registerAttester,
  registerAttesterMessage,
  requireSession,
  type Sent,
  settleBatchMessage,
  settlementBy,
  settleReceiptMessage,
  signBatch,
  signVoucher,
  type SignedBatch,
  UnconfirmedError,
  valueOf,
  VoucherPad,
  wire,
} from "hub-client";
import { Books } from "./books.js";
import { type Billed, Recount } from "./recount.js";
import { NODE, Proxy, startNode, stopNode, words } from "./node.js";
import {
  blob,
  connect,
  deployment,
  fails,
  metadata,
  type Name,
  named,
  NAMES,
  SENDING,
  token,
  USDC,
  wallet,
} from "./stage.js";

let hub: Hub;
let as: Record<Name, HubAccount>;
let books: Books;
let recount: Recount;
let coin: Denom;
let refusing: Denom;

/** Where model, session and attester ids are remembered, by what they stand for. */
const ids = new Map<string, number>();
const id = (name: string): number => {
  const found = ids.get(name);
  assert.ok(found !== undefined, `${name} was not made`);
  return found;
};

const KEYS = {
  attester: wire.SigningKey.secp256k1(named("attester key")),
  attester2: wire.SigningKey.ed25519(named("attester2 key")),
  vouchers: wire.SigningKey.secp256k1(named("voucher key")),
};

const RATES: Rates = { perCall: 100n, perMillionIn: 1_000_000n, perMillionOut: 3_000_000n };

/** Shares of a model, payees in order and the operator last. */
const shares = new Map<string, { account: string; bps: bigint }[]>();

/** What comes after a failure would fail for no reason of its own. */
let broken = false;

function step(name: string, work: () => Promise<void>): void {
  test(name, async (context) => {
    if (broken) {
      context.skip("an earlier step failed");
      return;
    }
    broken = true;
    await work();
    await books.check();
    broken = false;
  });
}

test("everybody connects, and there are tokens", async () => {
  broken = true;
  ({ hub, as } = await connect());
  const everybody = NAMES.map((name) => as[name]);
  coin = await token(as.deployer, "cw20_base", "COIN", everybody);
  refusing = await token(as.deployer, "refusing_token", "REF", everybody, as.payee);
  books = new Books(
    hub,
    everybody.map(({ address }) => address),
  );
  recount = new Recount(hub);
  await books.begin(USDC);
  await books.begin(coin);
  await books.begin(refusing);
  broken = false;
});

/** Registers a model with a release, for `payees` and the operator's share. */
async function register(
  name: string,
  by: Name,
  denom: Denom,
  payees: readonly (readonly [Name, number])[],
  operator: Name = "operator",
): Promise<void> {
  const whole = payees.reduce((sum, [, bps]) => sum + bps, 0);
  const sent = await as[by].send([
    hub.registry.message("register_model", {
      name,
      metadata: metadata(name),
      terms: {
        price: {
          denom,
          per_call: RATES.perCall.toString(),
          per_million_in: RATES.perMillionIn.toString(),
          per_million_out: RATES.perMillionOut.toString(),
        },
        operator_bps: 10_000 - whole,
        payees: payees.map(([payee, bps]) => ({ address: as[payee].address, bps })),
      },
      release: { major: 1, minor: 0, blob_id: blob(name).toString() },
    }),
  ]);
  ids.set(name, sent.answers[0].model);
  shares.set(name, [
    ...payees.map(([payee, bps]) => ({ account: as[payee].address, bps: BigInt(bps) })),
    { account: as[operator].address, bps: BigInt(10_000 - whole) },
  ]);
}

/** Deposits and opens a session in one transaction. */
async function open(
  name: string,
  by: Name,
  denom: Denom,
  budget: bigint,
  more: Partial<Parameters<typeof openSession>[1]> = {},
): Promise<number> {
  const models = [...ids].filter(([other]) => shares.has(other)).map(([, model]) => model);
  const { session } = await openSession(as[by], {
    operator: as.operator.address,
    models: models.slice(0, 8),
    denom,
    budget,
    lastsSeconds: 3_600,
    ...more,
  });
  books.deposit(as[by].address, as[by].address, denom, budget);
  books.open(session, as[by].address, denom, budget);
  ids.set(name, session);
  return session;
}

let issued = 0;

/** A receipt for a call, and its price. */
async function call(
  session: string,
  model: string,
  offer?: Offer,
  attester = "attester",
): Promise<{ receipt: wire.Receipt; price: bigint }> {
  const terms = offer ?? (await hub.offer(id(model)));
  issued += 1;
  const units = { input: BigInt(50 + ((issued * 331) % 3_950)), output: BigInt(20 + ((issued * 127) % 1_480)) };
  const receipt = receiptFor({
    attester: id(attester),
    session: id(session),
    offer: terms,
    units,
    request: named(`question ${issued}`),
    response: named(`answer ${issued}`),
    issuedAt: await hub.now(),
  });
  return { receipt, price: priceOf(terms.rates, units) };
}

/** These receipts were paid. */
function charge(session: string, model: string, paid: readonly Billed[]): void {
  const parties = shares.get(model) ?? [];
  const { caller, denom } = books.session(id(session));
  const related = parties.some(({ account }) => account === caller);
  paid.forEach((one) => recount.bill(one, denom, related));
  books.charge(
    id(session),
    id(model),
    paid.reduce((sum, { price }) => sum + price, 0n),
    parties,
  );
}

async function waitUntil(time: number): Promise<void> {
  while ((await hub.now()) < time) {
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

// --- Authors and attesters ----------------------------------------------------------------------

step("an author commits to a blob id, and publishes it dated by the commitment", async () => {
  const salt = named("salt");
  const other = blob("committed, second");
  const hash = commitment(as.author, other, salt);
  await as.author.send([hub.registry.message("commit", { hash })]);
  const committedAt = (await hub.registry.query.commitment({ hash })).committed_at ?? 0;
  await waitUntil(committedAt + 1);
  await register("committed", "author", USDC, [
    ["author", 7_000],
    ["payee", 2_000],
  ]);
  const sent = await as.author.send([
    hub.registry.message("publish_release", {
      model: id("committed"),
      release: { major: 1, minor: 1, blob_id: other.toString(), salt: Buffer.from(salt).toString("hex") },
    }),
  ]);
  assert.deepEqual(sent.answers, [{ release: 2 }]);
  const release = await hub.registry.query.release({ model: id("committed"), release: 2 });
  assert.equal(release.claimed_at, committedAt);
  assert.ok(release.published_at > release.claimed_at);
  await fails(as.author.send([hub.registry.message("commit", { hash })]), "refused", /committed at/);
  const offer = await hub.offer(id("committed"));
  assert.deepEqual([offer.release, offer.blobId.toString(), offer.terms], [2, other.toString(), 1]);
  assert.deepEqual(offer.rates, RATES);
});

step("more models, in coins and tokens", async () => {
  await register("shared", "author2", USDC, [
    ["author2", 5_000],
    ["payee", 3_333],
    ["author", 1_667],
  ]);
  await register("in-tokens", "author", coin, [["author", 9_000]]);
  await register("refused", "author2", refusing, [
    ["author2", 5_000],
    ["payee", 5_000],
  ]);
});

step("operators register keys of both kinds", async () => {
  ids.set(
    "attester",
    (await registerAttester(as.operator, KEYS.attester, { endpoint: "https://one.example" })).attester,
  );
  ids.set("attester2", (await registerAttester(as.operator, KEYS.attester2)).attester);
  const found = await hub.billing.query.attesterByKey({
    key: Buffer.from(KEYS.attester.publicKey.bytes).toString("base64"),
  });
  assert.deepEqual(
    [found?.attester, found?.operator, found?.endpoint],
    [id("attester"), as.operator.address, "https://one.example"],
  );
  await fails(registerAttester(as.operator2, KEYS.attester), "refused", /this key is attester 1 already/);
});

// --- Callers ------------------------------------------------------------------------------------

step("a caller deposits and opens a session in one transaction, with coins and with tokens", async () => {
  await open("native", "caller", USDC, 50_000n);
  await open("tokens", "caller2", coin, 40_000n);
  await open("refused token", "caller2", refusing, 40_000n);
  const status = await readSession(hub, id("tokens"));
  assert.deepEqual(
    [status.state, status.denom, status.left, status.payable, status.answer.caller],
    ["open", coin, 40_000n, 40_000n, as.caller2.address],
  );
});

step("from the balance, with a top-up, and for somebody else", async () => {
  await as.caller.send([hub.escrow.message("deposit", {}, [{ denom: "uusdc", amount: "30000" }])]);
  books.deposit(as.caller.address, as.caller.address, USDC, 30_000n);
  const { session } = await openSession(as.caller, {
    operator: as.operator.address,
    models: "any",
    maxPrice: RATES,
    denom: USDC,
    budget: 10_000n,
    lastsSeconds: 3_600,
    from: "balance",
  });
  books.open(session, as.caller.address, USDC, 10_000n);
  ids.set("any", session);
  const stop = new AbortController();
  const seen: bigint[] = [];
  const following = (async () => {
    for await (const { left } of followSession(hub, session, { everyMs: 100, signal: stop.signal })) {
      seen.push(left);
    }
  })();
  await as.caller.send([hub.escrow.message("top_up", { session, amount: "5000" })]);
  books.topUp(session, 5_000n);
  while (seen.length < 2) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  stop.abort();
  await following;
  assert.deepEqual(seen, [10_000n, 15_000n]);

  const gift = await openSession(as.caller2, {
    operator: as.operator.address,
    models: [id("committed")],
    denom: USDC,
    budget: 7_000n,
    lastsSeconds: 3_600,
    beneficiary: as.caller.address,
  });
  books.deposit(as.caller2.address, as.caller.address, USDC, 7_000n);
  books.open(gift.session, as.caller.address, USDC, 7_000n);
  ids.set("gift", gift.session);
  const { answer } = await readSession(hub, gift.session);
  assert.deepEqual([answer.caller, answer.funder], [as.caller.address, as.caller2.address]);

  await as.caller.send([hub.escrow.message("withdraw", { denom: USDC, amount: "1000", recipient: as.payee.address })]);
  books.payOut(as.caller.address, USDC, 1_000n, as.payee.address);
});

// --- Early, since they take their time --------------------------------------------------------------

let last: { receipt: wire.Receipt; price: bigint };
let closedAt = 0;
let risesAt = 0;

step("a session is closed, and a price is raised: both take effect later", async () => {
  await open("closing", "caller2", USDC, 20_000n);
  last = await call("closing", "committed");
  const closed = await as.caller2.send([hub.escrow.message("close_session", { session: id("closing") })]);
  const event = eventsOf(closed.events, hub.escrow.address, "hub_session_closed")[0];
  closedAt = Number(event && valueOf(event, "ends_at"));

  const raised = await as.author2.send([
    hub.registry.message("set_terms", {
      model: id("shared"),
      terms: {
        price: { denom: USDC, per_call: "500", per_million_in: "1000000", per_million_out: "3000000" },
        operator_bps: 0,
        payees: [
          { address: as.author2.address, bps: 5_000 },
          { address: as.payee.address, bps: 3_333 },
          { address: as.author.address, bps: 1_667 },
        ],
      },
    }),
  ]);
  risesAt = raised.answers[0].effective_from;
  const offer = await hub.offer(id("shared"));
  assert.deepEqual([offer.terms, offer.rates.perCall, offer.until], [1, 100n, risesAt]);
});

// --- Settlement ---------------------------------------------------------------------------------------

let single: { receipt: wire.Receipt; price: bigint };

step("a single receipt pays author, payee and operator in the same transaction", async () => {
  single = await call("native", "committed");
  const sent = await as.submitter.send([settleReceiptMessage(hub, KEYS.attester, single.receipt, 0)]);
  assert.deepEqual(sent.answers, [{ outcome: "paid", amount: single.price.toString() }]);
  charge("native", "committed", [single]);
  const event = eventsOf(sent.events, hub.billing.address, "hub_receipt")[0];
  assert.equal(event && valueOf(event, "blob_id"), blob("committed, second").toString());
});

step("the same receipt again is stale and moves nothing", async () => {
  const sent = await as.stranger.send([settleReceiptMessage(hub, KEYS.attester, single.receipt, 0)]);
  assert.deepEqual(sent.answers, [{ outcome: "stale", amount: "0" }]);
});

let bigReceipts: readonly wire.Receipt[] = [];
let bigBatch: SignedBatch;

step("a batch of 10 000 receipts over ten sessions and three models, sent by somebody else", async () => {
  const models = ["committed", "shared", "in-tokens"];
  const now = await hub.now();
  const actions: Action<{ session: number }>[] = [];
  for (let place = 0; place < 10; place += 1) {
    const denom = place < 8 ? USDC : coin;
    actions.push(
      openSessionMessage(
        hub,
        { operator: as.operator.address, models: models.map(id), denom, budget: 20_000_000n, lastsSeconds: 3_600 },
        now,
      ),
    );
  }
  const opened = await as.caller.send(actions);
  opened.answers.forEach(({ session }, place) => {
    const denom = place < 8 ? USDC : coin;
    ids.set(`big ${place}`, session);
    books.deposit(as.caller.address, as.caller.address, denom, 20_000_000n);
    books.open(session, as.caller.address, denom, 20_000_000n);
  });

  const offers = new Map(await Promise.all(models.map(async (model) => [model, await hub.offer(id(model))] as const)));
  const builder = new wire.BatchBuilder(BigInt(id("attester2")));
  const issuedAt = await hub.now();
  const calls = new Map<string, Billed[]>();
  for (let place = 0; place < 10_000; place += 1) {
    const session = `big ${place % 10}`;
    const model = place % 10 >= 8 ? "in-tokens" : (models[Math.floor(place / 10) % 2] as string);
    const offer = offers.get(model) as Offer;
    const units = { input: BigInt(50 + ((place * 331) % 3_950)), output: BigInt(20 + ((place * 127) % 1_480)) };
    const receipt = receiptFor({
      attester: id("attester2"),
      session: id(session),
      offer,
      units,
      request: Uint8Array.of(place & 255, place >> 8),
      response: Uint8Array.of(1),
      issuedAt: issuedAt - (place % 3),
    });
    builder.push(receipt);
    const key = `${session}/${model}`;
    calls.set(key, [...(calls.get(key) ?? []), { receipt, price: priceOf(offer.rates, units) }]);
  }
  opened.answers.forEach(({ session }) => builder.next(BigInt(session), 0n));
  const built = builder.build("itemised");
  bigReceipts = built.receipts;
  bigBatch = signBatch(hub.domain, KEYS.attester2, built.bytes);

  const preview = await hub.billing.query.previewBatch({ batch: Buffer.from(built.bytes).toString("base64") });
  assert.equal(preview.paid, 10_000);
  const sent = await as.submitter.send([settleBatchMessage(hub, bigBatch)]);
  const [response] = sent.answers;
  assert.deepEqual(response.outcomes, [{ outcome: "paid", groups: built.batch.groups.length }]);
  assert.deepEqual([response.offered, response.paid, response.batch], [10_000, 10_000, 1]);
  console.log(
    `  10 000 receipts: ${bigBatch.bytes.length} bytes, ${sent.gasUsed} gas, ${Number(sent.gasUsed) / 10_000} each`,
  );
  // In the order of the batch: whose turn it is at a model's next unit depends on it.
  for (const group of built.batch.groups) {
    const [session] = [...ids].find(([name, value]) => name.startsWith("big") && BigInt(value) === group.session) ?? [
      "",
    ];
    const model = models.find((name) => BigInt(id(name)) === group.model) ?? "";
    charge(session, model, calls.get(`${session}/${model}`) ?? []);
  }
  const usage = await hub.billing.query.usage({ model: id("committed"), denom: USDC });
  assert.equal(BigInt(usage.sums.gross), books.gross(id("committed"), USDC));
});

step("anyone can prove that one of them was in it", async () => {
  const index = 7_321;
  const fields = inclusion(bigReceipts, index);
  assert.ok(fields);
  const batch = { attester: id("attester2"), batch: 1 };
  const found = await hub.billing.query.verifyInclusion({ ...batch, ...fields });
  assert.deepEqual([found.offered, found.paid], [10_000, 10_000]);
  const wrong = { ...fields, proof: { ...fields.proof, index: index - 1 } };
  await fails(hub.billing.query.verifyInclusion({ ...batch, ...wrong }), "refused", /does not lead from this receipt/);
});

step("a replay of the batch succeeds, records nothing and moves nothing", async () => {
  const sent = await as.stranger.send([settleBatchMessage(hub, bigBatch)]);
  assert.deepEqual([sent.answers[0].paid, sent.answers[0].batch], [0, null]);
  assert.equal(eventsOf(sent.events, hub.billing.address, "hub_settle").length, 0);
});

step("signatures for another chain, another contract and by another key are refused", async () => {
  const { receipt } = await call("native", "committed");
  const { bytes } = new wire.BatchBuilder(receipt.attester).next(receipt.session, 1n).push(receipt).build("itemised");
  const billing = canonical(hub.billing.address);
  const wrong = [
    signBatch({ chainId: "other-1", contract: billing }, KEYS.attester, bytes),
    signBatch({ chainId: hub.chainId, contract: canonical(hub.escrow.address) }, KEYS.attester, bytes),
    signBatch(hub.domain, KEYS.attester2, bytes),
  ];
  for (const batch of wrong) {
    await fails(
      as.submitter.send([settleBatchMessage(hub, batch)]),
      "refused",
      /the signature does not verify for attester 1/,
    );
  }
});

step("what was issued in a session before it was closed is still paid", async () => {
  const sent = await as.submitter.send([settleReceiptMessage(hub, KEYS.attester, last.receipt, 0)]);
  assert.deepEqual(sent.answers, [{ outcome: "paid", amount: last.price.toString() }]);
  charge("closing", "committed", [last]);
});

step("a voucher session pays up to what its caller signed, and no more", async () => {
  await open("vouchers", "caller", USDC, 100_000n, { ceiling: { key: KEYS.vouchers.publicKey } });
  const calls = [
    await call("vouchers", "committed"),
    await call("vouchers", "committed"),
    await call("vouchers", "committed"),
  ];
  const collector = await Collector.open({ attester: id("attester"), key: KEYS.attester });
  calls.forEach(({ receipt }) => collector.add(receipt));

  const nothing = await collector.settle(settlementBy(as.submitter));
  assert.deepEqual([nothing.paid, nothing.held[0]?.outcome], [0, "voucher_missing"]);
  await fails(requireSession(hub, id("vouchers")), "voucher_missing", /sign a voucher/);

  const [first, second, third] = calls.map(({ price }) => price) as [bigint, bigint, bigint];
  const pad = new VoucherPad(hub.domain, KEYS.vouchers, id("vouchers"));
  pad.raise(first);
  collector.voucher(pad.raise(second));
  const two = await collector.settle(settlementBy(as.submitter));
  assert.deepEqual([two.paid, two.held[0]?.outcome, two.held[0]?.receipts], [2, "partial", 1]);
  charge("vouchers", "committed", calls.slice(0, 2));

  collector.voucher(
    signVoucher(
      { chainId: "other-1", contract: canonical(hub.billing.address) },
      KEYS.vouchers,
      id("vouchers"),
      1n << 100n,
    ),
  );
  const forged = await collector.settle(settlementBy(as.submitter));
  assert.deepEqual([forged.paid, forged.held[0]?.outcome], [0, "voucher_missing"]);

  const again = await Collector.open({ attester: id("attester"), key: KEYS.attester });
  again.add(calls[2]?.receipt as wire.Receipt);
  again.voucher(pad.raise(third));
  assert.equal((await again.settle(settlementBy(as.submitter))).paid, 1);
  charge("vouchers", "committed", calls.slice(2));

  await as.caller.send([hub.escrow.message("raise_ceiling", { session: id("vouchers"), ceiling: "90000" })]);
  assert.equal((await readSession(hub, id("vouchers"))).ceiling, 90_000n);
});

step("a session that runs dry holds the rest of its receipts until it is topped up", async () => {
  const calls: Awaited<ReturnType<typeof call>>[] = [];
  for (let place = 0; place < 6; place += 1) {
    calls.push(await call("native", place % 2 === 0 ? "committed" : "shared", undefined, "attester2"));
  }
  const price = calls.reduce((sum, { price }) => sum + price, 0n);
  const dry = await open("dry", "caller2", USDC, price - 1n);
  let saved: string | undefined;
  const store = { load: async () => saved, save: async (state: string) => void (saved = state) };
  const collector = await Collector.open({ attester: id("attester2"), key: KEYS.attester2, store });
  calls.forEach(({ receipt }) => collector.add({ ...receipt, session: BigInt(dry) }));
  const first = await collector.settle(settlementBy(as.submitter));
  assert.deepEqual([first.paid, first.held.length], [5, 1]);
  // In the order of the batch: by model.
  const sorted = ["committed", "shared"].flatMap((model) =>
    calls.filter(({ receipt }) => receipt.model === BigInt(id(model))),
  );
  for (const one of sorted.slice(0, 5)) {
    charge("dry", one.receipt.model === BigInt(id("committed")) ? "committed" : "shared", [one]);
  }
  await fails(requireSession(hub, dry, { amount: 1_000_000n }), "session_exhausted", /top it up/);

  await as.caller2.send([
    hub.escrow.message("deposit", {}, [{ denom: "uusdc", amount: "10" }]),
    hub.escrow.message("top_up", { session: dry, amount: "10" }),
  ]);
  books.deposit(as.caller2.address, as.caller2.address, USDC, 10n);
  books.topUp(dry, 10n);
  // Another process goes on from the store.
  const next = await Collector.open({ attester: id("attester2"), key: KEYS.attester2, store });
  assert.equal(next.pending, 1);
  assert.equal((await next.settle(settlementBy(as.submitter))).paid, 1);
  charge("dry", "shared", sorted.slice(5));
});

step("the author is paid into the wallet behind the batch, by whoever sends it", async () => {
  await as.author.send([hub.escrow.message("set_auto_payout", { denom: coin, on: true })]);
  await as.author2.send([hub.escrow.message("set_auto_payout", { denom: refusing, on: true })]);
  await as.payee.send([hub.escrow.message("set_auto_payout", { denom: refusing, on: true })]);

  const { receipt, price } = await call("tokens", "in-tokens");
  const sent = await as.stranger.send([
    settleReceiptMessage(hub, KEYS.attester, receipt, 0),
    hub.escrow.message("payout", {
      denom: coin,
      accounts: [as.author.address, as.operator.address, as.author.address, "nobody"],
    }),
  ]);
  charge("tokens", "in-tokens", [{ receipt, price }]);
  const paid = books.available(as.author.address, coin);
  assert.deepEqual(sent.answers[1], {
    sent: [{ account: as.author.address, amount: paid.toString() }],
    skipped: [
      { account: as.operator.address, reason: "not_opted_in" },
      { account: as.author.address, reason: "repeated" },
      { account: "nobody", reason: "not_an_address" },
    ],
  });
  books.payOut(as.author.address, coin, paid);
});

step("a payee whose token refuses it stops nobody, and keeps what it earned", async () => {
  const collector = await Collector.open({ attester: id("attester"), key: KEYS.attester });
  for (let place = 0; place < 4; place += 1) {
    const { receipt, price } = await call("refused token", "refused");
    collector.add(receipt);
    charge("refused token", "refused", [{ receipt, price }]);
  }
  const payout = hub.escrow.message("payout", { denom: refusing, accounts: [as.payee.address, as.author2.address] });
  const { batches } = await collector.settle(settlementBy(as.submitter, [payout]));
  const sent = await as.submitter.resume(batches[0]?.txHash ?? "");
  const failed = eventsOf(sent.events, hub.escrow.address, "hub_payout_failed");
  assert.deepEqual(
    failed.map((event) => [valueOf(event, "account"), valueOf(event, "amount")]),
    [[as.payee.address, books.available(as.payee.address, refusing).toString()]],
  );
  books.payOut(as.author2.address, refusing, books.available(as.author2.address, refusing));

  // Whom the token refuses sends it elsewhere.
  await fails(as.payee.send([hub.escrow.message("withdraw", { denom: refusing })]), "refused", /receives nothing/);
  const amount = books.available(as.payee.address, refusing);
  await as.payee.send([hub.escrow.message("withdraw", { denom: refusing, recipient: as.author.address })]);
  books.payOut(as.payee.address, refusing, amount, as.author.address);
});

// --- Trouble --------------------------------------------------------------------------------------

step("the node is restarted while a settlement is on its way: nothing is lost", async () => {
  const calls: Awaited<ReturnType<typeof call>>[] = [];
  for (let place = 0; place < 20; place += 1) {
    calls.push(await call("big 1", "committed", undefined, "attester2"));
  }
  const collector = await Collector.open({ attester: id("attester2"), key: KEYS.attester2 });
  calls.forEach(({ receipt }) => collector.add(receipt));
  // Stopped as soon as the transaction is signed: it reaches the node before, after, or not at all.
  let stopped: Promise<void> | undefined;
  const settlement = settlementBy(as.submitter);
  const settling = collector.settle({
    ...settlement,
    submit: (batch, vouchers, left) =>
      settlement.submit(batch, vouchers, async (txHash) => {
        await left(txHash);
        stopped = stopNode();
      }),
  });
  settling.catch(() => undefined);
  while (stopped === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await stopped;
  await fails(hub.now(), "node_unreachable", /start it/);
  await startNode();
  const { batches } = await settling;
  assert.deepEqual(
    batches.map(({ response }) => response.paid),
    [20],
  );
  charge("big 1", "committed", calls);
});

step("a transaction whose answer is lost, or that never arrives, is resumed and happens once", async () => {
  const patient = await hub.account(await wallet(words("caller")), SENDING);
  proxy = await Proxy.open(NODE.rpc);
  const far = await Hub.connect(proxy.url, deployment());
  const account = await far.account(await wallet(words("caller")), { ...SENDING, confirmTimeoutMs: 1_500 });
  for (const how of ["forward and cut", "cut"] as const) {
    let cutOff = false;
    proxy.meddling = (request) => {
      cutOff ||= request.includes("broadcast_tx_sync");
      return cutOff ? (request.includes("broadcast_tx_sync") ? how : "cut") : "forward";
    };
    const actions = [hub.escrow.message("deposit", {}, [{ denom: "uusdc", amount: "77" }])] as const;
    const lost = await account.send(actions).then(
      () => assert.fail("the answer came"),
      (error: unknown) => error,
    );
    assert.ok(lost instanceof UnconfirmedError, String(lost));
    assert.match(lost.txHash, /^[0-9A-F]{64}$/);
    proxy.meddling = () => "forward";
    const sent: Sent<[{ session: number } | undefined]> = await account.resume(lost, actions);
    assert.equal(sent.txHash, lost.txHash);
    assert.deepEqual(sent.answers, [undefined]);
    // By the hash alone as well, and by another account.
    assert.equal((await patient.resume(lost.txHash)).height, sent.height);
    books.deposit(as.caller.address, as.caller.address, USDC, 77n);
    await books.check();
  }

  proxy.meddling = (request) =>
    request.includes(Buffer.from("contract_info").toString("hex"))
      ? (answer) => answer.replace(/"value":"([^"]+)"/, (_, value: string) => `"value":"${newer(value)}"`)
      : "forward";
  await fails(Hub.connect(proxy.url, deployment()), "other_version", /made for 0.1.0: install the hub-client/);
});

let proxy: Proxy | undefined;
after(() => proxy?.close());

/** The answer to a raw query with another version in it. */
function newer(value: string): string {
  const text = Buffer.from(value, "base64").toString("latin1");
  return Buffer.from(text.replace('"version":"0.1.0"', '"version":"0.9.0"'), "latin1").toString("base64");
}

step("every failure says what to do next", async () => {
  const { contracts, chain_id } = deployment();
  await fails(Hub.connect("http://127.0.0.1:9", deployment()), "node_unreachable", /start it, or give/);
  await fails(
    Hub.connect(NODE.rpc, { contracts, chain_id: "other-1" }),
    "wrong_chain",
    /give a node of the expected chain/,
  );
  const token = { address: (coin as { cw20: string }).cw20 };
  await fails(
    Hub.connect(NODE.rpc, { contracts: { ...contracts, escrow: token }, chain_id }),
    "not_a_hub",
    /is crates.io:cw20-base, expected crates.io:hub-escrow/,
  );
  await fails(
    Hub.connect(NODE.rpc, { contracts: { ...contracts, billing: { address: as.caller.address } }, chain_id }),
    "not_a_hub",
    /is no contract/,
  );

  const nobody = await hub.account(await wallet("abandon ".repeat(11) + "about"), SENDING);
  const deposit = (amount: string) => [hub.escrow.message("deposit", {}, [{ denom: "uusdc", amount }])] as const;
  await fails(nobody.send(deposit("1")), "account_unknown", /send it coins/);
  await fails(as.caller.send(deposit("9999999999999")), "insufficient_funds", /send .* more/);
  const fee = (amount: string, gas: string) => ({ fee: { amount: [{ denom: "stake", amount }], gas } });
  await fails(as.caller.send(deposit("1"), fee("1", "300000")), "fee_too_low", /raise the gas price/);
  const ranOut = await fails(as.caller.send(deposit("1"), fee("2500", "100000")), "out_of_gas", /higher gas limit/);
  assert.match(ranOut.txHash ?? "", /^[0-9A-F]{64}$/);

  const never = { txHash: "00".repeat(32), timeoutHeight: 1n };
  await fails(as.caller.resume(never), "tx_dropped", /send the messages again/);

  await fails(requireSession(hub, id("native"), { amount: 10n ** 12n }), "session_exhausted", /top it up/);
  await fails(requireSession(hub, id("native"), { seconds: 10 ** 6 }), "session_expiring", /open a new one/);
  await fails(readSession(hub, 999_999), "refused", /there is no session 999999: ids run from 1 to/);
  await fails(hub.offer(999), "refused", /there is no model 999/);
});

step("an account that is new on the chain takes part, whether its wallet signs documents or JSON", async () => {
  const direct = await DirectSecp256k1HdWallet.generate(12, { prefix: "wasm" });
  const amino = await Secp256k1HdWallet.generate(12, { prefix: "wasm" });
  for (const signer of [direct, amino]) {
    const account = await hub.account(signer, SENDING);
    const coins = [
      { denom: "stake", amount: "100000" },
      { denom: "uusdc", amount: "9" },
    ];
    await as.deployer.client.sendTokens(as.deployer.address, account.address, coins, "auto");
    await account.send([hub.escrow.message("deposit", {}, [{ denom: "uusdc", amount: "9" }])]);
    await account.send([hub.escrow.message("withdraw", { denom: USDC, recipient: as.deployer.address })]);
  }
});

step("a stranger is refused at every door", async () => {
  const model = id("committed");
  const session = id("native");
  const attester = id("attester");
  const terms = {
    price: { denom: USDC, per_call: "1", per_million_in: "1", per_million_out: "1" },
    operator_bps: 0,
    payees: [{ address: as.stranger.address, bps: 10_000 }],
  };
  const release = { major: 9, minor: 0, blob_id: blob("stranger").toString() };
  const { registry, escrow, billing } = hub;
  const zero = "00".repeat(32);
  const doors: [Action<unknown>, RegExp][] = [
    [registry.message("update_metadata", { model, metadata: metadata("x") }), /is not the author/],
    [registry.message("publish_release", { model, release }), /is not the author/],
    [registry.message("set_terms", { model, terms }), /is not the author/],
    [registry.message("set_status", { model, status: "retired" }), /is not the author/],
    [registry.message("offer_transfer", { model, to: as.stranger.address }), /is not the author/],
    [registry.message("cancel_transfer", { model }), /is not the author/],
    [registry.message("accept_transfer", { model, payees: terms.payees }), /offered to nobody/],
    [registry.message("prove_size", { model, release: 1, size: "1", root_hash: zero }), /is not the author/],
    [escrow.message("withdraw", { denom: USDC }), /no uusdc is available/],
    [escrow.message("withdraw", { denom: USDC, amount: "1" }), /no uusdc is available/],
    [escrow.message("top_up", { session, amount: "1" }), /only the caller/],
    [escrow.message("close_session", { session }), /only the caller/],
    [escrow.message("release_session", { session }), /can be released by its operator from/],
    [escrow.message("raise_ceiling", { session: id("vouchers"), ceiling: "99999999" }), /only the caller/],
    [
      escrow.message("receive", {
        sender: as.caller.address,
        amount: "1",
        msg: Buffer.from('{"deposit":{}}').toString("base64"),
      }),
      /does not answer the cw20 query/,
    ],
    [escrow.message("settle", { books: "AQAA" }), /only the collector/],
    [billing.message("retire", { attester }), /only the operator/],
    [billing.message("revoke", { attester }), /only the operator/],
    [billing.message("set_endpoint", { attester, endpoint: "x" }), /only the operator/],
    [registerAttesterMessage(as.operator, wire.SigningKey.generate("ed25519")), /proof of possession does not verify/],
    [
      cw20Send((coin as { cw20: string }).cw20, escrow.address, "1", { nonsense: {} }),
      /the message sent along with the tokens is malformed/,
    ],
  ];
  for (const [action, reason] of doors) {
    await fails(as.stranger.send([action]), "refused", reason);
  }
  const before = (await readSession(hub, session)).left;
  const both = [
    escrow.message("deposit", {}, [{ denom: "uusdc", amount: "5" }]),
    escrow.message("close_session", { session }),
  ];
  await fails(as.stranger.send(both), "refused", /only the caller/);
  assert.equal((await readSession(hub, session)).left, before);
  await assert.rejects(
    as.deployer.client.migrate(as.deployer.address, escrow.address, 2, {}, "auto"),
    (error: unknown) => error instanceof HubError && /unauthorized|can not migrate/.test(error.message),
    "nobody is admin, not even who deployed it",
  );
});

// --- What had to be waited for ------------------------------------------------------------------

step("the rest of a session that was closed goes back", async () => {
  const session = id("closing");
  await waitUntil(closedAt);
  await fails(requireSession(hub, session), "session_ended", /open a new one/);
  await fails(as.caller2.send([hub.escrow.message("release_session", { session })]), "refused", /by anyone from/);
  await as.operator.send([hub.escrow.message("release_session", { session })]);
  books.release(session);
  const rest = books.available(as.caller2.address, USDC);
  await as.caller2.send([hub.escrow.message("withdraw", { denom: USDC })]);
  books.payOut(as.caller2.address, USDC, rest);
  await fails(
    as.submitter.send([settleReceiptMessage(hub, KEYS.attester, last.receipt, 1)]),
    "refused",
    /unknown_session/,
  );
});

step("a dearer price holds after its notice, for receipts issued from then on", async () => {
  await waitUntil(risesAt);
  const offer = await hub.offer(id("shared"));
  assert.deepEqual([offer.terms, offer.rates.perCall, offer.until], [2, 500n, undefined]);
  const { receipt, price } = await call("gift", "committed");
  const { lanes } = await readSession(hub, id("gift"));
  assert.equal(lanes.size, 0);
  await as.submitter.send([settleReceiptMessage(hub, KEYS.attester, receipt, 0)]);
  charge("gift", "committed", [{ receipt, price }]);

  const old = await call("big 0", "shared", { ...offer, terms: 1 });
  const dear = await call("big 0", "shared", offer);
  const settle = (one: typeof old, sequence: number) =>
    as.submitter.send([settleReceiptMessage(hub, KEYS.attester, one.receipt, sequence)]);
  assert.equal((await settle(old, 0)).answers[0].outcome, "terms_not_in_force");
  const paid = await settle(dear, 1);
  assert.deepEqual(paid.answers, [{ outcome: "paid", amount: dear.price.toString() }]);
  charge("big 0", "shared", [dear]);
});

// --- What it all says -----------------------------------------------------------------------------

step("an author who calls a model of its own, and calls that cost nothing, are told apart", async () => {
  await open("to oneself", "author", USDC, 20_000n);
  const own = await call("to oneself", "committed");
  await as.submitter.send([settleReceiptMessage(hub, KEYS.attester, own.receipt, 0)]);
  charge("to oneself", "committed", [own]);

  const sent = await as.author2.send([
    hub.registry.message("register_model", {
      name: "free",
      metadata: metadata("free"),
      terms: {
        price: { denom: USDC, per_call: "0", per_million_in: "0", per_million_out: "0" },
        operator_bps: 0,
        payees: [{ address: as.author2.address, bps: 10_000 }],
      },
      release: { major: 1, minor: 0, blob_id: blob("free").toString() },
    }),
  ]);
  ids.set("free", sent.answers[0].model);
  shares.set("free", [{ account: as.author2.address, bps: 10_000n }]);
  await open("for nothing", "caller", USDC, 1n);
  const free = await call("for nothing", "free");
  assert.equal(free.price, 0n);
  const { answers } = await as.submitter.send([settleReceiptMessage(hub, KEYS.attester, free.receipt, 0)]);
  assert.deepEqual(answers, [{ outcome: "paid", amount: "0" }]);
  charge("for nothing", "free", [free]);
  const { sums } = await hub.billing.query.usage({ model: id("committed"), denom: USDC });
  assert.equal(sums.related, own.price.toString());
});

step("usage is what was counted beside the chain: models, days, releases, authors, attesters, the Hub", async () => {
  const authors = [as.author.address, as.author2.address, as.stranger.address];
  await recount.check(authors, [as.operator.address]);
});

step("in the end everybody withdraws what is theirs", async () => {
  for (const name of NAMES) {
    for (const denom of [USDC, coin]) {
      const amount = books.available(as[name].address, denom);
      if (amount > 0n) {
        await as[name].send([hub.escrow.message("withdraw", { denom })]);
        books.payOut(as[name].address, denom, amount);
      }
    }
  }
});
