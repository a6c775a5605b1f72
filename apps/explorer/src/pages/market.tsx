/** The market at a glance: whether anybody pays for what is here, and how much of it is more than a claim. */

import type { ComponentType, VNode } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type billing, weekOf } from "hub-client/read";

import { amount, bpsOf, count, percent } from "../app/format.js";
import { useApp, useLoad } from "../app/state.js";
import {
  brightness,
  type Brightness,
  inOrder,
  leastWeekly,
  type Light,
  lightsOf,
  type ServedModels,
} from "../market/lights.js";
import { restOfRanking, servedBy } from "../market/read.js";
import { Fake } from "../ui/fake.js";
import { States, Title } from "../ui/states.js";
import { Squares } from "../ui/squares.js";

/** Models that are listed. */
const LISTED = 12;

interface Glance {
  readonly hub: billing.HubResponse;
  readonly ranking: readonly billing.RankedModel[];
  readonly served: readonly ServedModels[];
}

interface Rest {
  readonly rest: readonly billing.RankedModel[];
  /** Whether all lit models are in it. */
  readonly whole: boolean;
  readonly weeks: readonly billing.HubOfWeek[];
}

/** The first page. */
export function Market(): VNode {
  const { route, currency } = useApp();
  const { believe, factor } = route;
  const { denom, decimals } = currency;
  const least = leastWeekly(decimals);
  const of = `${JSON.stringify(denom)} ${believe.join()} ${factor}`;

  const glance = useLoad<Glance>(`glance ${of}`, async ({ hub }) => {
    const { query } = hub.billing;
    const [answer, { models: ranking }, ...served] = await Promise.all([
      query.hub({ denom, days: 7 }),
      query.ranking({ denom, limit: 100 }),
      ...believe.map((operator) => servedBy(hub, denom, operator, { decimals, factor, operators: believe.length })),
    ]);
    return { hub: answer, ranking, served };
  });

  const first = useMemo(
    () =>
      glance.state === "ready" ? lightsOf(glance.data.ranking, glance.data.served, factor) : new Map<number, Light>(),
    [glance.state === "ready" ? glance.data : undefined, factor],
  );
  const listed = useMemo(() => inOrder(first.values(), least).slice(0, LISTED), [first]);

  const [all, readAll] = useState(false);
  const height = glance.state === "ready" ? glance.latest.height : undefined;
  const more = useLoad<Rest | undefined>(
    height === undefined ? undefined : `rest ${of} ${height} ${all}`,
    async ({ hub }) => {
      if (glance.state !== "ready") {
        return undefined;
      }
      const { time } = glance.latest;
      const [{ models: rest, whole }, { weeks }] = await Promise.all([
        restOfRanking(hub, denom, glance.data.ranking, { time, least, all }),
        hub.billing.query.hubWeeks({ denom, limit: 3, startAfter: weekOf(time) - 3 }),
      ]);
      return { rest, whole, weeks };
    },
  );

  const known = more.state === "ready" ? more.data : undefined;
  const lights = useMemo(
    () =>
      glance.state === "ready" && known !== undefined
        ? lightsOf([...glance.data.ranking, ...known.rest], glance.data.served, factor)
        : first,
    [first, known],
  );

  return (
    <>
      <Title name="Market" id="market">
        {glance.state === "ready" ? (
          <Headline {...glance.data} lights={lights} whole={known?.whole === true} />
        ) : (
          "What is called here, and who pays for it"
        )}
      </Title>
      <States loaded={glance} lines={30}>
        {({ hub }) => (
          <>
            <Picture hub={hub} lights={lights} />
            <p class="rest">
              {known?.whole === false ? (
                <button onClick={() => readAll(true)}>Find every model that claims to earn</button>
              ) : null}
            </p>
            <Figures hub={hub} lights={lights} weeks={known?.weeks} />
            <Lower listed={listed} hub={hub} />
          </>
        )}
      </States>
    </>
  );
}

let arrived: ComponentType<{ listed: readonly Light[]; hub: billing.HubResponse }> | undefined;

/** What stands below the first screen, fetched behind it. */
function Lower(props: { listed: readonly Light[]; hub: billing.HubResponse }): VNode {
  const [Below, come] = useState(() => arrived);
  useEffect(() => {
    if (Below === undefined) {
      void import("./below.js").then((module) => {
        arrived = module.default;
        come(() => arrived);
      });
    }
  }, [Below]);
  return Below === undefined ? <div class="lower" /> : <Below {...props} />;
}

