/**
 * Pays for calls of models on the Hub over HTTP: the scheme `batch-settlement` of x402 for `cosmos:*`, in Node and browsers.
 *
 * Nothing here needs cosmjs. Sessions are opened by an account through `hub-x402/account`; a tally in a file is in `hub-x402/node`.
 */

export type { HubQueries } from "./chain.js";
export { PaymentError, paymentErrorCode } from "./errors.js";
export type { PaymentErrorCode, PaymentErrorDetails } from "./errors.js";
export { HubPayments } from "./payments.js";
export type { AssetLimits, HubScheme, Paid, PaidAnswer, PaymentsOptions } from "./payments.js";
export type { SessionOrder, SessionPolicy, SessionSource } from "./sessions.js";
export { memoryStore, webStore } from "./store.js";
export type { Store } from "./store.js";
