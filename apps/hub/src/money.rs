//! What an account has, and getting it out.

use std::process::ExitCode;

use clap::Args;
use cosmwasm_std::Uint128;
use hub_chain::Query;
use hub_types::denom::{Denom, UncheckedDenom};
use hub_types::escrow::{BalancesResponse, DenomsResponse, ExecuteMsg, PayoutResponse, QueryMsg};
use serde::Deserialize;
use serde_json::{json, Value};

use crate::chain::{denom, denom_text, money, transaction, Market, Money, OnChain, Signer};
use crate::failure::{Failure, USAGE};
use crate::output::Output;
use crate::Outcome;

/// What an account has: in its wallet, and in the escrow.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hub balance")]
pub struct Balance {
    /// Whose. Default: the account that signs.
    address: Option<String>,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,
}

/// Send money from the escrow to a wallet.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  hub withdraw 25000untrn
  hub withdraw --all untrn")]
pub struct Withdraw {
    /// How much, such as 25000untrn.
    #[arg(value_parser = money, required_unless_present = "all")]
    amount: Option<Money>,

    /// Everything that is available in this denomination.
    #[arg(long, value_name = "DENOM", value_parser = denom, conflicts_with = "amount")]
    all: Option<UncheckedDenom>,

    /// Where to. Default: the account that signs.
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,
}

/// Pay accounts what they earned, each to its own address.
///
/// Anybody may do it for accounts that allow it: --allow lets others do so for the one that signs, --forbid ends that.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  hub payout untrn --allow
  hub payout untrn neutron1… neutron1…")]
pub struct Payout {
    /// Denomination.
    #[arg(value_parser = denom)]
    denom: UncheckedDenom,

    /// Whom to pay. Default: the account that signs.
    accounts: Vec<String>,

    /// Let anybody trigger payouts of the account that signs.
    #[arg(long, conflicts_with_all = ["accounts", "forbid"])]
    allow: bool,

    /// Let nobody trigger them.
    #[arg(long, conflicts_with = "accounts")]
    forbid: bool,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,
}

impl Balance {
    pub fn run(self, output: &Output) -> Outcome {
        let market = self.chain.market()?;
        let address = match self.address {
            Some(address) => address,
            None => self.signer.wallet(&market.profile)?.address().to_owned(),
        };
        let wallet = in_wallet(&market, &address)?;
        let mut balances = vec![];
        loop {
            let question = QueryMsg::Balances {
                address: address.clone(),
                start_after: balances
                    .last()
                    .and_then(|last: &hub_types::escrow::BalanceResponse| last.denom_number),
                limit: Some(100),
            };
            let page: BalancesResponse = market.escrow(&question)?;
            let is_last = page.balances.len() < 100;
            balances.extend(page.balances);
            if is_last {
                break;
            }
        }
        let mut text = format!("{address}\n");
        for (denom, amount) in &wallet {
            text += &format!("  wallet  {amount}{denom}\n");
        }
        for balance in &balances {
            let auto = if balance.auto_payout {
                ", paid out on anybody's word"
            } else {
                ""
            };
            text += &format!(
                "  escrow  {}{} available, {} earned{auto}\n",
                balance.available, balance.denom, balance.earned
            );
        }
        let wallet: Vec<Value> = wallet
            .iter()
            .map(|(denom, amount)| json!({ "denom": denom, "amount": amount.to_string() }))
            .collect();
        output.result(
            &text,
            &json!({ "address": address, "wallet": wallet, "escrow": balances }),
        );
        Ok(ExitCode::SUCCESS)
    }
}

/// What a cw20 token answers.
#[derive(Deserialize)]
struct TokenBalance {
    balance: Uint128,
}

