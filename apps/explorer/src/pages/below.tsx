/** What stands below the first screen of the market: the models that are listed, and ninety days. */

import type { VNode } from "preact";
import { type billing, type registry, weekOf } from "hub-client/read";

import { bpsOf, day, percent } from "../app/figures.js";
import { amount, count, tenth } from "../app/format.js";
import { useApp, useLink, useLoad } from "../app/state.js";
import { counts, type Light, weekly } from "../market/lights.js";
import { Bars, Spark } from "../ui/charts.js";
import { Daily, DAYS, mostOf } from "../ui/daily.js";
import { Fake } from "../ui/fake.js";
import { Account, Amount, Table, Theirs } from "../ui/parts.js";
import { Nothing, States } from "../ui/states.js";
import { Price } from "../ui/price.js";
import type { LowerProps } from "./market.js";

/** Days of the small charts in the list. */
const SPARK_DAYS = 14;

interface Detail {
  readonly days: readonly billing.HubOfDay[];
  readonly weeks: readonly billing.HubOfWeek[];
  readonly models: readonly registry.ModelSummary[];
  readonly sparks: readonly billing.UsageOfModelByDay[];
  /** What models claim a week that the ranking did not say it of. */
  readonly claims: ReadonlyMap<number, bigint>;
  readonly today: number;
}

/** Three figures, the models that are listed, and ninety days of the Hub. */
export default function Below({ listed, hub: glance, lights, whole }: LowerProps): VNode {
  const { currency, route } = useApp();
  const { denom } = currency;
  const ids = listed.map(({ model }) => model);
  const { today } = glance;
  const dime = `${amount(tenth(currency), currency)} ${currency.symbol}`;
  const detail = useLoad<Detail>(`detail ${JSON.stringify(denom)} ${ids.join()} ${today}`, async ({ hub }) => {
    const { query } = hub.billing;
    const unknown = listed.flatMap(({ model, claimed }) => (claimed === undefined ? [model] : []));
    const [{ days }, { weeks }, { models }, { models: sparks }, { usages }] = await Promise.all([
      query.hubByDay({ denom, limit: DAYS, startAfter: today - DAYS }),
      query.hubWeeks({ denom, limit: 14, startAfter: weekOf(today * 86_400) - 14 }),
      ids.length === 0 ? { models: [] } : hub.registry.query.modelsByIds({ ids }),
      ids.length === 0
        ? { models: [] }
        : query.usagesByDay({ denom, models: ids, from: today - SPARK_DAYS + 1, until: today }),
      unknown.length === 0 ? { usages: [] } : query.usages({ denom, models: unknown }),
    ]);
    const claims = new Map(usages.map(({ model, recent_aged }) => [model, weekly(BigInt(recent_aged))]));
    return { days, weeks, models, sparks, claims, today };
  });
  return (
    <>
      <Figures
        hub={glance}
        lights={lights}
        whole={whole}
        weeks={detail.state === "ready" ? detail.data.weeks : undefined}
      />
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
          const claimed = light.claimed ?? detail.claims.get(light.model);
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
              <td class="n">{claimed === undefined ? "—" : <Amount value={claimed} bare />}</td>
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
  const weeks = detail.weeks.map(({ week, counts: { payers, returning } }) => ({
    name: `week of ${day(week * 7)}`,
    whole: payers,
    part: returning,
    says: `${count(payers)} payers, ${count(returning)} came back`,
  }));
  return (
    <section aria-labelledby="ninety">
      <h2 id="ninety">Ninety days</h2>
      <p class="hint">What anybody claims, of all models. Each number’s name says what it would cost to make it up.</p>
      <div class="charts">
        <Daily days={detail.days} today={today} />
        <div>
          <Fake of="per week/payers">Payers, those who came back stronger</Fake>
          <Bars title="a week" bars={weeks} unit={count(mostOf(weeks))} />
        </div>
      </div>
    </section>
  );
}

function Figures({
  hub,
  lights,
  whole,
  weeks,
}: {
  hub: billing.HubResponse;
  lights: ReadonlyMap<number, Light>;
  whole: boolean;
  weeks: readonly billing.HubOfWeek[] | undefined;
}): VNode {
  const { currency, route } = useApp();
  const least = tenth(currency);
  const { lit, claims } = counts(lights, least);
  const models = hub.lifetime.models_registered;
  // The last week that is over: the present one still grows.
  const over = weeks?.filter(({ week }) => week < Math.floor(hub.today / 7));
  const week = over?.[over.length - 1]?.counts;
  const used = route.believe.length === 0 ? claims : lit;
  return (
    <div class="figures steady">
      <div>
        <Fake of={route.believe.length === 0 ? "aged" : "backed"}>In use</Fake>
        <strong>{models === 0 ? "—" : percent(Math.floor((used * 10_000) / models))}</strong>
        <p>
          {whole ? "" : "at least "}
          {count(used)} of {count(models)} models {route.believe.length === 0 ? "claim" : "earn"}{" "}
          {amount(least, currency)} {currency.symbol} a week or more, of two payers or more
        </p>
      </div>
      <div>
        <Fake of="per week/returning">Come back</Fake>
        <strong>
          {week === undefined
            ? "—"
            : percent(week.payers === 0 ? 0 : Math.floor((week.returning * 10_000) / week.payers))}
        </strong>
        <p>
          {week === undefined
            ? "no week is over yet"
            : `${count(week.returning)} of last week’s ${count(week.payers)} payers had paid two weeks before or earlier`}
        </p>
      </div>
      <div>
        <Fake of="ten_largest_share">Held by ten</Fake>
        <strong>{percent(bpsOf(BigInt(hub.ten_largest), BigInt(hub.lifetime.sums.aged)))}</strong>
        <p>of all income that anybody claims went to the ten models that have most of it</p>
      </div>
    </div>
  );
}
