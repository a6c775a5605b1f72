/**
 * Everything that signs. The build bundles it apart from the page, so that the page's own chunks hold nothing of it; cosmjs comes when
 * a wallet connects, the payments of x402 when a call is paid.
 */

export { connect, connected, Connected, disconnect, onChange } from "./connected.js";
export type { Way } from "./wallets.js";
export { ways } from "./wallets.js";

export type { Place, Publication } from "./publish.js";
export { commit, modelNamed, proveSize, publishedAs, register } from "./publish.js";

export type { Wish } from "./pay.js";

/** What moves money for calls: `pay.ts`, which comes with the payments of x402 when it is needed. */
export const paying = (): Promise<typeof import("./pay.js")> => import("./pay.js");
