/** What one has to trust: whether the escrow holds what it owes, who could change the contracts, and which code they run. */

import type { VNode } from "preact";
import checksums from "hub:checksums";
import { denomText, type escrow, type registry } from "hub-client/read";

import { codeOf, type Code } from "../app/code.js";
import { bpsOf, percent } from "../app/figures.js";
import { moment, plain, span } from "../app/format.js";
import { currencyOf, useApp, useLoad } from "../app/state.js";
import { Account, Amount, Facts, Table } from "../ui/parts.js";
import { Nothing, States, Title } from "../ui/states.js";

const CONTRACTS = ["registry", "escrow", "billing", "nitro_verifier"] as const;

interface Data {
  readonly solvency: readonly escrow.SolvencyResponse[];
  readonly constants: registry.ConfigResponse;
  readonly keeper: registry.WalrusKeeperResponse;
  readonly committees: readonly registry.CommitteeResponse[];
}

/** What one has to trust. */
export default function Trust(): VNode {
  const { config, connection } = useApp();
  const loaded = useLoad<Data>("trust", async ({ hub }) => {
    const [{ denoms }, constants, keeper, { committees }] = await Promise.all([
      hub.escrow.query.denoms({ limit: 50 }),
      hub.registry.query.config(),
      hub.registry.query.walrusKeeper(),
      hub.registry.query.committees(),
    ]);
    const solvency = await Promise.all(denoms.map(({ denom }) => hub.escrow.query.solvency({ denom })));
    return { solvency, constants, keeper, committees };
  });
  const addresses = CONTRACTS.flatMap((name) => {
    const address = config.deployment.contracts[name]?.address;
    return address === undefined ? [] : [{ name, address }];
  });
  const codes = useLoad<readonly (Code | undefined)[]>("codes", () =>
    Promise.all(addresses.map(({ address }) => codeOf(connection.endpoint, address).catch(() => undefined))),
  );
  return (
    <>
      <Title name="Trust" />
      <States loaded={loaded} lines={30}>
        {({ solvency, constants, keeper, committees }) => (
          <>
            <h2>Does the escrow hold what it owes?</h2>
            {solvency.length === 0 ? (
              <Nothing>Nothing was ever deposited.</Nothing>
            ) : (
              <Table caption="Held and owed" head={["Denomination", "#Held", "#Owed", "#Held of it", "So it is"]}>
                {solvency.map(({ denom, held, owed }) => {
                  const of = currencyOf(config, denomText(denom));
                  const whole = BigInt(held) >= BigInt(owed);
                  return (
                    <tr>
                      <th scope="row">{plain(of.symbol)}</th>
                      <td class="n">
                        <Amount value={held} of={of} bare />
                      </td>
                      <td class="n">
                        <Amount value={owed} of={of} bare />
                      </td>
                      <td class="n">{owed === "0" ? "—" : percent(bpsOf(BigInt(held), BigInt(owed)))}</td>
                      <td>
                        {whole ? <span class="good">whole</span> : <span class="bad">short: do not deposit</span>}
                      </td>
                    </tr>
                  );
                })}
              </Table>
            )}
            <h2>Who could change the contracts?</h2>
            <States loaded={codes} lines={10}>
              {(found) => (
                <Table
                  caption="Contracts"
                  head={["Contract", "Address", "Who may change its code", "#Code", "Its bytes"]}
                >
                  {addresses.map(({ name, address }, place) => {
                    const code = found[place];
                    return (
                      <tr>
                        <th scope="row">{name.replace("_", " ")}</th>
                        <td>
                          <Account address={address} />
                        </td>
                        {code === undefined ? (
                          <td colSpan={3}>this node does not say</td>
                        ) : (
                          <>
                            <td>
                              {code.admin === "" ? (
                                <span class="good">nobody</span>
                              ) : (
                                <span class="bad">
                                  <Account address={code.admin} />, which could move funds by new code
                                </span>
                              )}
                            </td>
                            <td class="n">{code.codeId}</td>
                            <td title={code.checksum}>
                              {checksums[name] === code.checksum ? (
                                <span class="good">those of this release</span>
                              ) : (
                                <span class="bad">others than this page’s release has</span>
                              )}{" "}
                              <small class="mono">{code.checksum.slice(0, 12)}…</small>
                            </td>
                          </>
                        )}
                      </tr>
                    );
                  })}
                </Table>
              )}
            </States>
            <h2>What is fixed for ever, and what is not</h2>
            <Facts
              rows={[
                ["A receipt can be settled for", span(constants.receipt_max_age_seconds)],
                ["A price rise waits", span(constants.price_notice_seconds)],
                [
                  "Who stores Walrus committees",
                  keeper.keeper ? (
                    <>
                      <Account address={keeper.keeper} />: its word stands behind the certificates on releases, and
                      behind no money
                    </>
                  ) : (
                    "nobody: no certificate is ever taken"
                  ),
                ],
                [
                  "Walrus committees",
                  committees.length === 0
                    ? "none stored"
                    : committees
                        .map(
                          ({ epoch, members, set_at }) => `epoch ${epoch}, ${members} nodes, stored ${moment(set_at)}`,
                        )
                        .join("; "),
                ],
                ["Fee, pause, freeze, removal of models", "nobody can: no message of the contracts does it"],
              ]}
            />
            <h2>And this page?</h2>
            <p class="prose">
              It asks one node and believes its answers: {connection.endpoint}. A node that lies shows you a market that
              is not there. Ask another one at the foot of the page, or your own, and compare. What operators’ servers
              say of themselves is their word alone.
            </p>
          </>
        )}
      </States>
    </>
  );
}
