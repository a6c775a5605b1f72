/** What stands in the address, and what an address cannot make the page do. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isAddress, readRoute, toPage, USUAL_FACTOR, writeRoute } from "../src/app/route.js";
import { account } from "./stand-in.js";

const [one, two] = [account(1), account(2)];

test("an address says the same when it was written again", () => {
  for (const hash of [
    "#/",
    "#/model/17",
    `#/model/17?believe=${one},${two}`,
    `#/operators?believe=${one}&factor=3&denom=ibc%2FABC`,
    "#/models?task=a%20b%26c&after=100",
  ]) {
    assert.equal(writeRoute(readRoute(hash)), hash);
  }
});

test("what cannot be right is left out", () => {
  const route = readRoute(`#/model/1?believe=${one},nobody,${one},<script>,${two.toUpperCase()}&factor=99`);
  assert.deepEqual(route.believe, [one]);
  assert.equal(route.factor, USUAL_FACTOR);
  assert.deepEqual(readRoute("").path, []);
  assert.deepEqual(readRoute("#/model/%E0%A4%A").path, ["model", "%E0%A4%A"]);
  const many = Array.from({ length: 40 }, (_, place) => account(place)).join(",");
  assert.equal(readRoute(`#/?believe=${many}`).believe.length, 16);
});

test("another page keeps whom the reader believes, and nothing of the page before", () => {
  const route = readRoute(`#/models?believe=${one}&denom=stake&after=50`);
  assert.equal(toPage(route, "model/3"), `#/model/3?believe=${one}&denom=stake`);
  assert.equal(toPage(route, "models", { task: "x/y" }), `#/models?believe=${one}&denom=stake&task=x%2Fy`);
});

test("an address of an account has a prefix, and letters of bech32", () => {
  assert.ok(isAddress("wasm1r99tzh3vfryu872gh0mwv6s8zqn8fkuthcc6qh"));
  for (const text of [
    "wasm1",
    "r99tzh3vfryu872gh0mwv6s8zqn8fkuthcc6qh",
    "wasm1r99tzh3vfryu872gh0mwv6s8zqn8fkuthcc6b",
    "",
  ]) {
    assert.ok(!isAddress(text), text);
  }
});
