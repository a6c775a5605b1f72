/** Messages to the contracts, and how what they return is read. */

import { toBase64, toUtf8 } from "@cosmjs/encoding";
import type { EncodeObject } from "@cosmjs/proto-signing";
import type { Coin, Event } from "@cosmjs/stargate";
import { MsgExecuteContractResponse } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import type { Executed } from "./chain.js";

/** Names of the messages of a contract. */
export type Names<M> = M extends unknown ? keyof M & string : never;

/** Fields of one message of a contract. */
export type Fields<M, K extends string> = M extends { [name in K]: infer F } ? F : never;

/** Answer of one message. */
export type AnswerOf<A, K extends string> = K extends keyof A ? A[K] : undefined;

/** A message to a contract, and how its answer is read. */
export interface Action<Answer> {
  readonly contract: string;
  readonly message: object;
  readonly funds: readonly Coin[];
  /** @internal */
  readonly read: (outcome: MessageOutcome) => Answer;
}

/** What one message of a transaction led to. */
export interface MessageOutcome {
  /** What the contract returned as data. */
  readonly data: Uint8Array;
  /** Events of this message alone. */
  readonly events: readonly Event[];
}

/** One Hub contract's messages. */
export class Messages<M, A> {
  constructor(readonly address: string) {}

  /** The message `name`, to be sent with the others of a transaction. */
  message<K extends Names<M>>(name: K, fields: Fields<M, K>, funds: readonly Coin[] = []): Action<AnswerOf<A, K>> {
    return {
      contract: this.address,
      message: { [name]: fields },
      funds,
      read: (outcome) => jsonOf(outcome.data) as AnswerOf<A, K>,
    };
  }
}

/** A message to any other contract, such as a token. Its data is not looked at. */
export function otherMessage(contract: string, message: object, funds: readonly Coin[] = []): Action<undefined> {
  return { contract, message, funds, read: () => undefined };
}

/** The message that sends tokens to a contract along with something to do. */
export function cw20Send(token: string, contract: string, amount: string, hook: object): Action<undefined> {
  return otherMessage(token, { send: { contract, amount, msg: toBase64(toUtf8(JSON.stringify(hook))) } });
}

/** As cosmjs encodes it. */
export function encodeAction(action: Action<unknown>, sender: string): EncodeObject {
  return {
    typeUrl: "/cosmwasm.wasm.v1.MsgExecuteContract",
    value: {
      sender,
      contract: action.contract,
      msg: toUtf8(JSON.stringify(action.message)),
      funds: [...action.funds],
    },
  };
}

/** What each message of a transaction led to. */
export function outcomesOf(executed: Executed): MessageOutcome[] {
  return executed.responses.map((response, place) => ({
    data: MsgExecuteContractResponse.decode(response).data,
    events: executed.events.filter((event) => valueOf(event, "msg_index") === place.toString()),
  }));
}

/** An attribute of an event. */
export function valueOf(event: Event, key: string): string | undefined {
  return event.attributes.find((attribute) => attribute.key === key)?.value;
}

/** Events of a type that a contract emitted, such as `hub_session_opened`. */
export function eventsOf(events: readonly Event[], contract: string, type: string): Event[] {
  return events.filter((event) => event.type === `wasm-${type}` && valueOf(event, "_contract_address") === contract);
}

function jsonOf(data: Uint8Array): unknown {
  return data.length === 0 ? undefined : JSON.parse(new TextDecoder().decode(data));
}
