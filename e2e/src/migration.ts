/**
 * A Hub of the release before, in the middle of its life, is migrated to the codes under test: each contract alone, with the
 * others still old, and all of them in one transaction. What was settled stays, what was promised is kept, and nobody
 * loses a coin. `tools/build-previous.sh` makes the fixture.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { toUtf8 } from "@cosmjs/encoding";
import {
  canonical,
  eventsOf,
  Hub,
  type HubAccount,
  HubError,
  otherMessage,
  receiptFor,
  type Sent,
  USDC,
  valueOf,
  wire,
} from "./migration-kit.js";
