/** Publishing: from a folder to a model that can be called. Everything is computed and shown before anything leaves the browser. */

import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { registry } from "hub-client/read";

import { bytes } from "../app/figures.js";
import { count, plain } from "../app/format.js";
import { useApp, useLink, useLoad } from "../app/state.js";
import { typedAmount } from "../app/typed.js";
import { type ChosenFolder, described, DESCRIPTION, droppedFolder, folderOf, type Said } from "../publish/folder.js";
import { type Plan, planOf, type Progress } from "../publish/plan.js";
import { storeAll, storedOf } from "../publish/store.js";
import { Account, Facts, Outside, Table, Theirs } from "../ui/parts.js";
import { Price } from "../ui/price.js";
import { Title } from "../ui/states.js";
import { refusal, WithWallet } from "../ui/wallet.js";
import type { Connected, Place } from "../wallet/index.js";

/** Where what was typed is kept, so that a reload loses nothing. */
const DRAFT = "hub.draft";

/** What an author chooses, as it is typed. */
interface Draft extends Said {
  readonly name: string;
  readonly version: string;
  readonly perCall: string;
  readonly perMillionIn: string;
  readonly perMillionOut: string;
  readonly operatorPercent: string;
  readonly epochs: string;
  readonly owner: string;
  readonly publisher: string;
  /** Folder that was chosen last. */
  readonly folder: string;
  /** Folder that a publication was begun of and not ended. */
  readonly begun: string;
}

const EMPTY: Draft = {
  title: "",
  description: "",
  task: "",
  license: "",
  homepage: "",
  tags: "",
  name: "",
  version: "1.0",
  perCall: "",
  perMillionIn: "",
  perMillionOut: "",
  operatorPercent: "50",
  epochs: "26",
  owner: "",
  publisher: "",
  folder: "",
  begun: "",
};

function keptDraft(): Draft {
  try {
    return { ...EMPTY, ...(JSON.parse(localStorage.getItem(DRAFT) ?? "{}") as Partial<Draft>) };
  } catch {
    return EMPTY;
  }
}

/** The name to begin with: what was typed, or the folder's own in the letters that names have. */
function nameFor(chosen: ChosenFolder, { name, folder }: Draft): string {
  const own = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, "-")
      .replace(/^[^a-z0-9]+/, "")
      .slice(0, 64);
  return name === "" || (name === own(folder) && folder !== chosen.name) ? own(chosen.name) : name;
}

