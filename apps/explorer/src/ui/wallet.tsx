/** A part of a page that needs a wallet: offers to connect one, and shows the rest once there is one. */

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

import { plain } from "../app/format.js";
import { useApp } from "../app/state.js";
import type { Connected, Way } from "../wallet/index.js";
import { Nothing } from "./states.js";

/** What a wallet needs from its first moment to come into the page. */
const WALLETS_COME_MS = 500;

type Wallets = typeof import("../wallet/index.js");

/** What is shown to whom a wallet is connected, and to everybody else an offer to connect one. */
export function WithWallet({ children }: { children: (wallet: Connected, leave: () => void) => VNode }): VNode {
  const { connection } = useApp();
  const [wallets, come] = useState<Wallets | undefined>(undefined);
  const [wallet, set] = useState<Connected | undefined>(undefined);
  useEffect(() => {
    let leave = () => undefined as unknown;
    void import("../wallet/index.js").then((module) => {
      come(() => module);
      set(module.connected());
      leave = module.onChange(() => set(module.connected()));
    });
    return () => void leave();
  }, []);
  if (wallets === undefined) {
    return <div class="waiting" role="status" />;
  }
  // What is signed goes to the node that the page asks, and to no other that it asked before.
  return wallet === undefined || wallet.endpoint !== connection.endpoint ? (
    <Connect wallets={wallets} />
  ) : (
    children(wallet, wallets.disconnect)
  );
}

function Connect({ wallets: { connect: connectTo, ways } }: { wallets: Wallets }): VNode {
  const { config, connection } = useApp();
  const [found, find] = useState<readonly Way[]>(() => ways(config));
  const [says, say] = useState("");
  useEffect(() => {
    // Extensions put themselves into the page a moment after it began.
    const timer = setTimeout(() => find(ways(config)), WALLETS_COME_MS);
    return () => clearTimeout(timer);
  }, [config]);
  async function connect(way: Way): Promise<void> {
    say("Connecting…");
    try {
      await connectTo(config, connection.endpoint, way);
    } catch (error) {
      say(refusal(error));
    }
  }
  return (
    <>
      <p class="prose">
        A wallet signs what you do here; this page never sees its key. Without one, everything can be looked at, and{" "}
        <code>hub</code> does the same on a command line.
      </p>
      {found.length === 0 ? (
        <Nothing>This browser has neither Keplr nor Leap, or they are off for this page.</Nothing>
      ) : (
        <p class="buttons">
          {found.map((way) => (
            <button onClick={() => void connect(way)}>Connect {way.name}</button>
          ))}
        </p>
      )}
      <div role="status">{says === "" ? null : <p class="note">{plain(says)}</p>}</div>
    </>
  );
}

/** Why a wallet, or the chain, did not do it. */
export function refusal(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === "WalletRefusal") {
      return `The wallet refuses: ${cause.message}. Nothing was sent`;
    }
  }
  return error instanceof Error ? error.message : String(error);
}
