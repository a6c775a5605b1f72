use std::ops::ControlFlow;

/// How much of some work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    /// Units that are done; never more than `total`.
    pub done: u64,
    /// Units of all the work.
    pub total: u64,
}

/// Is told how far an encoding has come, and may end it.
pub trait Progress {
    /// So much is done; a unit is roughly a byte encoded, and `done` never falls. To break ends the encoding
    /// soon, with [`EncodeError::Cancelled`](crate::EncodeError::Cancelled) and without a trace on disk.
    fn advance(&mut self, fraction: Fraction) -> ControlFlow<()>;
}

/// Nobody watches.
impl Progress for () {
    fn advance(&mut self, _fraction: Fraction) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl<F: FnMut(Fraction) -> ControlFlow<()>> Progress for F {
    fn advance(&mut self, fraction: Fraction) -> ControlFlow<()> {
        self(fraction)
    }
}
