/**
 * Every failure of this package is a {@link HubError}: a sentence that says what happened and, behind a colon, what to do
 * next. `code` is stable; `txHash` stands wherever a transaction was, or may have been, broadcast.
 */

/** Stable names of the failures. */
export type HubErrorCode =
  | "node_unreachable"
  | "node_busy"
  | "node_behind"
  | "wrong_chain"
  | "not_a_hub"
  | "other_version"
  | "account_unknown"
  | "insufficient_funds"
  | "fee_too_low"
  | "fee_too_high"
  | "out_of_gas"
  | "sequence_conflict"
  | "refused"
  | "unconfirmed"
  | "tx_dropped"
  | "not_callable"
  | "invalid_input";

/** What a failure may carry beside its sentence. */
export interface HubErrorDetails {
  readonly txHash?: string | undefined;
  readonly cause?: unknown;
}

/** A failure, with what to do next. */
export class HubError extends Error {
  override readonly name: string = "HubError";
  /** Set if a transaction was, or may have been, broadcast. */
  readonly txHash: string | undefined;

  constructor(
    readonly code: HubErrorCode,
    /** What happened. */
    readonly what: string,
    /** What to do next. */
    readonly next: string,
    details: HubErrorDetails = {},
  ) {
    const hash = details.txHash === undefined ? "" : ` (transaction ${details.txHash})`;
    super(`${what}${hash}: ${next}`, { cause: details.cause });
    this.txHash = details.txHash;
  }
}

/** A contract, or the chain, refused a message or query. Nothing was changed but, if `txHash` stands, the fee paid. */
export class RefusedError extends HubError {
  override readonly name = "RefusedError";

  constructor(
    /** The sentence of the contract or chain. */
    readonly reason: string,
    details: HubErrorDetails = {},
  ) {
    super("refused", "the chain refused", reason, details);
  }
}

/**
 * A transaction was signed, and sent as far as can be told, but its fate is not known. It is never sent twice by mistake:
 * `resume` finds it, or sends the same bytes again, which the chain executes at most once.
 */
export class UnconfirmedError extends HubError {
  override readonly name = "UnconfirmedError";
  declare readonly txHash: string;

  constructor(
    txHash: string,
    /** The signed transaction. */
    readonly txBytes: Uint8Array | undefined,
    /** The last block that can hold it. */
    readonly timeoutHeight: bigint | undefined,
    cause: unknown,
    /** The block after which it was signed: no earlier one can hold it. */
    readonly afterHeight?: bigint | undefined,
    /** Whose account number and sequence it uses. */
    readonly sender?: string | undefined,
  ) {
    super(
      "unconfirmed",
      "a transaction was broadcast and no block with it was seen yet",
      "call resume() with this error or its hash; do not send the messages again before",
      { txHash, cause },
    );
  }
}

/** A value that no contract would take. */
export class InputError extends HubError {
  override readonly name = "InputError";

  constructor(what: string, next: string) {
    super("invalid_input", what, next);
  }
}

// --- What cosmjs and the chain say, put into these words ---------------------------------------

/** Where a message came from, for sentences that name it. */
export interface Origin {
  readonly address?: string | undefined;
  readonly txHash?: string | undefined;
}

/** The failure of a node to answer at all. */
export function unreachable(endpoint: string, cause: unknown): HubError {
  return new HubError(
    "node_unreachable",
    `the node at ${endpoint} does not answer`,
    "start it, or give the RPC address of another node of this chain",
    { cause },
  );
}

/** The failure of a node that has not caught up with its chain: what it says is of the past. */
export function behind(endpoint: string, height: bigint | number, time: Date): HubError {
  return new HubError(
    "node_behind",
    `the node at ${endpoint} is still catching up, at block ${height} of ${time.toISOString()}`,
    "wait until it has caught up, or give the RPC address of another node of this chain",
  );
}

/** The failure behind whatever cosmjs threw. */
export function translate(error: unknown, origin: Origin = {}): HubError {
  if (error instanceof HubError) {
    return error;
  }
  const text = error instanceof Error ? error.message : String(error);
  return translateText(text, origin, error);
}

/** The failure behind a log of the chain. */
export function translateText(text: string, origin: Origin, cause?: unknown): HubError {
  const details = { txHash: origin.txHash, cause };
  const who = origin.address ?? "the sender";
  if (/account .* (not found|does not exist)|does not exist on chain/i.test(text)) {
    return new HubError(
      "account_unknown",
      `${who} does not exist on this chain`,
      "send it coins for the fees first",
      details,
    );
  }
  if (/insufficient fees?/i.test(text)) {
    return new HubError(
      "fee_too_low",
      `the fee is too low (${short(text)})`,
      "raise the gas price to what the node asks for, in its coin",
      details,
    );
  }
  const prefix = wrongPrefix(text, details);
  if (prefix !== undefined) {
    return prefix;
  }
  if (/insufficient funds|spendable balance .* is smaller/i.test(text)) {
    const next = `send ${who} more of that coin; the fee counts too`;
    return new HubError("insufficient_funds", `${who} has too little money (${short(text)})`, next, details);
  }
  if (/out of gas|gas wanted .* exceeds/i.test(text)) {
    const next = "give a higher gas limit, leave the fee to be estimated, or settle fewer receipts at once";
    return new HubError("out_of_gas", `the gas ran out (${short(text)})`, next, details);
  }
  if (/account sequence mismatch|incorrect account sequence/i.test(text)) {
    const next = "send the transactions of one account from one program, one after the other; then try again";
    return new HubError("sequence_conflict", `another transaction of ${who} came first`, next, details);
  }
  if (/signature verification failed/i.test(text)) {
    const next = "connect to the chain that the signer signs for (chain id), with the account's own key";
    return new HubError("wrong_chain", `the chain does not take the signature of ${who}`, next, details);
  }
  return new RefusedError(reasonIn(text), details);
}

/** The failure behind the log of a query: a contract's refusal, or an address of another chain. */
export function translateQuery(text: string): HubError {
  return wrongPrefix(text, {}) ?? new RefusedError(reasonIn(text));
}

function wrongPrefix(text: string, details: HubErrorDetails): HubError | undefined {
  const prefix = /hrp does not match bech32 prefix: expected '(\w+)' got '(\w+)'/.exec(text);
  if (prefix === null) {
    return undefined;
  }
  const what = `addresses of this chain begin with ${prefix[1]}, not with ${prefix[2]}`;
  return new HubError("invalid_input", what, "give the chain's own prefix to whatever makes the addresses", details);
}

/** The sentence of a contract within what the chain wraps around it. */
export function reasonIn(log: string): string {
  const inner = log
    .replace(/^Query failed with \(\d+\): /, "")
    .replace(/^(rpc error: code = \w+ desc = )+/, "")
    .replace(/^failed to simulate tx: /, "")
    .replace(/^failed to execute message; message index: \d+: /, "")
    .replace(/^((dispatch|submessages|reply): )+/, "")
    .replace(/\s*\[[^\]]*\] with gas (wanted|used)[\s\S]*$/, "")
    .replace(/: (execute|query|instantiate|migrate|reply) wasm contract failed[\s\S]*$/, "")
    .replace(/: (unknown request|invalid request)$/, "")
    .trim();
  return inner === "" ? log : inner;
}

function short(text: string): string {
  const reason = reasonIn(text);
  return reason.length > 300 ? `${reason.slice(0, 300)}…` : reason;
}
