/** What usage must say, counted beside the chain from the receipts that were paid, and compared with what billing answers. */

import assert from "node:assert/strict";
import {
  authorUsage,
  cw20,
  type Denom,
  denomText,
  everyEntry,
  type Hub,
  type Id,
  native,
  operatorUsage,
  type PageStart,
  type Sums,
  sumsOf,
  type wire,
} from "hub-client";

/** What was called, and who vouched for it. */
export type Called = Record<"model" | "release" | "attester", Id>;

/** A receipt that was paid, with its amount. */
export interface Billed {
  readonly receipt: wire.Receipt;
  readonly price: bigint;
}

const NOTHING: Sums = {
  gross: 0n,
  related: 0n,
  aged: 0n,
  calls: 0n,
  freeCalls: 0n,
  unitsIn: 0n,
  unitsOut: 0n,
};

function plus(one: Sums, other: Sums): Sums {
  const names = Object.keys(one) as (keyof Sums)[];
  return Object.fromEntries(names.map((name) => [name, one[name] + other[name]])) as unknown as Sums;
}

/** Sums by what they are of. All money is younger than a day in a run, so nothing is aged and nobody a payer. */
class Tally {
  readonly #sums = new Map<string, Sums>();

  add(of: string, sums: Sums): void {
    this.#sums.set(of, plus(this.get(of), sums));
  }

  get(of: string): Sums {
    return this.#sums.get(of) ?? NOTHING;
  }

  get names(): string[] {
    return [...this.#sums.keys()];
  }
}

export class Recount {
  readonly #models = new Tally();
  readonly #releases = new Tally();
  readonly #attesters = new Tally();
  readonly #all = new Tally();

  constructor(readonly hub: Hub) {}

  bill({ receipt, price }: Billed, denom: string, related: boolean): void {
    const { units } = receipt;
    this.add(receipt, denom, {
      gross: price,
      related: related ? price : 0n,
      aged: 0n,
      calls: price > 0n ? 1n : 0n,
      freeCalls: price > 0n ? 0n : 1n,
      unitsIn: units.input,
      unitsOut: units.output,
    });
  }

  /** Takes in receipts of one attester for one release that were paid. */
  add({ model, release, attester }: Called, denom: string, sums: Sums): void {
    this.#models.add(`${denom} ${model}`, sums);
    this.#releases.add(`${denom} ${model} ${release}`, sums);
    this.#attesters.add(`${denom} ${attester}`, sums);
    this.#all.add(denom, sums);
  }

  /** Compares all of it with the chain, of these authors and of the operators whose attesters signed. */
  async check(authors: readonly string[], operators: readonly string[]): Promise<void> {
    for (const text of this.#all.names) {
      const denom = text.startsWith("cw20:") ? cw20(text.slice(5)) : native(text);
      const models = await this.#checkModels(denom);
      for (const author of authors) {
        const { models: count, ...sums } = await authorUsage(this.hub, author, denom);
        const own = [...models].filter(([, by]) => by === author).map(([model]) => model);
        const expected = own.map((model) => this.#models.get(`${text} ${model}`)).reduce(plus, NOTHING);
        assert.deepEqual([count, sums], [BigInt(own.length), expected], `models of ${author} in ${text}`);
      }
      for (const operator of operators) {
        await this.#checkOperator(denom, operator);
      }
      await this.#checkHub(denom, models.size);
    }
  }

  /** Every model there is, with its author. */
  async #checkModels(denom: Denom): Promise<Map<number, string>> {
    const { registry, billing } = this.hub;
    const text = denomText(denom);
    const authors = new Map<number, string>();
    const all = everyEntry(
      async (from: PageStart<number>) => (await registry.query.models(from)).models,
      ({ model }) => model,
    );
    for await (const { model, author, latest_release } of all) {
      authors.set(model, author);
      const expected = this.#models.get(`${text} ${model}`);
      const usage = await billing.query.usage({ model, denom });
      assert.deepEqual(sumsOf(usage.sums), expected, `usage of model ${model} in ${text}`);
      assert.deepEqual([usage.payers, usage.returning], [0, 0]);

      const { days } = await billing.query.usageByDay({ model, denom });
      const byDay = days.map(({ sums }) => sumsOf(sums));
      assert.deepEqual(byDay.reduce(plus, NOTHING), expected, `days of model ${model} in ${text}`);
      if (expected.calls > 0n) {
        assert.deepEqual([days.length > 0, days[0]?.day], [true, usage.first_day]);
        assert.ok((usage.settle_lag_seconds ?? -1) >= 0);
      }

      const { releases } = await billing.query.usageByRelease({ model, denom });
      const found = releases.map(({ release, sums }) => [release, sumsOf(sums)] as const);
      const numbers = Array.from({ length: latest_release }, (_, place) => place + 1);
      const counted = numbers.map((release) => [release, this.#releases.get(`${text} ${model} ${release}`)] as const);
      const billed = counted.filter(([, { calls, freeCalls }]) => calls + freeCalls > 0n);
      assert.deepEqual(found, billed, `releases of model ${model} in ${text}`);
    }
    return authors;
  }

  async #checkOperator(denom: Denom, operator: string): Promise<void> {
    const { query } = this.hub.billing;
    const text = denomText(denom);
    const { attesters } = await query.attestersByOperator({ operator });
    let whole = { gross: 0n, calls: 0n };
    for (const { attester } of attesters) {
      const { sums } = await query.attesterUsage({ attester, denom });
      const { gross, calls } = this.#attesters.get(`${text} ${attester}`);
      assert.deepEqual([BigInt(sums.gross), BigInt(sums.calls)], [gross, calls], `attester ${attester} in ${text}`);
      whole = { gross: whole.gross + gross, calls: whole.calls + calls };
    }
    const found = await operatorUsage(this.hub, operator, denom);
    assert.deepEqual(found, { attesters: BigInt(attesters.length), aged: 0n, ...whole }, `the operator in ${text}`);
  }

  async #checkHub(denom: Denom, models: number): Promise<void> {
    const text = denomText(denom);
    const { lifetime, ten_largest } = await this.hub.billing.query.hub({ denom, days: 1 });
    const { gross, related, calls, freeCalls } = this.#all.get(text);
    const called = this.#models.names.filter(
      (name) => name.startsWith(`${text} `) && this.#models.get(name).calls > 0n,
    );
    assert.deepEqual(
      lifetime,
      {
        models_registered: models,
        sums: {
          gross: gross.toString(),
          related: related.toString(),
          aged: "0",
          calls: Number(calls),
          free_calls: Number(freeCalls),
          models_called: called.length,
          models_earning: 0,
          authors_earning: 0,
          payers: 0,
        },
      },
      `the Hub in ${text}`,
    );
    assert.equal(ten_largest, "0");
  }
}
