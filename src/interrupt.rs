//! SIGINT and SIGTERM: the first asks the program to save and stop, a second one stops it at once.
//!
//! In: signals. Out: a flag that the training loop looks at. While there is nothing to be saved, the first signal stops the
//! program at once too: whatever it was writing is then as it was before, and the same command goes on.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether somebody wants the program to stop. Clones share the flag.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    flags: Arc<Flags>,
}

#[derive(Debug, Default)]
struct Flags {
    asked: AtomicBool,
    held: AtomicBool,
}

impl Interrupt {
    /// Look out for signals from now on. A signal that stops the program at once makes it say `farewell` on stderr and end
    /// with `code`.
    ///
    /// # Errors
    /// If the system does not let signals be handled.
    #[cfg(unix)]
    pub fn watch(farewell: String, code: u8) -> io::Result<Self> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
        let interrupt = Self::default();
        let shared = interrupt.clone();
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for _ in signals.forever() {
                if shared.take() {
                    say("interrupted: the step in hand is finished and saved; once more stops at once");
                } else {
                    say(&farewell);
                    // Without the destructors of the native library, which still computes on other threads.
                    signal_hook::low_level::exit(i32::from(code));
                }
            }
        })?;
        Ok(interrupt)
    }

    /// Take no heed of signals, for a process whose parent tells it what to do.
    ///
    /// # Errors
    /// If the system does not let signals be handled.
    #[cfg(unix)]
    pub fn deaf() -> io::Result<Self> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
        }
        Ok(Self::default())
    }

    /// Elsewhere the system's own way of ending programs stays.
    ///
    /// # Errors
    /// None.
    #[cfg(not(unix))]
    pub fn deaf() -> io::Result<Self> {
        Ok(Self::default())
    }

    /// Elsewhere the system's own way of ending programs stays: what is on disk is whole at any moment.
    ///
    /// # Errors
    /// None.
    #[cfg(not(unix))]
    pub fn watch(_farewell: String, _code: u8) -> io::Result<Self> {
        Ok(Self::default())
    }

    /// Whether the program is to save and stop.
    pub fn is_asked(&self) -> bool {
        self.flags.asked.load(Ordering::SeqCst)
    }

    /// Ask as a signal would.
    pub fn ask(&self) {
        self.flags.asked.store(true, Ordering::SeqCst);
    }

    /// From now on there is something to save, so that the first signal only asks; until [`release`](Self::release).
    pub fn hold(&self) {
        self.flags.held.store(true, Ordering::SeqCst);
    }

    /// There is nothing to save any more.
    pub fn release(&self) {
        self.flags.held.store(false, Ordering::SeqCst);
    }

    /// Take a signal; false where the program is to stop at once.
    fn take(&self) -> bool {
        let first = !self.flags.asked.swap(true, Ordering::SeqCst);
        first && self.flags.held.load(Ordering::SeqCst)
    }
}

#[cfg(unix)]
fn say(line: &str) {
    use std::io::Write;
    // A closed stderr is no reason to go on.
    let _ = writeln!(io::stderr(), "\n{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_signal_asks_while_there_is_something_to_save_and_every_other_stops_at_once() {
        let interrupt = Interrupt::default();
        interrupt.hold();
        assert!(interrupt.take() && interrupt.is_asked());
        assert!(!interrupt.take(), "a second one");
        let idle = Interrupt::default();
        idle.hold();
        idle.release();
        assert!(!idle.take(), "nothing to save");
    }
}
