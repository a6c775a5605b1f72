/** What each session was used for, by the caller's own count. */

import * as wire from "hub-client/wire";
import { PaymentError } from "./errors.js";
import type { Store } from "./store.js";

/** A call that runs, or whose end is not known. */
export interface OpenCall {
  /** The most that it can cost. */
  readonly amount: string;
  /** Address that it was sent to, where that is known. */
  readonly url?: string;
  /** Unix seconds from which on no server accepts it. */
  readonly expiresAt: number;
  /** Unix seconds at which it was signed. */
  readonly signedAt: number;
}

/** A session, as the state has it: plain JSON. Amounts are decimal texts. */
export interface SessionState {
  readonly session: number;
  readonly operator: string;
  readonly asset: string;
  readonly keyType: wire.KeyType;
  /** The secret of the session's key, hex. */
  readonly seed: string;
  /** What calls came to that were answered, and what was charged before. */
  charged: string;
  /** The highest ceiling that was signed, or that the chain showed. */
  ceiling: string;
  /** The highest ceiling of which the server said that it knows it. */
  acknowledged: string;
  /** Open calls by request id. */
  open: Record<string, OpenCall>;
  /** Calls that were answered, the newest last: request id and sha256 of the receipt. A repeat is not counted again. */
  answered: [string, string][];
  /** Why it is used no more. */
  ended?: string;
}

/** A session that is being opened: its transaction left, and its id is not known yet. */
export interface OpeningState {
  readonly operator: string;
  readonly asset: string;
  readonly keyType: wire.KeyType;
  readonly seed: string;
  readonly txHash: string;
}

interface State {
  readonly version: 1;
  readonly chainId: string;
  readonly billing: string;
  sessions: SessionState[];
  openings: OpeningState[];
  /** What was charged on the day, by asset. */
  days: Record<string, { day: number; charged: string }>;
  /** Operators that are paid no more, with why. */
  distrusted: Record<string, string>;
}

/** So many answered calls of a session are remembered: repeats come soon, or not at all. */
const REMEMBERED = 256;
const DAY_SECONDS = 86_400;

/** Open calls of this process, with the most that their session can have been charged while they were open. */
interface Watched {
  bound: bigint;
  readonly session: SessionState;
}

/** The tally of all sessions. Changes are made at once, and are kept by {@link Book.save}. */
export class Book {
  readonly #watched = new Set<Watched>();
  #next: Promise<void> | undefined;
  #writing: Promise<void> = Promise.resolve();

  readonly #store: Store;
  readonly #state: State;
  /** What the store may hold, as far as this program knows: a write that failed may have happened. */
  #kept: Set<string | undefined>;

  private constructor(store: Store, state: State, kept: string | undefined) {
    this.#store = store;
    this.#state = state;
    this.#kept = new Set([kept]);
  }

  /** Reads the tally, or begins one. */
  static async open(store: Store, chainId: string, billing: string): Promise<Book> {
    const text = await store.load();
    if (text === undefined) {
      const state: State = { version: 1, chainId, billing, sessions: [], openings: [], days: {}, distrusted: {} };
      return new Book(store, state, undefined);
    }
    let state: State;
    try {
      state = JSON.parse(text) as State;
    } catch (cause) {
      throw unreadable("is no JSON", cause);
    }
    if (state?.version !== 1 || !Array.isArray(state.sessions)) {
      throw unreadable("is not of version 1");
    }
    if (state.chainId !== chainId || state.billing !== billing) {
      const where = `${state.billing} on ${state.chainId}`;
      throw new PaymentError(
        "wrong_chain",
        `the store is that of ${where}, not of ${billing} on ${chainId}`,
        "give each deployment a store of its own",
      );
    }
    return new Book(store, state, text);
  }

  get sessions(): readonly SessionState[] {
    return this.#state.sessions;
  }

  get openings(): readonly OpeningState[] {
    return this.#state.openings;
  }

  add(session: SessionState): void {
    this.#state.sessions.push(session);
  }

  addOpening(opening: OpeningState): void {
    this.#state.openings.push(opening);
  }

  removeOpening(txHash: string): void {
    this.#state.openings = this.#state.openings.filter((one) => one.txHash !== txHash);
  }

  distrusted(operator: string): string | undefined {
    return this.#state.distrusted[operator];
  }

  distrust(operator: string, why: string): void {
    this.#state.distrusted[operator] ??= why;
  }

  trustAgain(operator: string): void {
    delete this.#state.distrusted[operator];
  }

