use cosmwasm_std::{coins, to_json_binary, Addr, Coin, Empty, Uint128};
use cw20::{
    BalanceResponse, Cw20Coin, Cw20ExecuteMsg, Cw20QueryMsg, MinterResponse, TokenInfoResponse,
};
use cw_multi_test::{AppResponse, BankSudo, Contract, ContractWrapper, Executor, SudoMsg};
use hub_types::denom::{Denom, UncheckedDenom};
use hub_types::escrow::{Cw20HookMsg, ExecuteMsg, NewSession};

use crate::hub::{typed, Chain, Hub};
use crate::EscrowError;

/// The native coin of the harness: a dollar in millionths.
pub const NATIVE: &str = "uusdc";

/// Name of the cw20 token that every Hub has: a dollar in millionths.
pub const TOKEN: &str = "usdx";

/// What a test pays with, so that one suite runs over native coins and cw20 tokens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Money {
    /// A native coin.
    Native(String),
    /// A cw20 token.
    Cw20(Addr),
}

impl Money {
    /// As messages name it.
    pub fn unchecked(&self) -> UncheckedDenom {
        self.checked().into()
    }

    /// As state and answers name it.
    pub fn checked(&self) -> Denom {
        match self {
            Self::Native(denom) => Denom::Native(denom.clone()),
            Self::Cw20(token) => Denom::Cw20(token.clone()),
        }
    }
}

impl From<Denom> for Money {
    fn from(denom: Denom) -> Self {
        match denom {
            Denom::Native(denom) => Self::Native(denom),
            Denom::Cw20(token) => Self::Cw20(token),
        }
    }
}

impl Hub {
    /// The native coin [`NATIVE`].
    pub fn money_native(&self) -> Money {
        Money::Native(NATIVE.to_owned())
    }

    /// The cw20 token [`TOKEN`].
    pub fn money_cw20(&self) -> Money {
        Money::Cw20(self.token.clone())
    }

    /// Both, to run one test over each.
    pub fn moneys(&self) -> [Money; 2] {
        [self.money_native(), self.money_cw20()]
    }

    /// What money is called in the [`crate::Ledger`]: the native denom, or the name under which the token was made.
    pub fn money_name(&self, money: &Money) -> String {
        match money {
            Money::Native(denom) => denom.clone(),
            Money::Cw20(token) => match self.tokens.get(token) {
                Some(name) => name.clone(),
                None => self.name_of(token),
            },
        }
    }

    /// Makes native coins out of nothing.
    pub fn mint(&mut self, to: &Addr, coins: Vec<Coin>) {
        if *to == self.escrow {
            for coin in &coins {
                let donated = self
                    .donated
                    .entry((to.clone(), Money::Native(coin.denom.clone())))
                    .or_default();
                *donated += coin.amount.u128();
            }
        }
        self.app
            .sudo(SudoMsg::Bank(BankSudo::Mint {
                to_address: to.to_string(),
                amount: coins,
            }))
            .unwrap_or_else(|error| panic!("nothing was minted for {to}: {error:?}"));
    }

    /// A further cw20 token, with these balances; [`Hub::give`] makes more of it.
    pub fn token(&mut self, name: &str, balances: &[(&Addr, u128)]) -> Addr {
        let token = instantiate_token(&mut self.app, self.codes.cw20, name, balances);
        self.tokens.insert(token.clone(), name.to_owned());
        token
    }

    /// Makes money out of nothing. Given to the escrow, it is what somebody sent past the contract.
    pub fn give(&mut self, to: &Addr, money: &Money, amount: u128) {
        match money {
            Money::Native(denom) => self.mint(to, coins(amount, denom)),
            Money::Cw20(token) => {
                let mint = Cw20ExecuteMsg::Mint {
                    recipient: to.to_string(),
                    amount: amount.into(),
                };
                let deployer = self.account("deployer");
                self.execute(&deployer, token, &mint, &[])
                    .unwrap_or_else(|error| panic!("nothing was minted for {to}: {error:?}"));
                if *to == self.escrow {
                    let donated = self.donated.entry((to.clone(), money.clone()));
                    *donated.or_default() += amount;
                }
            }
        }
    }

    /// What an address holds itself, outside the escrow.
    pub fn wallet(&self, address: &Addr, money: &Money) -> u128 {
        match money {
            Money::Native(denom) => {
                let balance = self.app.wrap().query_balance(address, denom);
                balance.expect("the bank answers").amount.u128()
            }
            Money::Cw20(token) => {
                let query = Cw20QueryMsg::Balance {
                    address: address.to_string(),
                };
                let balance: BalanceResponse = self
                    .app
                    .wrap()
                    .query_wasm_smart(token, &query)
                    .unwrap_or_else(|error| panic!("{token} does not answer: {error}"));
                balance.balance.u128()
            }
        }
    }

    /// How much of some money there is in all, as the bank or the token says.
    pub fn supply(&self, money: &Money) -> u128 {
        let supply = match money {
            Money::Native(denom) => {
                let supply = self.app.wrap().query_supply(denom);
                supply.map(|coin| coin.amount)
            }
            Money::Cw20(token) => {
                let info = self
                    .app
                    .wrap()
                    .query_wasm_smart(token, &Cw20QueryMsg::TokenInfo {});
                info.map(|info: TokenInfoResponse| info.total_supply)
            }
        };
        supply
            .unwrap_or_else(|error| panic!("the supply is not known: {error}"))
            .u128()
    }

    /// Deposits money that the sender has, as native coins or through the token's hook.
    #[track_caller]
    pub fn deposit(
        &mut self,
        sender: &Addr,
        money: &Money,
        amount: u128,
        beneficiary: Option<&Addr>,
        session: Option<NewSession>,
    ) -> Result<AppResponse, EscrowError> {
        let beneficiary = beneficiary.map(Addr::to_string);
        match money {
            Money::Native(denom) => {
                let msg = ExecuteMsg::Deposit {
                    beneficiary,
                    session,
                };
                self.escrow_with(sender, msg, &coins(amount, denom))
            }
            Money::Cw20(token) => {
                let hook = Cw20HookMsg::Deposit {
                    beneficiary,
                    session,
                };
                let msg = Cw20ExecuteMsg::Send {
                    contract: self.escrow.to_string(),
                    amount: amount.into(),
                    msg: to_json_binary(&hook).expect("a hook is JSON"),
                };
                typed(self.execute(sender, token, &msg, &[]))
            }
        }
    }
}

pub(crate) fn cw20_code() -> Box<dyn Contract<Empty>> {
    use cw20_base::contract::{execute, instantiate, query};
    Box::new(ContractWrapper::new(execute, instantiate, query))
}

pub(crate) fn instantiate_token(
    app: &mut Chain,
    code: u64,
    name: &str,
    balances: &[(&Addr, u128)],
) -> Addr {
    let deployer = app.api().addr_make("deployer");
    let msg = cw20_base::msg::InstantiateMsg {
        name: format!("Token {name}"),
        symbol: name.to_owned(),
        decimals: 6,
        initial_balances: balances
            .iter()
            .map(|(address, amount)| Cw20Coin {
                address: address.to_string(),
                amount: Uint128::new(*amount),
            })
            .collect(),
        mint: Some(MinterResponse {
            minter: deployer.to_string(),
            cap: None,
        }),
        marketing: None,
    };
    app.instantiate_contract(code, deployer, &msg, &[], name, None)
        .unwrap_or_else(|error| panic!("token {name} is not instantiated: {error:?}"))
}
