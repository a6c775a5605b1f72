/** Client of the Hub for Node and browsers. The wire format alone is in `hub-client/wire`. */

export { fromBase64Url, fromHex, toBase64Url, toHex } from "./bytes.js";
export { connectNode, hashOf, ReadingClient, SigningClient } from "./chain.js";
export type { BeforeBroadcast, Executed, LostTransaction, SendingOptions, SendOptions } from "./chain.js";
export * from "./contracts/index.js";
export { HubError, InputError, RefusedError, translate, UnconfirmedError } from "./errors.js";
export type { HubErrorCode, HubErrorDetails, Origin } from "./errors.js";
export * from "./figures.js";
export { canonical, Contract, contractInfo, Hub, HubAccount } from "./hub.js";
export type { AnswersOf, Offer, Sent } from "./hub.js";
export type { ContractInfo, ContractName, Deployment } from "./deployment.js";
export type { SmartQuerier } from "./querier.js";
export { cw20Send, eventsOf, Messages, otherMessage, valueOf } from "./messages.js";
export type { Action } from "./messages.js";
export { followSession, openSession, openSessionMessage, readSession } from "./session.js";
export type { SessionStatus, SessionWish } from "./session.js";
export {
  checkReceipt,
  commitment,
  inclusion,
  measurementBy,
  receiptFor,
  registerAttester,
  registerAttesterMessage,
  settleBatchMessage,
  settleReceiptMessage,
  signBatch,
  signVoucher,
  verifyVoucher,
  voucherField,
  VoucherPad,
} from "./signing.js";
export type { AttesterDetails, Call, Evidence, Inference, SignedBatch, SignedVoucher } from "./signing.js";
export { outcomesOfGroups } from "./values.js";
export type { OutcomeName } from "./values.js";
export { certifyMessage, setCommitteeMessage } from "./walrus.js";
export type { StorageNode, WalrusCertificate } from "./walrus.js";
export * as wire from "./wire/index.js";
