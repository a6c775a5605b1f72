/** The pages that need a wallet: fetched when one of them is opened. */

export { default as mine } from "./mine.js";
export { default as publish } from "./publish.js";
