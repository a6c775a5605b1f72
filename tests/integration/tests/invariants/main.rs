//! What holds after every message, over random sequences of them, in native coins and cw20 tokens mixed.
//!
//! A script of actions is drawn ([`strategy`]) and carried out ([`runner`]) on a Hub and on a reference that was written
//! from the design alone ([`reference`]). After every message the two must agree on everything that everybody has, and
//! the harness recounts the books. A script that fails is cut down to the shortest one found ([`shrink`]). In markets of a
//! kind of their own, what operators back is held against what others really left with them ([`bound`]).
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `HUB_MESSAGES` | how many messages are sent; where batches are split, and in markets of the bound, a fifth of them | 100 000 |
//! | `HUB_SEED` | which ones | 1 |
//! | `HUB_SCRIPT` | only the script of this number | all |
//! | `HUB_VERBOSE` | show what happened how often | no |
//! | `HUB_PROGRESS` | show how far it is | no |

mod action;
mod bound;
mod campaign;
mod compare;
mod credulous;
mod edges;
mod fixture;
mod progress;
mod proxy;
mod recount;
mod reference;
mod rng;
mod runner;
mod sealed;
mod shrink;
mod split;
mod strategy;
mod stubborn;

use hub_types::billing::Outcome;

use campaign::Campaign;

/// Runs below this many messages need not show every outcome.
const ENOUGH: u64 = 20_000;
/// Runs below this many messages need not split a batch.
const ENOUGH_TO_SPLIT: u64 = 2_000;

/// Invariants 1 to 4 and 6 to 8, and agreement with the reference.
#[test]
fn every_message_leaves_the_books_balanced_and_as_the_reference_expects() {
    let campaign = Campaign::from_env(1);
    let tally = campaign.run(campaign::random_script);
    campaign.show(&tally);
    if !campaign.is_whole(ENOUGH) {
        return;
    }
    for outcome in OUTCOMES {
        let name = sealed::name(&outcome);
        assert!(tally.outcomes.contains_key(&name), "{name} never occurred");
    }
    for name in ACCEPTED {
        assert!(
            tally.accepted.contains_key(name),
            "{name} was never accepted"
        );
    }
    for name in ACCEPTED.iter().chain(&NEVER_ACCEPTED) {
        assert!(
            tally.refused.contains_key(*name),
            "{name} was never refused"
        );
    }
    for name in SITUATIONS {
        assert!(tally.situations.contains_key(name), "{name} was never met");
    }
}

/// Invariant 5.
#[test]
fn an_itemised_batch_gives_the_same_however_it_is_split_and_ordered() {
    let campaign = Campaign::from_env(5);
    let tally = campaign.run(campaign::splitting_script);
    campaign.show(&tally);
    if campaign.is_whole(ENOUGH_TO_SPLIT) {
        let name = "a batch split in several ways";
        assert!(tally.situations.contains_key(name), "{name}: never");
    }
}

/// Invariant 9.
///
/// Attack (market-number fakes): authors, payers, payees and operators play together, each with several accounts, to be backed
/// by operators that a reader believes for more than they left with them.
/// Defence: an operator speaks for a multiple of what it kept of strangers' money, and keeps nothing of a model in which it
/// has another part.
#[test]
fn whoever_is_believed_backs_at_most_the_factor_times_what_others_left_with_them() {
    let campaign = Campaign::from_env(5);
    let tally = campaign.run(bound::random_market);
    campaign.show(&tally);
    if campaign.is_whole(ENOUGH) {
        for name in bound::SITUATIONS {
            assert!(tally.situations.contains_key(name), "{name}: never");
        }
    }
}

const OUTCOMES: [Outcome; 23] = [
    Outcome::Paid,
    Outcome::Partial { receipts: 1 },
    Outcome::UnknownSession,
    Outcome::AttesterNotAllowed,
    Outcome::Stale,
    Outcome::LanesFull,
    Outcome::Gap,
    Outcome::Overlaps,
    Outcome::Expired,
    Outcome::AttesterRetired,
    Outcome::Closed,
    Outcome::ModelNotAllowed,
    Outcome::UnknownModel,
    Outcome::UnknownRelease,
    Outcome::UnknownTerms,
    Outcome::TermsNotInForce,
    Outcome::Retired,
    Outcome::WrongDenom,
    Outcome::PriceAboveLimit,
    Outcome::Straddles,
    Outcome::Overflow,
    Outcome::Exhausted,
    Outcome::VoucherMissing,
];

const ACCEPTED: [&str; 26] = [
    "register_model",
    "update_metadata",
    "publish_release",
    "set_terms",
    "set_status",
    "offer_transfer",
    "cancel_transfer",
    "accept_transfer",
    "commit",
    "prove_size",
    "deposit",
    "receive",
    "withdraw",
    "open_session",
    "top_up",
    "close_session",
    "release_session",
    "raise_ceiling",
    "set_auto_payout",
    "payout",
    "register_attester",
    "retire",
    "revoke",
    "set_endpoint",
    "settle_batch",
    "settle",
];

const NEVER_ACCEPTED: [&str; 2] = ["receive (forged)", "settle (in the escrow)"];

const SITUATIONS: [&str; 33] = [
    "a contract that authors",
    "a contract that calls",
    "a contract that is paid out",
    "a contract that serves",
    "a deposit in a token that takes a fee",
    "a deposit in a token that will not say what it holds",
    "a settlement of one venue presented to another",
    "a token that calls back from a transfer",
    "a payout whose transfer fails",
    "a withdrawal that the token refuses",
    "a call at terms that others follow",
    "a call for nothing",
    "a call paid by somebody else than the caller",
    "a call that had to come from an enclave",
    "a call from an image that another verifier vouches for",
    "a ceiling raised by a voucher",
    "a group cut at a limit of time",
    "a group cut where the lane stood",
    "a group of which a limit of time left a part to be paid",
    "a group resumed where the lane stood",
    "a lane given to another attester",
    "scripts with a model back from retirement",
    "scripts with a model sold by two authors",
    "scripts with a model sold in several weeks",
    "scripts with a model sold on several days",
    "scripts with a release sold after an earlier one",
    "scripts with a sold model",
    "scripts with aged income",
    "scripts with an earlier release sold after a later one",
    "scripts with dropped terms",
    "scripts with related income",
    "scripts with returning payers",
    "scripts with several payers",
];
