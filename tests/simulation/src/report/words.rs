//! What the report says in words: numbers come from the run, and no sentence says more than holds for any run.

use super::tables::{self, Table};
use super::text::{count, dollars, percent};
use crate::judge::{rank_correlation, verdict, Rule};
use crate::outcome::Outcome;

/// A table with what to know before reading it.
pub struct Section {
    pub title: &'static str,
    pub before: Vec<String>,
    pub table: Table,
    /// Whether its rows bear the numbers that the last plot names.
    pub numbered: bool,
}

pub fn opening(outcome: &Outcome) -> Vec<String> {
    let scenario = &outcome.scenario;
    let sums = &outcome.glance.lifetime.sums;
    let (calls, income) = outcome.days.iter().fold((0, 0), |(calls, income), day| {
        (calls + day.true_calls, income + day.true_income)
    });
    let earns = verdict(outcome, Rule::Earns);
    let sum = dollars(scenario.judge.earns_from as f64 / 1e6);
    vec![
        format!(
            "Over {} days independent people made **{}** calls of a hub of **{}** models and paid **${}**. Rings that fake took \
             part by messages that anybody can send. The chain counted {} paid and {} free calls, ${} gross, ${} related, ${} aged.",
            scenario.days,
            count(calls as f64),
            count(outcome.glance.lifetime.models_registered as f64),
            dollars(income as f64 / 1e6),
            count(sums.calls as f64),
            count(sums.free_calls as f64),
            dollars(sums.gross.u128() as f64 / 1e6),
            dollars(sums.related.u128() as f64 / 1e6),
            dollars(sums.aged.u128() as f64 / 1e6),
        ),
        format!(
            "{} models really earn: independent people paid them ${sum} or more. Told by the chain alone, by the last rule below, \
             {} models do: precision **{}**, recall **{}**. The rank correlation of aged income and truth, over models that have \
             both, is {:.3}.",
            earns.earning,
            earns.accepted,
            percent(earns.precision()),
            percent(earns.recall()),
            rank_correlation(outcome)
        ),
    ]
}

pub fn sections(outcome: &Outcome) -> Vec<Section> {
    let costs = &outcome.scenario.costs;
    vec![
        Section {
            title: "The verdict: what faking cost",
            before: vec![format!(
                "Each row is one ring of its kind, all its transactions from the registration of its operator and models on. \
                 Gas at {} millionths of a dollar, locked money at {} % a year. **Locked** is the most of its own money that lay in \
                 the escrow over time; **for days**, how long that sum would have lain in all. **Kept by others** is what the ring \
                 no longer has in the end. Everything else came back to it: a ring that pays itself gets all of it back, so \
                 that gas, time and the share of others are all that faking can ever cost. Nor is the money at risk: a \
                 ring trusts its own operator alone and can have it back within minutes. A coin that earns interest while \
                 it lies takes the interest out of the cost.",
                costs.gas_price, costs.interest
            )],
            table: tables::costs(outcome),
            numbered: true,
        },
        Section {
            title: "The verdict: how far it moved each number",
            before: vec![
                "For one ring, beginning at nothing; the smear is told by the other author's model. **Best place** is the best in \
                 the ranking that any model of its kind took; **with aged income** and **taken for earning** (by the last \
                 rule below) count the models of all its rings; payers are counted for each model."
                    .to_owned(),
            ],
            table: tables::moved(outcome),
            numbered: true,
        },
        Section {
            title: "Telling models that really earn",
            before: vec![
                "Precision: of the models that a rule accepts, the part that really earns. Recall: of the models that really earn, \
                 the part that it accepts. Both hang on how many fakes were planted: the costs above say what one more would \
                 cost."
                    .to_owned(),
            ],
            table: tables::rules(outcome),
            numbered: false,
        },
        Section {
            title: "Whom to believe",
            before: vec![
                "Receipts are as good as the operator whose key signed them, and readers choose whom they believe. Rings with \
                 an operator of their own drop out with it; what is left of them has to pay an operator that really runs the \
                 model."
                    .to_owned(),
            ],
            table: tables::operators(outcome),
            numbered: false,
        },
        Section {
            title: "What the believed back",
            before: vec![
                "For the operators that a reader believes: the smaller of what each served for strangers and a factor times what it \
                 kept. A model is accepted where they back as much as counts as earning. **Recently** is the same of payments \
                 that count half after four weeks, against what people paid counted alike. Coverage is their part of what \
                 strangers paid for models that belong to no ring; a reader, who cannot tell, sees less."
                    .to_owned(),
                "**Most a ring shows for $1 that it left** is of the kind of ring that does best; by the bound of the rule it is at \
                 most the factor. It leaves out rings that have a friend among the operators: what a friend backs costs \
                 gas and interest, since it gives everything back. Believed no more, it backs nothing, for the past as well: compare \
                 the rows with the friend and without."
                    .to_owned(),
            ],
            table: tables::backed(outcome),
            numbered: false,
        },
        Section {
            title: "Who is at the top",
            before: vec![
                "Of the first models in an order, the part that is among as many first by what independent people really paid. \
                 The believed are the operators of the market that are no friends of rings. \
                 Whoever locks as much money as the market pays takes the first places: a rank by money is for sale at the \
                 price of locking it."
                    .to_owned(),
            ],
            table: tables::orders(outcome),
            numbered: false,
        },
        Section {
            title: "The price to stand first",
            before: vec![
                "What the first model of the market shows of a number, and what it would have cost to show as much in the way that \
                 moved the number for least here. No way is cheaper by *backed* than its part by the factor, which is 5 here, as long as no \
                 operator among the believed is a friend."
                    .to_owned(),
            ],
            table: tables::fronts(outcome),
            numbered: false,
        },
    ]
}

