/**
 * Everything that signs. The build bundles it apart from the page, so that the page's own chunks hold nothing of it; cosmjs comes when
 * a wallet connects, the payments of x402 when a call is paid.
 */

export { become, connect, connected, Connected, onChange } from "./connected.js";
export type { Way } from "./wallets.js";
export { ways } from "./wallets.js";

export type { Place, Publication } from "./publish.js";
export { commit, proveSize, publishedAs, register } from "./publish.js";

/** Calls a model and pays for it: see `pay.ts`. */
export async function payFor(
  ...given: Parameters<(typeof import("./pay.js"))["payFor"]>
): ReturnType<(typeof import("./pay.js"))["payFor"]> {
  return await (await import("./pay.js")).payFor(...given);
}
