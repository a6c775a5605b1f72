/** The chain as a collector sees it, and how it is reached through an account. */

import { toBase64 } from "@cosmjs/encoding";
import type { billing } from "./contracts/index.js";
import { HubError, RefusedError } from "./errors.js";
import type { HubAccount } from "./hub.js";
import type { Action } from "./messages.js";
import { settleBatchMessage, type SignedBatch, type SignedVoucher, voucherField } from "./signing.js";
import type { Domain } from "./wire/digest.js";

/** The chain as a collector sees it. */
export interface Settlement {
  readonly domain: Domain;
  /** Number of the attester's next receipt in a session. */
  next(session: number, attester: number): Promise<bigint>;
  /** What settling a batch would answer now; undefined if the node has no gas for the question. */
  preview(batch: SignedBatch, vouchers: readonly SignedVoucher[]): Promise<billing.BatchResponse | undefined>;
  /** Settles a batch; `left` is told the hash before the transaction leaves. */
  submit(
    batch: SignedBatch,
    vouchers: readonly SignedVoucher[],
    left: (txHash: string) => Promise<void>,
  ): Promise<{ txHash: string; response: billing.BatchResponse }>;
  /** What a transaction answered, if a block holds it. */
  answered(txHash: string, batch: SignedBatch): Promise<billing.BatchResponse | undefined>;
}

/** Settlement through an account, which needs no rights. `then` goes into the same transaction, such as a payout. */
export function settlementBy(account: HubAccount, then: readonly Action<unknown>[] = []): Settlement {
  const { hub } = account;
  return {
    domain: hub.domain,
    next: async (session, attester) => {
      try {
        const { lanes } = await hub.escrow.query.session({ session });
        return BigInt(lanes.find((lane) => lane.attester === attester)?.next ?? 0);
      } catch (error) {
        // There is none of that number. Its receipts are refused, and must not keep those of other sessions waiting.
        if (error instanceof RefusedError) {
          return 0n;
        }
        throw error;
      }
    },
    preview: async (batch, vouchers) => {
      try {
        return await hub.billing.query.previewBatch({
          batch: toBase64(batch.bytes),
          signature: toBase64(batch.signature),
          vouchers: vouchers.map(voucherField),
        });
      } catch (error) {
        // Nodes bound the gas of a query, often below what they bound that of a transaction by.
        if (error instanceof HubError && error.code === "out_of_gas") {
          return undefined;
        }
        throw error;
      }
    },
    submit: async (batch, vouchers, left) => {
      const actions = [settleBatchMessage(hub, batch, vouchers), ...then] as const;
      const sent = await account.send(actions, { beforeBroadcast: ({ txHash }) => left(txHash) });
      return { txHash: sent.txHash, response: sent.answers[0] };
    },
    answered: async (txHash, batch) => {
      const found = await account.client.getTx(txHash);
      if (found === null || found.code !== 0) {
        return undefined;
      }
      const sent = await account.resume(txHash, [settleBatchMessage(hub, batch)]);
      return sent.answers[0];
    },
  };
}