/** Publishing. */
export default function Publish(): VNode {
  const { config } = useApp();
  const [draft, set] = useState<Draft>(() => {
    const kept = keptDraft();
    return { ...kept, publisher: kept.publisher || (config.publishers[0] ?? "") };
  });
  const [folder, choose] = useState<ChosenFolder | undefined>(undefined);
  const [plan, planned] = useState<Plan | undefined>(undefined);
  const [says, say] = useState("");
  const [progress, go] = useState<Progress | undefined>(undefined);
  const running = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  const change = (changes: Partial<Draft> | ((before: Draft) => Partial<Draft>)) =>
    set((before) => {
      const next = { ...before, ...(typeof changes === "function" ? changes(before) : changes) };
      localStorage.setItem(DRAFT, JSON.stringify(next));
      return next;
    });

  /** Begins something in place of whatever runs, which says nothing any more. */
  function begin(): AbortController {
    running.current?.abort();
    running.current = new AbortController();
    planned(undefined);
    go(undefined);
    say("");
    return running.current;
  }

  async function compute(chosen: ChosenFolder): Promise<void> {
    const mine = begin();
    go({ path: "", done: 0, total: 1 });
    try {
      const found = await planOf(chosen, (now) => running.current === mine && go(now), mine.signal);
      if (running.current === mine) {
        choose(chosen);
        planned(found);
      }
    } catch (error) {
      if (running.current === mine) {
        say(sentence(refusal(error)));
      }
    }
    if (running.current === mine) {
      go(undefined);
    }
  }

  async function take(finding: ChosenFolder | Promise<ChosenFolder>): Promise<void> {
    const mine = begin();
    try {
      const chosen = await finding;
      if (running.current !== mine) {
        return;
      }
      // A name that was made from another folder is not that of this one.
      change((before) => ({ name: nameFor(chosen, before), folder: chosen.name }));
      choose(chosen);
      if (chosen.files.has(DESCRIPTION)) {
        await compute(chosen);
      }
    } catch (error) {
      if (running.current === mine) {
        say(sentence(refusal(error)));
      }
    }
  }

  return (
    <>
      <Title name="Publish" />
      <p class="prose">
        A folder becomes a model that anybody can call, and that earns for you what you say. Its ids are computed here,
        before anything is sent. What is published can be read by everybody and cannot be taken back.
      </p>
      {draft.begun === "" || plan !== undefined ? null : (
        <p class="note">
          You began to publish “{plain(draft.begun)}”. Choose the folder again: what was done is not done twice.
        </p>
      )}
      <label
        class="drop"
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          void take(droppedFolder(event.dataTransfer?.items ?? []));
        }}
      >
        {folder === undefined
          ? "Drop the model’s folder here, or choose it:"
          : `${plain(folder.name)}: ${folder.files.size} files. Another one:`}{" "}
        <input
          type="file"
          ref={(input) => input?.setAttribute("webkitdirectory", "")}
          onChange={(event) => {
            const { files } = event.currentTarget;
            void take(Promise.resolve(files ?? []).then(folderOf));
          }}
        />
      </label>
      <div role="status">
        {progress === undefined ? null : (
          <p>
            <progress aria-label="Computing ids" max={Math.max(1, progress.total)} value={progress.done} /> Computing
            the ids of <Theirs text={progress.path === "" ? "the folder" : progress.path} />{" "}
            <button onClick={() => running.current?.abort()}>Cancel</button>
          </p>
        )}
        {says === "" ? null : <p class="note bad">{plain(says)}</p>}
      </div>
      {folder === undefined ? <Before /> : null}
      {folder === undefined || plan !== undefined || progress !== undefined || folder.files.has(DESCRIPTION) ? null : (
        <About draft={draft} change={change} done={() => void compute(described(folder, draft))} />
      )}
      {plan === undefined || folder === undefined ? null : (
        <Planned key={plan.manifest.id} plan={plan} folder={folder} draft={draft} change={change} />
      )}
    </>
  );
}

/** What whoever comes here for the first time wants to know. */
function Before(): VNode {
  return (
    <ol class="prose">
      <li>
        <b>Choose the folder</b> with the weights: safetensors, GGUF, ONNX, or files of any other kind. A README and a
        licence belong into it. Files that <code>.gitignore</code> names stay out.
      </li>
      <li>
        <b>Look at it</b> as callers will see it, and say what a call costs and what part of that whoever runs the model
        gets.
      </li>
      <li>
        <b>Sign three times</b> with a wallet: that you know the files, the model with its price, and its size. In
        between the folder is stored on Walrus, by the publisher that you name.
      </li>
    </ol>
  );
}

interface Form {
  readonly draft: Draft;
  readonly change: (changes: Partial<Draft>) => void;
}

/** What the model is, where the folder does not say it. */
function About({ draft, change, done }: Form & { done: () => void }): VNode {
  return (
    <form
      class="fields"
      onSubmit={(event) => {
        event.preventDefault();
        done();
      }}
    >
      <h2>What it is</h2>
      <p class="hint">
        The folder has no <code>{DESCRIPTION}</code>, so you say it here. A file of that name is published along with
        the others.
      </p>
      <Text of="title" {...{ draft, change }} maxLength={128} required>
        Title
      </Text>
      <Text of="task" {...{ draft, change }} maxLength={64} placeholder="forecasting">
        What it is for, in a word
      </Text>
      <Text of="license" {...{ draft, change }} maxLength={64} placeholder="Apache-2.0" required>
        Licence, as SPDX names it
      </Text>
      <Text of="tags" {...{ draft, change }} placeholder="finance, onnx">
        Words to find it by, with commas
      </Text>
      <Text of="homepage" {...{ draft, change }} type="url" maxLength={256} pattern="https?://.+">
        Page about it
      </Text>
      <label>
        <span>What it does</span>
        <textarea
          rows={4}
          maxLength={2_048}
          value={draft.description}
          onInput={(event) => change({ description: event.currentTarget.value })}
        />
      </label>
      <p>
        <button>Compute its ids</button>
      </p>
    </form>
  );
}