  /** What was charged at most in an asset, in all sessions: open calls at their most. */
  spent(asset: string, now: number): { total: bigint; today: bigint; open: bigint } {
    const sessions = this.#state.sessions.filter((one) => one.asset === asset);
    const charged = sessions.reduce((sum, one) => sum + BigInt(one.charged), 0n);
    const open = sessions.reduce((sum, one) => sum + openOf(one), 0n);
    const day = this.#state.days[asset];
    const today = day?.day === Math.floor(now / DAY_SECONDS) ? BigInt(day.charged) : 0n;
    return { total: charged + open, today: today + open, open };
  }

  /** The most that a session can have been charged. */
  atMost(session: SessionState): bigint {
    return BigInt(session.charged) + openOf(session);
  }

  /** Whether a request id was used in a session. */
  knows(session: SessionState, requestId: string): boolean {
    return Object.hasOwn(session.open, requestId) || session.answered.some(([id]) => id === requestId);
  }

  /**
   * Notes a call that is about to be sent, and raises the ceiling so far that it covers it and every other open call. A call that was
   * answered before is a repeat, and costs nothing.
   */
  begin(session: SessionState, requestId: string, call: OpenCall): void {
    if (!session.answered.some(([id]) => id === requestId)) {
      const before = session.open[requestId];
      // Of a repeat it is not known at which of its prices it ran.
      const isDearer = before !== undefined && BigInt(before.amount) > BigInt(call.amount);
      session.open[requestId] = isDearer ? { ...call, amount: before.amount } : call;
    }
    const most = this.atMost(session);
    if (most > BigInt(session.ceiling)) {
      session.ceiling = most.toString();
    }
    for (const one of this.#watched) {
      if (one.session === session && most > one.bound) {
        one.bound = most;
      }
    }
  }

  /** Watches what the server of a session can rightly count from now on. Ends with `done`. */
  watch(session: SessionState): { readonly bound: bigint; done(): void } {
    const watched: Watched = { bound: this.atMost(session), session };
    this.#watched.add(watched);
    return {
      get bound() {
        return watched.bound;
      },
      done: () => void this.#watched.delete(watched),
    };
  }

  /** Whether a call was answered before with another receipt: then it was charged twice. */
  isSecond(session: SessionState, requestId: string, receipt: string): boolean {
    const before = session.answered.filter(([id]) => id === requestId);
    return before.length > 0 && before.every(([, hash]) => hash !== receipt);
  }

  /** Notes that a call was not charged. */
  drop(session: SessionState, requestId: string): void {
    delete session.open[requestId];
  }

  /** Notes what a call came to, by a receipt with this hash. The same receipt counts once. */
  end(session: SessionState, requestId: string, amount: bigint, receipt: string, now: number): void {
    delete session.open[requestId];
    if (session.answered.some(([id, hash]) => id === requestId && hash === receipt)) {
      return;
    }
    session.charged = (BigInt(session.charged) + amount).toString();
    session.answered.push([requestId, receipt]);
    if (session.answered.length > REMEMBERED) {
      session.answered.shift();
    }
    const day = Math.floor(now / DAY_SECONDS);
    const before = this.#state.days[session.asset];
    const today = before?.day === day ? BigInt(before.charged) : 0n;
    this.#state.days[session.asset] = { day, charged: (today + amount).toString() };
  }

  /** Keeps every change that was made so far. Those who wait at the same time share one write. */
  save(): Promise<void> {
    this.#next ??= this.#writing.then(() => {
      this.#next = undefined;
      const written = this.#write(JSON.stringify(this.#state));
      // A write that failed must not fail those after it.
      this.#writing = written.catch(() => undefined);
      return written;
    });
    return this.#next.catch((cause: unknown) => {
      if (cause instanceof PaymentError) {
        throw cause;
      }
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new PaymentError(
        "store_failed",
        `the tally cannot be kept (${reason}), so nothing was sent`,
        "make room for the store, or give another",
        { cause },
      );
    });
  }

  async #write(text: string): Promise<void> {
    // Two programs on one store would each forget what the other spent.
    if (!this.#kept.has(await this.#store.load())) {
      throw new PaymentError(
        "store_failed",
        "another program keeps its tally in this store, so nothing was sent",
        "give each program a store of its own, and start this one again",
      );
    }
    this.#kept.add(text);
    await this.#store.save(text);
    this.#kept = new Set([text]);
  }
}

function openOf(session: SessionState): bigint {
  return Object.values(session.open).reduce((sum, { amount }) => sum + BigInt(amount), 0n);
}

function unreadable(what: string, cause?: unknown): PaymentError {
  return new PaymentError(
    "store_failed",
    `the store ${what}`,
    "mend it, or begin anew with new sessions: it is all that says what you spent",
    { cause },
  );
}
