/** Deploys a Hub step by step. Run again it goes on where it stopped, and never stores a code twice. */

import type { EncodeObject } from "@cosmjs/proto-signing";
import { calculateFee, type Event } from "@cosmjs/stargate";
import {
  type billing,
  BillingQueryClient,
  contractInfo,
  CONTRACTS as EXPECTED,
  type Executed,
  HubError,
  type nitroVerifier,
  type registry,
} from "hub-client";
import { type Artifact, CONTRACTS, type ContractName } from "./artifacts.js";
import { addressOf, type Deployer, instantiateMessage, storedCode, storeMessage } from "./chain.js";
import type { ChainConfig } from "./config.js";
import { checkChain, checkGas } from "./limits.js";
import {
  type DeploymentFile,
  INSTANTIATED,
  type Instantiated,
  type Progress,
  readJson,
  remove,
  type Step,
  writeJson,
} from "./files.js";
import { verify, verifyKeeper } from "./verify.js";

/**
 * What the instantiations use with admin, keeper and root, for a dry run before the codes are stored. Rounded up; `make e2e` holds
 * them against what was used.
 */
const INSTANTIATION_GAS = { registry: 172_000, billing: 380_000, nitro_verifier: 165_000 };
const GAS_ADJUSTMENT = 1.2;

export interface DeployInput {
  readonly config: ChainConfig;
  readonly artifacts: Record<ContractName, Artifact>;
  readonly deployer: Deployer;
  /** Folder of the deployment files. */
  readonly folder: string;
  /** Says what happens, line by line. */
  readonly say: (line: string) => void;
}

/** One deployment. */
export class Deployment {
  readonly #input: DeployInput;
  readonly #progress: Progress;

  constructor(input: DeployInput) {
    this.#input = input;
    const { config, deployer } = input;
    const found = readJson<Progress>(this.#progressPath);
    if (found !== undefined && (found.deployer !== deployer.address || found.name !== config.name)) {
      throw new HubError(
        "invalid_input",
        `${this.#progressPath} belongs to a deployment of ${found.name} by ${found.deployer}`,
        "finish it with that account and name, or move the file away",
      );
    }
    this.#progress = found ?? {
      chain_id: config.chainId,
      deployer: deployer.address,
      name: config.name,
      transactions: {},
      codes: {},
    };
  }

