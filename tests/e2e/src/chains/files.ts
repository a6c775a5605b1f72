/** The files that docs/CHAINS.md is made of. */

import { readdirSync, readFileSync } from "node:fs";
import { parseConfig } from "hub-deploy/config";
import { type ChainResult, withTables } from "./report.js";

export const at = (path: string): URL => new URL(`../../../../../${path}`, import.meta.url);

export const RESULTS = at("tests/chains/results.json");
export const PAGE = at("docs/CHAINS.md");
const SNAPSHOT = at("tests/gas/snapshot.json");

const json = (path: URL): unknown => JSON.parse(readFileSync(path, "utf8"));

/** Gas of transactions on the wasmd that everything is measured on, of the codes that stand in artifacts. */
export function gasNow(): Readonly<Record<string, number>> {
  return (json(SNAPSHOT) as { node: Record<string, number> }).node;
}

/** docs/CHAINS.md as the committed results and profiles make it. */
export function pageNow(): { readonly found: string; readonly meant: string } {
  const found = readFileSync(PAGE, "utf8");
  const profiles = readdirSync(at("deploy/chains"))
    .sort()
    .map((file) => {
      const profile = json(at(`deploy/chains/${file}`)) as object;
      return [file.replace(/\.json$/, ""), parseConfig({ rpc: "http://127.0.0.1:26657", ...profile })] as const;
    });
  return { found, meant: withTables(found, json(RESULTS) as ChainResult[], profiles) };
}
