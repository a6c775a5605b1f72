/** A model: what it is, what it costs, who serves it, and what it really earned. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { type billing, dayOf, denomText, type registry } from "hub-client/read";

import { bytes, day, percent } from "../app/figures.js";
import { amount, count, moment } from "../app/format.js";
import { currencyOf, useApp, useLink, useLoad } from "../app/state.js";
import { weekly } from "../market/lights.js";
import { byOperator } from "../market/operators.js";
import { Contents } from "../model/contents.js";
import { Coming, Prices } from "../model/prices.js";
import { Operators, useServing } from "../model/serving.js";
import { TryIt } from "../model/try.js";
import { Daily, DAYS } from "../ui/daily.js";
import { Fake } from "../ui/fake.js";
import { Account, Amount, Facts, Outside, Table, Theirs, When } from "../ui/parts.js";
import { Nothing, States, Title } from "../ui/states.js";
import { Price } from "../ui/price.js";

interface Data {
  readonly model: registry.ModelResponse;
  readonly summary: registry.ModelSummary;
  readonly releases: readonly registry.ReleaseResponse[];
  readonly terms: readonly registry.TermsResponse[];
  readonly usage: billing.UsageResponse;
  readonly byRelease: readonly billing.UsageOfRelease[];
  readonly served: readonly billing.OperatorServed[];
  readonly payers: readonly billing.PayerResponse[];
  readonly backing: billing.BackingResponse | undefined;
  readonly days: readonly billing.UsageOfDay[];
  readonly today: number;
  /** Unix seconds of the block. */
  readonly time: number;
  readonly claims: readonly registry.ClaimResponse[];
  readonly attesters: ReadonlyMap<string, readonly billing.AttesterResponse[]>;
}

/** A model, by its number. */
export default function Model({ id }: { id: string }): VNode {
  const { route, currency } = useApp();
  const { believe, factor } = route;
  const { denom } = currency;
  const model = Number(id);
  const key = `model ${id} ${JSON.stringify(denom)} ${believe.join()} ${factor}`;
  const loaded = useLoad<Data>(key, async ({ hub, latest }) => {
    const [{ query }, usage] = [hub.registry, hub.billing.query];
    const [
      found,
      { models },
      { releases },
      { terms },
      sums,
      { releases: byRelease },
      { operators: served },
      { payers },
      backing,
    ] = await Promise.all([
      query.model({ model }),
      query.modelsByIds({ ids: [model] }),
      query.releases({ model, limit: 20 }),
      query.termsList({ model, limit: 20 }),
      usage.usage({ model, denom }),
      usage.usageByRelease({ model, denom, limit: 20 }),
      usage.servedBy({ model, denom, limit: 30 }),
      usage.payers({ model, denom, limit: 30 }),
      believe.length === 0 ? undefined : usage.backing({ model, denom, operators: [...believe], factor }),
    ]);
    const { time } = await latest;
    const today = dayOf(time);
    const blob = releases[0]?.blob_id;
    const [{ days }, claims, ...attesters] = await Promise.all([
      usage.usageByDay({ model, denom, limit: DAYS, startAfter: today - DAYS }),
      blob === undefined ? { claims: [] } : query.byBlob({ blobId: blob, limit: 20 }),
      ...served.slice(0, 20).map(({ operator }) => usage.attestersByOperator({ operator, limit: 100 })),
    ]);
    const [summary] = models;
    if (summary === undefined) {
      throw new Error(`the node does not know model ${id}`);
    }
    return {
      model: found,
      summary,
      releases,
      terms,
      usage: sums,
      byRelease,
      served,
      payers,
      backing,
      days,
      today,
      time,
      claims: claims.claims,
      attesters: byOperator(attesters.flatMap(({ attesters: some }) => some)),
    };
  });
  const title = loaded.state === "ready" ? loaded.data.model.metadata.title : `Model ${id}`;
  return (
    <>
      <Title name={title}>
        <Theirs text={title} />
      </Title>
      <States loaded={loaded} lines={40}>
        {(data) => <Found data={data} />}
      </States>
    </>
  );
}

