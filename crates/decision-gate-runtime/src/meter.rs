//! How far work has come that takes long.

use std::sync::atomic::{AtomicU64, Ordering};

/// How far work has come that takes long: whoever does it counts, whoever waits for it looks.
#[derive(Debug, Default)]
pub struct Meter {
    done: AtomicU64,
    total: AtomicU64,
}

impl Meter {
    /// So much is to be done.
    pub fn expect(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// So much is done.
    pub fn reach(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
    }

    /// How much is done, and how much there is; nothing while that is not known.
    pub fn reading(&self) -> Option<(u64, u64)> {
        let total = self.total.load(Ordering::Relaxed);
        (total > 0).then(|| (self.done.load(Ordering::Relaxed).min(total), total))
    }

    /// The same as a number from 0 to 1.
    pub fn fraction(&self) -> Option<f64> {
        let small = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        self.reading().map(|(done, total)| small(done) / small(total))
    }
}