/** What a browser checks of a text. */
interface Checks {
  readonly type?: "text" | "url" | "number";
  readonly required?: boolean;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly placeholder?: string;
  readonly inputMode?: "decimal";
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
}

function Text({
  of,
  draft,
  change,
  children,
  ...given
}: Form & { of: keyof Draft; children: ComponentChildren } & Checks): VNode {
  return (
    <label>
      <span>{children}</span>
      <input
        {...(given as object)}
        value={draft[of]}
        onInput={(event) => change({ [of]: event.currentTarget.value })}
      />
    </label>
  );
}

/** What is published, as the registry is told; a sentence on what is wrong with what was typed. */
function termsOf(draft: Draft, currency: ReturnType<typeof useApp>["currency"]): registry.UncheckedPrice | string {
  const amounts = [draft.perCall, draft.perMillionIn, draft.perMillionOut].map((text) =>
    typedAmount(text === "" ? "0" : text, currency),
  );
  const [call, input, output] = amounts;
  if (call === undefined || input === undefined || output === undefined) {
    return `A price is a number with at most ${currency.decimals} digits after the point`;
  }
  return {
    denom: currency.denom,
    per_call: String(call),
    per_million_in: String(input),
    per_million_out: String(output),
  };
}

function Planned({ plan, folder, draft, change }: Form & { plan: Plan; folder: ChosenFolder }): VNode {
  const { currency } = useApp();
  const link = useLink();
  const [anyway, set] = useState(false);
  const [busy, work] = useState(false);
  const [place, arrive] = useState<Place | undefined>(undefined);
  const form = useRef<HTMLFormElement>(null);
  const { warnings } = plan;
  const stops = warnings.some((warning) => warning.stops);
  const price = termsOf(draft, currency);
  if (place !== undefined) {
    return (
      <p class="note" role="status">
        It is published: <a href={link(`model/${place.model}`)}>model {count(place.model)}</a>, release {place.release}.
        Once an operator serves it, anybody can call it.
      </p>
    );
  }
  return (
    <>
      {warnings.length === 0 ? null : (
        <div class={stops ? "note bad" : "note"}>
          <ul>
            {warnings.map(({ path, text }) => (
              <li>
                <Theirs text={`${path === null ? "" : `${path} `}${text}`} />
              </li>
            ))}
          </ul>
          {stops ? (
            <label>
              <input type="checkbox" checked={anyway} onChange={() => set(!anyway)} /> Publish it all the same
            </label>
          ) : null}
        </div>
      )}
      <h2 id="stored">What is stored on Walrus</h2>
      <Table caption="Blobs" head={["What", "#Size", "Blob id"]}>
        {storedOf(plan).map(({ what, id, length }) => (
          <tr>
            <th scope="row">
              <Theirs text={what} />
            </th>
            <td class="n">{bytes(length)}</td>
            <td class="mono wrap">{id}</td>
          </tr>
        ))}
      </Table>
      <p class="hint">
        Walrus charges for {bytes(plan.storage)}: some 4.5 times the content, and 66 MB a blob at least. The release is
        known by <span class="mono wrap">{plan.release}</span>
      </p>
      <form class="fields" ref={form} onSubmit={(event) => event.preventDefault()}>
        <h2>What it costs, and where it is stored</h2>
        <fieldset class="bare" disabled={busy}>
          <Text of="name" {...{ draft, change }} maxLength={64} pattern="[a-z0-9][a-z0-9._\-]*" required>
            Name, for ever yours: small letters, digits, and . _ -
          </Text>
          <Text of="version" {...{ draft, change }} pattern="\d+\.\d+" required>
            Release, higher than earlier ones
          </Text>
          <Text of="perCall" {...{ draft, change }} inputMode="decimal" placeholder="0">
            {currency.symbol} a call
          </Text>
          <Text of="perMillionIn" {...{ draft, change }} inputMode="decimal" placeholder="0">
            {currency.symbol} a million units sent
          </Text>
          <Text of="perMillionOut" {...{ draft, change }} inputMode="decimal" placeholder="0">
            {currency.symbol} a million units received
          </Text>
          <Text of="operatorPercent" {...{ draft, change }} type="number" min={0} max={99.99} step={0.01} required>
            Per cent of it for whoever runs the model
          </Text>
          <Text of="publisher" {...{ draft, change }} type="url" required>
            Publisher of Walrus
          </Text>
          <Text of="epochs" {...{ draft, change }} type="number" min={1} max={53} required>
            Epochs of Walrus that it is stored for
          </Text>
          <Text of="owner" {...{ draft, change }} pattern="0x[0-9a-f]{64}" placeholder="0x…">
            Your address on Sui, which alone can extend that; empty: anybody can
          </Text>
        </fieldset>
      </form>
      {typeof price === "string" ? (
        <p class="note bad">{price}.</p>
      ) : (
        <WithWallet>
          {(wallet) => (
            <>
              <Preview {...{ plan, draft, price, wallet }} />
              {stops && !anyway ? (
                <p class="note bad">It is not published while something above keeps it from it.</p>
              ) : (
                <Steps
                  key={wallet.address}
                  {...{ plan, folder, draft, change, price, wallet, busy, work, arrive }}
                  valid={() => form.current?.reportValidity() === true}
                />
              )}
            </>
          )}
        </WithWallet>
      )}
    </>
  );
}

