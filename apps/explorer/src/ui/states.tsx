/** What a page shows before it knows anything, when it cannot, and above all. */

import type { ComponentChildren, VNode } from "preact";
import { useEffect } from "preact/hooks";

import { moment, plain } from "../app/format.js";
import { type Failure, type Loaded, useApp } from "../app/state.js";

/** What is shown instead of a page, or above it. */
export function States<T>({
  loaded,
  children,
  lines = 6,
}: {
  loaded: Loaded<T>;
  children: (data: T) => ComponentChildren;
  /** Height of what will be shown, in lines, so that nothing jumps. */
  lines?: number;
}): VNode {
  if (loaded.state === "loading") {
    return (
      <div class="waiting" role="status" style={{ minHeight: `${lines * 1.6}em` }}>
        <span class="pulse" aria-hidden="true" />
        Asking the chain…
      </div>
    );
  }
  if (loaded.state === "failed") {
    return <Broken failure={loaded.failure} again={loaded.again} />;
  }
  return (
    <>
      {loaded.failure === undefined ? null : (
        <p class="note bad" role="alert">
          This is old: {loaded.failure.what}. Shown is block {loaded.latest.height.toString()} of{" "}
          {moment(loaded.latest.time)} UTC. <button onClick={loaded.again}>Ask again</button>
        </p>
      )}
      {children(loaded.data)}
    </>
  );
}

/** A failure, and what to do about it. */
export function Broken({ failure, again }: { failure: Failure; again?: () => void }): VNode {
  const { config, connection, useNode } = useApp();
  const others = config.rpc.filter((endpoint) => endpoint !== connection.endpoint);
  const ofNode = /^node_|wrong_chain|not_a_hub/.test(failure.code);
  return (
    <div class="note bad" role="alert">
      <p>
        <strong>{sentence(failure.what)}</strong>
      </p>
      <p>To go on: {failure.next}.</p>
      <p class="buttons">
        {again === undefined ? null : <button onClick={again}>Ask again</button>}
        {ofNode
          ? others.map((endpoint) => (
              <button onClick={() => useNode(endpoint)}>Ask {endpoint.replace(/^https?:\/\//, "")}</button>
            ))
          : null}
      </p>
    </div>
  );
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

/** Something that is not there, and why. */
export function Nothing({ children }: { children: ComponentChildren }): VNode {
  return <p class="nothing">{children}</p>;
}

/** Heading and title of a page. */
export function Title({ children, name, id }: { children?: ComponentChildren; name: string; id?: string }): VNode {
  const { config } = useApp();
  useEffect(() => {
    document.title = `${plain(name)} · Hub ${config.name}`;
  }, [name, config.name]);
  return <h1 id={id}>{children ?? name}</h1>;
}