  /** Deploys, verifies, and writes the deployment file; verifies alone if it stands there already. */
  async run(): Promise<DeploymentFile> {
    const { deployer, say } = this.#input;
    const done = this.#finished();
    if (done !== undefined) {
      say(`deployed already: ${this.#finalPath}`);
      await verify(deployer, done);
      say("the chain has what the file says: codes, admins, wiring, constants");
      return done;
    }
    await this.#settlePending();
    await checkChain(this.#input);
    for (const name of CONTRACTS) {
      await this.#store(name);
    }
    for (const name of INSTANTIATED) {
      await this.#instantiate(name);
    }
    const made = await this.#describe();
    await verify(deployer, made);
    // Later it may have been handed on.
    await verifyKeeper(deployer, made);
    say("the chain has what was meant: codes, admins, wiring, constants");
    writeJson(this.#finalPath, made);
    remove(this.#progressPath);
    say(`written: ${this.#finalPath}`);
    return made;
  }

  /** Says what `run` would do, and what it would cost. */
  async dryRun(): Promise<void> {
    const { config, artifacts, deployer, say } = this.#input;
    if (this.#finished() !== undefined) {
      say(`nothing to do: ${this.#finalPath} stands, a run would verify it`);
      return;
    }
    await checkChain(this.#input);
    const blockGas = await deployer.blockGas();
    let total = 0n;
    const price = `${config.gasPrice}${config.denom}`;
    const cost = (step: Step, gas: number, note: string): void => {
      const fee = BigInt(calculateFee(Math.ceil(gas * GAS_ADJUSTMENT), price).amount[0]?.amount ?? "0");
      total += fee;
      checkGas(config, step, Math.ceil(gas * GAS_ADJUSTMENT), blockGas);
      say(
        `${step.padEnd(26)} ${gas.toLocaleString("en").padStart(10)} gas ${fee.toString().padStart(9)} ${config.denom}  ${note}`,
      );
    };
    for (const name of CONTRACTS) {
      const { gzipped, sha256, bytes } = artifacts[name];
      const code = await deployer.codeOf(sha256);
      if (code === undefined) {
        const gas = await deployer.client.estimate(deployer.address, [storeMessage(deployer.address, gzipped)]);
        cost(`store ${name}`, gas, `${bytes} bytes of ${config.limits.wasmBytes}, ${sha256}`);
      } else {
        say(`${`store ${name}`.padEnd(26)} stored already, code ${code}`);
      }
    }
    for (const name of INSTANTIATED) {
      const address = this.#address(name);
      if ((await contractInfo(deployer.client, address)) === undefined) {
        cost(`instantiate ${name}`, INSTANTIATION_GAS[name], `${address} (gas estimated)`);
      } else {
        say(`${`instantiate ${name}`.padEnd(26)} there already, ${address}`);
      }
    }
    const { amount } = await deployer.client.getBalance(deployer.address, config.denom);
    say(`in all about ${total} ${config.denom}; ${deployer.address} has ${amount}; admin: ${config.admin ?? "none"}`);
    if (BigInt(amount) < total) {
      throw new HubError(
        "insufficient_funds",
        `${deployer.address} has ${amount} ${config.denom}, the deployment costs about ${total}`,
        "send it the rest",
      );
    }
  }

  get #finalPath(): string {
    return `${this.#input.folder}/${this.#input.config.chainId}.json`;
  }

  get #progressPath(): string {
    return `${this.#input.folder}/${this.#input.config.chainId}.progress.json`;
  }

  /** The deployment file, if it stands and is of what is to be deployed. */
  #finished(): DeploymentFile | undefined {
    const { config, artifacts } = this.#input;
    const found = readJson<DeploymentFile>(this.#finalPath);
    if (found === undefined) {
      return undefined;
    }
    const other = CONTRACTS.filter((name) => found.contracts[name].sha256 !== artifacts[name].sha256);
    if (other.length > 0 || found.name !== config.name) {
      const what = other.length > 0 ? `other code (${other.join(", ")})` : `the name ${found.name}`;
      throw new HubError(
        "other_version",
        `${this.#finalPath} describes a deployment of ${what}`,
        "check out the commit that it was made from to verify it, or move the file away to deploy anew",
      );
    }
    const { admin, constants, keeper, nitro_root } = this.#described();
    const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
    const asFound: Record<string, boolean> = {
      admin: same(found.admin, admin),
      constants: same(found.constants, constants),
      keeper: found.keeper === keeper,
      nitro_root: found.nitro_root === nitro_root,
    };
    const changed = Object.keys(asFound).filter((field) => asFound[field] === false);
    if (changed.length > 0) {
      throw new HubError(
        "invalid_input",
        `the chain config has another ${changed.join(", ")} than ${this.#finalPath}`,
        "what is deployed does not change: restore the config, or move the file away and give another `name` to deploy anew",
      );
    }
    return found;
  }

  /** What the deployment file says as the chain config does. */
  #described(): Pick<DeploymentFile, "admin" | "constants" | "keeper" | "nitro_root"> {
    const { admin, constants, keeper, nitroRoot } = this.#input.config;
    return {
      admin: admin ?? null,
      constants: {
        receipt_max_age_seconds: constants.receiptMaxAgeSeconds,
        price_notice_seconds: constants.priceNoticeSeconds,
      },
      ...(keeper === undefined ? {} : { keeper }),
      ...(nitroRoot === undefined ? {} : { nitro_root: nitroRoot }),
    };
  }

  async #store(name: ContractName): Promise<void> {
    const { artifacts, deployer, say } = this.#input;
    const { gzipped, sha256, bytes } = artifacts[name];
    const known = await deployer.codeOf(sha256);
    if (known === undefined) {
      say(`storing ${name}: ${bytes} bytes, ${sha256}`);
      const result = await this.#send(`store ${name}`, storeMessage(deployer.address, gzipped));
      say(`  code ${storedCode(result.events)}, ${used(result)}`);
      this.#progress.codes[name] = storedCode(result.events);
    } else {
      say(`${name} is stored already: code ${known}`);
      this.#progress.codes[name] = known;
    }
    this.#save();
  }

