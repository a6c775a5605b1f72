//! Chance: people who sell, buy, serve and fake.

use super::market::{
    owner, Account, Market, Person, Sale, Shares, Step, ACCOUNTS, CUSTOMER, FAKER, HONEST,
    OPERATORS, PATRON, SELF_DEALER, SELF_DEALERS_OPERATOR, STRANGER,
};
use crate::rng::Rng;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// What happens next.
pub fn draw(rng: &mut Rng, market: &Market) -> Step {
    if market.models() < 2 {
        return register(rng);
    }
    if market.sessions() < 2 {
        return prepay(rng);
    }
    let what: fn(&mut Rng, &Market) -> Step = rng.weighted(&[
        (6, (|rng, _| register(rng)) as fn(&mut Rng, &Market) -> Step),
        (12, |rng, _| prepay(rng)),
        (60, settle),
        (8, reprice),
        (3, transfer),
        (9, |rng, _| wait(rng)),
    ]);
    what(rng, market)
}

fn anybody(rng: &mut Rng) -> Account {
    rng.index(ACCOUNTS)
}

/// An account of a person.
fn account_of(rng: &mut Rng, person: Person) -> Account {
    let own: Vec<Account> = (0..ACCOUNTS)
        .filter(|account| owner(*account) == person)
        .collect();
    own[rng.index(own.len())]
}

fn price(rng: &mut Rng) -> u128 {
    match rng.below(4) {
        // Whole rounds of the division, so that each call is divided exactly.
        0 => 10_000 * u128::from(rng.between(1, 9)),
        // Less than a round: a call may fall to one party alone.
        1 => u128::from(rng.between(1, 3_000)),
        _ => rng.size(24),
    }
}

/// Shares of a model of an account's: mostly its own, sometimes of others, operators included.
fn shares(rng: &mut Rng, author: Account) -> Shares {
    let operator_bps = *rng
        .pick(&[0, 1, 100, 500, 1_500, 1_500, 2_000, 5_000, 9_990])
        .unwrap_or(&1_500);
    let mut payees = vec![author];
    if rng.chance(35) {
        payees.push(anybody(rng));
    }
    // So that what it pays itself is for a model in which its operator has a part.
    if owner(author) == SELF_DEALER && rng.chance(80) {
        payees.push(account_of(rng, SELF_DEALER));
        payees.push(SELF_DEALERS_OPERATOR);
    }
    // At most four, which is as many as terms name.
    payees.sort_unstable();
    payees.dedup();
    if rng.chance(50) {
        payees.reverse();
    }
    Shares {
        operator_bps,
        payees,
    }
}

fn register(rng: &mut Rng) -> Step {
    let person = rng.weighted(&[
        (4, FAKER),
        (4, SELF_DEALER),
        (2, STRANGER),
        (1, PATRON),
        (1, CUSTOMER),
    ]);
    let author = account_of(rng, person);
    Step::Register {
        author,
        money: rng.index(2),
        price: price(rng),
        shares: shares(rng, author),
    }
}

fn reprice(rng: &mut Rng, market: &Market) -> Step {
    let model = rng.index(market.models());
    let author = market.author(model);
    Step::Reprice {
        model,
        price: price(rng),
        shares: shares(rng, author),
    }
}

fn transfer(rng: &mut Rng, market: &Market) -> Step {
    let (model, to) = (rng.index(market.models()), anybody(rng));
    Step::Transfer {
        model,
        to,
        payees: shares(rng, to).payees,
    }
}

fn prepay(rng: &mut Rng) -> Step {
    let payer = rng.weighted(&[
        (5, FAKER),
        (5, SELF_DEALER),
        (3, STRANGER),
        (3, PATRON),
        (2, CUSTOMER),
        (1, HONEST),
    ]);
    let funder = account_of(rng, payer);
    let caller = match rng.below(10) {
        0..=5 => funder,
        6..=7 => account_of(rng, payer),
        _ => anybody(rng),
    };
    // Those who have an operator use it, each in its way.
    let own = (0..OPERATORS).find(|operator| owner(*operator) == payer);
    let often = match payer {
        SELF_DEALER => 70,
        FAKER => 8,
        _ => 50,
    };
    let operator = match own {
        Some(own) if rng.chance(often) => own,
        _ => rng.index(OPERATORS),
    };
    Step::Prepay {
        funder,
        caller,
        operator,
        money: rng.index(2),
        budget: 1 << 60,
    }
}

fn settle(rng: &mut Rng, market: &Market) -> Step {
    let session = rng.index(market.sessions());
    let (payer, operator) = market.payer(session);
    // Whoever deals with itself in secret does so for its own models, where it is no secret.
    let at_home = match owner(operator) == payer {
        true => 97,
        false => 60,
    };
    let money = market.money_of(session);
    let own: Vec<usize> = (0..market.models())
        .filter(|model| market.family(*model) == payer && market.sold_in(*model) == money)
        .collect();
    let first = match rng.pick(&own) {
        Some(own) if rng.chance(at_home) => *own,
        _ => rng.index(market.models()),
    };
    let mut sales = vec![];
    for place in 0..rng.weighted(&[(6, 1), (2, 2), (1, 3)]) {
        sales.push(Sale {
            model: if place == 0 || rng.chance(50) {
                first
            } else {
                rng.index(market.models())
            },
            calls: rng.between(1, 5),
            age: if rng.chance(70) {
                0
            } else {
                rng.between(1, 20 * HOUR)
            },
        });
    }
    Step::Settle {
        session,
        with_others: rng.chance(30),
        sales,
        netted: rng.chance(40),
    }
}

fn wait(rng: &mut Rng) -> Step {
    let seconds = rng.weighted(&[(5, HOUR), (4, DAY), (2, 7 * DAY), (1, 30 * DAY)]);
    Step::Wait { seconds }
}
