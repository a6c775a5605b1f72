/** What a model costs, cost, and will cost. The registry keeps all terms that it ever had, so no indexer is asked. */

import type { VNode } from "preact";
import { denomText, type registry } from "hub-client/read";

import { exactPercent, percent } from "../app/figures.js";
import { amount, type Currency, moment } from "../app/format.js";
import { currencyOf, useApp } from "../app/state.js";
import { Account, Table, When } from "../ui/parts.js";
import { Price } from "../ui/price.js";

const PARTS = [
  ["per_call", "a call"],
  ["per_million_in", "a million units in"],
  ["per_million_out", "a million units out"],
] as const;
const WIDTH = 360;
const HEIGHT = 80;

interface Given {
  /** The newest first. */
  readonly terms: readonly registry.TermsResponse[];
  /** Unix seconds of the block. */
  readonly time: number;
}

/** From when to when terms are in force; undefined for those that others replaced before they began. */
function inForce({ validity }: registry.TermsResponse): { from: number; until: number | undefined } | undefined {
  return "dropped" in validity
    ? undefined
    : { from: validity.interval.effective_from, until: validity.interval.superseded_at ?? undefined };
}

/** A price that is announced and not in force yet. */
export function Coming({ terms, time }: Given): VNode | null {
  const next = [...terms].reverse().find((one) => (inForce(one)?.from ?? 0) > time);
  return next === undefined ? null : (
    <p class="note">
      <When time={inForce(next)?.from ?? 0} />: <Price price={next.price} long />
    </p>
  );
}

/** All prices that it had, as lines over time and as a table. */
export function Prices({ terms, time }: Given): VNode {
  return (
    <section aria-labelledby="prices">
      <h2 id="prices">What it cost</h2>
      <p class="hint">
        All terms that its author ever set, as the registry keeps them. A dearer price waits for days before it counts,
        so callers see it come.
      </p>
      <Lines terms={terms} time={time} />
      <Table caption="Terms" head={["#Terms", "#Price", "#Against before", "#For operators", "In force", "Payees"]}>
        {terms.map((one, place) => {
          const valid = inForce(one);
          // What it is held against is what was in force, not what others replaced before it began.
          const before = terms.slice(place + 1).find((other) => inForce(other) !== undefined);
          return (
            <tr>
              <td class="n">{one.terms}</td>
              <td class="n">
                <Price price={one.price} />
              </td>
              <td class="n">{valid === undefined || before === undefined ? "—" : changeOf(one, before)}</td>
              <td class="n">{exactPercent(one.operator_bps)}</td>
              <td>
                {valid === undefined
                  ? "never: replaced before it began"
                  : `${moment(valid.from)} to ${valid.until === undefined ? "now on" : moment(valid.until)}`}
                {valid === undefined ? null : valid.from > time ? (
                  <span class="bad"> · announced</span>
                ) : valid.until === undefined || valid.until > time ? (
                  <span class="good"> · now</span>
                ) : null}
              </td>
              <td>
                {one.payees.map(({ address, bps }) => (
                  <>
                    <Account address={address} /> <small>{exactPercent(bps)}</small>{" "}
                  </>
                ))}
              </td>
            </tr>
          );
        })}
      </Table>
    </section>
  );
}

/** By how much the parts of a price changed; in words where no per cent says it. */
export function changeOf({ price }: registry.TermsResponse, { price: before }: registry.TermsResponse): string {
  if (denomText(price.denom) !== denomText(before.denom)) {
    return "other denomination";
  }
  const changes = PARTS.flatMap(([part]) => {
    const [now, then] = [BigInt(price[part]), BigInt(before[part])];
    if (now === then) {
      return [];
    }
    if (then === 0n) {
      return ["new part"];
    }
    const bps = Number(((now - then) * 10_000n) / then);
    return [`${bps < 0 ? "−" : "+"}${percent(Math.abs(bps))}`];
  });
  return changes.length === 0 ? "the same" : [...new Set(changes)].join(", ");
}

/** A line for each part of the price that it ever had, from the first terms to now; nothing where it never changed. */
function Lines({ terms, time }: Given): VNode | null {
  const { config } = useApp();
  const [newest] = terms;
  const spans = terms
    .flatMap((one) => {
      const valid = inForce(one);
      return valid === undefined ? [] : [{ price: one.price, from: valid.from }];
    })
    .reverse();
  if (newest === undefined || spans.length < 2) {
    return null;
  }
  const of = currencyOf(config, denomText(newest.price.denom));
  const same = spans.filter(({ price }) => denomText(price.denom) === denomText(newest.price.denom));
  const first = same[0]?.from ?? time;
  const last = Math.max(time, same[same.length - 1]?.from ?? time);
  const end = last + Math.max(1, (last - first) / 20);
  const lines = PARTS.flatMap(([part, per]) => {
    const values = same.map(({ price, from }) => ({ from, value: BigInt(price[part]) }));
    return values.some(({ value }) => value > 0n) ? [{ per, values }] : [];
  });
  return (
    <div class="charts">
      {lines.map(({ per, values }) => (
        <Line {...{ per, values, first, end, time, of }} />
      ))}
    </div>
  );
}

function Line({
  per,
  values,
  first,
  end,
  time,
  of,
}: {
  per: string;
  values: readonly { from: number; value: bigint }[];
  first: number;
  end: number;
  time: number;
  of: Currency;
}): VNode {
  const most = values.reduce((high, { value }) => (value > high ? value : high), 0n);
  const x = (at: number) => Math.round(((at - first) / (end - first)) * WIDTH);
  const y = (value: bigint) => HEIGHT - Number((value * BigInt(HEIGHT - 4)) / most);
  const path = values
    .map(({ from, value }, place) => `${place === 0 ? "M" : "H"}${x(from)}${place === 0 ? " " : "V"}${y(value)}`)
    .join("");
  const money = (value: bigint) => `${amount(value, of)} ${of.symbol}`;
  const says = values.map(({ from, value }) => `${money(value)} from ${moment(from)}`).join(", ");
  return (
    <figure class="chart steps">
      <figcaption>{per}</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${per}: ${says}`}>
        {end > time ? <rect class="pointed" x={x(time)} y={0} width={WIDTH - x(time)} height={HEIGHT} /> : null}
        <path d={`${path}H${WIDTH}`} vector-effect="non-scaling-stroke" />
        <line class="ground" x1={0} x2={WIDTH} y1={HEIGHT} y2={HEIGHT} vector-effect="non-scaling-stroke" />
      </svg>
      <div class="scale" aria-hidden="true">
        <span>{moment(first).slice(0, 10)}</span>
        <span>up to {money(most)}</span>
        <span>now</span>
      </div>
    </figure>
  );
}
