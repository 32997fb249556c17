//! What is worth another try, and after which wait.
//!
//! In come failures of single requests; out comes either a wait that has passed or the error to give up with.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::error::HubError;

/// How long to wait for a server, and how often.
#[derive(Clone)]
pub struct Patience {
    /// For a connection, looking up the host's address aside, which may take as long again.
    pub connect: Duration,
    /// Without a byte, before and in an answer.
    pub silence: Duration,
    /// Further tries of the question where a file is.
    pub head_retries: u32,
    /// Further tries of loading a file since it last got on.
    pub load_retries: u32,
    /// Number of new bytes with which loading counts as having got on.
    pub getting_on: u64,
    /// Before the first further try; each wait after it is twice as long.
    pub first_wait: Duration,
    /// The longest wait, also of those that a server asks for.
    pub longest_wait: Duration,
    /// How a wait is spent.
    pub sleep: Arc<dyn Fn(Duration) + Send + Sync>,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            head_retries: 2,
            load_retries: 5,
            getting_on: 1 << 20,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(120),
            sleep: Arc::new(thread::sleep),
        }
    }
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connect, silence, head_retries, load_retries, getting_on, first_wait, longest_wait, sleep: _ } = self;
        f.debug_struct("Patience")
            .field("connect", connect)
            .field("silence", silence)
            .field("head_retries", head_retries)
            .field("load_retries", load_retries)
            .field("getting_on", getting_on)
            .field("first_wait", first_wait)
            .field("longest_wait", longest_wait)
            .finish_non_exhaustive()
    }
}

/// What came of one request.
#[derive(Debug)]
pub(super) enum Failure {
    /// It may go better later.
    Passing {
        /// What happened.
        cause: String,
        /// The wait that the server asks for.
        wait: Option<Duration>,
    },
    /// It will go no better.
    Lasting(HubError),
}

impl Failure {
    /// One that may go better later, where no server asks for a wait.
    pub(super) fn passing(cause: impl Into<String>) -> Self {
        Self::Passing { cause: cause.into(), wait: None }
    }
}

impl From<HubError> for Failure {
    fn from(error: HubError) -> Self {
        Self::Lasting(error)
    }
}

/// The tries of one request.
#[derive(Debug)]
pub(super) struct Tries<'a> {
    patience: &'a Patience,
    url: &'a str,
    limit: u32,
    failed: u32,
    in_all: u32,
}

impl<'a> Tries<'a> {
    /// No try yet, and `retries` more after the first.
    pub(super) fn new(patience: &'a Patience, url: &'a str, retries: u32) -> Self {
        Self { patience, url, limit: retries, failed: 0, in_all: 0 }
    }

    /// Count from the beginning again.
    pub(super) fn start_over(&mut self) {
        self.failed = 0;
    }

    /// Wait after a failure, if another try is worth it.
    ///
    /// # Errors
    ///
    /// The error to give up with.
    pub(super) fn after(&mut self, failure: Failure) -> Result<(), HubError> {
        let (cause, asked) = match failure {
            Failure::Lasting(error) => return Err(error),
            Failure::Passing { cause, wait } => (cause, wait),
        };
        self.in_all += 1;
        let too_long = asked.filter(|wait| *wait > self.patience.longest_wait);
        if self.failed == self.limit || too_long.is_some() {
            let later = too_long.map_or_else(String::new, |wait| format!(" and asks to come back in {} s", wait.as_secs()));
            return Err(HubError::Unreachable { url: self.url.to_owned(), tries: self.in_all, cause: cause + &later });
        }
        let doubled = self.patience.first_wait.saturating_mul(1 << self.failed.min(16));
        (self.patience.sleep)(asked.unwrap_or(doubled).min(self.patience.longest_wait));
        self.failed += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Waits that are noted instead of spent.
    fn noted() -> (Patience, Arc<Mutex<Vec<u64>>>) {
        let waits = Arc::new(Mutex::new(Vec::new()));
        let note = Arc::clone(&waits);
        (Patience { sleep: Arc::new(move |wait| note.lock().unwrap().push(wait.as_secs())), ..Patience::default() }, waits)
    }

    #[test]
    fn waits_double_until_the_tries_are_used_up() {
        let (patience, waits) = noted();
        let mut tries = Tries::new(&patience, "http://h", 8);
        for _ in 0..8 {
            tries.after(Failure::passing("cut")).unwrap();
        }
        let expected = HubError::Unreachable { url: "http://h".to_owned(), tries: 9, cause: "cut".to_owned() };
        assert_eq!(tries.after(Failure::passing("cut")), Err(expected));
        assert_eq!(*waits.lock().unwrap(), [1, 2, 4, 8, 16, 32, 64, 120]);
    }

    #[test]
    fn a_wait_that_the_server_asks_for_is_kept_unless_it_is_too_long() {
        let (patience, waits) = noted();
        let mut tries = Tries::new(&patience, "http://h", 8);
        let asking = |seconds| Failure::Passing { cause: "busy".to_owned(), wait: Some(Duration::from_secs(seconds)) };
        tries.after(asking(7)).unwrap();
        let message = tries.after(asking(3600)).unwrap_err().to_string();
        assert!(message.contains("busy and asks to come back in 3600 s"), "{message}");
        assert_eq!(*waits.lock().unwrap(), [7]);
    }

    #[test]
    fn a_lasting_failure_is_given_up_at_once() {
        let (patience, waits) = noted();
        let mut tries = Tries::new(&patience, "http://h", 8);
        assert_eq!(tries.after(HubError::NoCacheFolder.into()), Err(HubError::NoCacheFolder));
        assert!(waits.lock().unwrap().is_empty());
    }
}