/** The sentence that says what this is. */
function Headline({
  hub,
  served,
  lights,
  whole,
}: Glance & {
  lights: ReadonlyMap<number, Light>;
  whole: boolean;
}): VNode {
  const { route, currency } = useApp();
  const { lit, claims, backed, claimed } = counts(lights, leastWeekly(currency.decimals));
  const models = hub.lifetime.models_registered;
  // A list of full pages may have been cut where no model can be lit by it alone.
  const cut = route.believe.length === 0 ? !whole : served.some(({ length }) => length > 0 && length % 100 === 0);
  const atLeast = cut ? "At least " : "";
  if (models === 0) {
    return <>Nothing is here yet.</>;
  }
  if (route.believe.length === 0) {
    return (
      <>
        {atLeast}
        {count(claims)} of {count(models)} models <i>claim</i> to earn money from strangers: {amount(claimed, currency)}{" "}
        {currency.symbol} a week. Nothing of it is proven.
      </>
    );
  }
  return (
    <>
      {atLeast}
      <b>
        {count(lit)} of {count(models)} models
      </b>{" "}
      earn money from strangers, by the word of those you believe:{" "}
      <b>
        {amount(backed, currency)} {currency.symbol} a week
      </b>{" "}
      is backed{claimed === 0n || !whole ? "" : ` of ${amount(claimed, currency)} claimed`}.
    </>
  );
}

/** How many models are lit, and by how much a week. */
export function counts(
  lights: ReadonlyMap<number, Light>,
  least: bigint,
): { lit: number; claims: number; backed: bigint; claimed: bigint } {
  let [lit, claims, backed, claimed] = [0, 0, 0n, 0n];
  for (const light of lights.values()) {
    const bright = brightness(light, least);
    lit += bright >= 2 ? 1 : 0;
    const claim = light.claimed ?? 0n;
    claims += claim >= least && bright > 0 ? 1 : 0;
    backed += light.backed;
    claimed += claim;
  }
  return { lit, claims, backed, claimed };
}

function Picture({ hub, lights }: { hub: billing.HubResponse; lights: ReadonlyMap<number, Light> }): VNode {
  const { currency } = useApp();
  const least = leastWeekly(currency.decimals);
  const lit = useMemo(() => {
    const bright = new Map<number, Brightness>();
    lights.forEach((light, model) => bright.set(model, brightness(light, least)));
    return bright;
  }, [lights, least]);
  const total = hub.lifetime.models_registered;
  const { lit: bright, claims } = counts(lights, least);
  function says(model: number): string {
    const light = lights.get(model);
    const name = `Model ${model}`;
    if (light === undefined) {
      return `${name}: dark`;
    }
    const claimed = light.claimed === undefined ? "" : `, claims ${amount(light.claimed, currency)}`;
    return `${name}: ${amount(light.backed, currency)} ${currency.symbol} a week backed${claimed}, ${light.payers} payers`;
  }
  return (
    <Squares
      models={total}
      lit={lit}
      says={says}
      label={`${count(total)} models as squares: ${count(bright)} are lit, ${count(claims)} claim that they earn`}
    />
  );
}

function Figures({
  hub,
  lights,
  weeks,
}: {
  hub: billing.HubResponse;
  lights: ReadonlyMap<number, Light>;
  weeks: readonly billing.HubOfWeek[] | undefined;
}): VNode {
  const { currency, route } = useApp();
  const { lit, claims } = counts(lights, leastWeekly(currency.decimals));
  const models = hub.lifetime.models_registered;
  // The last week that is over: the present one still grows.
  const over = weeks?.filter(({ week }) => week < Math.floor(hub.today / 7));
  const week = over?.[over.length - 1]?.counts;
  const used = route.believe.length === 0 ? claims : lit;
  return (
    <div class="figures">
      <div>
        <Fake of={route.believe.length === 0 ? "aged" : "backed"}>In use</Fake>
        <strong>{models === 0 ? "—" : percent(Math.floor((used * 10_000) / models))}</strong>
        <p>
          {count(used)} of {count(models)} models {route.believe.length === 0 ? "claim" : "earn"} 0.10 {currency.symbol}{" "}
          a week or more, of two payers or more
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
