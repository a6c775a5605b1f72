use hub_testing::{Ledger, Money};
use hub_types::billing::{AttesterResponse, KeyType, QueryMsg, UsageResponse};
use hub_types::escrow::{self, SolvencyResponse};

use crate::market::{earners, label, Market, AUTHORS, OPERATORS};
use crate::screen::{dollars, grouped, Screen};

/// Shows what became of the money, and says whether every coin is accounted for.
pub fn show(market: &Market, screen: &mut Screen) -> anyhow::Result<bool> {
    screen.section("Who paid")?;
    who_paid(market, screen)?;
    screen.section("Who earned")?;
    who_earned(market, screen)?;
    screen.section("What each model did")?;
    models(market, screen)?;
    screen.section("Who served")?;
    operators(market, screen)?;
    screen.section("Where every coin is")?;
    coins(market, screen)
}

fn who_paid(market: &Market, screen: &mut Screen) -> anyhow::Result<()> {
    let mut rows = vec![];
    for id in market.hub.state().sessions.into_keys() {
        let session = market.session(id.0)?;
        rows.push([
            id.to_string(),
            market.hub.name_of(&session.caller),
            market.hub.name_of(&session.funder),
            label(&session.denom.into()).to_owned(),
            dollars(session.budget.u128()),
            dollars(session.spent.u128()),
            dollars(session.left.u128()),
            format!("{:?}", session.state).to_lowercase(),
        ]);
    }
    let header = [
        "session", "caller", "funder", "coin", "budget $", "spent $", "left $", "state",
    ];
    Ok(screen.table(header, &[0, 4, 5, 6], rows)?)
}

fn who_earned(market: &Market, screen: &mut Screen) -> anyhow::Result<()> {
    screen.say(
        "Wallets hold what was paid out; what is available lies in the escrow and can be withdrawn at any time. emil \
         spent a part of his.",
    )?;
    let mut rows = vec![];
    for name in earners() {
        let role = if AUTHORS.contains(&name) {
            "author"
        } else if OPERATORS.contains(&name) {
            "operator"
        } else {
            "payee"
        };
        for money in market.hub.moneys() {
            let balance = market.balance(name, &money)?;
            if balance.earned.is_zero() {
                continue;
            }
            let wallet = market.hub.wallet(&market.account(name), &money);
            rows.push([
                name.to_owned(),
                role.to_owned(),
                label(&money).to_owned(),
                dollars(balance.earned.u128()),
                dollars(wallet),
                dollars(balance.available.u128()),
            ]);
        }
    }
    let header = [
        "account",
        "as",
        "coin",
        "earned $",
        "in the wallet $",
        "available $",
    ];
    Ok(screen.table(header, &[3, 4, 5], rows)?)
}

fn models(market: &Market, screen: &mut Screen) -> anyhow::Result<()> {
    screen.say("Calls are receipts paid; tokens, in millions, are what the attesters counted.")?;
    let mut rows = vec![];
    for listing in &market.listings {
        let usage: UsageResponse = market.hub.query_billing(QueryMsg::Usage {
            model: listing.model,
            denom: listing.money.unchecked(),
        })?;
        rows.push([
            usage.model.to_string(),
            listing.entry.name.clone(),
            grouped(usage.sums.calls + usage.sums.free_calls),
            millions(usage.sums.units_in.u128()),
            millions(usage.sums.units_out.u128()),
            label(&listing.money).to_owned(),
            dollars(usage.sums.gross.u128()),
        ]);
    }
    let header = [
        "id", "model", "calls", "in (M)", "out (M)", "coin", "gross $",
    ];
    Ok(screen.table(header, &[0, 2, 3, 4, 6], rows)?)
}

/// Tokens in millions.
fn millions(units: u128) -> String {
    format!("{:.2}", units as f64 / 1e6)
}

