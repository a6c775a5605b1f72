#![doc = include_str!("../README.md")]

pub mod answer;
pub mod api;
pub mod app;
pub mod call;
pub mod config;
pub mod enclave;
pub mod error;
pub mod follower;
pub mod ledger;
pub mod loader;
pub mod metrics;
pub mod models;
pub mod payment;
mod peers;
mod server;
mod sessions;
pub mod settler;
pub mod sqlite;
mod start;
pub mod supervise;
pub mod text;

pub use config::Config;
pub use server::{system_clock, Server, StartError, Wiring};
pub use start::Parts;