  async #instantiate(name: Instantiated): Promise<void> {
    const { config, deployer, say } = this.#input;
    const address = this.#address(name);
    if ((await contractInfo(deployer.client, address)) !== undefined) {
      say(`the ${name} is there already: ${address}`);
      return;
    }
    say(`instantiating ${name}${name === "billing" ? ", which instantiates its escrow" : ""}: ${address}`);
    const message = instantiateMessage(
      deployer.address,
      this.#code(name),
      this.#salt(name),
      `${config.name}-${name}`,
      this.#message(name),
      config.admin,
    );
    const result = await this.#send(`instantiate ${name}`, message);
    say(`  ${used(result)}`);
  }

  #message(name: Instantiated): object {
    const messages = {
      registry: () => this.#registryMessage(),
      billing: () => this.#billingMessage(),
      nitro_verifier: () => this.#nitroVerifierMessage(),
    };
    return messages[name]();
  }

  #registryMessage(): registry.InstantiateMsg {
    const { constants, keeper } = this.#input.config;
    return {
      receipt_max_age_seconds: constants.receiptMaxAgeSeconds,
      price_notice_seconds: constants.priceNoticeSeconds,
      walrus_keeper: keeper ?? null,
    };
  }

  #billingMessage(): billing.InstantiateMsg {
    const { admin } = this.#input.config;
    return {
      registry: this.#address("registry"),
      escrow_code_id: this.#code("escrow"),
      escrow_admin: admin ?? null,
    };
  }

  #nitroVerifierMessage(): nitroVerifier.InstantiateMsg {
    return { root: this.#input.config.nitroRoot ?? null };
  }

  /** Sends a step's transaction; what is known of it is on disk before it leaves. */
  async #send(step: Step, message: EncodeObject): Promise<Executed> {
    const { deployer } = this.#input;
    const response = await deployer.client.signAndSend(deployer.address, [message], {
      fee: GAS_ADJUSTMENT,
      beforeBroadcast: ({ txHash, timeoutHeight, afterHeight }) => {
        this.#progress.pending = {
          step,
          tx: txHash,
          timeout_height: timeoutHeight.toString(),
          after_height: afterHeight.toString(),
        };
        this.#save();
      },
    });
    return this.#happened(step, { ...response, txHash: response.transactionHash, responses: [] });
  }

  #happened(step: Step, result: Executed): Executed {
    this.#progress.pending = undefined;
    this.#progress.transactions[step] = result.txHash;
    this.#save();
    return result;
  }

  /** Finds out what became of the transaction that the run before ended with. */
  async #settlePending(): Promise<void> {
    const { deployer, say } = this.#input;
    const { pending } = this.#progress;
    if (pending === undefined) {
      return;
    }
    say(`looking for the transaction of '${pending.step}': ${pending.tx}`);
    try {
      const lost = {
        txHash: pending.tx,
        timeoutHeight: BigInt(pending.timeout_height),
        afterHeight: BigInt(pending.after_height),
      };
      this.#happened(pending.step, await deployer.client.resume(lost));
      say("  it happened");
    } catch (error) {
      if (!(error instanceof HubError) || error.txHash === undefined || error.code === "unconfirmed") {
        throw error;
      }
      say(`  it did not happen (${error.code})`);
      this.#progress.pending = undefined;
      this.#save();
    }
  }

  async #describe(): Promise<DeploymentFile> {
    const { config, artifacts, deployer } = this.#input;
    const billing = this.#address("billing");
    const { escrow } = await new BillingQueryClient(deployer.client, billing).config();
    const of = (name: ContractName, address: string) => ({
      address,
      code_id: this.#code(name),
      sha256: artifacts[name].sha256,
      version: EXPECTED[name].version,
    });
    return {
      chain_id: config.chainId,
      name: config.name,
      prefix: config.prefix,
      deployer: deployer.address,
      ...this.#described(),
      contracts: {
        registry: of("registry", this.#address("registry")),
        escrow: of("escrow", escrow),
        billing: of("billing", billing),
        nitro_verifier: of("nitro_verifier", this.#address("nitro_verifier")),
      },
      transactions: this.#progress.transactions,
    };
  }

  #address(name: Instantiated): string {
    const { artifacts, config, deployer } = this.#input;
    return addressOf(artifacts[name].sha256, deployer.address, this.#salt(name), config.prefix);
  }

  #salt(name: Instantiated): Uint8Array {
    return new TextEncoder().encode(`${this.#input.config.name}/${name}`);
  }

  #code(name: ContractName): number {
    const code = this.#progress.codes[name];
    if (code === undefined) {
      throw new Error(`${name} is not stored`);
    }
    return code;
  }

  #save(): void {
    writeJson(this.#progressPath, this.#progress);
  }
}

function used({ gasUsed, txHash }: { gasUsed: bigint; txHash: string; events: readonly Event[] }): string {
  return `${gasUsed.toLocaleString("en")} gas, transaction ${txHash}`;
}
