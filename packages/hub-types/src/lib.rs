#![doc = include_str!("../README.md")]
#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)
)]

pub mod belief;
pub mod billing;
pub mod denom;
pub mod escrow;
pub mod hash;
pub mod helpers;
pub mod nitro_verifier;
pub mod packed;
pub mod page;
pub mod price;
pub mod records;
pub mod registry;
pub mod split;
pub mod text;
pub mod time;
pub mod verifier;

pub use hub_walrus as walrus;
pub use hub_wire as wire;
pub use hub_wire::ids;

#[cfg(test)]
mod tests {
    use cosmwasm_std::from_json;

    use crate::escrow::{Cw20HookMsg, ExecuteMsg};

    /// A field that is read as absent would send a deposit elsewhere than its sender meant.
    #[test]
    fn misspelt_fields_are_errors_wherever_they_stand() {
        from_json::<ExecuteMsg>(br#"{"deposit":{"beneficiary":"x"}}"#).unwrap();
        from_json::<ExecuteMsg>(br#"{"deposit":{"benificiary":"x"}}"#).unwrap_err();
        from_json::<Cw20HookMsg>(br#"{"deposit":{"benificiary":"x"}}"#).unwrap_err();
        let session = r#"{"operator":"x","models":{"any":{}},"budget":"1","expires_at":1"#;
        let open = |rest: &str| {
            let deposit = format!(r#"{{"deposit":{{"session":{session}{rest}}}}}}}"#);
            from_json::<ExecuteMsg>(deposit.as_bytes())
        };
        open("").unwrap();
        open(r#","ceiling":{}"#).unwrap();
        open(r#","cieling":{}"#).unwrap_err();
        open(r#","ceiling":{"kee":null}"#).unwrap_err();
    }
}
