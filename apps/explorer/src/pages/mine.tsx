/** One's own: a wallet, its money here, its sessions with live budgets, its models and attesters, and what it sent. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { type billing, denomText, type escrow, type registry } from "hub-client/read";

import { exactAmount } from "../app/figures.js";
import { plain, span } from "../app/format.js";
import { isAddress } from "../app/route.js";
import { currencyOf, useApp, useLink, useLoad } from "../app/state.js";
import { typedAmount } from "../app/typed.js";
import { Account, Amount, Table, When } from "../ui/parts.js";
import { ModelRows } from "../ui/models.js";
import { Nothing, States, Title } from "../ui/states.js";
import { refusal, WithWallet } from "../ui/wallet.js";
import type { Connected, Wish } from "../wallet/index.js";

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
  /** How long after its end a session's caller can release it, in seconds. */
  readonly wait: number;
  /** Unix seconds of the block. */
  readonly time: number;
}

function Own({ wallet, leave }: { wallet: Connected; leave: () => void }): VNode {
  const { config, connection, currency } = useApp();
  const link = useLink();
  const { address } = wallet;
  const { escrow } = wallet.account.hub;
  const [says, say] = useState("");
  const [busy, work] = useState(false);
  const loaded = useLoad<Data>(
    `mine ${address}`,
    async ({ hub, latest }) => {
      const [{ balances }, { sessions }, gifts, { models }, { attesters }, config, { time }] = await Promise.all([
        hub.escrow.query.balances({ address, limit: 100 }),
        hub.escrow.query.sessionsByCaller({ caller: address, limit: 30 }),
        hub.escrow.query.sessionsFromOthers({ caller: address, limit: 30 }),
        hub.registry.query.modelsByAuthor({ author: address, limit: 50 }),
        hub.billing.query.attestersByOperator({ operator: address, limit: 100 }),
        hub.billing.query.config(),
        latest,
      ]);
      const wait = config.receipt_max_age_seconds;
      return { balances, sessions, gifts: gifts.sessions, models, attesters, wait, time };
    },
    EVERY_MS,
  );

  async function send(what: string, ...actions: Parameters<Connected["send"]>[0]): Promise<void> {
    await act(async () => `${what} (transaction ${await wallet.send(actions)}).`);
  }

  async function act(doing: () => Promise<string>): Promise<boolean> {
    work(true);
    say("Waiting for the wallet and the next block…");
    let done = false;
    try {
      say(await doing());
      done = true;
    } catch (error) {
      say(refusal(error));
    }
    work(false);
    if (loaded.state === "ready") {
      loaded.again();
    }
    return done;
  }

  async function resume(hash: string): Promise<string> {
    const says = await wallet.resume(hash);
    const { adoptOpened } = await (await import("../wallet/index.js")).paying();
    await adoptOpened(wallet, connection.ask().hub, config, currency);
    return says;
  }

  async function open(wish: Wish): Promise<string> {
    const { openSession } = await (await import("../wallet/index.js")).paying();
    await openSession(wallet, connection.ask().hub, config, currency, wish);
    return `The session is open: calls of model ${wish.model} from this page are paid from it.`;
  }

  async function add(session: escrow.SessionResponse, text: string): Promise<string> {
    const of = currencyOf(config, denomText(session.denom));
    const value = typedAmount(text, of);
    if (value === undefined || value === 0n) {
      throw new Error(`Say how much: a number of ${of.symbol} with at most ${of.decimals} digits after the point.`);
    }
    const { topUp } = await (await import("../wallet/index.js")).paying();
    await topUp(wallet, config, of, session, value);
    return `${exactAmount(value, of)} were added to session ${session.session}.`;
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
              <button disabled={busy} onClick={() => void act(() => resume(hash))}>
                What became of it?
              </button>
            </p>
          ))}
        </section>
      )}
      <States loaded={loaded} lines={24}>
        {({ balances, sessions, gifts, models, attesters, wait, time }) => (
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
                              escrow.message("withdraw", { denom, amount: available }),
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
                        {one.state === "open" && one.funder === address && one.caller === address ? (
                          <TopUp
                            session={one.session}
                            symbol={of.symbol}
                            busy={busy}
                            add={(text) => act(() => add(one, text))}
                          />
                        ) : null}{" "}
                        {one.state === "open" ? (
                          <button
                            disabled={busy}
                            onClick={() =>
                              void send(
                                `Session ${one.session} ends in a minute; its operator can release the rest from then on, and you after ${span(wait)}`,
                                escrow.message("close_session", { session: one.session }),
                              )
                            }
                          >
                            Close
                          </button>
                        ) : one.state === "ended" && one.operator !== address && time < one.ends_at + wait ? (
                          <span class="hint">
                            by its operator; by you <When time={one.ends_at + wait} />
                          </span>
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
            <OpenSession busy={busy} open={(wish) => act(() => open(wish))} say={say} />
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

function TopUp({
  session,
  symbol,
  busy,
  add,
}: {
  session: number;
  symbol: string;
  busy: boolean;
  /** Answers whether it was added. */
  add: (text: string) => Promise<boolean>;
}): VNode {
  const [text, type] = useState("");
  return (
    <form
      class="more"
      onSubmit={(event) => {
        event.preventDefault();
        // What was added once is not added again by another press.
        void add(text).then((done) => done && type(""));
      }}
    >
      <input
        aria-label={`${symbol} to add to session ${session}`}
        inputMode="decimal"
        size={6}
        value={text}
        onInput={(event) => type(event.currentTarget.value)}
      />
      <button disabled={busy}>Add</button>
    </form>
  );
}

function OpenSession({
  busy,
  open,
  say,
}: {
  busy: boolean;
  /** Answers whether it was opened. */
  open: (wish: Wish) => Promise<boolean>;
  say: (text: string) => void;
}): VNode {
  const { route, currency } = useApp();
  const [model, setModel] = useState(route.rest["model"] ?? "");
  const [operator, setOperator] = useState(route.rest["operator"] ?? "");
  const [budget, setBudget] = useState("");
  const [days, setDays] = useState("7");
  function submit(event: Event): void {
    event.preventDefault();
    const value = typedAmount(budget, currency);
    if (!isAddress(operator.trim())) {
      say("The operator is named by its address: the model’s page lists those that serve it.");
    } else if (value === undefined || value === 0n) {
      say(`A budget is a number of ${currency.symbol} with at most ${currency.decimals} digits after the point.`);
    } else {
      const wish = { model: Number(model), operator: operator.trim(), budget: value, days: Number(days) };
      void open(wish).then((done) => done && setBudget(""));
    }
  }
  return (
    <details open={model !== ""}>
      <summary>Open a session</summary>
      <form class="fields" onSubmit={submit}>
        <p class="hint">
          It pays one operator for calls of one model from this page, at most at its present price. What is left comes
          back after its end. Its key stays in this browser.
        </p>
        <label>
          <span>Model, by its number</span>
          <input
            type="number"
            min={1}
            required
            value={model}
            onInput={(event) => setModel(event.currentTarget.value)}
          />
        </label>
        <label>
          <span>Operator</span>
          <input class="mono" required value={operator} onInput={(event) => setOperator(event.currentTarget.value)} />
        </label>
        <label>
          <span>Budget in {currency.symbol}</span>
          <input
            inputMode="decimal"
            required
            value={budget}
            onInput={(event) => setBudget(event.currentTarget.value)}
          />
        </label>
        <label>
          <span>Days</span>
          <input
            type="number"
            min={1}
            max={365}
            required
            value={days}
            onInput={(event) => setDays(event.currentTarget.value)}
          />
        </label>
        <p>
          <button disabled={busy}>Open it</button>
        </p>
      </form>
    </details>
  );
}