function Found({ data }: { data: Data }): VNode {
  const { model, summary, releases, usage, backing } = data;
  const { metadata, status } = model;
  const link = useLink();
  const [latest] = releases;
  const servers = useServing(model.model, data.attesters);
  return (
    <>
      <p class="lead">
        <span class="mono">
          <Theirs text={model.name} />
        </span>{" "}
        by <Account address={model.author} />
        {metadata.task === "" ? null : (
          <>
            , for{" "}
            <a href={link("models", { task: metadata.task })}>
              <Theirs text={metadata.task} />
            </a>
          </>
        )}
        {"active" in status ? null : "retired" in status ? (
          <span class="bad">
            {" "}
            · retired <When time={status.retired.cutoff} />: no call is charged from then on
          </span>
        ) : (
          <span class="bad"> · delisted: lists do not show it, it can be called</span>
        )}
      </p>
      <div class="figures">
        <div>
          <Fake of="backed">Backed a week</Fake>
          <strong>{backing === undefined ? "—" : <Amount value={weekly(BigInt(backing.recent_backed))} />}</strong>
          <p>
            {backing === undefined ? (
              "you believe nobody yet"
            ) : (
              <>
                <Amount value={backing.backed} /> in its life; those you believe served {percent(backing.coverage_bps)}{" "}
                of what strangers paid
              </>
            )}
          </p>
        </div>
        <div>
          <Fake of="recent_aged">Claims a week</Fake>
          <strong>
            <Amount value={weekly(BigInt(usage.recent_aged))} />
          </strong>
          <p>
            <Amount value={usage.sums.aged} /> aged in its life, of <Amount value={usage.sums.gross} /> charged
          </p>
        </div>
        <div>
          <Fake of="payers">Payers</Fake>
          <strong>{count(usage.payers)}</strong>
          <p>
            {count(usage.returning)} came back; {count(usage.payers_this_week)} this week
          </p>
        </div>
      </div>
      <Facts
        rows={[
          [
            "A call costs",
            <>
              <Price price={summary.price} long />
              <Coming terms={data.terms} time={data.time} />
            </>,
          ],
          ["Licence", <Theirs text={metadata.license} />],
          metadata.homepage ? ["Homepage", <Outside href={metadata.homepage} />] : undefined,
          metadata.tags.length === 0
            ? undefined
            : [
                "Tags",
                metadata.tags.map((tag) => (
                  <>
                    <a href={link("models", { tag })}>
                      <Theirs text={tag} />
                    </a>{" "}
                  </>
                )),
              ],
          ["Registered", <When time={model.registered_at} />],
          latest === undefined ? ["Release", "none is published: there is nothing to call"] : undefined,
        ]}
      />
      {metadata.description === "" ? null : (
        <details class="description" open={metadata.description.length < 600}>
          <summary>What its author says</summary>
          <p class="theirs">
            <Theirs text={metadata.description} />
          </p>
        </details>
      )}
      <Operators paid={data.served} servers={servers} summary={summary} />
      <TryIt model={model.model} release={latest} price={summary.price} servers={servers ?? []} />
      <Usage data={data} />
      {latest === undefined ? null : <Contents release={latest} />}
      <Releases data={data} />
      <Prices terms={data.terms} time={data.time} />
      <Payers data={data} />
      <Claims data={data} />
    </>
  );
}

