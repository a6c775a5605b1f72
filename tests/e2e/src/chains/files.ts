/** The files that docs/CHAINS.md is made of. */

import { readdirSync, readFileSync } from "node:fs";
import { parseConfig } from "hub-deploy/config";
import { type ChainResult, withTables } from "./report.js";

export const at = (path: string): URL => new URL(`../../../../../${path}`, import.meta.url);

export const RESULTS = at("tests/chains/results.json");
export const PAGE = at("docs/CHAINS.md");

const json = (path: URL): unknown => JSON.parse(readFileSync(path, "utf8"));

/** docs/CHAINS.md as the committed results and profiles make it. */
export function pageNow(): { readonly found: string; readonly meant: string } {
  const found = readFileSync(PAGE, "utf8");
  const { node } = json(at("tests/gas/snapshot.json")) as { node: Record<string, number> };
  const profiles = readdirSync(at("deploy/chains"))
    .sort()
    .map((file) => {
      const profile = json(at(`deploy/chains/${file}`)) as object;
      return [file.replace(/\.json$/, ""), parseConfig({ rpc: "http://127.0.0.1:26657", ...profile })] as const;
    });
  return { found, meant: withTables(found, json(RESULTS) as ChainResult[], node, profiles) };
}
