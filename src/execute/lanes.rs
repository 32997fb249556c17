//! How many runs are trained at a time, with how many threads each: as asked for, or as a short trial finds it fastest.
//!
//! Two runs with one thread each may be faster together than one after the other with two threads each, or not: it depends on the
//! network, the processor and whoever else uses it. Which it is decides how many threads a run has, and so the last bits of its
//! figures; therefore a trial is made once for a study and remembered.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::event::RunEvent;
use super::launch::{Launch, Message, Processes, Worker};
use super::saving::LastCheckpoint;
use super::work::{Job, Work};
use crate::process;
use crate::spec::ReportEpoch;

/// How long an arrangement is tried once all its runs have begun.
const WINDOW: Duration = Duration::from_secs(5);
/// Steps of a slow network are waited for no longer than this.
const PATIENCE: Duration = Duration::from_secs(90);
/// How much faster several runs at a time must be to be chosen.
const GAIN: f64 = 1.03;
/// The part of the free memory that runs at a time may take.
const MEMORY_SHARE: f64 = 0.8;

/// How many runs at a time, with how many threads each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lanes {
    /// Runs at a time.
    pub jobs: usize,
    /// CPU threads of each.
    pub threads: u32,
}

/// What trials found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trials {
    /// CPU threads that were shared out.
    pub cores: u32,
    /// The run that was tried.
    pub label: String,
    /// Each arrangement with the images per second of all its runs together; none where it failed.
    pub tried: Vec<(Lanes, Option<f64>)>,
    /// The arrangement that is used.
    pub chosen: Lanes,
}

impl Trials {
    /// In one line.
    pub fn in_words(&self) -> String {
        let one = |(lanes, speed): &(Lanes, Option<f64>)| {
            let speed = speed.map_or_else(|| "failed".to_owned(), |speed| format!("{speed:.1} images/s"));
            format!("{} × {} thread(s) {speed}", lanes.jobs, lanes.threads)
        };
        let tried: Vec<String> = self.tried.iter().map(one).collect();
        let Lanes { jobs, threads } = self.chosen;
        format!("{jobs} run(s) at a time with {threads} thread(s) each, by a trial of {}: {}", self.label, tried.join(", "))
    }
}

/// Try a job alone with all `cores`, then several times at once with a share of them each, up to `most` at a time; `scratch` is a
/// folder for what they write.
pub fn try_out(processes: &mut Processes, job: &Job, scratch: &Path, cores: u32, most: usize) -> Trials {
    let free = process::available_memory_mib();
    let mut tried: Vec<(Lanes, Option<f64>)> = Vec::new();
    let mut chosen = Lanes { jobs: 1, threads: cores };
    let mut best = 0.0;
    let mut memory_of_one = None;
    for jobs in (0..).map(|power| 1usize << power).take_while(|jobs| *jobs <= most.min(cores as usize).max(1)) {
        let fits = |one: f64| free.is_none_or(|free| one * jobs as f64 <= free * MEMORY_SHARE);
        if jobs > 1 && memory_of_one.is_some_and(|one| !fits(one)) {
            break;
        }
        let lanes = Lanes { jobs, threads: (cores / jobs as u32).max(1) };
        processes.threads = lanes.threads;
        let trial = Trial::of(processes, job, scratch, lanes.jobs);
        if jobs == 1 {
            memory_of_one = free.zip(trial.least_free).map(|(before, during)| before - during);
        }
        if trial.speed.is_some_and(|speed| speed > best * GAIN) {
            (best, chosen) = (trial.speed.unwrap_or_default(), lanes);
        }
        tried.push((lanes, trial.speed));
    }
    processes.threads = chosen.threads;
    Trials { cores, label: job.label.clone(), tried, chosen }
}

/// One arrangement.
struct Trial {
    /// Images per second of all runs together.
    speed: Option<f64>,
    /// The least free memory meanwhile, MiB.
    least_free: Option<f64>,
}

impl Trial {
    fn of(launcher: &mut dyn Launch, job: &Job, scratch: &Path, count: usize) -> Self {
        let (post, mail) = channel();
        let mut workers = Vec::new();
        for lane in 0..count {
            match launcher.launch(&endless(job, &scratch.join(format!("trial-{lane}"))), lane, lane as u64, Sender::clone(&post)) {
                Ok(worker) => workers.push(worker),
                Err(_) => break,
            }
        }
        drop(post);
        let all_begun = workers.len() == count;
        let (meters, least_free) = if all_begun { listen(&mail, count) } else { (BTreeMap::new(), None) };
        end(workers, &mail);
        let speeds: Option<Vec<f64>> = (0..count as u64).map(|number| meters.get(&number).and_then(Meter::speed)).collect();
        Self { speed: speeds.map(|speeds| speeds.iter().sum()), least_free }
    }
}

