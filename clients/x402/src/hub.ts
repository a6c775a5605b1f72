/** The parts of hub-client that are used here: those that need no cosmjs. */

export { priceOf } from "hub-client/read";
export type { billing, Deployment, escrow, Rates, registry } from "hub-client/read";
