/** Runs the blocks of code of the README of clients/x402 as they stand, but for the addresses and coins of this chain. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { NODE, ROOT, WORK, words } from "./node.js";
import { CANDLES, type Serving } from "./served.js";

/** What a program said, and how to end one that goes on. */
export interface Ran {
  readonly said: string;
  stop(): void;
}

/** The block of TypeScript under a heading. Nothing in it is of TypeScript alone, so it runs as it is. */
function block(heading: string): string {
  const text = readFileSync(`${ROOT}clients/x402/README.md`, "utf8");
  const code = text.split(`## ${heading}\n`)[1]?.split("```ts\n")[1]?.split("```")[0];
  if (code === undefined) {
    throw new Error(`the README of clients/x402 has no block of code under ${heading}`);
  }
  return code;
}

/**
 * Runs a block between lines that name what it takes as given. Waits for its end; with lines `after` it, for the first that it says.
 */
export async function runsBlock(
  heading: string,
  served: Serving,
  { before, after = [] }: { readonly before: readonly string[]; readonly after?: readonly string[] },
): Promise<Ran> {
  const here: [string, string][] = [
    ["https://models.example/v2/models/12/infer", served.infer],
    ["https://models.example", served.url],
    ["0.025untrn", "0.025stake"],
  ];
  const code = here.reduce((text, [there, mine]) => text.replaceAll(there, mine), block(heading));
  const name = heading.toLowerCase().replaceAll(" ", "-");
  const folder = `${WORK}/readme`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Beside this file, where it finds the packages.
  const path = fileURLToPath(new URL(`./readme-${name}.mjs`, import.meta.url));
  writeFileSync(path, [...before, code, ...after].join("\n"));
  const env = {
    ...process.env,
    HUB_RPC: NODE.rpc,
    HUB_DEPLOYMENT: `${WORK}/deployments/${NODE.chainId}.json`,
    HUB_MNEMONIC: words("caller"),
    BODY: CANDLES,
  };
  const child = spawn(process.execPath, [path], { env, cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  return after.length === 0 ? await ended(child) : await started(child);
}

async function ended(child: ChildProcess): Promise<Ran> {
  let said = "";
  child.stdout?.on("data", (data: Buffer) => (said += data.toString()));
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) {
    throw new Error(`the block of the README fails: ${said}`);
  }
  return { said, stop: () => undefined };
}

async function started(child: ChildProcess): Promise<Ran> {
  process.on("exit", () => child.kill("SIGKILL"));
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    return { said: line, stop: () => void child.kill("SIGKILL") };
  }
  throw new Error("the block of the README ended");
}
