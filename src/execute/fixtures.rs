//! Attempts in this very process, for tests.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};

use super::event::RunEvent;
use super::launch::{Exit, Launch, Message, Worker};
use super::work::{Trainer, Work};
use super::{FailuresOnly, Job, Outcome, Policy, Progress, Saving, execute, run_work};
use crate::interrupt::Interrupt;
use crate::record::{RecordError, StudyFolder};

/// Trains on a thread with a trainer that the test keeps.
struct Threads<T> {
    trainer: Arc<Mutex<T>>,
    interrupt: Interrupt,
}

/// It shares its interrupt with the command, so that nobody needs to pass it on.
struct Thread;

impl Worker for Thread {
    fn stop(&mut self) {}

    fn kill(&mut self) {}
}

impl<T: Trainer + Send + 'static> Launch for Threads<T> {
    fn launch(&mut self, work: &Work, _lane: usize, number: u64, post: Sender<(u64, Message)>) -> Result<Box<dyn Worker>, String> {
        let (work, trainer, interrupt) = (work.clone(), self.trainer.clone(), self.interrupt.clone());
        std::thread::spawn(move || {
            let mut emit = |event: RunEvent| {
                let line = event.to_line();
                let read = RunEvent::from_line(&line).expect("an event reads back");
                let _ = post.send((number, Message::Event(read)));
            };
            run_work(&work, &interrupt, &mut *trainer.lock().expect("no trainer panics"), &mut emit);
            let _ = post.send((number, Message::Ended(Exit { code: Some(0), ..Exit::default() })));
        });
        Ok(Box::new(Thread))
    }
}

/// Carry out jobs with a trainer of a test, one at a time and in silence.
pub(crate) fn carry_out<T: Trainer + Send + 'static>(
    jobs: &[Job],
    folder: &StudyFolder,
    saving: &Saving,
    trainer: &Arc<Mutex<T>>,
) -> Result<Outcome, RecordError> {
    carry_out_saying(jobs, folder, saving, trainer, &mut FailuresOnly)
}

/// As [`carry_out`], by a policy.
pub(crate) fn carry_out_by<T: Trainer + Send + 'static>(
    policy: Policy,
    jobs: &[Job],
    folder: &StudyFolder,
    trainer: &Arc<Mutex<T>>,
) -> Result<Outcome, RecordError> {
    let mut threads = Threads { trainer: trainer.clone(), interrupt: Interrupt::default() };
    execute(jobs, folder, &Saving::default(), policy, &mut threads, &mut FailuresOnly)
}

/// As [`carry_out`], with someone who hears of it.
pub(crate) fn carry_out_saying<T: Trainer + Send + 'static>(
    jobs: &[Job],
    folder: &StudyFolder,
    saving: &Saving,
    trainer: &Arc<Mutex<T>>,
    progress: &mut dyn Progress,
) -> Result<Outcome, RecordError> {
    let mut threads = Threads { trainer: trainer.clone(), interrupt: saving.interrupt.clone() };
    execute(jobs, folder, saving, Policy::default(), &mut threads, progress)
}
