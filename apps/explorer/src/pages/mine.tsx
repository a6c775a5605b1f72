/** One's own: a wallet, its money here, its sessions with live budgets, its models and attesters, and what it sent. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { type billing, denomText, type escrow, type registry } from "hub-client/read";

import { exactAmount, plain } from "../app/format.js";
import { currencyOf, useApp, useLink, useLoad } from "../app/state.js";
import { Account, Amount, Table, When } from "../ui/parts.js";
import { ModelRows } from "../ui/models.js";
import { Nothing, States, Title } from "../ui/states.js";
import { WithWallet } from "../ui/wallet.js";
import type { Connected } from "../wallet/index.js";

/** How often budgets are read again. */
const EVERY_MS = 5_000;
/** One's own. */
export default function Mine(): VNode {
  return (
    <>
      <Title name="Mine" />
      <WithWallet>{(wallet, leave) => <Own wallet={wallet} leave={leave} />}</WithWallet>
    </>
  );
}

interface Data {
  readonly balances: readonly escrow.BalanceResponse[];
  readonly sessions: readonly escrow.SessionResponse[];
  readonly gifts: readonly escrow.SessionResponse[];
  readonly models: readonly registry.ModelSummary[];
  readonly attesters: readonly billing.AttesterResponse[];
}

function Own({ wallet, leave }: { wallet: Connected; leave: () => void }): VNode {
  const { config } = useApp();
  const link = useLink();
  const { address } = wallet;
  const { escrow } = wallet.account.hub;
  const [says, say] = useState("");
  const [busy, work] = useState(false);
  const loaded = useLoad<Data>(
    `mine ${address}`,
    async ({ hub }) => {
      const [{ balances }, { sessions }, gifts, { models }, { attesters }] = await Promise.all([
        hub.escrow.query.balances({ address, limit: 100 }),
        hub.escrow.query.sessionsByCaller({ caller: address, limit: 30 }),
        hub.escrow.query.sessionsFromOthers({ caller: address, limit: 30 }),
        hub.registry.query.modelsByAuthor({ author: address, limit: 50 }),
        hub.billing.query.attestersByOperator({ operator: address, limit: 100 }),
      ]);
      return { balances, sessions, gifts: gifts.sessions, models, attesters };
    },
    EVERY_MS,
  );

  async function send(what: string, ...actions: Parameters<Connected["send"]>[0]): Promise<void> {
    work(true);
    say("Waiting for the wallet and the next block…");
    try {
      const hash = await wallet.send(actions);
      say(`${what} (transaction ${hash}).`);
    } catch (error) {
      say(error instanceof Error ? error.message : `The wallet refuses: ${String(error)}`);
    }
    work(false);
    if (loaded.state === "ready") {
      loaded.again();
    }
  }

  return (
    <>
      <p>
        <span class="mono wrap">{address}</span>, by {wallet.way.name} <button onClick={leave}>Disconnect</button>{" "}
        <a href={link(`account/${address}`)}>as others see it</a>
      </p>
      <div role="status">{says === "" ? null : <p class="note">{plain(says)}</p>}</div>
      {wallet.unconfirmed.length === 0 ? null : (
        <section aria-labelledby="fate">
          <h2 id="fate">Sent, and not seen in a block yet</h2>
          {wallet.unconfirmed.map((hash) => (
            <p>
              <span class="mono wrap">{hash}</span>{" "}
              <button disabled={busy} onClick={() => void wallet.resume(hash).then(say)}>
                What became of it?
              </button>
            </p>
          ))}
        </section>
      )}
      <States loaded={loaded} lines={24}>
        {({ balances, sessions, gifts, models, attesters }) => (
          <>
            <h2>Money in the escrow</h2>
            {balances.length === 0 ? (
              <Nothing>Nothing of yours is here. A session is paid from the wallet when you call a model.</Nothing>
            ) : (
              <Table caption="Money" head={["Denomination", "#Available", "#Earned, ever", "Do"]}>
                {balances.map(({ denom, available, earned, auto_payout }) => {
                  const of = currencyOf(config, denomText(denom));
                  return (
                    <tr>
                      <th scope="row">{plain(of.symbol)}</th>
                      <td class="n">
                        <Amount value={available} of={of} bare />
                      </td>
                      <td class="n">
                        <Amount value={earned} of={of} bare />
                      </td>
                      <td>
                        <button
                          disabled={busy || available === "0"}
                          onClick={() =>
                            void send(
                              `${exactAmount(BigInt(available), of)} went to your wallet`,
                              escrow.message("withdraw", { denom }),
                            )
                          }
                        >
                          Withdraw
                        </button>{" "}
                        <button
                          disabled={busy}
                          onClick={() =>
                            void send(
                              auto_payout
                                ? "Income stays in the escrow now"
                                : "Income goes to your wallet by itself now",
                              escrow.message("set_auto_payout", { denom, on: !auto_payout }),
                            )
                          }
                        >
                          {auto_payout ? "Pay out by hand" : "Pay out by itself"}
                        </button>
                      </td>
                    </tr>
                  );
                })}
              </Table>
            )}
            <h2>Your sessions</h2>
            {sessions.length + gifts.length === 0 ? (
              <Nothing>You have none. Calling a model from its page opens one.</Nothing>
            ) : (
              <Table caption="Your sessions" head={["#Session", "Operator", "State", "#Left", "#Of", "Ends", "Do"]}>
                {[...sessions, ...gifts].map((one) => {
                  const of = currencyOf(config, denomText(one.denom));
                  return (
                    <tr>
                      <th scope="row" class="n">
                        <a href={link(`session/${one.session}`)}>{one.session}</a>
                      </th>
                      <td>
                        <Account address={one.operator} to="operator" />
                      </td>
                      <td>{one.state}</td>
                      <td class="n">
                        <Amount value={one.left} of={of} bare />
                      </td>
                      <td class="n">
                        <Amount value={one.budget} of={of} />
                      </td>
                      <td>
                        <When time={one.ends_at} />
                      </td>
                      <td>
                        {one.state === "open" ? (
                          <button
                            disabled={busy}
                            onClick={() =>
                              void send(
                                `Session ${one.session} ends in a minute; the rest comes back when it is released`,
                                escrow.message("close_session", { session: one.session }),
                              )
                            }
                          >
                            Close
                          </button>
                        ) : one.state === "ended" ? (
                          <button
                            disabled={busy}
                            onClick={() =>
                              void send(
                                `What was left of session ${one.session} is available`,
                                escrow.message("release_session", { session: one.session }),
                              )
                            }
                          >
                            Release
                          </button>
                        ) : null}
                      </td>
                    </tr>
                  );
                })}
              </Table>
            )}
            <h2>Your models</h2>
            {models.length === 0 ? (
              <Nothing>
                You are the author of none. <a href={link("publish")}>Publish a folder</a>
              </Nothing>
            ) : (
              <ModelRows models={models} />
            )}
            <h2>Your attesters</h2>
            {attesters.length === 0 ? (
              <Nothing>You have registered none. “hub serve” needs one.</Nothing>
            ) : (
              <p>
                {attesters.map(({ attester }) => attester).join(", ")}:{" "}
                <a href={link(`operator/${address}`)}>as an operator</a>
              </p>
            )}
          </>
        )}
      </States>
    </>
  );
}