/// What an address holds outside of the escrow: of the coin that fees are paid in, and of every denomination that the escrow takes.
fn in_wallet(market: &Market, address: &str) -> Result<Vec<(String, u128)>, Failure> {
    let fee_denom = market.hub.chain().settings().fee_denom.clone();
    let known: DenomsResponse = market.escrow(&QueryMsg::Denoms {
        start_after: None,
        limit: Some(100),
    })?;
    let mut names = vec![fee_denom.clone()];
    let mut questions = vec![Query::balance(address, &fee_denom)];
    for denom in known.denoms.into_iter().map(|known| known.denom) {
        match &denom {
            Denom::Native(name) if *name == fee_denom => continue,
            Denom::Native(name) => questions.push(Query::balance(address, name)),
            Denom::Cw20(token) => {
                let question = json!({ "balance": { "address": address } });
                questions.push(Query::smart(token.as_str(), &question).map_err(Failure::from)?);
            }
        }
        names.push(denom.to_string());
    }
    let reading = market.wait(market.hub.chain().read(&questions, None))?;
    // A token that does not answer has nothing to show; a coin of the chain always has.
    let amounts = reading.answers.iter().map(|answer| {
        let answer = answer.as_ref().ok()?;
        let token = serde_json::from_slice::<TokenBalance>(answer).ok();
        let coin = || std::str::from_utf8(answer).ok()?.parse().ok();
        token.map(|token| token.balance.u128()).or_else(coin)
    });
    let shown = names.into_iter().zip(amounts);
    Ok(shown
        .filter_map(|(name, amount)| Some((name, amount?)))
        .filter(|(name, amount)| *amount > 0 || *name == fee_denom)
        .collect())
}

impl Withdraw {
    pub fn run(self, output: &Output) -> Outcome {
        let market = self.chain.market()?;
        let wallet = self.signer.wallet(&market.profile)?;
        let (denom, amount) = match (self.amount, self.all) {
            (Some(money), _) => (money.denom, Some(money.amount)),
            (None, Some(denom)) => (denom, None),
            (None, None) => {
                return Err(Failure::new(
                    USAGE,
                    "nothing is named to withdraw",
                    "give an amount, such as 25000untrn",
                ))
            }
        };
        let what = amount.map_or_else(|| "everything in ".to_owned(), |amount| amount.to_string())
            + &denom_text(&denom);
        let to = self
            .to
            .clone()
            .unwrap_or_else(|| wallet.address().to_owned());
        let message = ExecuteMsg::Withdraw {
            denom,
            amount,
            recipient: self.to,
        };
        let done = market.tell(
            &wallet,
            &format!("withdraw {what} to {to}"),
            &[market.hub.tell_escrow(&message, vec![])?],
        )?;
        output.result(
            &format!("{what} went to {to}, block {}", done.height),
            &json!({ "withdrawn": what, "to": to, "transaction": transaction(&done) }),
        );
        Ok(ExitCode::SUCCESS)
    }
}

impl Payout {
    pub fn run(self, output: &Output) -> Outcome {
        let market = self.chain.market()?;
        let wallet = self.signer.wallet(&market.profile)?;
        let denom = denom_text(&self.denom);
        if self.allow || self.forbid {
            let message = ExecuteMsg::SetAutoPayout {
                denom: self.denom,
                on: self.allow,
            };
            let intent = format!(
                "{} payouts in {denom}",
                if self.allow { "allow" } else { "forbid" }
            );
            let done = market.tell(
                &wallet,
                &intent,
                &[market.hub.tell_escrow(&message, vec![])?],
            )?;
            let who = if self.allow { "anybody" } else { "nobody" };
            output.result(
                &format!("{who} may trigger payouts of {} in {denom}", wallet.address()),
                &json!({ "account": wallet.address(), "denom": denom, "allowed": self.allow, "transaction": transaction(&done) }),
            );
            return Ok(ExitCode::SUCCESS);
        }
        let accounts = match self.accounts.is_empty() {
            true => vec![wallet.address().to_owned()],
            false => self.accounts,
        };
        let intent = format!("pay out {denom} to {}", accounts.join(", "));
        let message = ExecuteMsg::Payout {
            accounts,
            denom: self.denom,
        };
        let done = market.tell(
            &wallet,
            &intent,
            &[market.hub.tell_escrow(&message, vec![])?],
        )?;
        let answer: PayoutResponse = done.answer(0)?;
        let mut text = String::new();
        for sent in &answer.sent {
            text += &format!("{}  {}{denom}\n", sent.account, sent.amount);
        }
        for skipped in &answer.skipped {
            use hub_types::escrow::SkipReason;
            let why = match skipped.reason {
                SkipReason::NotAnAddress => "is no address of this chain",
                SkipReason::NotOptedIn => {
                    "does not allow payouts: its owner can, with hub payout --allow"
                }
                SkipReason::Empty => "has nothing available",
                SkipReason::Repeated => "stands earlier in the list",
            };
            text += &format!("{}  skipped: {why}\n", skipped.account);
        }
        output.result(&text, &json!({ "denom": denom, "sent": answer.sent, "skipped": answer.skipped, "transaction": transaction(&done) }));
        Ok(ExitCode::SUCCESS)
    }
}
