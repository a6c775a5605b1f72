/**
 * Transactions of the stand-in: accounts exist, signatures are not checked, and each transaction is in a block at once. What a message
 * changes, a test says.
 */

import { createHash } from "node:crypto";
import { TxMsgData } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import { BaseAccount } from "cosmjs-types/cosmos/auth/v1beta1/auth";
import { QueryAccountRequest, QueryAccountResponse } from "cosmjs-types/cosmos/auth/v1beta1/query";
import { SimulateResponse } from "cosmjs-types/cosmos/tx/v1beta1/service";
import { TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { MsgExecuteContract, MsgExecuteContractResponse } from "cosmjs-types/cosmwasm/wasm/v1/tx";

/** A message that was executed. */
export interface Executed {
  readonly sender: string;
  readonly contract: string;
  /** Such as `withdraw`. */
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** An event of a contract. */
export interface Emitted {
  readonly contract: string;
  readonly type: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const SEEN_EVERYWHERE = { gas_wanted: "200000", gas_used: "150000", codespace: "" };

/** What a chain does with transactions. */
export class Blocks {
  /** Everything that was executed, in its order. */
  readonly executed: Executed[] = [];
  /** What messages change, and what they emit; an error refuses the transaction. */
  executes: (message: Executed) => readonly Emitted[] = () => [];
  readonly #txs = new Map<string, { readonly tx: string; readonly result: object }>();
  #sequence = 0;

  /** Answers of queries that only those who sign ask; undefined for others. */
  query(path: string, data: Uint8Array): Uint8Array | undefined {
    if (path.endsWith("auth.v1beta1.Query/Account")) {
      const { address } = QueryAccountRequest.decode(data);
      const value = BaseAccount.encode(
        BaseAccount.fromPartial({ address, accountNumber: 7n, sequence: BigInt(this.#sequence) }),
      ).finish();
      return QueryAccountResponse.encode({
        account: { typeUrl: "/cosmos.auth.v1beta1.BaseAccount", value },
      }).finish();
    }
    if (path.endsWith("tx.v1beta1.Service/Simulate")) {
      const simulated = { gasInfo: { gasWanted: 0n, gasUsed: 150_000n } };
      return SimulateResponse.encode(SimulateResponse.fromPartial(simulated)).finish();
    }
    return undefined;
  }

  /** `broadcast_tx_sync`. */
  broadcast(tx: string): object {
    const bytes = Buffer.from(tx, "base64");
    const hash = createHash("sha256").update(bytes).digest("hex").toUpperCase();
    if (!this.#txs.has(hash)) {
      this.#sequence += 1;
      this.#txs.set(hash, { tx, result: this.#execute(bytes) });
    }
    return { code: 0, data: "", log: "", hash, ...SEEN_EVERYWHERE };
  }

  /** `tx_search` for a hash. */
  search(query: string, height: number): object {
    const hash = /'([0-9A-F]{64})'/.exec(query)?.[1] ?? "";
    const found = this.#txs.get(hash);
    const txs =
      found === undefined ? [] : [{ hash, height: String(height), index: 0, tx_result: found.result, tx: found.tx }];
    return { txs, total_count: String(txs.length) };
  }

  #execute(bytes: Uint8Array): object {
    const { messages } = TxBody.decode(TxRaw.decode(bytes).bodyBytes);
    const emitted: (readonly Emitted[])[] = [];
    try {
      for (const { value } of messages) {
        const { sender, contract, msg } = MsgExecuteContract.decode(value);
        const [[name, fields] = ["", {}]] = Object.entries(
          JSON.parse(Buffer.from(msg).toString()) as Record<string, Record<string, unknown>>,
        );
        const message = { sender, contract, name, fields };
        emitted.push(this.executes(message));
        this.executed.push(message);
      }
    } catch (error) {
      return { code: 5, log: (error as Error).message, data: "", events: [], ...SEEN_EVERYWHERE };
    }
    const msgResponses = messages.map(() => ({
      typeUrl: "/cosmwasm.wasm.v1.MsgExecuteContractResponse",
      value: MsgExecuteContractResponse.encode({ data: new Uint8Array() }).finish(),
    }));
    const events = emitted.flatMap((some, place) =>
      some.map(({ contract, type, attributes }) => ({
        type: `wasm-${type}`,
        attributes: Object.entries({ _contract_address: contract, msg_index: String(place), ...attributes }).map(
          ([key, value]) => ({ key, value, index: true }),
        ),
      })),
    );
    const data = Buffer.from(TxMsgData.encode(TxMsgData.fromPartial({ msgResponses })).finish()).toString("base64");
    return { code: 0, log: "", data, events, ...SEEN_EVERYWHERE };
  }
}
