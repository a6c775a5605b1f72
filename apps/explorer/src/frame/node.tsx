/** Asking another node: a form that is fetched when it is opened. */

import type { VNode } from "preact";

import { useApp } from "../app/state.js";

/** A form that names another node. */
export function OtherNode(): VNode {
  const { config, useNode } = useApp();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const value = new FormData(event.currentTarget).get("node");
        useNode(typeof value === "string" && value.trim() !== "" ? value.trim() : undefined);
      }}
    >
      <label>
        RPC address of another node of this chain, which has to answer pages (CORS){" "}
        <input name="node" type="url" list="nodes" placeholder={config.rpc[0]} />
      </label>
      <datalist id="nodes">
        {config.rpc.map((endpoint) => (
          <option value={endpoint} />
        ))}
      </datalist>
      <button>Ask it</button>
    </form>
  );
}