/** The model that the account has under a name already; undefined while that is not known, and where it has none. */
function useModelNamed(wallet: Connected, name: string): registry.ModelSummary | undefined {
  const found = useLoad<registry.ModelSummary | undefined>(
    name === "" ? undefined : `named ${wallet.address} ${name}`,
    async ({ hub }) => {
      const { modelNamed } = await import("../wallet/index.js");
      const model = await modelNamed(wallet, name);
      const ids = model === undefined ? [] : [model.model];
      return ids.length === 0 ? undefined : (await hub.registry.query.modelsByIds({ ids })).models[0];
    },
  );
  return found.state === "ready" ? found.data : undefined;
}

/** The model as callers will see it. */
function Preview({
  plan: { description },
  draft,
  price,
  wallet,
}: {
  plan: Plan;
  draft: Draft;
  price: registry.UncheckedPrice;
  wallet: Connected;
}): VNode {
  const { title, task, license, tags, homepage, description: text } = description;
  const { currency } = useApp();
  const link = useLink();
  const known = useModelNamed(wallet, draft.name);
  if (known !== undefined) {
    return (
      <section aria-labelledby="preview">
        <h2 id="preview">As callers see it</h2>
        <p class="note">
          You have a model of this name: this becomes its release {plain(draft.version)}. What it costs and what is said
          of it stay as they are, whatever stands above. For a model of its own, give it another name.
        </p>
        <Facts
          rows={[
            [
              "Model",
              <a href={link(`model/${known.model}`)}>
                <Theirs text={known.title} />
              </a>,
            ],
            ["Price", <Price price={known.price} long />],
          ]}
        />
      </section>
    );
  }
  return (
    <section class="theirs" aria-labelledby="preview">
      <h2 id="preview">As callers see it</h2>
      <h3>
        <Theirs text={title ?? draft.name} />
      </h3>
      <Facts
        rows={[
          ["Author", <Account address={wallet.address} />],
          ["Price", <Price price={{ ...price, denom: currency.denom }} long />],
          ["Task", <Theirs text={task ?? "not stated"} />],
          ["Licence", <Theirs text={license ?? "not stated"} />],
          tags.length === 0 ? undefined : ["Tags", <Theirs text={tags.join(", ")} />],
          homepage === null ? undefined : ["Page", <Outside href={homepage} />],
        ]}
      />
      {text === null ? null : (
        <p class="prose">
          <Theirs text={text} />
        </p>
      )}
    </section>
  );
}

const STEPS = [
  "Commit to the id, before anybody can see the files",
  "Store the folder on Walrus",
  "Register it",
  "Prove its size",
] as const;

