//! The entry points of cw20-base.
pub use cw20_base::contract::{execute, instantiate, migrate, query};
