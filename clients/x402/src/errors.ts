/** Why a call gave no answer. Each says whether money may have been spent. */

/** Stable names of the failures. */
export type PaymentErrorCode =
  | "wrong_chain"
  | "wrong_asset"
  | "wrong_requirements"
  | "over_limit"
  | "no_session"
  | "session_not_opened"
  | "session_exhausted"
  | "session_ended"
  | "session_refused"
  | "voucher_missing"
  | "price_changed"
  | "clock_off"
  | "refused"
  | "unreachable"
  | "unknown_outcome"
  | "overcharged"
  | "dishonest"
  | "distrusted"
  | "chain_failed"
  | "store_failed"
  | "invalid_input";

const CODES: Record<PaymentErrorCode, true> = {
  wrong_chain: true,
  wrong_asset: true,
  wrong_requirements: true,
  over_limit: true,
  no_session: true,
  session_not_opened: true,
  session_exhausted: true,
  session_ended: true,
  session_refused: true,
  voucher_missing: true,
  price_changed: true,
  clock_off: true,
  refused: true,
  unreachable: true,
  unknown_outcome: true,
  overcharged: true,
  dishonest: true,
  distrusted: true,
  chain_failed: true,
  store_failed: true,
  invalid_input: true,
};

/** What a failure may carry beside its sentence. */
export interface PaymentErrorDetails {
  /** The most that this call may be charged: 0 if it is sure that nothing is. */
  readonly atMost?: bigint;
  /** The call's request id, 32 hexadecimal digits, if it had one. */
  readonly requestId?: string;
  /** The server's own word for why it refused. */
  readonly reason?: string;
  readonly cause?: unknown;
}

/** A failure, with what to do next. Its message begins with the code in brackets, which survives wrappers that keep only texts. */
export class PaymentError extends Error {
  override readonly name = "PaymentError";
  readonly atMost: bigint;
  readonly requestId: string | undefined;
  readonly reason: string | undefined;

  constructor(
    readonly code: PaymentErrorCode,
    /** What happened. */
    readonly what: string,
    /** What to do next. */
    readonly next: string,
    details: PaymentErrorDetails = {},
  ) {
    super(`[${code}] ${what}: ${next}`, { cause: details.cause });
    this.atMost = details.atMost ?? 0n;
    this.requestId = details.requestId;
    this.reason = details.reason;
  }
}

/**
 * The code of a failure, also of one that `@x402/fetch` or `@x402/axios` wrapped into an error of theirs, which keeps only the text.
 * Undefined if it is not about a payment.
 */
export function paymentErrorCode(error: unknown): PaymentErrorCode | undefined {
  if (error instanceof PaymentError) {
    return error.code;
  }
  if (!(error instanceof Error)) {
    return undefined;
  }
  const code = /\[([a-z_]+)\]/.exec(error.message)?.[1];
  if (code !== undefined && Object.hasOwn(CODES, code)) {
    return code as PaymentErrorCode;
  }
  // What x402's own client refuses before it asks a scheme.
  if (/rejected by spendControls/.test(error.message)) {
    return error.message.includes("maxAmountPerPayment") ? "over_limit" : "wrong_asset";
  }
  return paymentErrorCode(error.cause);
}
