/**
 * A Hub of the previous release, in the middle of its life, is migrated to the codes under test: each contract alone while the
 * others are still old, and all of them in one transaction. What was settled stays, what was promised is kept, nobody loses
 * a coin, and calls are settled all the while. The fixture is made by `tools/scripts/build-previous`.
 *
 * Records began anew with 0.3.0, so the previous release is an earlier state of 0.3 until there is a later one. Contracts of
 * two releases that do not understand each other are in `tests/integration/tests/hub/migration.rs`.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import {
  type Action,
  type billing,
  canonical,
  type escrow,
  Hub,
  type HubAccount,
  Messages,
  otherMessage,
  receiptFor,
  type registry,
  wire,
} from "hub-client";
import { NODE, ROOT } from "./node.js";
import { blob, connect, metadata, type Name, named, PRICE_NOTICE, RECEIPT_MAX_AGE, USDC } from "./fixture.js";

export const CONTRACTS = ["registry", "escrow", "billing"] as const;
type ContractName = (typeof CONTRACTS)[number];
type Codes = Readonly<Record<ContractName, number>>;

const PRICE = 7n;
const KEY = wire.SigningKey.ed25519(named("migration attester"));
const COMMITTED = Buffer.from(named("commitment")).toString("hex");
const coins = (amount: number) => [{ denom: "uusdc", amount: amount.toString() }];
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

/** A Hub of the previous release. Its admin is author and operator as well; ids count from 1. */
export class Old {
  /** Numbers of the next receipts in the lanes, by session. */
  readonly #next = new Map<number, number>();
  #sessions = 2;
  #releases = 1;
  readonly #registry: Messages<registry.ExecuteMsg, object>;
  readonly #escrow: Messages<escrow.ExecuteMsg, object>;
  readonly #billing: Messages<billing.ExecuteMsg, { settle: { outcome: unknown } }>;

  private constructor(
    readonly admin: HubAccount,
    readonly caller: HubAccount,
    readonly address: Readonly<Record<ContractName, string>>,
  ) {
    this.#registry = new Messages(address.registry);
    this.#escrow = new Messages(address.escrow);
    this.#billing = new Messages(address.billing);
  }

  static async deploy(admin: HubAccount, caller: HubAccount, codes: Codes): Promise<Old> {
    const instantiate = async (code: number, message: object, label: string) => {
      const made = await admin.client.instantiate(admin.address, code, message, label, "auto", {
        admin: admin.address,
      });
      return made.contractAddress;
    };
    const constants = { receipt_max_age_seconds: RECEIPT_MAX_AGE, price_notice_seconds: PRICE_NOTICE };
    const registry = await instantiate(codes.registry, constants, "registry");
    const wiring = { registry, escrow_code_id: codes.escrow, escrow_admin: admin.address };
    const billing = await instantiate(codes.billing, wiring, "billing");
    const { escrow } = (await admin.client.queryContractSmart(billing, { config: {} })) as { escrow: string };
    return new Old(admin, caller, { registry, escrow, billing });
  }

  get domain(): wire.Domain {
    return { chainId: NODE.chainId, contract: canonical(this.address.billing) };
  }