function Steps({
  plan,
  folder,
  draft,
  change,
  price,
  wallet,
  busy,
  work,
  arrive,
  valid,
}: Form & {
  plan: Plan;
  folder: ChosenFolder;
  price: registry.UncheckedPrice;
  wallet: Connected;
  busy: boolean;
  work: (busy: boolean) => void;
  arrive: (place: Place) => void;
  /** Whether what was typed can be published; shows what cannot. */
  valid: () => boolean;
}): VNode {
  const { config } = useApp();
  const [step, to] = useState(0);
  const [progress, go] = useState<Progress | undefined>(undefined);
  const [says, say] = useState("");
  const running = useRef<AbortController | undefined>(undefined);
  useEffect(
    () => () => {
      // Whoever leaves ends it: nothing more is signed or stored, and the fields can be changed again.
      running.current?.abort();
      work(false);
    },
    [],
  );

  async function run(signal: AbortSignal): Promise<void> {
    const wallets = await import("../wallet/index.js");
    const operatorBps = Math.round(Number(draft.operatorPercent) * 100);
    const [major = 0, minor = 0] = draft.version.split(".").map(Number);
    const { title, description, task, license, tags, homepage } = plan.description;
    const publication = {
      name: draft.name,
      major,
      minor,
      release: plan.release,
      manifest: plan.manifest.id,
      proof: plan.proof,
      metadata: {
        title: title ?? draft.name,
        description: description ?? "",
        task: task ?? "",
        license: license ?? "LicenseRef-unknown",
        tags: [...tags],
        homepage,
      },
      terms: {
        operator_bps: operatorBps,
        payees: [{ address: wallet.address, bps: 10_000 - operatorBps }],
        price,
      },
    };
    const { publisher, owner } = draft;
    const storing = { publisher, owner, epochs: Number(draft.epochs), aggregators: config.aggregators };
    to(0);
    // What was sent before and not seen in a block may be what would be sent now.
    for (const hash of wallet.unconfirmed) {
      await wallet.resume(hash);
    }
    let at = await wallets.publishedAs(wallet, plan.release);
    signal.throwIfAborted();
    if (at === undefined) {
      await wallets.commit(wallet, config, plan.release);
    }
    signal.throwIfAborted();
    to(1);
    await storeAll(plan, folder, storing, go, signal);
    signal.throwIfAborted();
    to(2);
    at ??= await wallets.register(wallet, config, publication);
    signal.throwIfAborted();
    to(3);
    await wallets.proveSize(wallet, at, publication);
    to(4);
    change({ ...EMPTY, publisher });
    arrive(at);
  }

  function publish(): void {
    if (busy || !valid()) {
      return;
    }
    const { signal } = (running.current = new AbortController());
    change({ begun: folder.name });
    work(true);
    say("");
    run(signal)
      .catch((error: unknown) => say(sentence(refusal(error))))
      .finally(() => {
        if (running.current?.signal === signal) {
          work(false);
          go(undefined);
        }
      });
  }

  return (
    <section aria-labelledby="publish">
      <h2 id="publish">Publish</h2>
      <ol class="steps">
        {STEPS.map((name, number) => (
          <li aria-current={busy && step === number ? "step" : undefined} class={step > number ? "good" : undefined}>
            {name}
            {step > number ? ": done" : ""}
            {busy && step === 1 && number === 1 && progress !== undefined ? (
              <>
                {" "}
                <progress aria-label="Storing" max={Math.max(1, progress.total)} value={progress.done} />{" "}
                <Theirs text={progress.path} /> <button onClick={() => running.current?.abort()}>Cancel</button>
              </>
            ) : null}
          </li>
        ))}
      </ol>
      <div role="status">{says === "" ? null : <p class="note bad">{plain(says)}</p>}</div>
      <p>
        <button disabled={busy} onClick={publish}>
          {busy ? "Publishing…" : says === "" && draft.begun === "" ? "Publish" : "Go on"}
        </button>{" "}
        <span class="hint">The wallet asks three times: for the commitment, the registration and the size.</span>
      </p>
    </section>
  );
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
