//! The client against local Walruses that misbehave. Each file is about one thing that users complain of.

mod fixture;

mod cached_404;
mod certificates;
mod checking;
mod expiry;
mod lies;
mod overload;
mod ownership;
mod quilts;
mod ranges;
mod resuming;
mod size_limits;
mod slow_servers;
