//! The command `hub` as a process, with a local Walrus to talk to.

mod bad_input;
mod blobs;
mod clients;
mod demo;
mod fixture;
mod help;
mod kills;
mod market;
mod models;
mod quilts;
mod texts;
