/** Small parts that pages are built from. */

import type { ComponentChildren, VNode } from "preact";

import { exactAmount } from "../app/figures.js";
import { amount, type Currency, moment, plain, short, span } from "../app/format.js";
import { webAddress } from "../app/web.js";
import { useApp, useLink } from "../app/state.js";

/** An amount of the denomination that is shown, every digit in its title. */
export function Amount({ value, of, bare }: { value: bigint | string; of?: Currency; bare?: boolean }): VNode {
  const { currency } = useApp();
  const shown = of ?? currency;
  const whole = BigInt(value);
  return (
    <span class="amount" title={exactAmount(whole, shown)}>
      {amount(whole, shown)}
      {bare === true ? null : <small> {shown.symbol}</small>}
    </span>
  );
}

/** An account, as a link to its page. */
export function Account({ address, to = "account" }: { address: string; to?: string }): VNode {
  const link = useLink();
  return (
    <a class="mono" href={link(`${to}/${address}`)} title={address}>
      {short(address)}
    </a>
  );
}

/** A time of the chain, and how long before the latest block it was. */
export function When({ time }: { time: number }): VNode {
  const { latest } = useApp();
  const ago = latest === undefined ? 0 : latest.time - time;
  const words = latest === undefined ? moment(time) : ago >= 0 ? `${span(ago)} ago` : `in ${span(-ago)}`;
  return <time title={`${moment(time)} UTC`}>{words}</time>;
}

/** What a stranger wrote, as text, whatever direction it reads in. */
export function Theirs({ text }: { text: string }): VNode {
  return <bdi>{plain(text)}</bdi>;
}

/** A stranger's link, with the host to which it leads; text if it must not be one. */
export function Outside({ href }: { href: string }): VNode {
  const url = webAddress(href);
  if (url === undefined) {
    return <Theirs text={href} />;
  }
  return (
    <a class="outside" href={url.href} rel="noopener noreferrer nofollow ugc" target="_blank">
      <bdi>{plain(url.host)}</bdi>
      <span aria-hidden="true"> ↗</span>
    </a>
  );
}

/** A table that may be wider than the screen; its head is for readers of screens as well. */
export function Table({
  caption,
  head,
  children,
}: {
  caption: string;
  /** Columns; those that begin with `#`, or are no texts, hold numbers. */
  head: readonly (string | VNode)[];
  children: ComponentChildren;
}): VNode {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={caption}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {head.map((column) =>
              typeof column !== "string" ? (
                <th scope="col" class="n">
                  {column}
                </th>
              ) : (
                <th scope="col" class={column.startsWith("#") ? "n" : undefined}>
                  {column.replace(/^#/, "")}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** Pairs of a name and what it says. */
export function Facts({
  rows,
}: {
  rows: readonly (readonly [ComponentChildren, ComponentChildren] | undefined)[];
}): VNode {
  return (
    <dl class="facts">
      {rows.map((row) =>
        row === undefined ? null : (
          <div>
            <dt>{row[0]}</dt>
            <dd>{row[1]}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** A button that copies a text. */
export function Copy({ text, label = "Copy" }: { text: string; label?: string }): VNode {
  return (
    <button class="small" onClick={() => void navigator.clipboard.writeText(text)} title={text}>
      {label}
    </button>
  );
}
