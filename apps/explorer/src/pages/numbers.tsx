/** What the numbers cannot tell, in the words of docs/HEALTH.md. */

import type { VNode } from "preact";

import { sections } from "../health.js";
import { Title } from "../ui/states.js";

/** Every number, what it cannot tell, and what it costs to fake. */
export default function Numbers(): VNode {
  return (
    <>
      <Title name="What the numbers cannot tell" />
      {sections.map(({ title, text, numbers }, place) => (
        <section class="prose">
          {place === 0 ? null : <h2>{title}</h2>}
          {text.map((one) => (
            <p>{one}</p>
          ))}
          {numbers.length === 0 ? null : (
            <dl class="numbers">
              {numbers.map(({ label, definition, cannotTell, toFake }) => (
                <div>
                  <dt>{label}</dt>
                  <dd>{definition}</dd>
                  {cannotTell === undefined ? null : (
                    <dd>
                      <b>Cannot tell:</b> {cannotTell}
                    </dd>
                  )}
                  {toFake === undefined ? null : (
                    <dd>
                      <b>To fake it:</b> {toFake}
                    </dd>
                  )}
                </div>
              ))}
            </dl>
          )}
        </section>
      ))}
    </>
  );
}
