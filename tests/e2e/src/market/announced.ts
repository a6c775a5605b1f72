/** What is announced early, since it takes its time: `in-effect.ts` sees it happen. */

import assert from "node:assert/strict";
import { eventsOf, valueOf } from "hub-client";
import { type Billed } from "../recount.js";
import { USDC } from "../fixture.js";
import { as, call, hub, id, open, step } from "./steps.js";

/** A call from before its session was closed. */
export let last: Billed;
/** When the session ends, unix seconds. */
export let closedAt = 0;
/** When the dearer price begins, unix seconds. */
export let risesAt = 0;

step("a session is closed, and a price is raised: both take effect later", async () => {
  await open("closing", "caller2", USDC, 20_000n);
  last = await call("closing", "committed");
  const closed = await as.caller2.send([hub.escrow.message("close_session", { session: id("closing") })]);
  const event = eventsOf(closed.events, hub.escrow.address, "hub_session_closed")[0];
  closedAt = Number(event && valueOf(event, "ends_at"));

  const raised = await as.author2.send([
    hub.registry.message("set_terms", {
      model: id("shared"),
      terms: {
        price: { denom: USDC, per_call: "500", per_million_in: "1000000", per_million_out: "3000000" },
        operator_bps: 0,
        payees: [
          { address: as.author2.address, bps: 5_000 },
          { address: as.payee.address, bps: 3_333 },
          { address: as.author.address, bps: 1_667 },
        ],
      },
    }),
  ]);
  risesAt = raised.answers[0].effective_from;
  const offer = await hub.offer(id("shared"));
  assert.deepEqual([offer.terms, offer.rates.perCall, offer.until], [1, 100n, risesAt]);
});