  /** A model with an offer, sessions with and without a ceiling, balances, receipts, a batch. */
  async live(stranger: string): Promise<void> {
    const possession = wire.possessionBytes(KEY.publicKey, this.admin.canonical);
    await this.admin.send([
      this.#registry.message("register_model", {
        name: "model",
        metadata: metadata("model"),
        terms: {
          price: { denom: USDC, per_call: PRICE.toString(), per_million_in: "0", per_million_out: "0" },
          operator_bps: 0,
          payees: [{ address: this.admin.address, bps: 10_000 }],
        },
        release: { major: 1, minor: 0, blob_id: blob("model").toString() },
      }),
      this.#registry.message("offer_transfer", { model: 1, to: stranger }),
      this.#registry.message("commit", { hash: COMMITTED }),
      otherMessage(this.address.billing, {
        register_attester: {
          key: base64(KEY.publicKey.bytes),
          key_type: KEY.keyType,
          possession: base64(KEY.sign(wire.possessionDigest(this.domain, possession))),
        },
      }),
      this.#escrow.message("set_auto_payout", { denom: USDC, on: true }),
    ]);
    const session = {
      operator: this.admin.address,
      models: { listed: [{ model: 1 }] },
      budget: "1000",
      expires_at: (await this.admin.hub.now()) + 3_600,
    };
    await this.caller.send([
      this.#escrow.message("deposit", { session }, coins(1_000)),
      this.#escrow.message("deposit", { session: { ...session, ceiling: {} } }, coins(1_000)),
      this.#escrow.message("raise_ceiling", { session: 2, ceiling: (2n * PRICE).toString() }),
      this.#escrow.message("deposit", {}, coins(100)),
    ]);
    const receipts = [await this.#receipt(1), await this.#receipt(1), await this.#receipt(2)];
    const builder = new wire.BatchBuilder(1n).next(1n, 1n).next(2n, 0n);
    receipts.forEach((receipt) => builder.push(receipt));
    const { bytes } = builder.build("itemised");
    await this.admin.send([
      await this.call(),
      this.#billing.message("settle_batch", {
        batch: base64(bytes),
        signature: base64(KEY.sign(wire.batchDigest(this.domain, bytes))),
        vouchers: [],
      }),
    ]);
    this.#next.set(1, 3);
  }

  async #receipt(session: number): Promise<wire.Receipt> {
    return receiptFor({
      attester: 1,
      session,
      offer: { model: 1, release: 1, blobId: blob("model"), terms: 1 },
      units: { input: 10n, output: 10n },
      request: named("request"),
      response: named("response"),
      issuedAt: await this.admin.hub.now(),
    });
  }

  /** The message that settles the next receipt of a session. */
  async call(session = 1): Promise<Action<{ outcome: unknown }>> {
    const bytes = wire.encodeReceipt(await this.#receipt(session));
    const sequence = this.#next.get(session) ?? 0;
    this.#next.set(session, sequence + 1);
    const signature = KEY.sign(wire.receiptDigest(this.domain, bytes, BigInt(sequence)));
    return this.#billing.message("settle", { receipt: base64(bytes), sequence, signature: base64(signature) });
  }

  /**
   * What goes on whatever was migrated: the author publishes, an operator registers a key, a caller tops up, opens, raises, closes, withdraws
   * and is paid out. Returns a session that is open.
   */
  async goOn(): Promise<number> {
    this.#releases += 1;
    this.#sessions += 2;
    const key = wire.SigningKey.generate("secp256k1");
    const possession = wire.possessionBytes(key.publicKey, this.admin.canonical);
    const published = await this.admin.send([
      this.#registry.message("publish_release", {
        model: 1,
        release: { major: 2, minor: this.#releases, blob_id: blob(`release ${this.#releases}`).toString() },
      }),
      otherMessage(this.address.billing, {
        register_attester: {
          key: base64(key.publicKey.bytes),
          key_type: key.keyType,
          possession: base64(key.sign(wire.possessionDigest(this.domain, possession))),
        },
      }),
    ]);
    assert.deepEqual(published.answers[0], { release: this.#releases });
    const session = {
      operator: this.admin.address,
      models: { listed: [{ model: 1 }] },
      budget: "20",
      expires_at: (await this.admin.hub.now()) + 3_600,
    };
    await this.caller.send([
      this.#escrow.message("deposit", {}, coins(60)),
      this.#escrow.message("top_up", { session: 1, amount: "10" }),
      this.#escrow.message("raise_ceiling", { session: 2, ceiling: (100 + this.#sessions).toString() }),
      this.#escrow.message("open_session", { denom: USDC, session }),
      this.#escrow.message("open_session", { denom: USDC, session }),
      this.#escrow.message("close_session", { session: this.#sessions }),
      this.#escrow.message("withdraw", { denom: USDC, amount: "5" }),
      this.#escrow.message("set_auto_payout", { denom: USDC, on: true }),
      this.#escrow.message("payout", { denom: USDC, accounts: [this.caller.address] }),
      this.#escrow.message("set_auto_payout", { denom: USDC, on: false }),
    ]);
    return this.#sessions - 1;
  }

  /** What was put into sessions so far: the escrow owes it, to somebody. */
  get reserved(): bigint {
    return 2_000n + BigInt(this.#sessions - 2) * 25n;
  }

  /** Gives these contracts new code, in one transaction. */
  async migrate(contracts: readonly ContractName[], codes: Codes, by = this.admin): Promise<void> {
    const messages = contracts.map((name) => ({
      typeUrl: "/cosmwasm.wasm.v1.MsgMigrateContract",
      value: {
        sender: by.address,
        contract: this.address[name],
        codeId: BigInt(codes[name]),
        msg: new TextEncoder().encode("{}"),
      },
    }));
    const { code, rawLog } = await by.client.signAndSend(by.address, messages, {});
    assert.equal(code, 0, rawLog);
  }

  /** Everything that somebody could miss. */
  async answers(): Promise<object> {
    const { admin, caller, address } = this;
    const questions: [ContractName, object][] = [
      ["registry", { config: {} }],
      ["registry", { model: { model: 1 } }],
      ["registry", { terms_list: { model: 1 } }],
      ["registry", { releases: { model: 1 } }],
      ["registry", { commitment: { hash: COMMITTED } }],
      ["registry", { models_by_author: { author: admin.address } }],
      ["registry", { by_blob: { blob_id: blob("model").toString() } }],
      ["escrow", { config: {} }],
      ["escrow", { denoms: {} }],
      ["escrow", { solvency: { denom: USDC } }],
      ["escrow", { balances: { address: admin.address } }],
      ["escrow", { balances: { address: caller.address } }],
      ["escrow", { sessions_by_caller: { caller: caller.address } }],
      ["escrow", { sessions_from_others: { caller: caller.address } }],
      ["escrow", { sessions_by_operator: { operator: admin.address } }],
      ["billing", { config: {} }],
      ["billing", { attesters: {} }],
      ["billing", { batches: { attester: 1 } }],
      ["billing", { usage: { model: 1, denom: USDC } }],
    ];
    const answered = questions.map(async ([contract, question]) => {
      const answer: unknown = await admin.client.queryContractSmart(address[contract], question);
      return [`${contract} ${JSON.stringify(question)}`, answer] as const;
    });
    return Object.fromEntries(await Promise.all(answered)) as object;
  }

  /** Everybody takes what is theirs; what is still held is what the sessions have left. */
  async settleUp(paid: bigint): Promise<void> {
    const hub = await Hub.connect(NODE.rpc, {
      chain_id: NODE.chainId,
      contracts: {
        registry: { address: this.address.registry },
        escrow: { address: this.address.escrow },
        billing: { address: this.address.billing },
      },
    });
    const { query } = hub.escrow;
    const income = await query.balance({ address: this.admin.address, denom: USDC });
    assert.deepEqual([income.available, income.earned], [paid.toString(), paid.toString()]);
    await this.admin.send([hub.escrow.message("withdraw", { denom: USDC })]);
    const { available } = await query.balance({ address: this.caller.address, denom: USDC });
    if (available !== "0") {
      await this.caller.send([hub.escrow.message("withdraw", { denom: USDC })]);
    }
    const { held, owed } = await query.solvency({ denom: USDC });
    const left = (this.reserved - paid).toString();
    assert.deepEqual([held, owed], [left, left]);

    // Sums go on, of the model, its release and the Hub.
    const usage = await hub.billing.query.usage({ model: 1, denom: USDC });
    assert.equal(BigInt(usage.sums.gross), paid);
    const { releases } = await hub.billing.query.usageByRelease({ model: 1, denom: USDC });
    assert.deepEqual(
      releases.map(({ release, sums }) => [release, BigInt(sums.gross)]),
      [[1, paid]],
    );
    const { lifetime } = await hub.billing.query.hub({ denom: USDC, days: 1 });
    assert.equal(BigInt(lifetime.sums.gross), paid);
  }
}

/** That what was answered before is answered still; newer code may say more, and has a newer layout. */
function assertKept(before: unknown, after: unknown, path = ""): void {
  if (typeof before !== "object" || before === null) {
    assert.deepEqual(after, before, path);
    return;
  }
  assert.ok(typeof after === "object" && after !== null, path);
  if (Array.isArray(before)) {
    assert.equal((after as unknown[]).length, before.length, path);
  }
  for (const [key, value] of Object.entries(before)) {
    if (key !== "layout") {
      assertKept(value, (after as Record<string, unknown>)[key], `${path}/${key}`);
    }
  }
}

/** Migrates step by step. Calls go on all the while, of sessions from before a step and from after it. */
async function carryOver(old: Old, codes: Codes, steps: readonly (readonly ContractName[])[]): Promise<void> {
  // Settled before: three receipts of session 1, one of session 2.
  let paid = 4n;
  for (const contracts of steps) {
    const before = await old.answers();
    await old.migrate(contracts, codes);
    assertKept(before, await old.answers());

    const calls = [await old.call(), await old.call(await old.goOn())];
    const { answers } = await old.caller.send(calls);
    answers.forEach(({ outcome }) => assert.equal(outcome, "paid"));
    paid += BigInt(calls.length);
  }
  await old.settleUp(paid * PRICE);
}

/** Numbers of the codes of the previous release, which `by` stores, and of those under test. */
export async function codesOf(hub: Hub, by: HubAccount): Promise<{ before: Codes; codes: Codes }> {
  const before: Record<string, number> = {};
  const codes: Record<string, number> = {};
  for (const name of CONTRACTS) {
    const wasm = gunzipSync(readFileSync(`${ROOT}tests/fixtures/previous/hub_${name}.wasm.gz`));
    before[name] = (await by.client.upload(by.address, wasm, "auto")).codeId;
    codes[name] = (await hub.client.getContract(hub[name].address)).codeId;
  }
  return { before: before as unknown as Codes, codes: codes as unknown as Codes };
}

test("a Hub of the previous release is migrated, each contract alone and all together, and nobody loses a coin", async () => {
  const { hub, as } = await connect();
  const { before, codes } = await codesOf(hub, as.deployer);

  const begin = async (admin: Name, caller: Name) => {
    const begun = await Old.deploy(as[admin], as[caller], before);
    await begun.live(as.stranger.address);
    return begun;
  };
  // Side by side: each has accounts of its own.
  const [first, second, third, fourth] = await Promise.all([
    begin("deployer", "author"),
    begin("author2", "payee"),
    begin("caller", "caller2"),
    begin("operator", "operator2"),
  ]);
  await assert.rejects(first.migrate(CONTRACTS, codes, as.stranger), /unauthorized|can not migrate/);
  await assert.rejects(first.migrate(["escrow"], { ...codes, escrow: codes.registry }), /Cannot migrate from/);
  await Promise.all([
    carryOver(first, codes, [["billing"], ["escrow"], ["registry"]]),
    carryOver(second, codes, [["escrow"], ["registry", "billing"]]),
    carryOver(third, codes, [["registry"], ["billing", "escrow"]]),
    carryOver(fourth, codes, [CONTRACTS]),
  ]);
});
