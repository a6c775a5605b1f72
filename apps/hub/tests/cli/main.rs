//! The command `hub` as a process, with a local Walrus to talk to.

mod authors;
mod bad_input;
mod blobs;
mod callers;
mod clients;
mod demo;
mod fixture;
mod help;
mod keys;
mod kills;
mod market;
mod models;
mod operators;
mod printed;
mod quilts;
mod texts;
