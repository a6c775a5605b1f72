/** Sessions as rows. */

import type { VNode } from "preact";
import { denomText, type escrow } from "hub-client/read";

import { plain } from "../app/format.js";
import { currencyOf, useApp, useLink } from "../app/state.js";
import { Account, Amount, Table, When } from "./parts.js";
import { Nothing } from "./states.js";

/** Sessions, newest first as the chain gives them. */
export function SessionRows({
  sessions,
  empty,
}: {
  sessions: readonly escrow.SessionResponse[];
  empty: string;
}): VNode {
  const link = useLink();
  const { config } = useApp();
  if (sessions.length === 0) {
    return <Nothing>{empty}</Nothing>;
  }
  return (
    <Table caption="Sessions" head={["#Session", "Caller", "Operator", "State", "#Spent", "#Of", "Ends"]}>
      {sessions.map((session) => {
        const of = currencyOf(config, denomText(session.denom));
        return (
          <tr>
            <th scope="row" class="n">
              <a href={link(`session/${session.session}`)}>{session.session}</a>
              {session.label ? (
                <small>
                  <bdi>{plain(session.label)}</bdi>
                </small>
              ) : null}
            </th>
            <td>
              <Account address={session.caller} />
            </td>
            <td>
              <Account address={session.operator} to="operator" />
            </td>
            <td>{session.state}</td>
            <td class="n">
              <Amount value={session.spent} of={of} bare />
            </td>
            <td class="n">
              <Amount value={session.budget} of={of} />
            </td>
            <td>
              <When time={session.ends_at} />
            </td>
          </tr>
        );
      })}
    </Table>
  );
}
