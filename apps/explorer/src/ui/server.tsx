/** What an operator's server says of itself, asked from this browser. */

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Config } from "../app/config.js";
import { plain } from "../app/format.js";
import { useApp } from "../app/state.js";
import { askServer, type ServerWord } from "../market/operators.js";

const asked = new Map<string, Promise<ServerWord>>();

/** What a server says: asked once while the page is open, and again where it did not say. */
export function wordOf(endpoint: string, config: Config): Promise<ServerWord> {
  const { address } = config.deployment.contracts.billing;
  const asking = asked.get(endpoint) ?? askServer(endpoint, { billing: address });
  asked.set(endpoint, asking);
  asking.catch(() => asked.delete(endpoint));
  return asking;
}

/** What a server says; a sentence if it does not say. */
export function useServer(endpoint: string | undefined): ServerWord | string | undefined {
  const { config } = useApp();
  const [word, hear] = useState<ServerWord | string | undefined>(undefined);
  useEffect(() => {
    let gone = false;
    if (endpoint !== undefined) {
      wordOf(endpoint, config).then(
        (said) => gone || hear(said),
        (error: unknown) => gone || hear(error instanceof Error ? error.message : String(error)),
      );
    }
    return () => {
      gone = true;
    };
  }, [endpoint, config]);
  return word;
}

/** In a few words: what it says it is, and how many models it serves. */
export function Server({ endpoint }: { endpoint: string }): VNode {
  const word = useServer(endpoint);
  if (word === undefined) {
    return <span class="hint">asking…</span>;
  }
  if (typeof word === "string") {
    return <span class="bad">{word}</span>;
  }
  return (
    <span>
      {plain(word.label)}, {word.models.length === 1 ? "one model" : `${word.models.length} models`}
    </span>
  );
}
