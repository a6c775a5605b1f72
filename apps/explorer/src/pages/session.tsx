/** A session: what it may pay, what it paid, and what is left, as it happens. */

import type { VNode } from "preact";
import { denomText, type escrow, type registry } from "hub-client/read";

import { percent } from "../app/figures.js";
import { count, moment, plain } from "../app/format.js";
import { currencyOf, useApp, useLink, useLoad } from "../app/state.js";
import { Account, Amount, Facts, Theirs, When } from "../ui/parts.js";
import { States, Title } from "../ui/states.js";
import { Rates } from "../ui/price.js";

/** How often it is read again while it is looked at. */
const EVERY_MS = 5_000;

interface Data {
  readonly session: escrow.SessionResponse;
  readonly models: readonly registry.ModelSummary[];
}

/** A session. */
export default function Session({ id }: { id: string }): VNode {
  const { config } = useApp();
  const link = useLink();
  const loaded = useLoad<Data>(
    `session ${id}`,
    async ({ hub }) => {
      const session = await hub.escrow.query.session({ session: Number(id) });
      const listed = "listed" in session.models ? session.models.listed : [];
      const ids = listed.map(({ model }) => model);
      const { models } = ids.length === 0 ? { models: [] } : await hub.registry.query.modelsByIds({ ids });
      return { session, models };
    },
    EVERY_MS,
  );
  return (
    <>
      <Title name={`Session ${id}`} />
      <States loaded={loaded} lines={24}>
        {({ session, models }) => {
          const of = currencyOf(config, denomText(session.denom));
          const [budget, spent] = [BigInt(session.budget), BigInt(session.spent)];
          const part = budget === 0n ? 0 : Number((spent * 10_000n) / budget);
          const listed = "listed" in session.models ? session.models.listed : [];
          return (
            <>
              <p class="big">
                <Amount value={session.left} of={of} /> left of <Amount value={budget} of={of} />
              </p>
              <div
                class="meter"
                role="meter"
                aria-valuemin={0}
                aria-valuemax={100}
                aria-valuenow={part / 100}
                aria-label="Spent"
              >
                <i style={{ width: `${part / 100}%` }} />
              </div>
              <Facts
                rows={[
                  [
                    "State",
                    {
                      open: "open: it takes receipts",
                      ended: "ended: earlier receipts can still be settled",
                      released: "released: what was left went back",
                    }[session.state],
                  ],
                  [
                    "Spent",
                    <>
                      <Amount value={spent} of={of} /> ({percent(part)})
                    </>,
                  ],
                  ["Of it, kept by the operator", <Amount value={session.kept} of={of} />],
                  ["Caller", <Account address={session.caller} />],
                  session.funder === session.caller ? undefined : ["Paid for by", <Account address={session.funder} />],
                  ["Operator", <Account address={session.operator} to="operator" />],
                  [
                    "Opened",
                    <>
                      <When time={session.opened_at} /> <small>{moment(session.opened_at)} UTC</small>
                    </>,
                  ],
                  [
                    "Ends",
                    <>
                      <When time={session.ends_at} /> <small>{moment(session.ends_at)} UTC</small>
                    </>,
                  ],
                  [
                    "Ceiling",
                    session.ceiling ? (
                      <>
                        <Amount value={session.ceiling.ceiling} of={of} />, raised by{" "}
                        {session.ceiling.key ? "vouchers of the caller’s key" : "messages of the caller"}
                      </>
                    ) : (
                      "none: the caller trusts this operator up to the whole budget"
                    ),
                  ],
                  session.max_price ? ["Highest price", <Rates rates={session.max_price} of={of} />] : undefined,
                  session.measurement
                    ? ["Only attesters measured as", <span class="mono wrap">{session.measurement}</span>]
                    : undefined,
                  session.label ? ["Note of the caller", <bdi>{plain(session.label)}</bdi>] : undefined,
                  [
                    "Models",
                    listed.length === 0
                      ? "any, up to the highest price"
                      : listed.map(({ model, release }, place) => {
                          const found = models.find((one) => one.model === model);
                          return (
                            <>
                              {place === 0 ? "" : ", "}
                              <a href={link(`model/${model}`)}>
                                {found === undefined ? `Model ${model}` : <Theirs text={found.title} />}
                              </a>
                              {release ? ` (release ${release})` : ""}
                            </>
                          );
                        }),
                  ],
                  [
                    "Receipts settled",
                    session.lanes.length === 0
                      ? "none yet"
                      : session.lanes.map(({ attester, next }) => `${count(next)} by attester ${attester}`).join(", "),
                  ],
                ]}
              />
            </>
          );
        }}
      </States>
    </>
  );
}
