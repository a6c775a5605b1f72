/** All models: the newest, those of a task or tag, those that a name is searched in, and those that claim most. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { HubReader, registry } from "hub-client/read";

import { count, plain } from "../app/format.js";
import { change, useApp, useLink, useLoad } from "../app/state.js";
import { ModelRows } from "../ui/models.js";
import { Theirs } from "../ui/parts.js";
import { Nothing, States, Title } from "../ui/states.js";

/** Models on a page. */
const PAGE = 50;
/** Pages that a search reads at once, and the most hits that it looks for. */
const AT_ONCE = 10;
const HITS = 30;

interface Data {
  readonly models: readonly registry.ModelSummary[];
  readonly tasks: readonly registry.Topic[];
  readonly tags: readonly registry.Topic[];
  readonly total: number;
}

/** All models. */
export default function Models(): VNode {
  const { route, currency } = useApp();
  const link = useLink();
  const { task, tag, after } = route.rest;
  const from = after === undefined ? {} : { startAfter: Number(after) };
  const loaded = useLoad<Data>(`models ${task ?? ""} ${tag ?? ""} ${after ?? ""}`, async ({ hub }) => {
    const { query } = hub.registry;
    const page =
      task !== undefined
        ? query.modelsByTask({ task, limit: PAGE, ...from })
        : tag !== undefined
          ? query.modelsByTag({ tag, limit: PAGE, ...from })
          : query.models({ limit: PAGE, ...from });
    const [{ models }, { topics: tasks }, { topics: tags }, { lifetime }] = await Promise.all([
      page,
      query.tasks({ limit: 30 }),
      query.tags({ limit: 30 }),
      hub.billing.query.hub({ denom: currency.denom, days: 1 }),
    ]);
    return { models, tasks, tags, total: lifetime.models_registered };
  });
  const what = task ?? tag;
  return (
    <>
      <Title name="Models">
        {what === undefined ? (
          "Models, the newest first"
        ) : (
          <>
            Models for <bdi>{plain(what)}</bdi>
          </>
        )}
      </Title>
      <States loaded={loaded} lines={40}>
        {({ models, tasks, tags, total }) => (
          <>
            <Search total={total} />
            <Topics name="Tasks" topics={tasks} parameter="task" chosen={task} />
            <Topics name="Tags" topics={tags} parameter="tag" chosen={tag} />
            {models.length === 0 ? (
              <Nothing>
                {total === 0 ? "This Hub is empty: no model was registered yet." : "No active model is here."}
              </Nothing>
            ) : (
              <ModelRows models={models} />
            )}
            <p class="buttons">
              {after === undefined ? null : (
                <a class="button" href={link("models", without(route.rest, "after"))}>
                  Newest
                </a>
              )}
              {models.length < PAGE ? null : (
                <a
                  class="button"
                  href={link("models", {
                    ...route.rest,
                    after: String(models[models.length - 1]?.model),
                  })}
                >
                  Older
                </a>
              )}
            </p>
          </>
        )}
      </States>
    </>
  );
}

function without(rest: Readonly<Record<string, string>>, key: string): Record<string, string> {
  return Object.fromEntries(Object.entries(rest).filter(([name]) => name !== key));
}

function Topics({
  name,
  topics,
  parameter,
  chosen,
}: {
  name: string;
  topics: readonly registry.Topic[];
  parameter: string;
  chosen: string | undefined;
}): VNode | null {
  const link = useLink();
  if (topics.length === 0) {
    return null;
  }
  return (
    <p class="topics">
      <b>{name}</b>{" "}
      {topics.map((topic) => (
        <>
          <a
            href={topic.name === chosen ? link("models") : link("models", { [parameter]: topic.name })}
            aria-current={topic.name === chosen ? "true" : undefined}
          >
            <Theirs text={topic.name} /> <small>{count(topic.models)}</small>
          </a>{" "}
        </>
      ))}
    </p>
  );
}

/** A search through names and titles: the chain has no index of words, so all summaries are read, the newest first. */
function Search({ total }: { total: number }): VNode {
  const { connection, route } = useApp();
  const [found, find] = useState<readonly registry.ModelSummary[] | undefined>(undefined);
  const [says, say] = useState("");
  async function search(event: SubmitEvent & { currentTarget: HTMLFormElement }): Promise<void> {
    event.preventDefault();
    const words = String(new FormData(event.currentTarget).get("words")).trim().toLowerCase();
    if (words === "") {
      find(undefined);
      say("");
      return;
    }
    if (/^\d+$/.test(words)) {
      location.hash = `#/model/${words}`;
      change({ ...route, path: ["model", words], rest: {} }, {});
      return;
    }
    try {
      const hits: registry.ModelSummary[] = [];
      const { hub } = connection.ask();
      let read = 0;
      // Ids count up from 1, so where each page begins is known beforehand.
      for (let top = total + 1; top > 1 && hits.length < HITS; top -= 100 * AT_ONCE) {
        for (const model of await together(hub, top)) {
          read += 1;
          if (
            `${model.title} ${model.name} ${model.task} ${model.tags.join(" ")} ${model.author}`
              .toLowerCase()
              .includes(words)
          ) {
            hits.push(model);
          }
        }
        say(`Read ${count(read)} of ${count(total)} models…`);
      }
      find(hits.slice(0, HITS));
      say(
        hits.length === 0
          ? `None of ${count(read)} active models has this in its title, name, task, tags or author.`
          : hits.length > HITS
            ? `The newest ${HITS}; there may be more.`
            : `${count(hits.length)} found.`,
      );
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  }
  return (
    <>
      <form class="inline" role="search" onSubmit={(event) => void search(event as never)}>
        <label>
          A title, a name, a number, or an author <input type="search" name="words" autocomplete="off" />
        </label>
        <button>Find</button>
        <output>{says}</output>
      </form>
      {found === undefined || found.length === 0 ? null : <ModelRows models={found} />}
    </>
  );
}

/** Up to a thousand models below an id, in one request of ten questions. */
async function together(hub: HubReader, top: number): Promise<readonly registry.ModelSummary[]> {
  const starts = Array.from({ length: AT_ONCE }, (_, place) => top - 100 * place).filter((start) => start > 1);
  const pages = await Promise.all(starts.map((startAfter) => hub.registry.query.models({ limit: 100, startAfter })));
  const seen = new Map<number, registry.ModelSummary>();
  pages
    .flatMap(({ models }) => models)
    .forEach((model) => model.model > top - 100 * AT_ONCE - 1 && seen.set(model.model, model));
  return [...seen.values()];
}
