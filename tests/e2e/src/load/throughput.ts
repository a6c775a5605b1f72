/**
 * Opens the market for a measurement of throughput, and writes what apps/hub-load has to know of it. tests/e2e/throughput runs it.
 */

import { writeFileSync } from "node:fs";
import { SENDING } from "../fixture.js";
import { NODE, WORK } from "../node.js";
import { attesterSeed, found } from "./batches.js";
import { sentenceOf } from "./check.js";
import { deployHub, openMarket, submitterSecret } from "./market.js";
import { drawParticipants } from "./plan.js";
import { say, SEED } from "./settings.js";

async function run(): Promise<void> {
  const participants = drawParticipants(SEED);
  say("deploying, and opening the market");
  await deployHub();
  const { hub, ids, submitters } = await openMarket(participants, () => Promise.resolve());
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  const market = {
    chain_id: NODE.chainId,
    rpc: NODE.rpc,
    prefix: "wasm",
    gas_price: SENDING.gasPrice,
    registry: hub.registry.address,
    escrow: hub.escrow.address,
    billing: hub.billing.address,
    issued_at: await hub.now(),
    sessions: participants.sessions.map(({ models }, place) => ({
      session: found(ids.sessions, place),
      offers: models.map((model) => {
        const offer = found(ids.models, model);
        return { model: offer.model, release: offer.release, terms: offer.terms };
      }),
    })),
    attesters: participants.attesters.map(({ keyType, sessions }, place) => ({
      attester: found(ids.attesters, place).id,
      key_type: keyType,
      seed: hex(attesterSeed(place)),
      sessions,
    })),
    submitters: submitters.map((_, place) => hex(submitterSecret(place))),
  };
  writeFileSync(`${WORK}/market.json`, `${JSON.stringify(market)}\n`);
}

try {
  await run();
  process.exit(0);
} catch (error) {
  console.error(sentenceOf(error));
  process.exit(1);
}
