use hub_types::denom::Denom;
use hub_wire::Batch;

/// What the operator decides about its ledger. [`Limits::default`] suits a chain with blocks of some seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls are refused when the newest block is older than this. At most 20 keeps a closing of a session, which takes effect
    /// 60 s after its block, from being noticed too late.
    pub block_max_age_seconds: u64,
    /// Calls are refused when the clock is further than this from the newest block. The contracts allow 60.
    pub clock_skew_seconds: u64,
    /// A session takes calls until this long before its end.
    pub session_margin_seconds: u64,
    /// Terms that stay in force for less than this are used only where no others are in force.
    pub terms_margin_seconds: u64,
    /// Longest time for which a signed call may be valid. It bounds how long request ids are remembered.
    pub call_max_validity_seconds: u64,
    /// Answers are kept for repeats at least this long, and always as long as the call was valid.
    pub answer_kept_seconds: u64,
    /// Longest answer that is kept for repeats, in bytes; of a longer one the receipt alone is kept.
    pub answer_max_bytes: usize,
    /// Most calls that one session may have running at once.
    pub running_per_session: u64,
    /// Calls are refused while this many receipts are unsettled in all.
    pub unsettled_receipts: u64,
    /// Calls of a session are refused while this many of its receipts are unsettled.
    pub unsettled_receipts_per_session: u64,
    /// Calls are refused while a receipt older than this is unsettled; at most half the contract's `receipt_max_age` counts.
    pub unsettled_max_age_seconds: u64,
    /// Receipts are settled when this many wait.
    pub settle_at_receipts: u64,
    /// Receipts are settled when those that wait in a denomination are worth this: some multiple of what settling costs.
    pub settle_at_value: Vec<(Denom, u128)>,
    /// Receipts are settled when one has waited this long; at most a quarter of the contract's `receipt_max_age` counts.
    pub settle_after_seconds: u64,
    /// A session is settled when less than this share of its budget or ceiling, in percent, is left for calls.
    pub settle_when_left_percent: u8,
    /// Most receipts of a batch.
    pub batch_receipts: usize,
    /// Most bytes of a batch. In a transaction it grows by a third.
    pub batch_bytes: usize,
    /// Most gas of a batch, by the estimate of [`Gas`].
    pub batch_gas: u64,
    /// What settling costs, for that estimate.
    pub gas: Gas,
    /// A batch that was sent, and that the chain's lanes have not passed, is sent again after this long.
    pub resend_after_seconds: u64,
    /// What the chain would not settle is tried again after this long at first, then after twice as long each time, and at once
    /// when its session changes.
    pub retry_after_seconds: u64,
    /// It is tried again after this long at the latest.
    pub retry_at_most_after_seconds: u64,
    /// What the chain shows of a lane is believed for good when a block this much higher shows it as well.
    pub confirm_blocks: u64,
}

/// An estimate of the gas that settling a batch uses. Beside what `tests/gas` measures, the default is 1.2 times as much for one
/// receipt, 1.4 times for 1 000 in 100 groups and 1.5 times for 10 000 in 200; the first 1 000 of a week use all of it. A batch that
/// needs more is refused for its gas, and halved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gas {
    /// For the message itself.
    pub base: u64,
    /// For each group of the batch.
    pub per_group: u64,
    /// For each receipt.
    pub per_receipt: u64,
}

impl Gas {
    /// The estimate for a batch.
    pub fn of(&self, batch: &Batch) -> u64 {
        let (groups, receipts) = (batch.groups.len() as u64, batch.offered());
        self.base
            .saturating_add(self.per_group.saturating_mul(groups))
            .saturating_add(self.per_receipt.saturating_mul(receipts))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            block_max_age_seconds: 20,
            clock_skew_seconds: 30,
            session_margin_seconds: 30,
            terms_margin_seconds: 10,
            call_max_validity_seconds: 600,
            answer_kept_seconds: 600,
            answer_max_bytes: 64 * 1024,
            running_per_session: 256,
            unsettled_receipts: 1_000_000,
            unsettled_receipts_per_session: 500_000,
            unsettled_max_age_seconds: 86_400,
            settle_at_receipts: 10_000,
            settle_at_value: vec![],
            settle_after_seconds: 900,
            settle_when_left_percent: 10,
            batch_receipts: 10_000,
            batch_bytes: 400_000,
            batch_gas: 15_000_000,
            gas: Gas {
                base: 250_000,
                per_group: 10_000,
                per_receipt: 80,
            },
            resend_after_seconds: 60,
            retry_after_seconds: 30,
            retry_at_most_after_seconds: 3_600,
            confirm_blocks: 1,
        }
    }
}
