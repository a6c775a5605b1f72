//! The server over HTTP, with a real model, the real contracts and a caller that checks everything.

mod attacks;
mod calls;
mod chain;
mod enclave;
mod health;
mod kills;
mod world;
