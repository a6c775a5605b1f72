use hub_testing::{rates, Money};
use hub_types::escrow::{ModelRef, Models, NewSession};
use hub_types::ids::SessionId;

use crate::market::{label, Market, Session};
use crate::screen::{price, Screen};

const DOLLAR: u128 = 1_000_000;
/// No caller without a list of models pays more than this for a million tokens.
const LIMIT: u128 = 20 * DOLLAR;

struct Plan {
    payer: &'static str,
    caller: &'static str,
    operator: &'static str,
    in_token: bool,
    dollars: u128,
    /// Places of the models listed; none for any model of that money below the limit.
    listed: &'static [usize],
}

const PLANS: [Plan; 7] = [
    plan(("alice", "alice"), "north", false, 500, &[]),
    plan(("alice", "alice"), "south", false, 400, &[0, 1, 2]),
    plan(("bob", "bob"), "west", false, 600, &[2, 3, 7]),
    plan(("studio", "intern"), "north", false, 250, &[0, 3]),
    plan(("trader", "trader"), "south", true, 100, &[]),
    plan(("trader", "trader"), "north", true, 60, &[4, 5]),
    plan(("bot", "bot"), "west", true, 30, &[5, 6]),
];

const fn plan(
    (payer, caller): (&'static str, &'static str),
    operator: &'static str,
    in_token: bool,
    dollars: u128,
    listed: &'static [usize],
) -> Plan {
    Plan {
        payer,
        caller,
        operator,
        in_token,
        dollars,
        listed,
    }
}

/// Callers deposit and open a session in the same message.
pub fn prepay(market: &mut Market, screen: &mut Screen) -> anyhow::Result<()> {
    screen.section("Callers prepay")?;
    screen.say(
        "A caller puts money aside in a session: for one operator that it trusts to count honestly, up to a budget, \
         until a day. What it may be spent on is the caller's to say, and what is left comes back. The studio pays for \
         its intern. Depositing and opening the session is one message, for a native coin and a cw20 token alike.",
    )?;
    let mut rows = vec![];
    for plan in PLANS {
        let [native, token] = market.hub.moneys();
        let money = if plan.in_token { token } else { native };
        let budget = plan.dollars * DOLLAR;
        market.give(plan.payer, &money, budget);
        let session = new_session(market, &plan, budget);
        let id = market.open_session(plan.payer, plan.caller, &money, session)?;
        rows.push([
            id.to_string(),
            plan.caller.to_owned(),
            plan.payer.to_owned(),
            plan.operator.to_owned(),
            price(budget),
            label(&money).to_owned(),
            allowed(&plan),
        ]);
        let listings = called(market, &plan, &money);
        market.sessions.push(Session {
            id: SessionId(id),
            operator: plan.operator,
            listings,
        });
    }
    let header = [
        "session",
        "caller",
        "paid by",
        "operator",
        "budget $",
        "coin",
        "for models",
    ];
    screen.table(header, &[0, 4], rows)?;
    Ok(())
}

fn new_session(market: &Market, plan: &Plan, budget: u128) -> NewSession {
    let operator = market.account(plan.operator);
    let mut session = market.hub.new_session(&operator, budget);
    if plan.listed.is_empty() {
        session.max_price = Some(rates(0, LIMIT, LIMIT));
    } else {
        let model = |place: &usize| ModelRef {
            model: market.listings[*place].model,
            release: None,
        };
        session.models = Models::Listed(plan.listed.iter().map(model).collect());
        session.max_price = None;
    }
    session
}

/// Places of what the caller is going to call.
fn called(market: &Market, plan: &Plan, money: &Money) -> Vec<usize> {
    if !plan.listed.is_empty() {
        return plan.listed.to_vec();
    }
    let listings = market.listings.iter().enumerate();
    let of_money = listings.filter(|(_, listing)| listing.money == *money);
    of_money.map(|(place, _)| place).collect()
}

fn allowed(plan: &Plan) -> String {
    if plan.listed.is_empty() {
        return format!("any up to ${}", LIMIT / DOLLAR);
    }
    let ids: Vec<String> = plan
        .listed
        .iter()
        .map(|place| (place + 1).to_string())
        .collect();
    ids.join(", ")
}
