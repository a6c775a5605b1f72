//! What a simulation must show, played over the small scenario.

mod errors;
mod market;
mod node;
mod rings;
mod shipped;
mod stage;