/// The images of one run since its first step.
struct Meter {
    first: Instant,
    last: Instant,
    images: u64,
    reports: u32,
}

impl Meter {
    fn speed(&self) -> Option<f64> {
        let seconds = self.last.duration_since(self.first).as_secs_f64();
        (self.reports >= 2 && seconds > 0.0).then(|| self.images as f64 / seconds)
    }
}

/// Count the images of all runs until each was heard of often enough; what is missing at the end of patience has failed.
fn listen(mail: &Receiver<(u64, Message)>, count: usize) -> (BTreeMap<u64, Meter>, Option<f64>) {
    let begin = Instant::now();
    let mut meters: BTreeMap<u64, Meter> = BTreeMap::new();
    let mut least_free: Option<f64> = None;
    while begin.elapsed() < PATIENCE {
        let now = Instant::now();
        let is_enough = |meter: &Meter| meter.reports >= 2 && now.duration_since(meter.first) >= WINDOW;
        if meters.len() == count && meters.values().all(is_enough) {
            break;
        }
        least_free = process::available_memory_mib().map(|free| least_free.map_or(free, |least| least.min(free)));
        match mail.recv_timeout(Duration::from_millis(100)) {
            Ok((number, Message::Event(RunEvent::Steps { images, .. }))) => {
                let now = Instant::now();
                let meter = meters.entry(number).or_insert(Meter { first: now, last: now, images: 0, reports: 0 });
                // Those of the first report were made before it.
                if meter.last > meter.first || meter.reports > 0 {
                    meter.images += images;
                }
                (meter.last, meter.reports) = (now, meter.reports + 1);
            }
            Ok((_, Message::Ended(_))) => break,
            _ => {}
        }
    }
    (meters, least_free)
}

/// End all runs and wait until they are gone.
fn end(mut workers: Vec<Box<dyn Worker>>, mail: &Receiver<(u64, Message)>) {
    for worker in &mut workers {
        worker.kill();
    }
    while mail.recv_timeout(PATIENCE).is_ok() {}
}

/// A run that goes on until it is ended.
fn endless(job: &Job, folder: &Path) -> Work {
    let mut job = job.clone();
    job.config.train.epochs = 1_000_000;
    (job.config.train.early_stop, job.config.train.find_lr) = (None, false);
    job.config.evaluation.epoch = ReportEpoch::Last;
    Work {
        job,
        folder: folder.to_owned(),
        earlier: Vec::new(),
        results: None,
        every: Duration::from_secs(24 * 60 * 60),
        last: LastCheckpoint::Drop,
        micro_batch_size: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::Exit;

    /// Says that it made a step of four images every so often.
    struct Steady {
        every: Duration,
        fails: bool,
    }

    struct Stopped(std::sync::Arc<std::sync::atomic::AtomicBool>);

    impl Worker for Stopped {
        fn stop(&mut self) {}

        fn kill(&mut self) {
            self.0.store(true, std::sync::atomic::Ordering::SeqCst);
        }
    }

    impl Launch for Steady {
        fn launch(&mut self, _work: &Work, _lane: usize, number: u64, post: Sender<(u64, Message)>) -> Result<Box<dyn Worker>, String> {
            let flag = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(self.fails));
            let (stopped, every) = (flag.clone(), self.every);
            std::thread::spawn(move || {
                while !stopped.load(std::sync::atomic::Ordering::SeqCst) {
                    std::thread::sleep(every);
                    let _ = post.send((number, Message::Event(RunEvent::Steps { epoch: 1, epochs: 1, images: 4 })));
                }
                let _ = post.send((number, Message::Ended(Exit::default())));
            });
            Ok(Box::new(Stopped(flag)))
        }
    }

    fn job() -> Job {
        let config = crate::train::fixtures::run_config();
        Job { label: "CNN".to_owned(), run_id: "cnn".to_owned(), course_id: String::new(), config }
    }

    #[test]
    fn the_speed_is_that_of_all_runs_together_and_one_that_ends_has_failed() {
        let mut steady = Steady { every: Duration::from_millis(50), fails: false };
        let speed = Trial::of(&mut steady, &job(), Path::new("scratch"), 2).speed;
        // Two runs of at most 80 images a second each; a busy machine makes them slower.
        assert!(speed.is_some_and(|speed| (60.0..=161.0).contains(&speed)), "{speed:?}");
        let mut failing = Steady { every: Duration::ZERO, fails: true };
        assert_eq!(Trial::of(&mut failing, &job(), Path::new("scratch"), 2).speed, None);
    }
}
