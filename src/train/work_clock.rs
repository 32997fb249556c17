//! How long a run computes, so that everything else it does can be told.

use std::cell::Cell;
use std::time::Instant;

/// Seconds spent on forward and backward passes and on updates. On the CPU `LibTorch` returns when it is done; on CUDA it does not wait, so
/// that only starting the work is counted.
#[derive(Debug, Default)]
pub(super) struct WorkClock(Cell<f64>);

impl WorkClock {
    /// What `work` gives, with its time added.
    pub(super) fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let found = work();
        self.0.set(self.0.get() + start.elapsed().as_secs_f64());
        found
    }

    /// The seconds since this was last asked.
    pub(super) fn take(&self) -> f64 {
        self.0.take()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_add_up_until_they_are_taken() {
        let clock = WorkClock::default();
        for _ in 0..2 {
            assert_eq!(clock.time(|| std::thread::sleep(Duration::from_millis(2))), ());
        }
        assert!(clock.take() >= 0.004);
        assert_eq!(clock.take(), 0.0);
    }
}
