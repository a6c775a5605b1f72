#!/usr/bin/env node
/** The command: see USAGE. */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { HubError, translate } from "hub-client";
import { readArtifacts } from "./artifacts.js";
import { connectDeployer } from "./chain.js";
import { readConfig } from "./config.js";
import { Deployment } from "./deploy.js";

const USAGE = `deploy <chain> [--dry-run] [--rpc URL] [--artifacts FOLDER] [--out FOLDER]

  <chain>       name of a file in deploy/chains, or path of a config file
  --dry-run     says what would be done, and what it would cost
  --rpc         another node of the chain than the config names
  --artifacts   folder of the codes and checksums.txt (default: artifacts)
  --out         folder of the deployment files (default: deploy/deployments)

HUB_MNEMONIC in the environment holds the words of the account that deploys and pays the fees.`;

const root = fileURLToPath(new URL("../..", import.meta.url));

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      "dry-run": { type: "boolean", default: false },
      rpc: { type: "string" },
      artifacts: { type: "string", default: `${root}artifacts` },
      out: { type: "string", default: `${root}deploy/deployments` },
      help: { type: "boolean", default: false },
    },
  });
  const [chain, ...more] = positionals;
  if (values.help || chain === undefined || more.length > 0) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const config = readConfig(chain, `${root}deploy/chains`, values.rpc);
  const artifacts = readArtifacts(values.artifacts);
  const mnemonic = process.env["HUB_MNEMONIC"];
  if (mnemonic === undefined || mnemonic.trim() === "") {
    const next = "put the words of the account that deploys there";
    throw new HubError("invalid_input", "HUB_MNEMONIC is not set in the environment", next);
  }
  const deployer = await connectDeployer(config, mnemonic);
  const say = (line: string): void => console.log(line);
  say(`${config.chainId} at ${config.rpc}, as ${deployer.address}`);
  const deployment = new Deployment({ config, artifacts, deployer, folder: values.out, say });
  if (values["dry-run"]) {
    await deployment.dryRun();
  } else {
    await deployment.run();
  }
}

try {
  await main();
} catch (error) {
  // One sentence that says what to do; a bug shows its trace.
  const failure = error instanceof HubError ? error : error instanceof TypeError ? undefined : translate(error);
  console.error(failure === undefined ? error : `error: ${failure.message}`);
  process.exitCode = 1;
}