pub fn method(outcome: &Outcome) -> Vec<String> {
    let chain = &outcome.chain;
    vec![
        format!(
            "The three contracts run on an embedded chain; everything happens by messages to them, everything not called truth was \
             asked from them by queries. Their invariants were recomputed from raw storage after each of {} days and held.",
            chain.days_checked
        ),
        format!(
            "Gas rests on `tests/gas/snapshot.json`, measured in wasmd's own application: `Settle` {}, bank transfer {}, a receipt of a batch \
             of a thousand {}. A ring's transactions are charged by their storage operations, bytes and contracts, with fixed parts \
             taken from the first two figures; by the same estimate the third is {} ({}).",
            count(chain.settle_gas),
            count(chain.bank_send_gas),
            count(chain.w1k_gas),
            count(chain.w1k_estimated),
            percent((chain.w1k_estimated - chain.w1k_gas) / chain.w1k_gas),
        ),
        "Patient rings deposit five minutes before midnight and charge five minutes after the second midnight: the shortest time \
         for which money ages."
            .to_owned(),
        "Accounts of a ring get their money by plain bank transfers from its author and share nothing else with it. \"Dust\" accounts \
         pay ten minutes apart, in the last minutes of a week and the first of the next."
            .to_owned(),
        "A copy of the market does in the evening what honest callers did on the day: each model, account, session and payment once \
         more, with an operator of its own. What is left in its sessions stays there, so that its interest is rather too high."
            .to_owned(),
        "An adaptive ring plays every way that it knows once with a twentieth of its money, and reads from the chain what each moved. \
         It goes on with what moved most for gas, interest and money that others got. The ways are: its own operator, or the market's \
         for shares from 0 to 90 %, by one account or ten; or its own money in another's name."
            .to_owned(),
        "Loans are taken and repaid within one transaction with one signature, by contracts that act for the ring. The lender takes \
         no fee."
            .to_owned(),
        format!(
            "The same scenario (`tests/simulation/scenarios/{}.toml`, seed {}) writes the same bytes: `make simulate HUB_SCENARIO={0}`.",
            outcome.scenario.name, outcome.scenario.seed
        ),
    ]
}
