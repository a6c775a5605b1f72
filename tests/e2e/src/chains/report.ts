/** What `make chains` found, kept in tests/chains/results.json, and the profiles of chains, shown in docs/CHAINS.md. */

import { type ChainConfig } from "hub-deploy/config";

/** A run of the end-to-end tests on one version of wasmd. */
export interface ChainResult {
  readonly wasmd: string;
  readonly wasmvm: string;
  readonly sdk: string;
  readonly passed: number;
  readonly tests: number;
  /** Gas of transactions, by what tests/gas/snapshot.json calls them. */
  readonly gas: Readonly<Record<string, number>>;
  /** The same of the same codes on the wasmd that everything is measured on, as the snapshot had it then. */
  readonly reference: Readonly<Record<string, number>>;
}

const VERSIONS = "versions";
const PROFILES = "profiles";

/** The page with both tables in it. */
export function withTables(
  page: string,
  results: readonly ChainResult[],
  profiles: readonly (readonly [string, ChainConfig])[],
): string {
  return put(put(page, VERSIONS, versions(results)), PROFILES, chains(profiles));
}

function versions(results: readonly ChainResult[]): string {
  const against = (name: string, { gas, reference }: ChainResult): string => {
    const [found, here] = [gas[name], reference[name]];
    return found === undefined || here === undefined
      ? "not measured"
      : `${whole(found)} (${((100 * (found - here)) / here).toFixed(2)} %)`;
  };
  return table(
    ["wasmd", "wasmvm", "SDK", "tests passed", "one `Settle`", "batch of 200"],
    results.map((one) => [
      one.wasmd,
      one.wasmvm,
      one.sdk,
      `${one.passed} of ${one.tests}`,
      against("settle", one),
      against("batch", one),
    ]),
  );
}

function chains(profiles: readonly (readonly [string, ChainConfig])[]): string {
  return table(
    ["`HUB_CHAIN`", "chain id", "gas price", "coin type", "keys", "largest code", "gas of a transaction"],
    profiles.map(([name, { chainId, gasPrice, denom, coinType, keyType, limits }]) => [
      `\`${name}\``,
      chainId,
      `${gasPrice} ${denom}`,
      coinType.toString(),
      keyType,
      whole(limits.wasmBytes),
      limits.txGas === undefined ? "as a block" : whole(limits.txGas),
    ]),
  );
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return line(heads) + line(heads.map(() => "---")) + rows.map(line).join("");
}

function put(page: string, what: string, text: string): string {
  const [from, to] = [
    `<!-- ${what}: written by \`HUB_UPDATE=1 make chains\` from here -->`,
    `<!-- ${what}: to here -->`,
  ];
  const [before, after] = [page.indexOf(from), page.indexOf(to)];
  if (before < 0 || after < before) {
    throw new Error(`docs/CHAINS.md has no part between ${from} and ${to}: put it where the ${what} belong`);
  }
  return `${page.slice(0, before)}${from}\n\n${text}\n${page.slice(after)}`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US").replaceAll(",", " ");
}
