/** An operator on the node under test, by the command `hub` alone: a Walrus, a published model, a registered key, `hub serve`. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { NODE, ROOT, WORK, words } from "./node.js";

/** The command, which tests/e2e/run builds. */
const HUB = process.env["HUB_COMMAND"] ?? `${ROOT}apps/target/debug/hub`;
const HOME = `${WORK}/operator`;

/** What a call of the model costs: a hundred, and one for its input and output each. */
export const PRICE = { perCall: "100", perMillionIn: "1000000", perMillionOut: "1000000" };
export const COST = 102n;

/** A request that the model answers. */
export const CANDLES = JSON.stringify({
  inputs: [
    { name: "candles", datatype: "FP32", shape: [1, 10, 4], data: Array(10).fill([100, 101, 99, 100.5]).flat() },
  ],
});

export interface Serving {
  /** Address of the server. */
  readonly url: string;
  /** Address of calls of the model. */
  readonly infer: string;
  readonly model: number;
  /** Asks the server to stop, which settles what it is owed. */
  stop(): Promise<void>;
}

/** Runs the command for somebody, and answers with what it says as JSON. */
async function hub(who: string, ...args: string[]): Promise<Record<string, any>> {
  const env = environment(who);
  const { stdout } = await promisify(execFile)(HUB, [...args, "--json"], { env, cwd: HOME });
  return JSON.parse(stdout) as Record<string, any>;
}

function environment(who: string): NodeJS.ProcessEnv {
  return { ...process.env, HUB_HOME: `${HOME}/home`, HUB_MNEMONIC: words(who), HUB_KEY_PASSWORD: "correct horse" };
}

/** Starts something that goes on, and waits for its first line of JSON. */
async function start(who: string, ...args: string[]): Promise<{ child: ChildProcess; said: Record<string, any> }> {
  const child = spawn(HUB, [...args, "--json"], {
    env: environment(who),
    cwd: HOME,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const line of createInterface({ input: child.stdout })) {
    text += line;
    try {
      return { child, said: JSON.parse(text) as Record<string, any> };
    } catch {
      // Not all of it yet.
    }
  }
  throw new Error(`hub ${args.join(" ")} ended: ${text}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
}

/** Publishes the example's model for `author`, and serves it for `operator`. */
export async function serve(author: string, operator: string): Promise<Serving> {
  mkdirSync(`${HOME}/home`, { recursive: true });
  const walrus = await start(author, "walrus", "serve", `${HOME}/walrus`, "--listen", "127.0.0.1:0");
  const on = String(walrus.said["url"] ?? walrus.said["aggregator"]);
  const deployment = `${WORK}/deployments/${NODE.chainId}.json`;
  const chain = ["--rpc", NODE.rpc, "--gas-price", "0.025stake", "--max-fee", "500000"];
  await hub(author, "chain", "add", "e2e", "--deployment", deployment, ...chain);
  const price = [
    ...["--per-call", PRICE.perCall, "--per-million-in", PRICE.perMillionIn],
    ...["--per-million-out", PRICE.perMillionOut, "--operator-bps", "1000"],
  ];
  const stored = ["--epochs", "5", "--shared", "--network", "local", "--publisher", on, "--aggregator", on];
  // Publishing keeps notes beside the files, so it is done with a copy.
  const folder = `${HOME}/model`;
  cpSync(`${ROOT}examples/models/volatility-mlp`, folder, { recursive: true });
  const published = await hub(author, "model", "publish", folder, "--denom", "uusdc", ...price, ...stored);
  await end(walrus.child);
  await hub(operator, "keys", "new", "server", "--attester");
  await hub(operator, "operator", "register", "server");
  const chains = readFileSync(`${HOME}/home/chains.toml`, "utf8");
  const model = Number((published["model"] as { model: number }).model);
  writeFileSync(
    `${HOME}/serve.toml`,
    [
      `listen = "127.0.0.1:0"`,
      `data = "books"`,
      chains.replace(/^\[[^\]]*\]/m, "[chain]"),
      `[attester]`,
      `key_file = "${HOME}/home/keys/server.attester.age"`,
      `[[models]]`,
      `model = ${model}`,
      `folder = "${folder}"`,
    ].join("\n"),
  );
  const server = await start(operator, "serve", "serve.toml");
  const url = String(server.said["url"]);
  process.on("exit", () => server.child.kill("SIGKILL"));
  return { url, infer: `${url}/v2/models/${model}/infer`, model, stop: () => end(server.child) };
}
