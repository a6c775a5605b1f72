/** Every page but the first: fetched together when one of them is opened, so that the first page stays small. */

export { default as account } from "./account.js";
export { default as model } from "./model.js";
export { default as models } from "./models.js";
export { default as numbers } from "./numbers.js";
export { default as operator } from "./operator.js";
export { default as operators } from "./operators.js";
export { default as session } from "./session.js";
export { default as trust } from "./trust.js";
export { default as unknown } from "./unknown.js";
export { OtherNode } from "../frame/node.js";
