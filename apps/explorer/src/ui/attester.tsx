/** What the chain shows of attesters. */

import type { VNode } from "preact";
import type { billing } from "hub-client/read";

import { whereKeyLives } from "../market/operators.js";
import { When } from "./parts.js";

/** Whether its receipts are taken. */
export function AttesterState({ attester }: { attester: billing.AttesterResponse }): VNode {
  const { status } = attester;
  if ("active" in status) {
    return <span class="good">vouches</span>;
  }
  if ("revoked" in status) {
    return <span class="bad">revoked</span>;
  }
  return (
    <span>
      retired <When time={status.retired.cutoff} />
    </span>
  );
}

/** Where its key lives. */
export function KeyLives({ attester }: { attester: { readonly measurement?: string | null } }): VNode {
  return (
    <span title={attester.measurement ?? "Nothing but its operator vouches for where the key lives."}>
      {whereKeyLives(attester)}
    </span>
  );
}
