/**
 * The market on a real chain, step by step and in this order. After each step everybody's money is compared with the bank and
 * the tokens.
 */

import "./market/authors.js";
import "./market/callers.js";
import "./market/announced.js";
import "./market/settlement.js";
import "./market/collecting.js";
import "./market/trouble.js";
import "./market/in-effect.js";
import "./market/usage.js";
