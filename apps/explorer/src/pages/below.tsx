/** What stands below the first screen of the market: the models that are listed, and ninety days. */

import type { VNode } from "preact";
import { type billing, type registry, weekOf } from "hub-client/read";

import { amount, count, day } from "../app/format.js";
import { useApp, useLink, useLoad } from "../app/state.js";
import { leastWeekly, type Light } from "../market/lights.js";
import { Bars, Spark } from "../ui/charts.js";
import { Fake } from "../ui/fake.js";
import { Account, Amount, Table, Theirs } from "../ui/parts.js";
import { Nothing, States } from "../ui/states.js";
import { Price } from "../ui/price.js";

/** Days that the charts show. */
const DAYS = 90;
/** Days of the small charts in the list. */
const SPARK_DAYS = 14;

interface Detail {
  readonly days: readonly billing.HubOfDay[];
  readonly weeks: readonly billing.HubOfWeek[];
  readonly models: readonly registry.ModelSummary[];
  readonly sparks: readonly billing.UsageOfModelByDay[];
  readonly today: number;
}

/** The models that are listed, and ninety days of the Hub. */
export default function Below({ listed, hub: glance }: { listed: readonly Light[]; hub: billing.HubResponse }): VNode {
  const { currency, route } = useApp();
  const { denom } = currency;
  const ids = listed.map(({ model }) => model);
  const { today } = glance;
  const dime = `${amount(leastWeekly(currency.decimals), currency)} ${currency.symbol}`;
  const detail = useLoad<Detail>(`detail ${JSON.stringify(denom)} ${ids.join()} ${today}`, async ({ hub }) => {
    const { query } = hub.billing;
    const [{ days }, { weeks }, { models }, { models: sparks }] = await Promise.all([
      query.hubByDay({ denom, limit: DAYS, startAfter: today - DAYS }),
      query.hubWeeks({ denom, limit: 14, startAfter: weekOf(today * 86_400) - 14 }),
      ids.length === 0 ? { models: [] } : hub.registry.query.modelsByIds({ ids }),
      ids.length === 0
        ? { models: [] }
        : query.usagesByDay({ denom, models: ids, from: today - SPARK_DAYS + 1, until: today }),
    ]);
    return { days, weeks, models, sparks, today };
  });
  return (
    <>
      <section aria-labelledby="first">
        <h2 id="first">
          {route.believe.length === 0 ? "What claims to be paid for" : "What those you believe were paid to run"}
        </h2>
        <p class="hint">
          {route.believe.length === 0
            ? `Of the hundred that claim most. Each payer who came back speaks for at most ${dime} a week. Accounts cost next to nothing, so this order proves nothing.`
            : `Ordered by what is backed a week, of which each payer who came back speaks for at most ${dime}.`}
        </p>
        {listed.length === 0 ? (
          <Nothing>
            {glance.lifetime.models_registered === 0
              ? "This Hub is empty: no model was registered yet."
              : route.believe.length === 0
                ? "No model has earned anything yet."
                : "Those you believe have served no model in this denomination."}
          </Nothing>
        ) : (
          <States loaded={detail} lines={28}>
            {(found) => <List listed={listed} detail={found} />}
          </States>
        )}
      </section>
      <States loaded={detail} lines={14}>
        {(found) => <Ninety detail={found} today={today} />}
      </States>
    </>
  );
}

function List({ listed, detail }: { listed: readonly Light[]; detail: Detail }): VNode {
  const link = useLink();
  const { route } = useApp();
  return (
    <>
      <Table
        caption="Models that earn"
        head={[
          "Model",
          "Author",
          "#Price",
          <Fake of="backed">Backed a week</Fake>,
          <Fake of="recent_aged">Claims a week</Fake>,
          <Fake of="payers">Payers</Fake>,
          `Calls, ${SPARK_DAYS} days`,
        ]}
      >
        {listed.map((light) => {
          const model = detail.models.find((one) => one.model === light.model);
          const days = detail.sparks.find((one) => one.model === light.model)?.days ?? [];
          return model === undefined ? null : (
            <tr>
              <th scope="row">
                <a href={link(`model/${model.model}`)}>
                  <Theirs text={model.title} />
                </a>
                <small>
                  <Theirs text={model.task} />
                </small>
              </th>
              <td>
                <Account address={model.author} />
              </td>
              <td class="n">
                <Price price={model.price} />
              </td>
              <td class="n">{route.believe.length === 0 ? "—" : <Amount value={light.backed} bare />}</td>
              <td class="n">{light.claimed === undefined ? "—" : <Amount value={light.claimed} bare />}</td>
              <td class="n">
                {count(light.payers)} <small>{count(light.returning)} came back</small>
              </td>
              <td>
                <Spark
                  values={filled(days, detail)}
                  label={`${count(days.reduce((sum, { sums }) => sum + sums.calls, 0))} calls`}
                />
              </td>
            </tr>
          );
        })}
      </Table>
      <p>
        <a href={link("models")}>All models</a>
      </p>
    </>
  );
}

function filled(days: readonly billing.UsageOfDay[], { today: last }: Detail): number[] {
  const calls = new Map(days.map(({ day, sums }) => [day, sums.calls]));
  return Array.from({ length: SPARK_DAYS }, (_, place) => calls.get(last - SPARK_DAYS + 1 + place) ?? 0);
}

function Ninety({ detail, today }: { detail: Detail; today: number }): VNode {
  const { currency } = useApp();
  const days = new Map(detail.days.map(({ day, sums }) => [day, sums]));
  const span = Array.from({ length: DAYS }, (_, place) => today - DAYS + 1 + place);
  const calls = span.map((number) => {
    const value = days.get(number)?.calls ?? 0;
    return { name: day(number), whole: value, part: value, says: `${count(value)} calls` };
  });
  const income = span.map((number) => {
    const sums = days.get(number);
    const gross = BigInt(sums?.gross ?? "0");
    const aged = BigInt(sums?.aged ?? "0");
    const says = `${amount(aged, currency)} ${currency.symbol} aged, of ${amount(gross, currency)} charged`;
    return { name: day(number), whole: Number(aged), part: Number(aged), says };
  });
  const weeks = detail.weeks.map(({ week, counts: { payers, returning } }) => ({
    name: `week of ${day(week * 7)}`,
    whole: payers,
    part: returning,
    says: `${count(payers)} payers, ${count(returning)} came back`,
  }));
  const most = (bars: readonly { whole: number }[]) => bars.reduce((high, { whole }) => Math.max(high, whole), 0);
  return (
    <section aria-labelledby="ninety">
      <h2 id="ninety">Ninety days</h2>
      <p class="hint">What anybody claims, of all models. Each number’s name says what it would cost to make it up.</p>
      <div class="charts">
        <div>
          <Fake of="calls">Calls</Fake>
          <Bars title="a day" bars={calls} unit={count(most(calls))} />
        </div>
        <div>
          <Fake of="aged">Income from aged money</Fake>
          <Bars
            title="a day"
            bars={income}
            unit={`${amount(BigInt(Math.round(most(income))), currency)} ${currency.symbol}`}
          />
        </div>
        <div>
          <Fake of="per week/payers">Payers, those who came back stronger</Fake>
          <Bars title="a week" bars={weeks} unit={count(most(weeks))} />
        </div>
      </div>
    </section>
  );
}
