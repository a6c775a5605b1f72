//! Rules, without storage or chain.

pub mod basis;
pub mod charge;
pub mod copies;
pub mod group;
pub mod income;
pub mod session;
