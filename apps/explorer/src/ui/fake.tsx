/** What a number means, what it cannot tell, and what it costs to fake: behind a button beside it, in the words of docs/HEALTH.md. */

import type { ComponentChildren, VNode } from "preact";
import { useId, useState } from "preact/hooks";

import type { Meaning } from "../health.js";

/** A number's name, which tells what the number is worth when it is pressed. */
export function Fake({ of, children }: { of: string; children: ComponentChildren }): VNode {
  const id = useId();
  const [meaning, set] = useState<Meaning | undefined>(undefined);
  async function load(): Promise<void> {
    const { meaningOf } = await import("../health.js");
    set(meaningOf(of));
  }
  return (
    <>
      <button class="fake" popovertarget={id} onClick={() => void load()}>
        {children}
      </button>
      <div id={id} class="meaning" popover="auto">
        {meaning === undefined ? null : (
          <dl>
            <dt>Is</dt>
            <dd>{meaning.definition}</dd>
            {meaning.cannotTell === undefined ? null : (
              <>
                <dt>Cannot tell</dt>
                <dd>{meaning.cannotTell}</dd>
              </>
            )}
            {meaning.toFake === undefined ? null : (
              <>
                <dt>To fake it</dt>
                <dd>{meaning.toFake}</dd>
              </>
            )}
          </dl>
        )}
      </div>
    </>
  );
}
