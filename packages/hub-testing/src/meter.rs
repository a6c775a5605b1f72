use std::cell::Cell;
use std::rc::Rc;

use cosmwasm_std::testing::MockStorage;
use cosmwasm_std::{Order, Record, Storage};

/// What messages or queries cost in storage operations of the whole chain, its bank and its bookkeeping included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StorageCost {
    /// Values asked for by key.
    pub reads: u64,
    /// Values put.
    pub writes: u64,
    /// Values removed.
    pub removals: u64,
    /// Ranges opened.
    pub ranges: u64,
    /// Entries that ranges gave.
    pub scanned: u64,
    /// Bytes of keys and values of all these.
    pub bytes: u64,
    /// Of them, put.
    pub bytes_written: u64,
}

impl StorageCost {
    /// SDK gas that a query's access to storage costs by the defaults of wasmd: 1 000 a read, 3 a byte, 30 an entry of a
    /// range. A node refuses a query beyond 3 000 000 of gas; what the code itself computes comes on top.
    pub fn gas_of_query(&self) -> u64 {
        1_000 * (self.reads + self.ranges) + 30 * self.scanned + 3 * self.bytes
    }

    /// The operations alone, without the bytes.
    pub fn operations(&self) -> Self {
        Self {
            bytes: 0,
            bytes_written: 0,
            ..*self
        }
    }
}

/// A storage that counts.
#[derive(Default)]
pub struct MeteredStorage {
    inner: MockStorage,
    meter: Meter,
}

/// Reads the count of a [`MeteredStorage`].
#[derive(Clone, Default)]
pub(crate) struct Meter(Rc<Cell<StorageCost>>);

impl Meter {
    /// What was counted since it was last taken.
    pub fn take(&self) -> StorageCost {
        self.0.take()
    }

    fn count(&self, bytes: usize, change: impl FnOnce(&mut StorageCost)) {
        let mut cost = self.0.get();
        change(&mut cost);
        cost.bytes += bytes as u64;
        self.0.set(cost);
    }
}

impl MeteredStorage {
    pub(crate) fn meter(&self) -> Meter {
        self.meter.clone()
    }
}

impl Storage for MeteredStorage {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let value = self.inner.get(key);
        let bytes = key.len() + value.as_ref().map_or(0, Vec::len);
        self.meter.count(bytes, |cost| cost.reads += 1);
        value
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        let bytes = key.len() + value.len();
        self.meter.count(bytes, |cost| {
            cost.writes += 1;
            cost.bytes_written += bytes as u64;
        });
        self.inner.set(key, value);
    }

    fn remove(&mut self, key: &[u8]) {
        self.meter.count(key.len(), |cost| cost.removals += 1);
        self.inner.remove(key);
    }

    fn range<'a>(
        &'a self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
    ) -> Box<dyn Iterator<Item = Record> + 'a> {
        self.meter.count(0, |cost| cost.ranges += 1);
        Box::new(self.inner.range(start, end, order).inspect(|(key, value)| {
            self.meter
                .count(key.len() + value.len(), |cost| cost.scanned += 1);
        }))
    }
}
