/** An operator on the node under test, by the command `hub` alone: a Walrus, a published model, a registered key, `hub serve`. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { NODE, ROOT, WORK, words } from "./node.js";

/** The command, which tests/e2e/run builds. */
const HUB = process.env["HUB_COMMAND"] ?? `${ROOT}apps/target/debug/hub`;
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
  /** Ends it without warning. */
  kill(): Promise<void>;
  /** Starts it again on the same books, at another address. */
  restart(): Promise<Serving>;
}

/** Where and how it is served. */
interface Place {
  /** Folder of everything that the operator has. */
  readonly home: string;
  /** File of the deployment. */
  readonly deployment: string;
  /** Node that the server asks. */
  readonly rpc: string;
  /** More lines of its configuration. */
  readonly settings: readonly string[];
}

/** Runs the command for somebody, and answers with what it says as JSON. */
async function hub(home: string, who: string, ...args: string[]): Promise<Record<string, any>> {
  const env = environment(home, who);
  const { stdout } = await promisify(execFile)(HUB, [...args, "--json"], { env, cwd: home });
  return JSON.parse(stdout) as Record<string, any>;
}

function environment(home: string, who: string): NodeJS.ProcessEnv {
  return { ...process.env, HUB_HOME: `${home}/home`, HUB_MNEMONIC: words(who), HUB_KEY_PASSWORD: "correct horse" };
}

/** Starts something that goes on, and waits for its first line of JSON. */
async function start(
  home: string,
  who: string,
  ...args: string[]
): Promise<{ child: ChildProcess; said: Record<string, any> }> {
  const child = spawn(HUB, [...args, "--json"], {
    env: environment(home, who),
    cwd: home,
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

async function end(child: ChildProcess, signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await once(child, "exit");
  }
}

/** Publishes the example's model for `author`, and serves it for `operator`. */
export async function serve(author: string, operator: string, options: Partial<Place> = {}): Promise<Serving> {
  const { home, deployment, rpc, settings }: Place = {
    home: `${WORK}/operator`,
    deployment: `${WORK}/deployments/${NODE.chainId}.json`,
    rpc: NODE.rpc,
    settings: [],
    ...options,
  };
  mkdirSync(`${home}/home`, { recursive: true });
  const walrus = await start(home, author, "walrus", "serve", `${home}/walrus`, "--listen", "127.0.0.1:0");
  const on = String(walrus.said["url"] ?? walrus.said["aggregator"]);
  const chain = ["--rpc", NODE.rpc, "--gas-price", "0.025stake", "--max-fee", "500000"];
  await hub(home, author, "chain", "add", "e2e", "--deployment", deployment, ...chain);
  const price = [
    ...["--per-call", PRICE.perCall, "--per-million-in", PRICE.perMillionIn],
    ...["--per-million-out", PRICE.perMillionOut, "--operator-bps", "1000"],
  ];
  const stored = ["--epochs", "5", "--shared", "--network", "local", "--publisher", on, "--aggregator", on];
  // Publishing keeps notes beside the files, so it is done with a copy.
  const folder = `${home}/model`;
  cpSync(`${ROOT}examples/models/volatility-mlp`, folder, { recursive: true });
  const published = await hub(home, author, "model", "publish", folder, "--denom", "uusdc", ...price, ...stored);
  await end(walrus.child);
  await hub(home, operator, "keys", "new", "server", "--attester");
  await hub(home, operator, "operator", "register", "server");
  const chains = readFileSync(`${home}/home/chains.toml`, "utf8");
  const model = Number((published["model"] as { model: number }).model);
  writeFileSync(
    `${home}/serve.toml`,
    [
      `listen = "127.0.0.1:0"`,
      `data = "books"`,
      chains.replace(/^\[[^\]]*\]/m, "[chain]").replaceAll(NODE.rpc, rpc),
      `[attester]`,
      `key_file = "${home}/home/keys/server.attester.age"`,
      `[[models]]`,
      `model = ${model}`,
      `folder = "${folder}"`,
      ...settings,
    ].join("\n"),
  );
  const begin = async (): Promise<Serving> => {
    const { child, said } = await start(home, operator, "serve", "serve.toml");
    const url = String(said["url"]);
    process.on("exit", () => child.kill("SIGKILL"));
    const infer = `${url}/v2/models/${model}/infer`;
    return { url, infer, model, stop: () => end(child), kill: () => end(child, "SIGKILL"), restart: begin };
  };
  return await begin();
}
