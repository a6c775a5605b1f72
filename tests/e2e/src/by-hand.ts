/** Batches that are built, signed and sent by hand, where a test wants to see each step. `hub serve` does it for operators. */

import {
  type Action,
  type billing,
  type HubAccount,
  type Id,
  readSession,
  settleBatchMessage,
  signBatch,
  type SignedBatch,
  type SignedVoucher,
  wire,
} from "hub-client";

/** Signs a batch of receipts of one attester, from its next number in each session on. */
export async function batchOf(
  { hub }: HubAccount,
  key: wire.SigningKey,
  receipts: readonly wire.Receipt[],
): Promise<SignedBatch> {
  const attester = receipts[0]?.attester ?? 0n;
  const builder = new wire.BatchBuilder(attester);
  for (const session of new Set(receipts.map((receipt) => receipt.session))) {
    const { lanes } = await readSession(hub, session);
    builder.next(session, lanes.get(Number(attester)) ?? 0n);
  }
  receipts.forEach((receipt) => builder.push(receipt));
  return signBatch(hub.domain, key, builder.build("itemised").bytes);
}

/** Settles a batch, with vouchers, and with other messages in the same transaction. */
export async function settle(
  by: HubAccount,
  batch: SignedBatch,
  vouchers: readonly SignedVoucher[] = [],
  then: readonly Action<unknown>[] = [],
): Promise<{ readonly answer: billing.BatchResponse; readonly txHash: string }> {
  const sent = await by.send([settleBatchMessage(by.hub, batch, vouchers), ...then] as const);
  return { answer: sent.answers[0] as billing.BatchResponse, txHash: sent.txHash };
}

/** The session's payable amount, as the chain sees it. */
export async function payable(by: HubAccount, session: Id): Promise<bigint> {
  return (await readSession(by.hub, session)).payable;
}
