//! Account number and sequence, of whatever kind the account is.

use cosmrs::proto::cosmos::auth::v1beta1::{BaseAccount, ModuleAccount, QueryAccountResponse};
use cosmrs::proto::cosmos::vesting::v1beta1::{
    BaseVestingAccount, ContinuousVestingAccount, DelayedVestingAccount, PeriodicVestingAccount,
    PermanentLockedAccount,
};
use cosmrs::proto::prost::Message;

/// What a signature needs to know of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub number: u64,
    pub sequence: u64,
}

/// The numbers in an answer about an account; none if it is of a kind that is not known here.
pub(crate) fn account_in(answer: &[u8]) -> Option<Account> {
    let any = QueryAccountResponse::decode(answer).ok()?.account?;
    let value = any.value.as_slice();
    let vesting = |base: Option<BaseVestingAccount>| base?.base_account;
    let base = match any.type_url.as_str() {
        "/cosmos.auth.v1beta1.BaseAccount" => BaseAccount::decode(value).ok(),
        "/cosmos.vesting.v1beta1.BaseVestingAccount" => {
            vesting(BaseVestingAccount::decode(value).ok())
        }
        "/cosmos.vesting.v1beta1.ContinuousVestingAccount" => vesting(
            ContinuousVestingAccount::decode(value)
                .ok()?
                .base_vesting_account,
        ),
        "/cosmos.vesting.v1beta1.DelayedVestingAccount" => vesting(
            DelayedVestingAccount::decode(value)
                .ok()?
                .base_vesting_account,
        ),
        "/cosmos.vesting.v1beta1.PeriodicVestingAccount" => vesting(
            PeriodicVestingAccount::decode(value)
                .ok()?
                .base_vesting_account,
        ),
        "/cosmos.vesting.v1beta1.PermanentLockedAccount" => vesting(
            PermanentLockedAccount::decode(value)
                .ok()?
                .base_vesting_account,
        ),
        // Accounts of a chain's own, such as those of Ethermint, begin with a base account as module accounts do.
        _ => ModuleAccount::decode(value).ok()?.base_account,
    }?;
    Some(Account {
        number: base.account_number,
        sequence: base.sequence,
    })
}
