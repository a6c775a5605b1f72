// The committed quilts are those of Walrus' packages. The Rust encoder is held to them by `make vectors`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { file, PATH } from "./quilts.mjs";

test("the committed quilts are what Walrus' own packages make", () => {
  assert.equal(readFileSync(PATH, "utf8"), file());
});
