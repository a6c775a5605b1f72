//! From a script that fails to a shorter one that fails.

use std::time::{Duration, Instant};

use crate::runner::Fault;

/// Most time that is spent on it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Takes actions out, larger pieces first, then makes those that are left smaller, as long as the script still fails.
pub fn shrink<A: Clone>(
    script: Vec<A>,
    fault: Fault,
    simpler: impl Fn(&A) -> Vec<A>,
    fails: impl Fn(&[A]) -> Option<Fault>,
) -> (Vec<A>, Fault) {
    let started = Instant::now();
    let mut best = (script, fault);
    let mut piece = best.0.len().div_ceil(2);
    while piece > 0 {
        let mut at = 0;
        let mut shorter = false;
        while at < best.0.len() && started.elapsed() < PATIENCE {
            let mut candidate = best.0.clone();
            candidate.drain(at..candidate.len().min(at + piece));
            match fails(&candidate) {
                Some(fault) => {
                    best = (candidate, fault);
                    shorter = true;
                }
                None => at += piece,
            }
        }
        if piece > 1 {
            piece = piece.div_ceil(2).min(piece - 1);
        } else if !shorter {
            piece = 0;
        }
        if started.elapsed() >= PATIENCE {
            return best;
        }
    }
    let mut at = 0;
    while at < best.0.len() && started.elapsed() < PATIENCE {
        let simpler = simpler(&best.0[at]).into_iter().find_map(|action| {
            let mut candidate = best.0.clone();
            candidate[at] = action;
            fails(&candidate).map(|fault| (candidate, fault))
        });
        match simpler {
            Some(found) => best = found,
            None => at += 1,
        }
    }
    best
}
