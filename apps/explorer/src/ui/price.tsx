/** What a call costs. */

import type { VNode } from "preact";
import { denomText, type escrow, type registry } from "hub-client/read";

import { exactAmount } from "../app/figures.js";
import { amount, type Currency } from "../app/format.js";
import { currencyOf, useApp } from "../app/state.js";

/** The three components of a price, those that are not zero. */
export function Price({ price, long }: { price: registry.Price; long?: boolean }): VNode {
  const { config } = useApp();
  return <Rates rates={price} of={currencyOf(config, denomText(price.denom))} long={long === true} />;
}

/** The same of a limit, whose denomination stands elsewhere. */
export function Rates({ rates, of, long }: { rates: escrow.Rates; of: Currency; long?: boolean }): VNode {
  const parts = [
    [rates.per_call, "call"],
    [rates.per_million_in, long === true ? "million units in" : "M in"],
    [rates.per_million_out, long === true ? "million units out" : "M out"],
  ] as const;
  const shown = parts.filter(([value]) => value !== "0");
  if (shown.length === 0) {
    return <span class="price">free</span>;
  }
  return (
    <span class="price">
      {shown.map(([value, per]) => (
        <span title={exactAmount(BigInt(value), of)}>
          {amount(BigInt(value), of)}{" "}
          <small>
            {of.symbol}/{per}
          </small>
        </span>
      ))}
    </span>
  );
}
