/** The node that the page asks. */

import { HubReader, type Latest } from "hub-client/read";

import type { Config } from "./config.js";

/** What a page may ask, and the block that it is told of. Both go out in one request if they are asked for at once. */
export interface Asking {
  /** The contracts, at the latest block. */
  readonly hub: HubReader;
  /** The latest block; fails if the node is none of this Hub's. Nothing is shown before. */
  readonly latest: Promise<Latest>;
}

const KEPT_AS = "hub.node";

/** A node, checked with the first question that it is asked. */
export class Connection {
  #hub: HubReader | undefined;

  constructor(
    private readonly config: Config,
    /** RPC address. */
    readonly endpoint: string,
  ) {}

  /** The node that this reader chose before, or the first of the deployment. */
  static usual(config: Config): Connection {
    const [first = ""] = config.rpc;
    return new Connection(config, kept() ?? first);
  }

  /** Another node, which is asked from now on and after the page was closed. Nothing for the deployment's own. */
  static to(config: Config, endpoint: string | undefined): Connection {
    try {
      if (endpoint === undefined) {
        localStorage.removeItem(KEPT_AS);
      } else {
        localStorage.setItem(KEPT_AS, endpoint);
      }
    } catch {
      // Without storage the choice ends with the page.
    }
    return new Connection(config, endpoint ?? config.rpc[0] ?? "");
  }

  /** What a page asks by. */
  ask(): Asking {
    if (this.#hub !== undefined) {
      return { hub: this.#hub, latest: this.#hub.latest() };
    }
    const { hub, checked } = HubReader.open(this.endpoint, this.config.deployment);
    const latest = checked.then((found) => {
      this.#hub = hub;
      return found;
    });
    return { hub, latest };
  }
}

function kept(): string | undefined {
  try {
    return localStorage.getItem(KEPT_AS) ?? undefined;
  } catch {
    return undefined;
  }
}
