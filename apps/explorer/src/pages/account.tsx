/** What the chain says of an account, in whatever role. */

import type { VNode } from "preact";
import { type billing, denomText, type escrow, type registry } from "hub-client/read";

import { count, plain } from "../app/format.js";
import { currencyOf, useApp, useLink, useLoad } from "../app/state.js";
import { Fake } from "../ui/fake.js";
import { Account as AccountLink, Amount, Facts, Table } from "../ui/parts.js";
import { Nothing, States, Title } from "../ui/states.js";
import { ModelRows } from "../ui/models.js";
import { SessionRows } from "../ui/sessions.js";

interface Data {
  readonly balances: readonly escrow.BalanceResponse[];
  readonly spend: escrow.SpendResponse;
  readonly spentWith: readonly escrow.SpentWith[];
  readonly own: readonly escrow.SessionResponse[];
  readonly gifts: readonly escrow.SessionResponse[];
  readonly given: readonly escrow.SessionResponse[];
  readonly models: readonly registry.ModelSummary[];
  readonly author: billing.AuthorUsageResponse;
  readonly attesters: readonly billing.AttesterResponse[];
}

/** An account. */
export default function Account({ id }: { id: string }): VNode {
  const { currency, config } = useApp();
  const link = useLink();
  const { denom } = currency;
  const loaded = useLoad<Data>(`account ${id} ${JSON.stringify(denom)}`, async ({ hub }) => {
    const { query } = hub.escrow;
    const [{ balances }, spend, { operators }, own, gifts, given, { models }, author, { attesters }] =
      await Promise.all([
        query.balances({ address: id, limit: 100 }),
        query.spend({ funder: id, denom }),
        query.spendByOperator({ funder: id, denom, limit: 50 }),
        query.sessionsByCaller({ caller: id, limit: 20 }),
        query.sessionsFromOthers({ caller: id, limit: 20 }),
        query.sessionsForOthers({ funder: id, limit: 20 }),
        hub.registry.query.modelsByAuthor({ author: id, limit: 50 }),
        hub.billing.query.authorUsage({ author: id, denom, limit: 100 }),
        hub.billing.query.attestersByOperator({ operator: id, limit: 100 }),
      ]);
    const [mine, theirs, forOthers] = [own, gifts, given].map(({ sessions }) => sessions);
    return {
      balances,
      spend,
      spentWith: operators,
      own: mine ?? [],
      gifts: theirs ?? [],
      given: forOthers ?? [],
      models,
      author,
      attesters,
    };
  });
  return (
    <>
      <Title name={`Account ${id}`}>
        Account <span class="mono wrap">{plain(id)}</span>
      </Title>
      <States loaded={loaded} lines={30}>
        {(data) => (
          <>
            <h2>Money in the escrow</h2>
            {data.balances.length === 0 ? (
              <Nothing>It never had anything here.</Nothing>
            ) : (
              <Table
                caption="Money in the escrow"
                head={["Denomination", "#Available", <Fake of="earned">Earned, ever</Fake>, "Paid out by itself"]}
              >
                {data.balances.map((balance) => {
                  const of = currencyOf(config, denomText(balance.denom));
                  return (
                    <tr>
                      <th scope="row">{plain(of.symbol)}</th>
                      <td class="n">
                        <Amount value={balance.available} of={of} bare />
                      </td>
                      <td class="n">
                        <Amount value={balance.earned} of={of} bare />
                      </td>
                      <td>{balance.auto_payout ? "yes, anybody may trigger it" : "no"}</td>
                    </tr>
                  );
                })}
              </Table>
            )}
            <h2>As a payer</h2>
            <Facts
              rows={[
                [<Fake of="spend">Spent in released sessions</Fake>, <Amount value={data.spend.released} />],
                ["Of it, kept by operators", <Amount value={data.spend.kept} />],
              ]}
            />
            {data.spentWith.length === 0 ? null : (
              <Table caption="With whom it spent" head={["Operator", "#Spent", "#Kept"]}>
                {data.spentWith.map(({ operator, released, kept }) => (
                  <tr>
                    <th scope="row">
                      <AccountLink address={operator} to="operator" />
                    </th>
                    <td class="n">
                      <Amount value={released} bare />
                    </td>
                    <td class="n">
                      <Amount value={kept} bare />
                    </td>
                  </tr>
                ))}
              </Table>
            )}
            <h3>Its sessions</h3>
            <SessionRows sessions={data.own} empty="It has opened no session." />
            {data.gifts.length === 0 ? null : (
              <>
                <h3>Sessions that others opened for it</h3>
                <SessionRows sessions={data.gifts} empty="" />
              </>
            )}
            {data.given.length === 0 ? null : (
              <>
                <h3>Sessions that it paid for others</h3>
                <SessionRows sessions={data.given} empty="" />
              </>
            )}
            <h2>As an author</h2>
            {data.models.length === 0 ? (
              <Nothing>It is the author of no model.</Nothing>
            ) : (
              <>
                <Facts
                  rows={[
                    ["Models", `${count(data.author.models)}${data.author.next ? " and more" : ""}`],
                    [<Fake of="author_usage">Charged for them</Fake>, <Amount value={data.author.sums.gross} />],
                    [<Fake of="aged">Of it aged</Fake>, <Amount value={data.author.sums.aged} />],
                    [<Fake of="calls">Calls</Fake>, count(data.author.sums.calls)],
                  ]}
                />
                <ModelRows models={data.models} />
              </>
            )}
            <h2>As an operator</h2>
            {data.attesters.length === 0 ? (
              <Nothing>It has registered no attester.</Nothing>
            ) : (
              <p>
                {data.attesters.length === 1 ? "One attester" : `${data.attesters.length} attesters`}:{" "}
                <a href={link(`operator/${id}`)}>its page as an operator</a>
              </p>
            )}
          </>
        )}
      </States>
    </>
  );
}
