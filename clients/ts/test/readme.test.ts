/** What the README says of this package stands in it. That its code runs is shown by `make e2e`. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as exported from "../src/index.js";
import * as wire from "../src/wire/index.js";

const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8");
const readme = read("clients/ts/README.md");

test("the README names every code that a failure can have, and no other", () => {
  const [, union = ""] = /export type HubErrorCode =([^;]+);/.exec(read("clients/ts/src/errors.ts")) ?? [];
  const codes = [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code);
  const [, table = ""] = /\n\| code \|.*\n\|.*\n((?:\|.*\n)+)/.exec(readme) ?? [];
  const named = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, code]) => code),
  );
  assert.ok(codes.length > 0);
  assert.deepEqual(named.sort(), codes.sort());
});

test("the README names every function and class for users, and none that is not there", () => {
  // The generated clients are named as a kind; bytes as text and the rest are what others are made of.
  const notForUsers =
    /^((Registry|Escrow|Billing|NitroVerifier)(Query)?Client|CONTRACTS|Contract|Messages|canonical|translate|(from|to)(Hex|Base64Url))$/;
  const errors = Object.keys(wire).filter((name) => name.endsWith("Error"));
  const forUsers = [...Object.keys(exported), ...errors].filter((name) => !notForUsers.test(name));
  const unnamed = forUsers.filter((name) => !new RegExp(`\\b${name}\\b`).test(readme));
  assert.deepEqual(unnamed, []);

  const [, section = ""] = /## What is in it\n([\s\S]*?)\n## /.exec(readme) ?? [];
  const named = [...section.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
  );
  assert.ok(named.length > 0);
  const unknown = named.filter((name) => !(name in exported));
  assert.deepEqual(unknown, []);
});
