/** Calls and income of the last ninety days, of a model or of the whole Hub. */

import type { VNode } from "preact";

import { day } from "../app/figures.js";
import { amount, count } from "../app/format.js";
import { useApp } from "../app/state.js";
import { Bars } from "./charts.js";
import { Fake } from "./fake.js";

/** Days that are shown. */
export const DAYS = 90;

/** What the chain counts of a day, as far as it is drawn. */
interface Day {
  readonly day: number;
  readonly sums: { readonly calls: number; readonly gross: string; readonly aged: string };
}

/** Two charts; days of which the chain says nothing had nothing. */
export function Daily({ days, today }: { days: readonly Day[]; today: number }): VNode {
  const { currency } = useApp();
  const byDay = new Map(days.map(({ day: number, sums }) => [number, sums]));
  const bars = Array.from({ length: DAYS }, (_, place) => {
    const number = today - DAYS + 1 + place;
    const { calls, gross, aged } = byDay.get(number) ?? { calls: 0, gross: "0", aged: "0" };
    return { name: day(number), calls, gross: BigInt(gross), aged: BigInt(aged) };
  });
  const calls = bars.map(({ name, calls }) => ({ name, whole: calls, part: calls, says: `${count(calls)} calls` }));
  const income = bars.map(({ name, gross, aged }) => {
    const says = `${amount(aged, currency)} ${currency.symbol} aged, of ${amount(gross, currency)} charged`;
    return { name, whole: Number(aged), part: Number(aged), says };
  });
  const most = bars.reduce((high, { aged }) => (aged > high ? aged : high), 0n);
  return (
    <>
      <div>
        <Fake of="calls">Calls</Fake>
        <Bars title="a day" bars={calls} unit={count(mostOf(calls))} />
      </div>
      <div>
        <Fake of="aged">Income from aged money</Fake>
        <Bars title="a day" bars={income} unit={`${amount(most, currency)} ${currency.symbol}`} />
      </div>
    </>
  );
}

/** The highest of some bars. */
export function mostOf(bars: readonly { readonly whole: number }[]): number {
  return bars.reduce((high, { whole }) => Math.max(high, whole), 0);
}
