/** One operator: its attesters, what they served, and what their servers say of themselves. */

import type { VNode } from "preact";
import type { billing, escrow, registry } from "hub-client/read";

import { count, plain } from "../app/format.js";
import { useApp, useLink, useLoad } from "../app/state.js";
import { AttesterState, KeyLives } from "../ui/attester.js";
import { Fake } from "../ui/fake.js";
import { Account, Amount, Facts, Outside, Table, Theirs } from "../ui/parts.js";
import { Nothing, States, Title } from "../ui/states.js";
import { Server } from "../ui/server.js";
import { SessionRows } from "../ui/sessions.js";
import { Tick } from "../ui/tick.js";

interface Data {
  readonly attesters: readonly billing.AttesterResponse[];
  readonly usage: billing.AttestersUsageResponse;
  readonly served: readonly billing.ModelAt[];
  readonly models: readonly registry.ModelSummary[];
  readonly sessions: readonly escrow.SessionResponse[];
  readonly balance: escrow.BalanceResponse;
}

/** One operator. */
export default function Operator({ id }: { id: string }): VNode {
  const { currency, route } = useApp();
  const link = useLink();
  const { denom } = currency;
  const loaded = useLoad<Data>(`operator ${id} ${JSON.stringify(denom)}`, async ({ hub }) => {
    const { query } = hub.billing;
    const [{ attesters }, usage, { models: served }, { sessions }, balance] = await Promise.all([
      query.attestersByOperator({ operator: id, limit: 100 }),
      query.operatorUsage({ operator: id, denom, limit: 100 }),
      query.rankingAt({ operator: id, denom, limit: 50 }),
      hub.escrow.query.sessionsByOperator({ operator: id, limit: 20 }),
      hub.escrow.query.balance({ address: id, denom }),
    ]);
    const ids = served.map(({ place }) => place.model);
    const { models } = ids.length === 0 ? { models: [] } : await hub.registry.query.modelsByIds({ ids });
    return { attesters, usage, served, models, sessions, balance };
  });
  return (
    <>
      <Title name={`Operator ${id}`}>
        Operator <span class="mono wrap">{plain(id)}</span>
      </Title>
      <p>
        <Tick operator={id} />{" "}
        {route.believe.includes(id)
          ? "You believe that it gives nothing back of what it earns."
          : "Believe it if you know why it would not give back what it earns."}{" "}
        <a href={link(`account/${id}`)}>Its account</a>
      </p>
      <States loaded={loaded} lines={30}>
        {({ attesters, usage, served, models, sessions, balance }) =>
          attesters.length === 0 ? (
            <Nothing>This account has registered no attester: it is no operator.</Nothing>
          ) : (
            <>
              <Facts
                rows={[
                  [<Fake of="kept">Kept</Fake>, <Amount value={usage.sums.kept} />],
                  [<Fake of="gross">Charged</Fake>, <Amount value={usage.sums.gross} />],
                  [<Fake of="aged">Aged</Fake>, <Amount value={usage.sums.aged} />],
                  [<Fake of="calls">Calls</Fake>, count(usage.sums.calls)],
                  ["Available to withdraw", <Amount value={balance.available} />],
                ]}
              />
              <h2>Attesters</h2>
              <Table
                caption="Attesters"
                head={["#Number", "State", "Key lives", "Key", "#Batches", "Reached at", "Its server says"]}
              >
                {attesters.map((attester) => (
                  <tr>
                    <td class="n">{attester.attester}</td>
                    <td>
                      <AttesterState attester={attester} />
                    </td>
                    <td>
                      <KeyLives attester={attester} />
                    </td>
                    <td class="mono" title={attester.key}>
                      {attester.key_type} {attester.key.slice(0, 8)}…
                    </td>
                    <td class="n">{count(attester.batches)}</td>
                    <td>{attester.endpoint ? <Outside href={attester.endpoint} /> : "—"}</td>
                    <td>
                      {attester.endpoint && "active" in attester.status ? <Server endpoint={attester.endpoint} /> : "—"}
                    </td>
                  </tr>
                ))}
              </Table>
              <h2>Models that it served</h2>
              {served.length === 0 ? (
                <Nothing>It kept nothing of any model in {currency.symbol}.</Nothing>
              ) : (
                <Table
                  caption="Models that it served"
                  head={[
                    "Model",
                    "Author",
                    <Fake of="kept">Kept</Fake>,
                    <Fake of="strange">Of strangers</Fake>,
                    <Fake of="calls">Calls</Fake>,
                  ]}
                >
                  {served.map(({ place, sums }) => {
                    const model = models.find((one) => one.model === place.model);
                    return (
                      <tr>
                        <th scope="row">
                          <a href={link(`model/${place.model}`)}>
                            {model === undefined ? `Model ${place.model}` : <Theirs text={model.title} />}
                          </a>
                        </th>
                        <td>{model === undefined ? "—" : <Account address={model.author} />}</td>
                        <td class="n">
                          <Amount value={sums.kept} bare />
                        </td>
                        <td class="n">
                          <Amount value={sums.strange} bare />
                        </td>
                        <td class="n">{count(sums.calls)}</td>
                      </tr>
                    );
                  })}
                </Table>
              )}
              <h2>Newest sessions with it</h2>
              <SessionRows sessions={sessions} empty="Nobody has opened a session with it yet." />
            </>
          )
        }
      </States>
    </>
  );
}
