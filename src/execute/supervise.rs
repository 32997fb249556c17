//! Carries out a plan: begins an attempt at every run that has no record and that nobody else works on, records what comes of it,
//! and goes on after a failure.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::crash::crash;
use super::event::RunEvent;
use super::launch::{Exit, Launch, Message, Worker};
use super::policy::{Outcome, Policy};
use super::progress::{Progress, RunHeading};
use super::saving::Saving;
use super::work::{Fault, Job, Work};
use crate::process;
use crate::record::format::{FailureKind, RunFailure, RunResult, RunState};
use crate::record::{
    Attempt, Attempts, BEAT, Beats, Begun, CheckpointFolder, Owner, RecordError, StudyFolder, append_log, check_weights, read_run,
    write_failure,
};

/// Longest time between two looks at signals, claims and other programs' runs.
const LOOK: Duration = Duration::from_millis(200);
/// Time between two looks at the runs that other programs work on.
const LOOK_AT_OTHERS: Duration = Duration::from_secs(1);

/// Train every job that has no complete record, each from where it was left.
///
/// # Errors
/// If a record is of a newer program, or the folder cannot be written at all. A failing run is no error.
pub fn execute(
    jobs: &[Job],
    folder: &StudyFolder,
    saving: &Saving,
    policy: Policy,
    launcher: &mut dyn Launch,
    progress: &mut dyn Progress,
) -> Result<Outcome, RecordError> {
    let (post, mail) = channel();
    let mut supervisor = Supervisor {
        jobs,
        folder,
        saving,
        policy,
        launcher,
        progress,
        post,
        pending: (0..jobs.len()).collect(),
        running: Vec::new(),
        begun: 0,
        beats: Beats::default(),
        last_beat: Instant::now(),
        look_again: Instant::now(),
        others: Vec::new(),
        failures: 0,
        outcome: Outcome::default(),
    };
    let outcome = supervisor.run(&mail);
    for running in std::mem::take(&mut supervisor.running) {
        // Only after an error: the next program goes on from where they are.
        let Running { mut worker, attempt, .. } = running;
        worker.kill();
        attempt.leave();
    }
    saving.interrupt.release();
    supervisor.progress.ended();
    outcome.map(|()| supervisor.outcome)
}

struct Supervisor<'a> {
    jobs: &'a [Job],
    folder: &'a StudyFolder,
    saving: &'a Saving,
    policy: Policy,
    launcher: &'a mut dyn Launch,
    progress: &'a mut dyn Progress,
    post: Sender<(u64, Message)>,
    /// Those that are not dealt with, in the order of the plan.
    pending: Vec<usize>,
    running: Vec<Running>,
    /// Processes begun so far.
    begun: u64,
    beats: Beats,
    last_beat: Instant,
    /// When the runs of other programs are looked at again.
    look_again: Instant,
    /// Those who were said to work on a run.
    others: Vec<(usize, Option<Owner>)>,
    /// Failures of this command.
    failures: usize,
    outcome: Outcome,
}

/// A run that is being trained.
struct Running {
    job: usize,
    lane: usize,
    number: u64,
    work: Work,
    attempt: Attempt,
    worker: Box<dyn Worker>,
    /// Whether there is something that a signal at this moment would lose.
    unsaved: bool,
    told_to_stop: bool,
    /// Whether another program has taken over.
    lost: bool,
    /// How it said that it ended.
    end: Option<RunEvent>,
    memory_kills: Option<u64>,
}

/// What a look at a job found.
enum Look {
    Done(Box<RunResult>),
    Failed(RunFailure),
    Theirs,
    Begun,
}

