/** The node under test, and the commands of the repository. */

import { execFile, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Of the repository, with a slash at the end. */
export const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

/** What tests/e2e/run or tests/e2e/load said about the node that it started. */
export const NODE = {
  rpc: `http://127.0.0.1:${env("HUB_DEVNET_RPC_PORT")}`,
  chainId: env("HUB_DEVNET_CHAIN_ID"),
};

/** Where this run may write. */
export const WORK = env("HUB_WORK");

/** Folder of the codes under test. */
export const ARTIFACTS = env("HUB_ARTIFACTS");

function env(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new Error(`${name} is not set: run tests/e2e/run or tests/e2e/load, which start a node and set it`);
  }
  return value;
}

/** An account that has money from the beginning. */
function account(name: string): { readonly address: string; readonly mnemonic: string } {
  const accounts = JSON.parse(readFileSync(`${ROOT}tests/devnet/accounts.json`, "utf8")) as {
    name: string;
    address: string;
    mnemonic: string;
  }[];
  const found = accounts.find((one) => one.name === name);
  if (found === undefined) {
    throw new Error(`tests/devnet/accounts.json has no account ${name}`);
  }
  return found;
}

export function words(name: string): string {
  return account(name).mnemonic;
}

export function addressOf(name: string): string {
  return account(name).address;
}

export async function startNode(): Promise<void> {
  await promisify(execFile)(`${ROOT}tests/devnet/start`);
}

export async function stopNode(): Promise<void> {
  await promisify(execFile)(`${ROOT}tests/devnet/stop`);
}

/** Ends the node that tests/devnet/start started, without warning: it cannot store or finish anything. */
export function killNode(): void {
  process.kill(Number(readFileSync(`${env("HUB_DEVNET_HOME")}/node.pid`, "utf8")), "SIGKILL");
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** Runs the deployment command. `killAt`: ends it without warning once it says so. */
export async function deploy(args: readonly string[], mnemonic: string | undefined, killAt?: RegExp): Promise<Ran> {
  const { HUB_MNEMONIC: _, ...rest } = process.env;
  const env = mnemonic === undefined ? rest : { ...rest, HUB_MNEMONIC: mnemonic };
  const child = spawn(process.execPath, [`${ROOT}deploy/build/main.js`, ...args], { env });
  let out = "";
  let error = "";
  child.stdout.on("data", (data: Buffer) => {
    out += data.toString();
    if (killAt?.test(out)) {
      child.kill("SIGKILL");
    }
  });
  child.stderr.on("data", (data: Buffer) => (error += data.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, out, error };
}

/** An attestation document under a root of the tests' own, which is the root of the deployment under test. */
export interface NitroDocument {
  readonly root: string;
  /** Of the image: sha256(PCR0 | PCR1 | PCR2), 32 bytes. */
  readonly digest: Uint8Array;
  readonly document: Uint8Array;
}

/** Has packages/hub-nitro-testing make the document of an enclave: at `time`, of `image`, for `key`. */
export function nitroDocument(key: Uint8Array, time: number, image: string, chainTime = time): NitroDocument {
  const times = ["--time", time.toString(), "--chain-time", chainTime.toString()];
  const args = ["--key", Buffer.from(key).toString("hex"), ...times, "--image", image];
  const made = JSON.parse(execFileSync(env("HUB_NITRO_DOCUMENT"), args, { encoding: "utf8" })) as {
    root_sha256: string;
    digest: string;
    document: string;
  };
  return {
    root: made.root_sha256,
    digest: Uint8Array.from(Buffer.from(made.digest, "hex")),
    document: Uint8Array.from(Buffer.from(made.document, "hex")),
  };
}

/** What a proxy does with a request: forwards it, answers as if the line were cut, or changes the answer. */
export type Meddling = (request: string) => "forward" | "forward and cut" | "cut" | ((answer: string) => string);

/** A line to the node that can be disturbed. */
export class Proxy {
  meddling: Meddling = () => "forward";

  private constructor(readonly server: Server) {}

  static async open(target: string): Promise<Proxy> {
    let proxy: Proxy | undefined;
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString();
        const what = proxy?.meddling(body) ?? "forward";
        if (what === "cut") {
          request.socket.destroy();
          return;
        }
        fetch(target, { method: "POST", headers: { "content-type": "application/json" }, body })
          .then((found) => found.text())
          .then((answer) => {
            if (what === "forward and cut") {
              request.socket.destroy();
            } else {
              response.setHeader("content-type", "application/json");
              response.end(typeof what === "function" ? what(answer) : answer);
            }
          })
          .catch(() => request.socket.destroy());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    proxy = new Proxy(server);
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
