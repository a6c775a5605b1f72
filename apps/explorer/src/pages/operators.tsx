/** Operators, to choose whom one believes: in the order in which they came, never by size, which can be bought. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { type billing, everyEntry } from "hub-client/read";

import { count } from "../app/format.js";
import { isAddress, MOST_BELIEVED } from "../app/route.js";
import { change, useApp, useLoad } from "../app/state.js";
import { byOperator, reachable } from "../market/operators.js";
import { Fake } from "../ui/fake.js";
import { Account, Amount, Outside, Table } from "../ui/parts.js";
import { Nothing, States, Title } from "../ui/states.js";
import { Tick } from "../ui/tick.js";

/** Operators whose sums are asked for at once. */
const SHOWN = 40;

interface Listed {
  readonly operators: ReadonlyMap<string, readonly billing.AttesterResponse[]>;
}

/** All operators. */
export default function Operators(): VNode {
  const [shown, show] = useState(SHOWN);
  const loaded = useLoad<Listed>("operators", async ({ hub }) => {
    const all: billing.AttesterResponse[] = [];
    const every = everyEntry<billing.AttesterResponse, number>(
      async (from) => (await hub.billing.query.attesters(from)).attesters,
      ({ attester }) => attester,
    );
    for await (const attester of every) {
      all.push(attester);
    }
    return { operators: byOperator(all) };
  });
  return (
    <>
      <Title name="Operators" />
      <div class="prose">
        <p>
          Operators run the models and sign what they charged. Whatever an operator that you believe <em>kept</em> has
          left those who paid for good, and speaks for a few times as much. Believe operators that your own wallet pays,
          or enclaves whose image you have read. Never believe one because it is large: size can be had with accounts of
          one’s own. So they stand here in the order in which they came.
        </p>
      </div>
      <ByHand />
      <States loaded={loaded} lines={30}>
        {({ operators }) =>
          operators.size === 0 ? (
            <Nothing>No operator has registered an attester yet.</Nothing>
          ) : (
            <>
              <Images operators={operators} />
              <List operators={new Map([...operators].slice(0, shown))} />
              {operators.size > shown ? (
                <p>
                  <button onClick={() => show(shown + SHOWN)}>Show more of {count(operators.size)}</button>
                </p>
              ) : null}
            </>
          )
        }
      </States>
    </>
  );
}

/** Naming an operator by its address, and those that an account pays. */
function ByHand(): VNode {
  const { route, currency, connection, config } = useApp();
  const [says, say] = useState("");
  async function take(event: SubmitEvent & { currentTarget: HTMLFormElement }): Promise<void> {
    event.preventDefault();
    const data = new FormData(event.currentTarget, event.submitter);
    const address = String(data.get("address")).trim();
    if (!isAddress(address)) {
      say(
        "This is no address. An address begins with the prefix of the chain, and has about forty letters and digits.",
      );
      return;
    }
    if (data.get("as") === "operator") {
      change(route, { believe: [...new Set([...route.believe, address])].slice(0, MOST_BELIEVED) });
      return;
    }
    say("Asking whom it pays…");
    try {
      const { hub } = connection.ask();
      const [{ sessions }, { operators }] = await Promise.all([
        hub.escrow.query.sessionsByCaller({ caller: address, limit: 100 }),
        hub.escrow.query.spendByOperator({ funder: address, denom: currency.denom, limit: 100 }),
      ]);
      const paid = new Set<string>();
      sessions
        .filter(({ spent, funder }) => spent !== "0" && funder === address)
        .forEach(({ operator }) => paid.add(operator));
      operators.filter(({ released }) => released !== "0").forEach(({ operator }) => paid.add(operator));
      if (paid.size === 0) {
        say(`This account has paid no operator on ${config.name}.`);
        return;
      }
      say(`It paid ${paid.size === 1 ? "one operator" : `${paid.size} operators`}, which you believe now.`);
      change(route, { believe: [...new Set([...route.believe, ...paid])].slice(0, MOST_BELIEVED) });
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  }
  return (
    <form class="inline" onSubmit={(event) => void take(event as never)}>
      <label>
        An address <input name="address" class="mono" required autocomplete="off" spellcheck={false} />
      </label>
      <button name="as" value="payer">
        Believe whom it pays
      </button>
      <button name="as" value="operator">
        Believe it
      </button>
      <output>{says}</output>
    </form>
  );
}

/** Enclave images: measurements that attesters have, to believe everybody who runs one. */
function Images({ operators }: Listed): VNode | null {
  const { route } = useApp();
  const images = new Map<string, Set<string>>();
  for (const [operator, attesters] of operators) {
    for (const { measurement, status } of attesters) {
      if (typeof measurement === "string" && !("revoked" in status)) {
        images.set(measurement, (images.get(measurement) ?? new Set()).add(operator));
      }
    }
  }
  if (images.size === 0) {
    return null;
  }
  return (
    <section aria-labelledby="images">
      <h2 id="images">Enclave images</h2>
      <p class="hint">
        A measurement names a verifier and what it found, such as one exact image. It says which program vouches; what
        the program does, its source says. Believing an image believes each operator that runs it, for all its
        attesters.
      </p>
      <Table caption="Enclave images" head={["Measurement", "Run by", "Believe"]}>
        {[...images].map(([measurement, run]) => (
          <tr>
            <th scope="row" class="mono wrap">
              {measurement}
            </th>
            <td>
              {[...run].slice(0, 5).map((operator) => (
                <>
                  <Account address={operator} to="operator" />{" "}
                </>
              ))}
            </td>
            <td>
              <button
                onClick={() =>
                  change(route, {
                    believe: [...new Set([...route.believe, ...run])].slice(0, MOST_BELIEVED),
                  })
                }
              >
                Believe {run.size === 1 ? "it" : `these ${run.size}`}
              </button>
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function List({ operators }: Listed): VNode {
  const { currency } = useApp();
  const names = [...operators.keys()];
  const sums = useLoad(`sums ${JSON.stringify(currency.denom)} ${names.join()}`, ({ hub }) =>
    Promise.all(
      names.map((operator) => hub.billing.query.operatorUsage({ denom: currency.denom, operator, limit: 100 })),
    ),
  );
  return (
    <Table
      caption="Operators in the order in which they came"
      head={[
        "Believe",
        "Operator",
        "Key lives",
        "Reached at",
        "#Attesters",
        <Fake of="kept">Kept</Fake>,
        <Fake of="gross">Charged</Fake>,
        <Fake of="calls">Calls</Fake>,
      ]}
    >
      {[...operators].map(([operator, attesters], place) => {
        const found = sums.state === "ready" ? sums.data[place]?.sums : undefined;
        const reach = reachable(attesters);
        const measured = attesters.filter(({ measurement }) => Boolean(measurement)).length;
        return (
          <tr>
            <td>
              <Tick operator={operator} />
            </td>
            <th scope="row">
              <Account address={operator} to="operator" />
            </th>
            <td class="nowrap">
              {measured === 0
                ? "operator’s word"
                : measured === attesters.length
                  ? "measured"
                  : `${measured} of ${attesters.length} measured`}
            </td>
            <td>{reach?.endpoint ? <Outside href={reach.endpoint} /> : "—"}</td>
            <td class="n">{count(attesters.length)}</td>
            <td class="n">{found === undefined ? "…" : <Amount value={found.kept} bare />}</td>
            <td class="n">{found === undefined ? "…" : <Amount value={found.gross} bare />}</td>
            <td class="n">{found === undefined ? "…" : count(found.calls)}</td>
          </tr>
        );
      })}
    </Table>
  );
}