function Usage({ data: { days, today, byRelease, releases, usage } }: { data: Data }): VNode {
  const { currency } = useApp();
  return (
    <section aria-labelledby="usage">
      <h2 id="usage">What was used</h2>
      {usage.sums.calls === 0 && usage.sums.free_calls === 0 ? (
        <Nothing>It was never called for {currency.symbol}.</Nothing>
      ) : (
        <>
          <div class="charts two">
            <Daily days={days} today={today} />
          </div>
          <Table
            caption="Usage by release"
            head={["Release", "#Calls", "#Free calls", "#Charged", "#Related", "#Aged", "#Units in", "#Units out"]}
          >
            {byRelease.map(({ release, sums }) => {
              const found = releases.find((one) => one.release === release);
              return (
                <tr>
                  <th scope="row">{found === undefined ? release : `${found.major}.${found.minor}`}</th>
                  <td class="n">{count(sums.calls)}</td>
                  <td class="n">{count(sums.free_calls)}</td>
                  <td class="n">
                    <Amount value={sums.gross} bare />
                  </td>
                  <td class="n">
                    <Amount value={sums.related} bare />
                  </td>
                  <td class="n">
                    <Amount value={sums.aged} bare />
                  </td>
                  <td class="n">{count(BigInt(sums.units_in))}</td>
                  <td class="n">{count(BigInt(sums.units_out))}</td>
                </tr>
              );
            })}
          </Table>
        </>
      )}
    </section>
  );
}

function Releases({ data: { releases } }: { data: Data }): VNode | null {
  if (releases.length === 0) {
    return null;
  }
  return (
    <section aria-labelledby="releases">
      <h2 id="releases">Releases</h2>
      <Table
        caption="Releases"
        head={["Release", "Published", "Claimed since", "Blob on Walrus", "#Size proven", "Stored, by certificate"]}
      >
        {releases.map((one) => (
          <tr>
            <th scope="row">
              {one.major}.{one.minor}
            </th>
            <td>
              <When time={one.published_at} />
            </td>
            <td>
              <When time={one.claimed_at} />
            </td>
            <td class="mono wrap">{one.blob_id}</td>
            <td class="n">{one.size ? bytes(BigInt(one.size)) : "no"}</td>
            <td>
              {one.permanent
                ? `permanent, epoch ${one.permanent.epoch}`
                : one.deletable
                  ? `deletable, epoch ${one.deletable.epoch}`
                  : "none shown"}
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function Payers({ data: { payers, usage } }: { data: Data }): VNode | null {
  const [all, show] = useState(false);
  if (payers.length === 0) {
    return null;
  }
  return (
    <section aria-labelledby="payers">
      <h2 id="payers">
        <Fake of="payers">Who paid</Fake>
      </h2>
      <Table caption="Payers" head={["Account", "First week", "Last week", "Came back"]}>
        {payers.slice(0, all ? payers.length : 10).map(({ payer, first_week, last_week }) => (
          <tr>
            <th scope="row">
              <Account address={payer} />
            </th>
            <td>{day(first_week * 7)}</td>
            <td>{day(last_week * 7)}</td>
            <td>{last_week - first_week >= 2 ? "yes" : "no"}</td>
          </tr>
        ))}
      </Table>
      <p>
        {payers.length > 10 && !all ? <button onClick={() => show(true)}>Show {payers.length}</button> : null}{" "}
        {usage.payers > payers.length ? <span class="hint">{count(usage.payers)} in all.</span> : null}
      </p>
    </section>
  );
}

function Claims({ data: { claims, model } }: { data: Data }): VNode | null {
  const link = useLink();
  const others = claims.filter((one) => one.model !== model.model);
  if (others.length === 0) {
    return null;
  }
  return (
    <section aria-labelledby="claims">
      <h2 id="claims">Others who published the same bytes</h2>
      <p class="hint">
        Whoever claimed them first is not thereby their maker; it knew them first, as far as the chain can tell.
      </p>
      <Table caption="Claims to the blob" head={["Model", "Publisher", "Claimed since"]}>
        {claims.map((one) => (
          <tr>
            <th scope="row">
              {one.model === model.model ? "this one" : <a href={link(`model/${one.model}`)}>model {one.model}</a>}
            </th>
            <td>
              <Account address={one.publisher} />
            </td>
            <td>
              <When time={one.claimed_at} /> <small>{moment(one.claimed_at)} UTC</small>
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}
