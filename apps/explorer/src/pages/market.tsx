/** The market at a glance: whether anybody pays for what is here, and how much of it is more than a claim. */

import type { ComponentType, VNode } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { billing } from "hub-client/read";

import { amount, count, tenth } from "../app/format.js";
import { useApp, useLoad } from "../app/state.js";
import { brightness, type Brightness, counts, inOrder, type Light, lightsOf } from "../market/lights.js";
import { FIRST, type Ranked, type Served, servedFirst } from "../market/first.js";
import { States, Title } from "../ui/states.js";
import { Squares } from "../ui/squares.js";

/** Models that are listed. */
const LISTED = 12;

interface Glance {
  readonly hub: billing.HubResponse;
  readonly ranking: readonly billing.RankedModel[];
  readonly served: Served;
}

/** What is read after it: the rest of the ranking, and all that believed operators served. */
interface Rest extends Ranked {
  readonly served?: Served;
}

/** The first page. */
export function Market(): VNode {
  const { route, currency } = useApp();
  const { believe, factor } = route;
  const { denom } = currency;
  const least = tenth(currency);
  const of = `${JSON.stringify(denom)} ${believe.join()} ${factor}`;

  const glance = useLoad<Glance>(`glance ${of}`, async ({ hub }) => {
    const { query } = hub.billing;
    const [answer, { models: ranking }, served] = await Promise.all([
      query.hub({ denom, days: 7 }),
      query.ranking({ denom, limit: FIRST }),
      servedFirst(hub, denom, believe, least, factor),
    ]);
    return { hub: answer, ranking, served };
  });
  const read = glance.state === "ready" ? glance : undefined;

  // What others claim matters less to whoever believes somebody: then it is read when it is asked for.
  const [wanted, want] = useState("");
  const all = wanted === of;
  // Fetched while the first questions are answered, so that the next ones leave at once.
  const [reading, come] = useState<typeof import("../market/read.js") | undefined>(undefined);
  useEffect(() => {
    void fetchBelow();
    void import("../market/read.js").then((module) => come(() => module));
  }, []);
  const useRest = (key: string | undefined, every: boolean) =>
    useLoad<Rest | undefined>(key && read && reading && `${key} ${of} ${read.latest.height}`, async ({ hub }) => {
      if (read === undefined || reading === undefined) {
        return undefined;
      }
      const { restOfRanking, servedBy } = reading;
      const { time } = read.latest;
      const [ranked, served] = await Promise.all([
        restOfRanking(hub, denom, read.data.ranking, { time, least, all: every }),
        every ? servedBy(hub, denom, believe, least, factor) : read.data.served,
      ]);
      return { ...ranked, served };
    });
  const some = useRest(believe.length === 0 ? "rest" : undefined, false);
  const every = useRest(all ? "all" : undefined, true);
  const more = every.state === "ready" ? every.data : some.state === "ready" ? some.data : undefined;

  const lights = useMemo(() => {
    if (read === undefined) {
      return new Map<number, Light>();
    }
    const { ranking, served } = read.data;
    return lightsOf([...ranking, ...(more?.models ?? [])], (more?.served ?? served).models, factor);
  }, [read?.data, more, factor]);
  // What was listed stays, whatever is found later of what earns less.
  const listed = useMemo(
    () =>
      read === undefined
        ? []
        : inOrder(lightsOf(read.data.ranking, read.data.served.models, factor).values(), least).slice(0, LISTED),
    [read?.data, factor],
  );
  const whole = { claims: more?.whole === true, backed: (more?.served ?? read?.data.served)?.whole === true };

  const complete = believe.length === 0 ? whole.claims : whole.backed;

  return (
    <>
      <Title name="Market" id="market">
        {read === undefined ? (
          "What is called here, and who pays for it"
        ) : (
          <Headline hub={read.data.hub} lights={lights} complete={complete} claimsToo={whole.claims} />
        )}
      </Title>
      <p class="lead prose">
        Hub is a market where AI models earn money for each call. Every square is a model, and those that strangers pay
        for are lit. Where most are dark, it is a warehouse.
      </p>
      <States loaded={glance} lines={30}>
        {({ hub }) => (
          <>
            <Picture hub={hub} lights={lights} />
            <p class="rest">
              {more?.whole === true || (believe.length === 0 && more === undefined) ? null : (
                <button disabled={all} onClick={() => want(of)}>
                  {believe.length === 0
                    ? "Find every model that claims to earn"
                    : "Find every model that earns or claims to"}
                </button>
              )}
              {every.state === "failed" ? every.failure.what : null}
            </p>
            <Lower listed={listed} hub={hub} lights={lights} whole={complete} />
          </>
        )}
      </States>
    </>
  );
}

/** What stands below the first screen is told. */
export interface LowerProps {
  readonly listed: readonly Light[];
  readonly hub: billing.HubResponse;
  readonly lights: ReadonlyMap<number, Light>;
  /** Whether no model can be lit that was not read. */
  readonly whole: boolean;
}

let arrived: ComponentType<LowerProps> | undefined;

async function fetchBelow(): Promise<ComponentType<LowerProps>> {
  return (arrived ??= (await import("./below.js")).default);
}

/** What stands below the first screen, fetched behind it. */
function Lower(props: LowerProps): VNode {
  const [Below, come] = useState(() => arrived);
  useEffect(() => {
    if (Below === undefined) {
      void fetchBelow().then((found) => come(() => found));
    }
  }, [Below]);
  return Below === undefined ? <div class="lower" /> : <Below {...props} />;
}

/** The sentence that says what this is. */
function Headline({
  hub,
  lights,
  complete,
  claimsToo,
}: {
  hub: billing.HubResponse;
  lights: ReadonlyMap<number, Light>;
  /** Whether no model can be lit that was not read. */
  complete: boolean;
  /** Whether every model was read that claims to earn. */
  claimsToo: boolean;
}): VNode {
  const { route, currency } = useApp();
  const { lit, claims, backed, claimed } = counts(lights, tenth(currency));
  const models = hub.lifetime.models_registered;
  const atLeast = complete ? "" : "At least ";
  if (models === 0) {
    return <>Nothing is here yet.</>;
  }
  if (route.believe.length === 0) {
    return (
      <>
        {atLeast}
        {count(claims)} of {count(models)} models <i>claim</i> to earn money from strangers:{" "}
        {amount(claimed, currency, true)} {currency.symbol} a week. Nothing of it is proven.
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
        {amount(backed, currency, true)} {currency.symbol} a week
      </b>{" "}
      is backed{claimed === 0n || !claimsToo ? "" : ` of ${amount(claimed, currency, true)} claimed`}.
    </>
  );
}

function Picture({ hub, lights }: { hub: billing.HubResponse; lights: ReadonlyMap<number, Light> }): VNode {
  const { currency } = useApp();
  const least = tenth(currency);
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
      steps={[amount(least, currency), amount(10n * least, currency), amount(100n * least, currency)]}
      label={`${count(total)} models as squares: ${count(bright)} are lit, ${count(claims)} claim that they earn`}
    />
  );
}
