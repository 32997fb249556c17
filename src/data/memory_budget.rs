//! Bytes that films may take while they are decoded on all cores: what one needs in, leave to go on out.
//!
//! Sixteen cores that each decode a film of a hundred million pixels would take more than many machines have. A film waits until the
//! others leave enough; one that needs more than all of it is decoded alone.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Enough for sixteen films of ten million grey pixels at once.
const BUDGET: u64 = 1 << 30;

/// What is left for films to be decoded.
#[derive(Debug)]
pub(super) struct MemoryBudget {
    total: u64,
    left: Mutex<u64>,
    given_back: Condvar,
}

/// A part of the budget, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share<'a> {
    budget: &'a MemoryBudget,
    bytes: u64,
}

impl Default for MemoryBudget {
    fn default() -> Self {
        Self::new(BUDGET)
    }
}

impl MemoryBudget {
    fn new(total: u64) -> Self {
        Self { total, left: Mutex::new(total), given_back: Condvar::new() }
    }

    /// Wait for some bytes, or for all where more are asked for.
    pub(super) fn take(&self, bytes: u64) -> Share<'_> {
        let bytes = bytes.min(self.total);
        let mut left = self.given_back.wait_while(self.left(), |left| *left < bytes).unwrap_or_else(PoisonError::into_inner);
        *left -= bytes;
        Share { budget: self, bytes }
    }

    /// Wait for all of it.
    pub(super) fn take_all(&self) -> Share<'_> {
        self.take(self.total)
    }

    /// A number is never left half changed.
    fn left(&self) -> MutexGuard<'_, u64> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        *self.budget.left() += self.bytes;
        self.budget.given_back.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn films_together_never_take_more_than_the_budget() {
        let budget = MemoryBudget::new(100);
        let (taken, most) = (AtomicU64::new(0), AtomicU64::new(0));
        let work = |bytes: u64| {
            for _ in 0..50 {
                let _share = budget.take(bytes);
                let bytes = bytes.min(100);
                most.fetch_max(taken.fetch_add(bytes, Ordering::SeqCst) + bytes, Ordering::SeqCst);
                std::thread::yield_now();
                taken.fetch_sub(bytes, Ordering::SeqCst);
            }
        };
        std::thread::scope(|scope| {
            for bytes in [30, 40, 50, 70, 1000, 0] {
                let work = &work;
                scope.spawn(move || work(bytes));
            }
        });
        assert_eq!((*budget.left(), most.load(Ordering::SeqCst)), (100, 100));
    }

    #[test]
    fn what_was_taken_is_given_back_also_by_a_panic() {
        let budget = MemoryBudget::new(10);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _share = budget.take_all();
            panic!("a decoder gives up");
        }));
        assert!(panicked.is_err());
        assert_eq!(budget.take_all().bytes, 10);
    }
}
