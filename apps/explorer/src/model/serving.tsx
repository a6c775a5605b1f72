/** Who serves a model: operators that were paid for it, and those whose servers say that they would be. */

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type billing, denomText, type registry } from "hub-client/read";

import { exactPercent } from "../app/figures.js";
import { amount, count, plain } from "../app/format.js";
import { webAddress } from "../app/web.js";
import { currencyOf, useApp } from "../app/state.js";
import { byOperator, roundTrip, type ServedModel, type ServerWord } from "../market/operators.js";
import { Fake } from "../ui/fake.js";
import { Account, Amount, Table } from "../ui/parts.js";
import { wordOf } from "../ui/server.js";
import { Nothing } from "../ui/states.js";
import { Tick } from "../ui/tick.js";

/** Most servers that are asked whether they serve a model that nobody paid for yet. */
const MOST_ASKED = 20;

/** A server of an operator, and what it says. */
export interface Serving {
  readonly operator: string;
  readonly endpoint: string;
  /** Whether evidence says where its key lives. */
  readonly measured: boolean;
  /** What it says of itself, or why it does not; undefined while it is asked. */
  readonly word: ServerWord | string | undefined;
  /** What it says of this model; undefined if it does not serve it. */
  readonly offer: ServedModel | undefined;
}

/** The servers of a model; undefined while it is not known whom to ask. */
export function useServing(
  model: number,
  attesters: ReadonlyMap<string, readonly billing.AttesterResponse[]>,
): readonly Serving[] | undefined {
  const { config, connection } = useApp();
  const [servers, know] = useState<readonly Serving[] | undefined>(undefined);
  useEffect(() => {
    let gone = false;
    void candidates(
      attesters,
      async () => (await connection.ask().hub.billing.query.attesters({ limit: 100 })).attesters,
    )
      .catch(() => [])
      .then((found) => {
        if (gone) {
          return;
        }
        know(found);
        for (const { endpoint } of found) {
          const heard = (word: ServerWord | string) => {
            const offer = typeof word === "string" ? undefined : word.models.find((one) => one.model === model);
            if (!gone) {
              know((before) => before?.map((one) => (one.endpoint === endpoint ? { ...one, word, offer } : one)));
            }
          };
          wordOf(endpoint, config).then(heard, (error: unknown) =>
            heard(error instanceof Error ? error.message : String(error)),
          );
        }
      });
    return () => {
      gone = true;
    };
  }, [model, [...attesters.keys()].join(), connection]);
  return servers;
}

/** Servers of those who were paid for it, the newest first; where none is known, of everybody: the chain does not say who serves what. */
async function candidates(
  paid: ReadonlyMap<string, readonly billing.AttesterResponse[]>,
  everybody: () => Promise<readonly billing.AttesterResponse[]>,
): Promise<readonly Serving[]> {
  const known = serversOf(paid);
  return known.length > 0 ? known : serversOf(byOperator(await everybody())).slice(0, MOST_ASKED);
}

function serversOf(operators: ReadonlyMap<string, readonly billing.AttesterResponse[]>): Serving[] {
  const servers = [...operators].flatMap(([operator, attesters]) =>
    [...attesters]
      .reverse()
      .flatMap(({ status, endpoint, measurement }): Serving[] =>
        "active" in status && endpoint && webAddress(endpoint) !== undefined
          ? [{ operator, endpoint, measured: Boolean(measurement), word: undefined, offer: undefined }]
          : [],
      ),
  );
  return servers.filter(({ endpoint }, place) => servers.findIndex((one) => one.endpoint === endpoint) === place);
}

/** A row of the table: an operator, what it was paid for this model, and its server. */
interface Row {
  readonly operator: string;
  readonly sums: billing.ServedSums | undefined;
  readonly server: Serving | undefined;
}

/** Those who were paid, in the order of the chain; then those who only say that they serve it. */
function rowsOf(paid: readonly billing.OperatorServed[], servers: readonly Serving[]): Row[] {
  const of = (operator: string) => servers.filter((one) => one.operator === operator);
  const best = (some: readonly Serving[]) => some.find(({ offer }) => offer !== undefined) ?? some[0];
  const known = new Set(paid.map(({ operator }) => operator));
  const others = new Set(servers.flatMap(({ operator, offer }) => (offer && !known.has(operator) ? [operator] : [])));
  return [
    ...paid.map(({ operator, sums }) => ({ operator, sums, server: best(of(operator)) })),
    ...[...others].map((operator) => ({ operator, sums: undefined, server: best(of(operator)) })),
  ];
}