fn operators(market: &Market, screen: &mut Screen) -> anyhow::Result<()> {
    let mut rows = vec![];
    for attester in &market.attesters {
        let shown: AttesterResponse = market.hub.query_billing(QueryMsg::Attester {
            attester: attester.id,
        })?;
        let paid = market.paid.get(&attester.id).copied().unwrap_or_default();
        rows.push([
            market.hub.name_of(&shown.operator),
            attester.id.to_string(),
            match shown.key_type {
                KeyType::Secp256k1 => "secp256k1".to_owned(),
                KeyType::Ed25519 => "ed25519".to_owned(),
            },
            grouped(shown.batches),
            grouped(paid),
        ]);
    }
    let header = ["operator", "attester", "key", "batches", "receipts paid"];
    Ok(screen.table(header, &[1, 3, 4], rows)?)
}

/// What there is of one money, from every side.
struct Position {
    minted: u128,
    wallets: u128,
    held: u128,
    owed: u128,
    available: u128,
    reserved: u128,
    spent: u128,
    earned: u128,
    gross: u128,
}

impl Position {
    fn of(market: &Market, money: &Money, ledger: &Ledger) -> anyhow::Result<Self> {
        let solvency: SolvencyResponse = market.hub.query_escrow(escrow::QueryMsg::Solvency {
            denom: money.unchecked(),
        })?;
        let name = market.hub.money_name(money);
        let sum = |what: &str| {
            let end = format!(" {what} {name}");
            let entries = ledger.entries().filter(|(entry, _)| entry.ends_with(&end));
            entries.map(|(_, amount)| amount).sum()
        };
        let mut gross = 0;
        for listing in market
            .listings
            .iter()
            .filter(|listing| listing.money == *money)
        {
            let usage: UsageResponse = market.hub.query_billing(QueryMsg::Usage {
                model: listing.model,
                denom: money.unchecked(),
            })?;
            gross += usage.sums.gross.u128();
        }
        let (mut spent, mut reserved) = (0, 0);
        for id in market.hub.state().sessions.into_keys() {
            let session = market.session(id.0)?;
            if session.denom == money.checked() {
                spent += session.spent.u128();
                reserved += session.left.u128();
            }
        }
        Ok(Self {
            minted: market.minted.get(money).copied().unwrap_or_default(),
            wallets: sum("wallet"),
            held: solvency.held.u128(),
            owed: solvency.owed.u128(),
            available: sum("available"),
            reserved,
            spent,
            earned: sum("earned"),
            gross,
        })
    }
}

fn coins(market: &Market, screen: &mut Screen) -> anyhow::Result<bool> {
    let ledger = market.hub.ledger();
    let mut rows = vec![];
    let mut checks = vec![];
    for money in market.hub.moneys() {
        let at = Position::of(market, &money, &ledger)?;
        rows.push([
            label(&money).to_owned(),
            dollars(at.minted),
            dollars(at.wallets),
            dollars(at.held),
            dollars(at.available),
            dollars(at.reserved),
        ]);
        let label = label(&money);
        checks.extend([
            (
                at.minted == market.hub.supply(&money),
                format!("{label}: the chain knows of no coins but those handed out"),
            ),
            (
                at.minted == at.wallets + at.held,
                format!("{label}: every coin is in a wallet or held by the escrow"),
            ),
            (
                at.held == at.owed && at.owed == at.available + at.reserved,
                format!("{label}: the escrow holds what it owes, available and reserved"),
            ),
            (
                at.spent == at.earned && at.spent == at.gross,
                format!(
                    "{label}: ${} spent by sessions = earned = charged by models",
                    dollars(at.spent)
                ),
            ),
        ]);
    }
    let header = [
        "coin",
        "handed out $",
        "wallets $",
        "in escrow $",
        "= available $",
        "+ reserved $",
    ];
    screen.table(header, &[1, 2, 3, 4, 5], rows)?;
    let violations = market.hub.check_invariants();
    let text = match violations.as_slice() {
        [] => "a recount of the contracts' raw storage agrees".to_owned(),
        some => some.join("; "),
    };
    checks.push((violations.is_empty(), text));
    for (holds, text) in &checks {
        screen.check(*holds, text)?;
    }
    Ok(checks.iter().all(|(holds, _)| *holds))
}
