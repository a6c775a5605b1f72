//! Rules of settlement that need no chain and no storage: each file is one of them, tested by itself.

pub mod basis;
pub mod charge;
pub mod group;
pub mod income;
pub mod session;
