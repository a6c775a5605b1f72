/** What a batch must satisfy beyond being well-formed integers. Encoder and decoder share these rules. */

/** Most receipts that one group may state. */
export const MAX_GROUP_COUNT = 65_535;

/** Largest integer of 64 bits. */
export const MAX_U64 = (1n << 64n) - 1n;
/** Largest integer of 128 bits. */
export const MAX_U128 = (1n << 128n) - 1n;

/** Names of the rules, as in the test vectors. */
export type BatchRule = keyof typeof SENTENCES;

const SENTENCES = {
  times_reversed: "issued_to lies before issued_from, expected the newest receipt not to be older than the oldest",
  no_groups: "no groups, expected at least one",
  session_zero: "the first group's session is 0, expected an id from 1",
  session_overflow: "session id exceeds 64 bits",
  not_ascending: "groups must ascend strictly by session, model, release, terms",
  after_issued_to: "from + span leads beyond issued_to",
  empty_group: "the group is empty, expected 1 to 65535 receipts",
  group_too_large: "the group has more than 65535 receipts",
  sequence_overflow: "sequence + count exceeds 64 bits",
  nothing_at_issued_from: "no group starts at issued_from, expected the smallest `from` to be 0",
  nothing_at_issued_to: "no group ends at issued_to, expected the largest from + span to be issued_to - issued_from",
} as const;

/** The sentence that goes with a rule. */
export function sentenceOf(rule: BatchRule): string {
  return SENTENCES[rule];
}

/** What groups are ordered by, and what makes one distinct in its batch. */
export interface GroupKey {
  readonly session: bigint;
  readonly model: bigint;
  readonly release: bigint;
  readonly terms: bigint;
}

/** Below 0 if `a` comes first, 0 if they are the same. */
export function compareKeys(a: GroupKey, b: GroupKey): number {
  for (const field of ["session", "model", "release", "terms"] as const) {
    if (a[field] !== b[field]) {
      return a[field] < b[field] ? -1 : 1;
    }
  }
  return 0;
}

/** Walks the groups of a batch in order. Every method gives the rule that is broken, if one is. */
export class Rules {
  readonly #length: bigint;
  #before: { readonly key: GroupKey; readonly end: bigint } | undefined;
  #oldestSeen = false;
  #newestSeen = false;

  /** The times must be in order: see {@link Rules.times}. */
  constructor(issuedFrom: bigint, issuedTo: bigint) {
    this.#length = issuedTo - issuedFrom;
  }

  times(): BatchRule | undefined {
    return this.#length < 0n ? "times_reversed" : undefined;
  }

  /** Session of the group before, or 0, which no session has. */
  get sessionBefore(): bigint {
    return this.#before?.key.session ?? 0n;
  }

  /** The number at which a group of `session` must start, if it is not the session's first. */
  expectedSequence(session: bigint): bigint | undefined {
    return this.#before?.key.session === session ? this.#before.end : undefined;
  }

  key(key: GroupKey): BatchRule | undefined {
    if (this.#before === undefined) {
      return key.session === 0n ? "session_zero" : undefined;
    }
    return compareKeys(key, this.#before.key) <= 0 ? "not_ascending" : undefined;
  }

  interval(from: bigint, span: bigint): BatchRule | undefined {
    const newest = from + span;
    if (newest > this.#length) {
      return "after_issued_to";
    }
    this.#oldestSeen ||= from === 0n;
    this.#newestSeen ||= newest === this.#length;
    return undefined;
  }

  count(key: GroupKey, sequence: bigint, count: bigint): BatchRule | undefined {
    if (count === 0n) {
      return "empty_group";
    }
    if (count > BigInt(MAX_GROUP_COUNT)) {
      return "group_too_large";
    }
    const end = sequence + count;
    if (end > MAX_U64) {
      return "sequence_overflow";
    }
    this.#before = { key, end };
    return undefined;
  }

  finish(): BatchRule | undefined {
    if (this.#before === undefined) {
      return "no_groups";
    }
    if (!this.#oldestSeen) {
      return "nothing_at_issued_from";
    }
    return this.#newestSeen ? undefined : "nothing_at_issued_to";
  }
}
