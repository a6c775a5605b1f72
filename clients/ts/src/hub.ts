/** A deployed Hub: its contracts, and accounts that use it. */

import { fromBech32, toUtf8 } from "@cosmjs/encoding";
import type { OfflineSigner } from "@cosmjs/proto-signing";
import type { CometClient } from "@cosmjs/tendermint-rpc";
import {
  connectNode,
  type Executed,
  executed,
  type LostTransaction,
  ReadingClient,
  type SendingOptions,
  type SendOptions,
  SigningClient,
} from "./chain.js";
import {
  type billing,
  BillingQueryClient,
  type escrow,
  EscrowQueryClient,
  type registry,
  RegistryQueryClient,
} from "./contracts/index.js";
import {
  checkContract,
  checkWiring,
  CONTRACT_INFO,
  type ContractInfo,
  contractInfoOf,
  type ContractName,
  type Deployment,
} from "./deployment.js";
import { HubError, translate } from "./errors.js";
import { latestBlock } from "./fate.js";
import { type Action, encodeAction, Messages, outcomesOf } from "./messages.js";
import { type Id, idNumber, type Rates, ratesOf } from "./values.js";
import { BlobId } from "./wire/blob-id.js";
import type { Domain } from "./wire/digest.js";

/** A contract of the Hub: its queries, and its messages. */
export class Contract<Q, M, A> extends Messages<M, A> {
  constructor(
    address: string,
    /** Its queries. */
    readonly query: Q,
  ) {
    super(address);
  }
}

/** What a call costs now, and under which terms. */
export interface Offer {
  readonly model: number;
  readonly release: number;
  readonly blobId: BlobId;
  readonly terms: number;
  readonly denom: registry.Denom;
  readonly rates: Rates;
  /** Of what a call costs, the share of the operator that serves it, in ten-thousandths. */
  readonly operatorBps: number;
  /** From when on dearer or other terms hold that are set already, unix seconds. */
  readonly until: number | undefined;
}

/** What was sent, and what each message answered. */
export interface Sent<Answers> extends Executed {
  readonly answers: Answers;
}

/** A Hub on a chain, for reading. {@link Hub.account} gives an account that sends. */
export class Hub {
  readonly registry: Contract<RegistryQueryClient, registry.ExecuteMsg, registry.ExecuteData>;
  readonly escrow: Contract<EscrowQueryClient, escrow.ExecuteMsg, escrow.ExecuteData>;
  readonly billing: Contract<BillingQueryClient, billing.ExecuteMsg, billing.ExecuteData>;
  readonly #comet: CometClient;

  private constructor(
    readonly chainId: string,
    readonly client: ReadingClient,
    comet: CometClient,
    deployment: Deployment,
  ) {
    const { registry, escrow, billing } = deployment.contracts;
    this.#comet = comet;
    this.registry = new Contract(registry.address, new RegistryQueryClient(client, registry.address));
    this.escrow = new Contract(escrow.address, new EscrowQueryClient(client, escrow.address));
    this.billing = new Contract(billing.address, new BillingQueryClient(client, billing.address));
  }

  /**
   * Connects to a node, and checks that it belongs to the deployment's chain, that the contracts are there, are of this
   * package's version, and belong together.
   */
  static async connect(rpc: string, deployment: Deployment): Promise<Hub> {
    const { comet, chainId } = await connectNode(rpc, deployment.chain_id);
    const hub = new Hub(chainId, ReadingClient.create(comet), comet, deployment);
    // All at once: a connection takes two round trips. The wiring is judged only where there is a billing.
    const [wiring] = await Promise.all([
      hub.billing.query.config().catch((error: unknown) => translate(error)),
      hub.#checkVersion("registry"),
      hub.#checkVersion("escrow"),
      hub.#checkVersion("billing"),
    ]);
    if (wiring instanceof HubError) {
      throw wiring;
    }
    checkWiring(deployment, wiring);
    return hub;
  }

