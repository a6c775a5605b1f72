//! Handlers: authority, load, decide, write, event, messages.

pub mod deposit;
pub mod payout;
pub mod session;
pub mod settle;
pub mod withdraw;

#[cfg(test)]
mod tests;
