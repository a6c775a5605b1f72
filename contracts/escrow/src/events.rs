//! Events: what happened, for readers off chain. Values are plain text, keys do not change.

use cosmwasm_std::{Addr, Attribute, Uint128};
use hub_types::denom::Denom;
use hub_types::escrow::SkipReason;
use hub_types::ids::SessionId;
use hub_types::text::is_unseen;

/// Longest text of foreign origin that an event repeats, in bytes.
const MAX_FOREIGN_TEXT: usize = 128;

/// What the escrow did.
pub enum Event<'a> {
    /// Money came in.
    Deposited {
        depositor: &'a Addr,
        beneficiary: &'a Addr,
        amount: Uint128,
        denom: &'a Denom,
    },
    /// A session was opened; `amount` is its budget.
    SessionOpened {
        session: SessionId,
        caller: &'a Addr,
        funder: &'a Addr,
        operator: &'a Addr,
        amount: Uint128,
        denom: &'a Denom,
        expires_at: u64,
    },
    /// A budget grew; `budget` is all that was ever reserved.
    SessionToppedUp {
        session: SessionId,
        caller: &'a Addr,
        amount: Uint128,
        denom: &'a Denom,
        budget: Uint128,
    },
    /// A caller set the end of a session.
    SessionClosed {
        session: SessionId,
        caller: &'a Addr,
        ends_at: u64,
    },
    /// What a session had left went to its caller.
    SessionReleased {
        session: SessionId,
        released_by: &'a Addr,
        caller: &'a Addr,
        amount: Uint128,
        denom: &'a Denom,
    },
    /// A caller raised the ceiling of a session by message.
    CeilingRaised {
        session: SessionId,
        caller: &'a Addr,
        ceiling: Uint128,
    },
    /// An owner sent its money away.
    Withdrawn {
        account: &'a Addr,
        recipient: &'a Addr,
        amount: Uint128,
        denom: &'a Denom,
    },
    /// An account opted in to payouts, or out.
    AutoPayoutSet {
        account: &'a Addr,
        denom: &'a Denom,
        on: bool,
    },
    /// A transfer to an account was started.
    Payout {
        account: &'a Addr,
        amount: Uint128,
        denom: &'a Denom,
    },
    /// A payout passed over an account.
    PayoutSkipped {
        account: &'a str,
        denom: &'a Denom,
        reason: SkipReason,
    },
    /// A transfer failed, and was credited back.
    PayoutFailed {
        account: &'a Addr,
        amount: Uint128,
        denom: &'a Denom,
        error: &'a str,
    },
}

impl Event<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Deposited { .. } => "hub_deposited",
            Self::SessionOpened { .. } => "hub_session_opened",
            Self::SessionToppedUp { .. } => "hub_session_topped_up",
            Self::SessionClosed { .. } => "hub_session_closed",
            Self::SessionReleased { .. } => "hub_session_released",
            Self::CeilingRaised { .. } => "hub_ceiling_raised",
            Self::Withdrawn { .. } => "hub_withdrawn",
            Self::AutoPayoutSet { .. } => "hub_auto_payout_set",
            Self::Payout { .. } => "hub_payout",
            Self::PayoutSkipped { .. } => "hub_payout_skipped",
            Self::PayoutFailed { .. } => "hub_payout_failed",
        }
    }

    fn attributes(&self) -> Vec<Attribute> {
        match self {
            Self::Deposited {
                depositor,
                beneficiary,
                amount,
                denom,
            } => vec![
                attribute("depositor", depositor),
                attribute("beneficiary", beneficiary),
                attribute("amount", amount),
                attribute("denom", denom),
            ],
            Self::SessionOpened {
                session,
                caller,
                funder,
                operator,
                amount,
                denom,
                expires_at,
            } => vec![
                attribute("session", session),
                attribute("caller", caller),
                attribute("funder", funder),
                attribute("operator", operator),
                attribute("amount", amount),
                attribute("denom", denom),
                attribute("expires_at", expires_at),
            ],
            Self::SessionToppedUp {
                session,
                caller,
                amount,
                denom,
                budget,
            } => vec![
                attribute("session", session),
                attribute("caller", caller),
                attribute("amount", amount),
                attribute("denom", denom),
                attribute("budget", budget),
            ],
            Self::SessionClosed {
                session,
                caller,
                ends_at,
            } => vec![
                attribute("session", session),
                attribute("caller", caller),
                attribute("ends_at", ends_at),
            ],
            Self::SessionReleased {
                session,
                released_by,
                caller,
                amount,
                denom,
            } => vec![
                attribute("session", session),
                attribute("released_by", released_by),
                attribute("caller", caller),
                attribute("amount", amount),
                attribute("denom", denom),
            ],
            Self::CeilingRaised {
                session,
                caller,
                ceiling,
            } => vec![
                attribute("session", session),
                attribute("caller", caller),
                attribute("ceiling", ceiling),
            ],
            Self::Withdrawn {
                account,
                recipient,
                amount,
                denom,
            } => vec![
                attribute("account", account),
                attribute("recipient", recipient),
                attribute("amount", amount),
                attribute("denom", denom),
            ],
            Self::AutoPayoutSet { account, denom, on } => vec![
                attribute("account", account),
                attribute("denom", denom),
                attribute("on", on),
            ],
            Self::Payout {
                account,
                amount,
                denom,
            } => vec![
                attribute("account", account),
                attribute("amount", amount),
                attribute("denom", denom),
            ],
            Self::PayoutSkipped {
                account,
                denom,
                reason,
            } => vec![
                attribute("account", foreign(account)),
                attribute("denom", denom),
                attribute("reason", skip_reason(*reason)),
            ],
            Self::PayoutFailed {
                account,
                amount,
                denom,
                error,
            } => vec![
                attribute("account", account),
                attribute("amount", amount),
                attribute("denom", denom),
                attribute("error", foreign(error)),
            ],
        }
    }
}

impl From<Event<'_>> for cosmwasm_std::Event {
    fn from(event: Event<'_>) -> Self {
        Self::new(event.name()).add_attributes(event.attributes())
    }
}

fn attribute(key: &str, value: impl ToString) -> Attribute {
    Attribute::new(key, value.to_string())
}

fn skip_reason(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::NotAnAddress => "not_an_address",
        SkipReason::NotOptedIn => "not_opted_in",
        SkipReason::Empty => "empty",
        SkipReason::Repeated => "repeated",
    }
}

/// A text that somebody else chose, fit for an attribute: short and in one line. Some chains refuse the whole transaction
/// over a blank value, so one blank name in a payout would stop everybody's.
fn foreign(text: &str) -> String {
    let mut shown = String::new();
    for char in text.trim().chars() {
        if shown.len().saturating_add(char.len_utf8()) > MAX_FOREIGN_TEXT {
            break;
        }
        shown.push(if is_unseen(char) { ' ' } else { char });
    }
    if shown.trim().is_empty() {
        return "?".to_owned();
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_texts_are_never_blank_and_end_between_characters() {
        for blank in ["", " \t\n", "\0", " \0 \0 ", "\u{200b}\u{3164}"] {
            assert_eq!(foreign(blank), "?");
        }
        assert_eq!(foreign(" hub1x\n"), "hub1x");
        assert_eq!(foreign("a\nb\u{1b}[2J"), "a b [2J");
        assert_eq!(foreign("a\u{202e}b\u{2028}c"), "a b c");
        assert_eq!(foreign(&"a".repeat(129)), "a".repeat(128));
        // 43 characters of three bytes would be 129.
        assert_eq!(foreign(&"€".repeat(43)), "€".repeat(42));
    }
}
