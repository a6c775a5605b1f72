/** A form made from what the model takes, that calls an operator's server. */

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { denomText, type registry } from "hub-client/read";

import { amount, plain, tenth } from "../app/format.js";
import { currencyOf, useApp } from "../app/state.js";
import { Nothing } from "../ui/states.js";
import { refusal } from "../ui/wallet.js";
import { useManifest } from "./contents.js";
import type { Tensor } from "./manifest.js";
import type { Serving } from "./serving.js";
import { bodyOf, exampleOf, shapeOf } from "./tensors.js";

/** What came of a call. */
interface Outcome {
  readonly kind: "answer" | "price" | "refused";
  readonly text: string;
}

/** The form; nothing where no operator is to be reached. */
export function TryIt({
  model,
  release,
  price,
  servers: all,
}: {
  model: number;
  release: registry.ReleaseResponse | undefined;
  price: registry.Price;
  servers: readonly Serving[];
}): VNode {
  const manifest = useManifest(release);
  const { config, connection } = useApp();
  const currency = currencyOf(config, denomText(price.denom));
  // Where only one server is known, it is asked even before it has said what it serves.
  const offering = all.filter(({ offer }) => offer !== undefined);
  const servers = offering.length === 0 && all.length === 1 ? all : offering;
  const [server, choose] = useState("");
  const [outcome, show] = useState<Outcome | undefined>(undefined);
  const [running, run] = useState(false);
  const inputs = typeof manifest === "object" ? manifest.inputs : [];
  const chosen = servers.find(({ endpoint }) => endpoint === server) ?? servers[0];

  async function call(event: SubmitEvent & { currentTarget: HTMLFormElement }): Promise<void> {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    if (chosen === undefined || running) {
      return;
    }
    run(true);
    try {
      const body = bodyOf(
        inputs,
        (name) => String(data.get(`values:${name}`) ?? ""),
        (name) => String(data.get(`shape:${name}`) ?? ""),
      );
      const submitter = (event.submitter as HTMLButtonElement | null)?.value;
      show(
        submitter === "pay"
          ? await pay(chosen.endpoint, body)
          : await infer(chosen.endpoint, model, body, (asset) => currencyOf(config, asset)),
      );
    } catch (error) {
      show({ kind: "refused", text: refusal(error) });
    }
    run(false);
  }

  async function pay(endpoint: string, body: string): Promise<Outcome> {
    const { connected, paying } = await import("../wallet/index.js");
    const wallet = connected();
    if (wallet === undefined) {
      return { kind: "refused", text: "Connect a wallet first, on the page “Mine”." };
    }
    const url = new URL(`/v2/models/${model}/infer`, endpoint).href;
    const { payFor } = await paying();
    const paid = await payFor(wallet, connection.ask().hub, config, currency, url, body);
    return { kind: "answer", text: `${paid.says}\n\n${pretty(paid.body)}` };
  }

  return (
    <section aria-labelledby="try">
      <h2 id="try">Try it</h2>
      {servers.length === 0 ? (
        <Nothing>No server that serves it is to be reached from a page.</Nothing>
      ) : inputs.length === 0 ? (
        <Nothing>
          {typeof manifest === "string"
            ? `What it takes is not known: ${manifest}.`
            : "Its manifest does not state what it takes."}
        </Nothing>
      ) : (
        <form class="try" onSubmit={(event) => void call(event as never)}>
          {servers.length < 2 ? null : (
            <label>
              Server{" "}
              <select value={chosen?.endpoint} onChange={(event) => choose(event.currentTarget.value)}>
                {servers.map(({ endpoint }) => (
                  <option value={endpoint}>{endpoint}</option>
                ))}
              </select>
            </label>
          )}
          {inputs.map((tensor) => (
            <Input tensor={tensor} key={tensor.name} />
          ))}
          <p>
            <button disabled={running}>{running ? "Calling…" : "Ask what it costs"}</button>{" "}
            <button disabled={running} value="pay">
              Call and pay
            </button>{" "}
            <span class="hint">
              The server answers at once if the call is free. Paying opens a session of{" "}
              {amount(tenth(currency), currency)} {currency.symbol} for this operator.
            </span>
          </p>
          <div role="status">
            {outcome === undefined ? null : (
              <pre class={outcome.kind === "refused" ? "bad" : outcome.kind}>
                <bdi>{plain(outcome.text)}</bdi>
              </pre>
            )}
          </div>
        </form>
      )}
    </section>
  );
}

function Input({ tensor }: { tensor: Tensor }): VNode {
  const shape = shapeOf(tensor);
  const [dimensions, measure] = useState(shape.join(" × "));
  const open = tensor.shape === undefined || tensor.shape.some((part) => typeof part !== "number");
  const [values, write] = useState(() => exampleOf(tensor, shape));
  useEffect(() => write(exampleOf(tensor, shapeOf(tensor))), [tensor.name]);
  return (
    <fieldset>
      <legend class="mono">
        <bdi>
          {plain(tensor.name)} {plain(tensor.datatype)} [{tensor.shape?.map(String).map(plain).join(" × ") ?? "any"}]
        </bdi>
      </legend>
      {open ? (
        <label>
          Shape{" "}
          <input
            name={`shape:${tensor.name}`}
            class="mono"
            value={dimensions}
            onInput={(event) => measure(event.currentTarget.value)}
          />
        </label>
      ) : null}
      <label>
        Values, separated by spaces or commas
        <textarea
          name={`values:${tensor.name}`}
          class="mono"
          rows={3}
          value={values}
          onInput={(event) => write(event.currentTarget.value)}
          spellcheck={false}
        />
      </label>
    </fieldset>
  );
}

/** Calls a server without a payment: the answer where it is free, else what it costs. */
async function infer(
  endpoint: string,
  model: number,
  body: string,
  currency: (asset: string) => { symbol: string; decimals: number },
): Promise<Outcome> {
  const answer = await fetch(new URL(`/v2/models/${model}/infer`, endpoint), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
    credentials: "omit",
    signal: AbortSignal.timeout(60_000),
  }).catch(() => {
    throw new Error("The server does not answer.");
  });
  const text = (await answer.text()).slice(0, 20_000);
  if (answer.ok) {
    return { kind: "answer", text: pretty(text) };
  }
  const required = answer.headers.get("payment-required");
  if (answer.status === 402 && required !== null) {
    const [offer] = (JSON.parse(atob(required)) as { accepts?: { amount?: string; asset?: string }[] }).accepts ?? [];
    if (offer?.amount !== undefined && offer.asset !== undefined) {
      const of = currency(offer.asset);
      return {
        kind: "price",
        text: `This very call costs at most ${amount(BigInt(offer.amount), of)} ${of.symbol}. Pay by a session: “hub call”, or any client of x402.`,
      };
    }
  }
  return { kind: "refused", text: messageIn(text) ?? `The server answers with status ${answer.status}.` };
}

function pretty(text: string): string {
  try {
    const { outputs } = JSON.parse(text) as {
      outputs?: { name: string; datatype: string; shape: number[]; data: unknown[] }[];
    };
    return outputs === undefined
      ? text
      : outputs
          .map(({ name, datatype, shape, data }) => `${name} ${datatype} [${shape.join(" × ")}]\n${data.join(" ")}`)
          .join("\n\n");
  } catch {
    return text;
  }
}

function messageIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { error?: { message?: string } }).error?.message;
  } catch {
    return undefined;
  }
}