/** Who serves it, how far away, and what each call leaves with them. */
export function Operators({
  paid,
  servers,
  summary,
}: {
  paid: readonly billing.OperatorServed[];
  servers: readonly Serving[] | undefined;
  summary: registry.ModelSummary;
}): VNode {
  const { currency } = useApp();
  const [trips, go] = useState<ReadonlyMap<string, number | string>>(new Map());
  const [busy, work] = useState(false);
  const rows = rowsOf(paid, servers ?? []);
  const reached = rows.flatMap(({ server }) => (typeof server?.word === "object" ? [server.endpoint] : []));
  async function measure(): Promise<void> {
    work(true);
    go(new Map());
    // One after the other: together they would wait for each other.
    for (const endpoint of reached) {
      const trip = await roundTrip(endpoint).catch((error: unknown) => (error as Error).message);
      go((before) => new Map([...before, [endpoint, trip]]));
    }
    work(false);
  }
  return (
    <section aria-labelledby="operators">
      <h2 id="operators">Who serves it</h2>
      <p>
        <Share summary={summary} />
      </p>
      {rows.length === 0 ? (
        <Nothing>
          {servers === undefined || servers.some(({ word }) => word === undefined)
            ? "No operator was paid for it yet. Asking the servers that the chain lists…"
            : `No operator was paid for it in ${currency.symbol} yet, and no server that the chain lists says that it serves it.`}
        </Nothing>
      ) : (
        <>
          <Table
            caption="Operators that serve it"
            head={[
              "Believe",
              "Operator",
              "Key lives",
              "Its server says",
              "#A call takes",
              <Fake of="kept">Kept</Fake>,
              <Fake of="strange">Of strangers</Fake>,
              <Fake of="calls">Calls</Fake>,
            ]}
          >
            {rows.map(({ operator, sums, server }) => (
              <tr>
                <td>
                  <Tick operator={operator} />
                </td>
                <th scope="row">
                  <Account address={operator} to="operator" />
                </th>
                <td>{server === undefined ? "—" : server.measured ? "measured" : "operator’s word"}</td>
                <td>
                  <Says server={server} />
                </td>
                <td class="n">
                  {server?.offer?.medianMs === undefined ? "—" : `${count(Math.round(server.offer.medianMs))} ms`}
                  <Trip trip={server && trips.get(server.endpoint)} />
                </td>
                <td class="n">{sums === undefined ? "—" : <Amount value={sums.kept} bare />}</td>
                <td class="n">{sums === undefined ? "—" : <Amount value={sums.strange} bare />}</td>
                <td class="n">{sums === undefined ? "—" : count(sums.calls)}</td>
              </tr>
            ))}
          </Table>
          {reached.length === 0 ? null : (
            <p class="hint">
              What a call takes is the median that the server states.{" "}
              <button disabled={busy} onClick={() => void measure()}>
                {busy ? "Measuring…" : "Measure the way from here"}
              </button>
            </p>
          )}
        </>
      )}
    </section>
  );
}

/** What each call leaves with whoever runs it: the author's terms, the same for all. */
function Share({ summary: { price, operator_bps: bps } }: { summary: registry.ModelSummary }): VNode {
  const { config } = useApp();
  const of = currencyOf(config, denomText(price.denom));
  const part = (value: string) => amount((BigInt(value) * BigInt(bps)) / 10_000n, of);
  const parts = [
    [price.per_call, "a call"],
    [price.per_million_in, "a million units in"],
    [price.per_million_out, "a million units out"],
  ].flatMap(([value = "0", per]) => (value === "0" ? [] : [`${part(value)} ${of.symbol} ${per}`]));
  return (
    <>
      Whoever runs it gets {exactPercent(bps)} of the price{parts.length === 0 ? "" : `: ${parts.join(", ")}`}. The
      terms say so for every operator.
    </>
  );
}

function Says({ server }: { server: Serving | undefined }): VNode {
  if (server === undefined) {
    return <>is not to be reached</>;
  }
  const { word, offer } = server;
  if (word === undefined) {
    return <span class="hint">asking…</span>;
  }
  if (typeof word === "string") {
    return <span class="bad">{word}</span>;
  }
  return (
    <>
      {offer === undefined
        ? "does not serve it now"
        : `${plain(word.label)}, release ${plain(offer.version)} on ${plain(offer.engine)}`}
    </>
  );
}

function Trip({ trip }: { trip: number | string | undefined }): VNode | null {
  if (trip === undefined) {
    return null;
  }
  return (
    <small>{typeof trip === "string" ? trip : `${trip < 10 ? trip.toFixed(1) : Math.round(trip)} ms from here`}</small>
  );
}
