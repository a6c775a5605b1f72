//! The server over HTTP, with a real model, the real contracts and a caller that checks everything.

mod attacks;
mod by_hand;
mod calls;
mod chain;
mod enclave;
mod engines;
mod facilitator;
mod fixture;
mod health;
mod kills;
mod texts;
