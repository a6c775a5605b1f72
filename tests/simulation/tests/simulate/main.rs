//! What a simulation must show, played over the small scenario.

mod backing;
mod belief;
mod errors;
mod market;
mod node;
mod rings;
mod shipped;
mod stage;
