//! Codes that the payment itself adds to those of the ledger, in `error` of a 402.

/// No payment came with the request.
pub const PAYMENT_REQUIRED: &str = "payment_required";
/// The payment is of another version, scheme, network, asset or payee.
pub const WRONG_PAYMENT: &str = "wrong_payment";
/// The header cannot be read.
pub const MALFORMED_PAYMENT: &str = "malformed_payment";
/// The call can cost more than the amount that the caller accepted: the price rose in between.
pub const PRICE_CHANGED: &str = "price_changed";
/// A facilitator was asked to settle a call that did not run here.
pub const NOT_RUN: &str = "not_run";