  /** An account that sends to this Hub. */
  async account(signer: OfflineSigner, options: SendingOptions): Promise<HubAccount> {
    const accounts = await signer.getAccounts();
    const first = accounts[0];
    if (first === undefined) {
      throw new HubError("account_unknown", "the signer has no account", "unlock it, or create an account in it");
    }
    return new HubAccount(this, first.address, SigningClient.open(this.#comet, signer, options));
  }

  /** Where attesters' and callers' signatures count. */
  get domain(): Domain {
    return { chainId: this.chainId, contract: canonical(this.billing.address) };
  }

  /** Where commitments to blob ids count. */
  get commitDomain(): Domain {
    return { chainId: this.chainId, contract: canonical(this.registry.address) };
  }

  /** Time of the latest block, unix seconds. The contracts know no other. */
  async now(): Promise<number> {
    const { time } = await this.#call(() => latestBlock(this.#comet));
    return Math.floor(time.getTime() / 1_000);
  }

  /** What calls of a model cost now: its latest release, or the one named, and the latest terms in force. */
  async offer(model: Id, release?: Id): Promise<Offer> {
    const id = idNumber(model, "model");
    const found = await this.registry.query.model({ model: id });
    const number = release === undefined ? found.latest_release : idNumber(release, "release");
    const notCallable = (what: string, next: string) => new HubError("not_callable", `model ${id} ${what}`, next);
    if (typeof found.status === "object" && "retired" in found.status) {
      throw notCallable("is retired", "choose another model");
    }
    if (number === 0) {
      throw notCallable("has no release yet", "wait until its author publishes one");
    }
    const { terms: inForce } = await this.registry.query.termsAt({ model: id });
    const terms = inForce[0];
    if (terms === undefined) {
      throw notCallable("has no terms in force", "ask again later");
    }
    const { blob_id } = await this.registry.query.release({ model: id, release: number });
    const { price, validity } = terms;
    return {
      model: id,
      release: number,
      blobId: BlobId.parse(blob_id),
      terms: terms.terms,
      denom: price.denom,
      rates: ratesOf(price),
      operatorBps: terms.operator_bps,
      until: "interval" in validity ? (validity.interval.superseded_at ?? undefined) : undefined,
    };
  }

  async #checkVersion(contract: ContractName): Promise<void> {
    const { address } = this[contract];
    checkContract(contract, address, await contractInfo(this.client, address));
  }

  async #call<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throw translate(error);
    }
  }
}

/** An account that sends to a Hub. */
export class HubAccount {
  constructor(
    readonly hub: Hub,
    readonly address: string,
    /** For the generated clients, such as `new RegistryClient(account.client, account.address, …)`. */
    readonly client: SigningClient,
  ) {}

  /** Canonical address, as possessions and commitments need it. */
  get canonical(): Uint8Array {
    return canonical(this.address);
  }

  /**
   * Sends messages in one transaction, and waits for its block. All of them happen, or none. A failure after the
   * transaction left carries its hash: see {@link HubAccount.resume}.
   */
  async send<const T extends readonly Action<unknown>[]>(
    actions: T,
    options: SendOptions = {},
  ): Promise<Sent<AnswersOf<T>>> {
    const messages = actions.map((action) => encodeAction(action, this.address));
    return answered(actions, executed(await this.client.signAndSend(this.address, messages, options)));
  }

  /**
   * What became of a transaction that ended with an {@link UnconfirmedError}. With the same actions, their answers are read.
   */
  async resume<const T extends readonly Action<unknown>[] = []>(
    lost: string | LostTransaction,
    actions?: T,
  ): Promise<Sent<AnswersOf<T>>> {
    return answered(actions ?? ([] as unknown as T), await this.client.resume(lost));
  }

  /** Gas that the messages would use now. Fails as they would. */
  async estimate(actions: readonly Action<unknown>[]): Promise<number> {
    const messages = actions.map((action) => encodeAction(action, this.address));
    return await this.client.estimate(this.address, messages);
  }
}

/** The answers of a list of actions. */
export type AnswersOf<T extends readonly Action<unknown>[]> = {
  -readonly [I in keyof T]: T[I] extends Action<infer Answer> ? Answer : never;
};

function answered<T extends readonly Action<unknown>[]>(actions: T, result: Executed): Sent<AnswersOf<T>> {
  const outcomes = outcomesOf(result);
  const answers = actions.map((action, place) => {
    const outcome = outcomes[place];
    if (outcome === undefined) {
      const what = `the transaction has ${outcomes.length} messages, ${actions.length} were named`;
      throw new HubError("invalid_input", what, "name the actions that were sent", { txHash: result.txHash });
    }
    return action.read(outcome);
  });
  return { ...result, answers: answers as AnswersOf<T> };
}

/** What cw2 says of a contract; undefined if there is none. */
export async function contractInfo(
  client: ReadingClient | SigningClient,
  address: string,
): Promise<ContractInfo | undefined> {
  try {
    return contractInfoOf(await client.rawState(address, toUtf8(CONTRACT_INFO)));
  } catch (error) {
    const failure = translate(error);
    if (failure.code === "node_unreachable") {
      throw failure;
    }
    return undefined;
  }
}

/** Longest address in characters; cosmjs' own default is refused by some versions of what it is built on. */
const MAX_ADDRESS = 1_023;

/** The bytes of an address. */
export function canonical(address: string): Uint8Array {
  try {
    return fromBech32(address, MAX_ADDRESS).data;
  } catch (error) {
    throw new HubError(
      "invalid_input",
      `${JSON.stringify(address)} is no address`,
      "give a bech32 address of this chain",
      {
        cause: error,
      },
    );
  }
}