impl Supervisor<'_> {
    fn run(&mut self, mail: &Receiver<(u64, Message)>) -> Result<(), RecordError> {
        loop {
            if self.is_to_end() {
                self.stop_all();
            } else {
                self.begin_some()?;
            }
            if self.running.is_empty() && (self.pending.is_empty() || self.is_to_end()) {
                break;
            }
            match mail.recv_timeout(LOOK) {
                Ok((number, message)) => self.receive(number, message)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => unreachable!("the supervisor keeps a sender"),
            }
            self.beat();
        }
        if self.saving.interrupt.is_asked() {
            self.outcome.interrupted = true;
        } else {
            self.outcome.given_up = self.pending.len();
        }
        Ok(())
    }

    fn is_to_end(&self) -> bool {
        self.saving.interrupt.is_asked() || self.policy.max_failures.is_some_and(|most| self.failures >= most)
    }

    fn heading(jobs: &[Job], index: usize) -> RunHeading<'_> {
        let job = &jobs[index];
        RunHeading { number: index + 1, of: jobs.len(), label: &job.label, run_id: &job.run_id }
    }

    /// Fill the free lanes with the first jobs that nobody works on.
    fn begin_some(&mut self) -> Result<(), RecordError> {
        let mut place = 0;
        while self.running.len() < self.policy.jobs && place < self.pending.len() {
            let index = self.pending[place];
            if self.others.iter().any(|(other, _)| *other == index) && Instant::now() < self.look_again {
                place += 1;
                continue;
            }
            match self.look(index)? {
                Look::Theirs => place += 1,
                Look::Begun => _ = self.pending.remove(place),
                Look::Done(result) => {
                    self.pending.remove(place);
                    self.outcome.skipped += 1;
                    self.progress.skipped(Self::heading(self.jobs, index), &result);
                }
                Look::Failed(failure) => {
                    self.pending.remove(place);
                    self.outcome.failed += 1;
                    let cause = format!("{} (before; `--retry failed` tries it again)", failure.cause);
                    self.progress.failed(Self::heading(self.jobs, index), &cause);
                }
            }
        }
        if Instant::now() >= self.look_again {
            self.look_again = Instant::now() + LOOK_AT_OTHERS;
        }
        Ok(())
    }

    /// Look at a job, and begin it if it is to be done and nobody works on it.
    fn look(&mut self, index: usize) -> Result<Look, RecordError> {
        let job = &self.jobs[index];
        if let Some(found) = self.recorded(job, false)? {
            return Ok(found);
        }
        let attempts = Attempts::of(self.folder.path(), &job.run_id);
        match attempts.begin(&mut self.beats)? {
            Begun::Theirs(owner) => {
                self.note_other(index, owner);
                Ok(Look::Theirs)
            }
            Begun::Mine(attempt) => {
                // Whoever held the claim before may have finished the run a moment ago.
                if let Some(found) = self.recorded(job, true)? {
                    attempt.discard();
                    return Ok(found);
                }
                attempt.retire()?;
                self.begin(index, attempt);
                Ok(Look::Begun)
            }
        }
    }

    /// What a record says of a job; none where it is to be done. A damaged record is said, once, and counts as none: the run is
    /// trained again.
    fn recorded(&mut self, job: &Job, say: bool) -> Result<Option<Look>, RecordError> {
        let record = self.folder.run(&job.run_id);
        let state = read_run(&record).and_then(|state| {
            if let RunState::Done(run) = &state {
                check_weights(&record, &run.result)?;
                if run.result.run_id != job.run_id {
                    let reason = format!("it is of the run {}", run.result.run_id);
                    return Err(RecordError::Damaged { path: record.clone(), reason });
                }
            }
            Ok(state)
        });
        match state {
            Ok(RunState::Done(run)) => {
                self.saving.last.tidy(&CheckpointFolder::of(&record), &job.config);
                Ok(Some(Look::Done(Box::new(run.result))))
            }
            Ok(RunState::Failed(failure)) if !self.policy.retry.tries(&failure) || self.has_failed_now(job) => {
                Ok(Some(Look::Failed(failure)))
            }
            Ok(_) => Ok(None),
            Err(error @ (RecordError::Damaged { .. } | RecordError::Read { .. })) => {
                if say {
                    self.progress.note(&format!("{error}; it is trained again now"));
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether another program tried a job while this one waited for it.
    fn has_failed_now(&self, job: &Job) -> bool {
        self.others.iter().any(|(index, _)| self.jobs[*index].run_id == job.run_id)
    }

    fn note_other(&mut self, index: usize, owner: Option<Owner>) {
        if !self.others.iter().any(|(other, _)| *other == index) {
            let who = owner.as_ref().map_or_else(|| "another program".to_owned(), ToString::to_string);
            let job = &self.jobs[index];
            self.progress.note(&format!("{} ({}) is trained by {who}", job.label, job.run_id));
            self.others.push((index, owner));
        }
    }

    fn begin(&mut self, index: usize, attempt: Attempt) {
        let job = &self.jobs[index];
        let work = Work {
            job: job.clone(),
            folder: attempt.folder(),
            earlier: attempt.earlier(),
            results: self.saving.results.clone(),
            every: self.saving.every,
            last: self.saving.last,
            micro_batch_size: None,
        };
        self.progress.started(Self::heading(self.jobs, index), &job.config);
        let lane = (0..self.policy.jobs).find(|lane| self.running.iter().all(|running| running.lane != *lane)).unwrap_or_default();
        self.launch(index, lane, work, attempt);
    }

    fn launch(&mut self, job: usize, lane: usize, work: Work, attempt: Attempt) {
        self.begun += 1;
        let number = self.begun;
        let memory_kills = process::memory_kills();
        match self.launcher.launch(&work, lane, number, self.post.clone()) {
            Ok(worker) => self.running.push(Running {
                job,
                lane,
                number,
                work,
                attempt,
                worker,
                unsaved: false,
                told_to_stop: false,
                lost: false,
                end: None,
                memory_kills,
            }),
            Err(cause) => self.fail(job, attempt, &Fault::new(FailureKind::Crashed, cause)),
        }
    }

    fn receive(&mut self, number: u64, message: Message) -> Result<(), RecordError> {
        let Some(place) = self.running.iter().position(|running| running.number == number) else { return Ok(()) };
        match message {
            Message::Event(event) => self.hear(place, event),
            Message::Ended(exit) => {
                let running = self.running.remove(place);
                self.end(running, &exit)?;
            }
        }
        if self.running.iter().any(|running| running.unsaved) {
            self.saving.interrupt.hold();
        } else {
            self.saving.interrupt.release();
        }
        Ok(())
    }

    fn hear(&mut self, place: usize, event: RunEvent) {
        let running = &mut self.running[place];
        match &event {
            RunEvent::Note { text } => self.progress.note(text),
            RunEvent::Started { .. } => running.unsaved = true,
            RunEvent::Resumable { last, .. } => running.unsaved = !last,
            _ => {}
        }
        self.progress.event(Self::heading(self.jobs, running.job), &event);
        if matches!(event, RunEvent::Finished { .. } | RunEvent::Failed { .. } | RunEvent::Interrupted) {
            running.end = Some(event);
        }
    }

    fn end(&mut self, running: Running, exit: &Exit) -> Result<(), RecordError> {
        let heading = Self::heading(self.jobs, running.job);
        let is_to_end = self.is_to_end();
        let Running { job, attempt, end, lost, .. } = &running;
        match end {
            _ if *lost => {
                self.progress.note(&format!("{}: another program has taken over", heading.run_id));
                self.leave(running);
            }
            Some(RunEvent::Finished { result }) => {
                let (job, result) = (*job, result.clone());
                self.publish(job, running.attempt, &result)?;
            }
            Some(RunEvent::Failed { kind, cause }) => self.deal_with(&Fault::new(*kind, cause), running),
            Some(RunEvent::Interrupted) => self.leave(running),
            // It had not begun, or was killed together with this program.
            _ if is_to_end => self.leave(running),
            _ => {
                for line in &exit.said {
                    append_log(&attempt.folder(), line);
                }
                let fault = crash(exit, running.memory_kills);
                self.deal_with(&fault, running);
            }
        }
        Ok(())
    }

    /// End an attempt without a record; its run is to be done another time.
    fn leave(&mut self, running: Running) {
        let Running { job, attempt, .. } = running;
        self.progress.left(Self::heading(self.jobs, job));
        attempt.leave();
        let place = self.pending.partition_point(|other| *other < job);
        self.pending.insert(place, job);
    }

    fn publish(&mut self, job: usize, attempt: Attempt, result: &RunResult) -> Result<(), RecordError> {
        let heading = Self::heading(self.jobs, job);
        if attempt.publish()? {
            self.outcome.trained += 1;
            self.progress.finished(heading, result);
        } else {
            self.outcome.skipped += 1;
            self.progress.left(heading);
            self.progress.note(&format!("{}: another program was faster, and its record stands", heading.run_id));
        }
        Ok(())
    }

    /// Try again with smaller parts of a batch where that may help, or else record the failure.
    fn deal_with(&mut self, fault: &Fault, running: Running) {
        let Running { job, lane, work, attempt, .. } = running;
        let batch = work.job.config.train.batch_size;
        let now = work.micro_batch_size.or(work.job.config.train.micro_batch_size).unwrap_or(batch).min(batch);
        if fault.kind != FailureKind::OutOfMemory || now <= 1 {
            return self.fail(job, attempt, fault);
        }
        let smaller = now.div_ceil(2);
        let heading = Self::heading(self.jobs, job);
        self.progress.left(heading);
        let line = format!(
            "{}: {}; it begins anew with {smaller} film(s) at a time, whose gradients are added up: batches stay at {batch}, but batch norm sees {smaller}",
            heading.run_id,
            fault.cause.split(';').next().unwrap_or_default()
        );
        self.progress.note(&line);
        append_log(&attempt.folder(), &line);
        self.launch(job, lane, Work { micro_batch_size: Some(smaller), ..work }, attempt);
    }

    fn fail(&mut self, job: usize, attempt: Attempt, fault: &Fault) {
        let heading = Self::heading(self.jobs, job);
        self.outcome.failed += 1;
        self.failures += 1;
        self.progress.failed(heading, &fault.cause);
        // What was computed is not lost: the next attempt goes on from its checkpoint.
        let recorded = match write_failure(&attempt.folder(), fault.kind, &fault.cause) {
            Ok(()) => attempt.publish().map(drop),
            Err(error) => {
                attempt.leave();
                Err(error)
            }
        };
        if let Err(error) = recorded {
            self.progress.note(&format!("the failure of {} is not recorded: {error}", heading.run_id));
        }
    }

    /// Ask all that are running to save and end.
    fn stop_all(&mut self) {
        for running in self.running.iter_mut().filter(|running| !running.told_to_stop) {
            running.worker.stop();
            running.told_to_stop = true;
        }
    }

    /// Show other programs that this one is alive.
    fn beat(&mut self) {
        if self.last_beat.elapsed() < BEAT {
            return;
        }
        self.last_beat = Instant::now();
        for running in self.running.iter_mut().filter(|running| !running.lost) {
            if !running.attempt.beat() {
                running.lost = true;
                running.worker.kill();
            }
        }
    }
}
