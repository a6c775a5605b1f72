use std::ops::ControlFlow;

/// Is told how far an encoding has come, and may end it.
pub trait Progress {
    /// `done` of `total` units of work are done; a unit is roughly a byte encoded, and `done` never falls. To break ends the encoding
    /// soon, with [`EncodeError::Cancelled`](crate::EncodeError::Cancelled) and without a trace on disk.
    fn advance(&mut self, done: u64, total: u64) -> ControlFlow<()>;
}

/// Nobody watches.
impl Progress for () {
    fn advance(&mut self, _done: u64, _total: u64) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl<F: FnMut(u64, u64) -> ControlFlow<()>> Progress for F {
    fn advance(&mut self, done: u64, total: u64) -> ControlFlow<()> {
        self(done, total)
    }
}
