//! What a run is expected to cost: as recorded of runs like it on this machine, or by a short trial in a process of its own.

use std::io::{self, BufRead, Read, Write};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::guard::{guarded, silence_guarded_panics};
use super::launch::{is_crowded, this_program};
use super::work::Place;
use crate::device::{self, DeviceChoice};
use crate::plan::RunConfig;
use crate::process;
use crate::record::format::{RecordedRun, RunState};
use crate::record::{Environment, read_run, read_settings, record_folders};
use crate::spec::Split;
use crate::train;

/// The hidden command that makes a process try the run on its standard input.
pub const TRIAL_COMMAND: &str = "try-one-run";

/// A trial that takes longer than this tells nothing.
const PATIENCE: Duration = Duration::from_secs(45);

/// What a run like this costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// Seconds for one film in training.
    pub train_seconds: f64,
    /// Seconds for one film in evaluation.
    pub val_seconds: f64,
    /// Largest memory of the process; none where it cannot be read.
    pub memory_mib: Option<f64>,
    /// How it is known.
    pub known_by: KnownBy,
}

/// How a pace is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KnownBy {
    /// A finished run of the same network, image and batch on this machine.
    Record,
    /// A few steps on films of noise.
    Trial,
}

/// Numbers of films.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FilmCounts {
    /// Of the training part.
    pub train: usize,
    /// Of the validation part.
    pub val: usize,
    /// Of the test part.
    pub test: usize,
}

impl Pace {
    /// Seconds that a run takes for `epochs` epochs and its final figures.
    pub fn seconds(&self, epochs: u32, films: FilmCounts, config: &RunConfig) -> f64 {
        let FilmCounts { train, val, test } = films;
        let epoch = train as f64 * self.train_seconds + val as f64 * self.val_seconds;
        let views = f64::from(config.evaluation.tta.unwrap_or(1));
        f64::from(epochs) * epoch + (train as f64 + views * (val + test) as f64) * self.val_seconds
    }
}

/// The pace of the finished run that is most like this one, among all studies of `results`; none where there is none of the same
/// network, image, batch and place.
pub fn recorded_pace(config: &RunConfig, place: &Place, results: &Path) -> Option<Pace> {
    let processor = process::processor();
    let same_machine = |study: &Path| Environment::read(study).is_some_and(|environment| environment.processor == processor);
    record_folders(results).into_iter().filter(|(study, _)| same_machine(study)).find_map(|(_, folder)| {
        read_settings(&folder).ok().filter(|settings| steps_alike(settings, config))?;
        let Ok(RunState::Done(record)) = read_run(&folder) else { return None };
        let cost = &record.cost;
        let same_place = cost.device == place.device && cost.threads == place.threads && cost.fast == place.fast;
        if same_place { pace_of(&record) } else { None }
    })
}

/// Whether a step of one run costs as much as one of the other.
fn steps_alike(one: &RunConfig, other: &RunConfig) -> bool {
    let key = |config: &RunConfig| {
        let train = &config.train;
        let frozen = config.transfer.as_ref().map(|transfer| (transfer.freeze, transfer.unfreeze_at));
        let size = (train.batch_size, train.micro_batch_size, train.precision, train.ema.is_some());
        (config.architecture, config.image, config.head.clone(), size, config.augment.changes_films(), frozen)
    };
    key(one) == key(other)
}

fn pace_of(record: &RecordedRun) -> Option<Pace> {
    let timing = &record.timing;
    let epochs = timing.len() as f64;
    let trained: f64 = timing.iter().map(|row| row.images_per_second * row.train_seconds).sum();
    let train_seconds: f64 = timing.iter().map(|row| row.train_seconds).sum();
    let val_films = record.predictions.iter().filter(|row| row.split == Split::Val).count() as f64;
    let val_seconds: f64 = timing.iter().map(|row| row.val_seconds).sum();
    // Without a validation part: an evaluation is about a third of a step.
    let per_val_film = if val_films > 0.0 { val_seconds / (epochs * val_films) } else { train_seconds / trained / 3.0 };
    let pace = Pace {
        train_seconds: train_seconds / trained,
        val_seconds: per_val_film,
        memory_mib: record.cost.peak_memory_mib,
        known_by: KnownBy::Record,
    };
    (pace.train_seconds.is_finite() && pace.val_seconds.is_finite()).then_some(pace)
}

/// What a process is told that tries a run.
#[derive(Debug, Serialize, Deserialize)]
struct Trial {
    config: RunConfig,
    device: String,
    threads: u32,
    fast: bool,
}

/// Try a run for a few seconds.
///
/// # Errors
/// Why it tells nothing, in words: it failed, or took too long.
pub fn tried_pace(config: &RunConfig, place: &Place) -> Result<Pace, String> {
    let trial = Trial { config: config.clone(), device: place.device.clone(), threads: place.threads, fast: place.fast };
    let task = serde_json::to_string(&trial).map_err(|error| error.to_string())?;
    let mut command = this_program();
    command.arg(TRIAL_COMMAND).envs(device::child_environment(is_crowded(place.threads, 0)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("no process can be started: {error}"))?;
    let sent = child.stdin.take().map(|mut stdin| writeln!(stdin, "{task}"));
    if let Some(Err(error)) = sent {
        return Err(error.to_string());
    }
    if !wait(&mut child, PATIENCE) {
        return Err(format!("three steps take longer than {} s", PATIENCE.as_secs()));
    }
    let mut said = String::new();
    child.stdout.take().map(|mut stdout| stdout.read_to_string(&mut said)).transpose().map_err(|error| error.to_string())?;
    let ended_early = |_| Err("its process ended without a word, perhaps for lack of memory".to_owned());
    serde_json::from_str::<Result<Pace, String>>(said.trim()).unwrap_or_else(ended_early)
}

/// Whether a process ended in time; one that did not is killed.
fn wait(child: &mut Child, patience: Duration) -> bool {
    let begin = Instant::now();
    loop {
        match child.try_wait() {
            Ok(None) if begin.elapsed() < patience => std::thread::sleep(Duration::from_millis(10)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
            _ => return true,
        }
    }
}

/// Try the run that stands in the first line of standard input, and print its pace, or why there is none, as JSON.
///
/// # Errors
/// If there is no such line, or the device is not there.
pub fn serve_trial() -> Result<(), String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(|error| format!("no task on standard input: {error}"))?;
    let trial: Trial = serde_json::from_str(&line)
        .map_err(|error| format!("standard input does not begin with a task ({error}); this command is for the program itself"))?;
    device::set_threads(trial.threads);
    let choice: DeviceChoice = trial.device.parse()?;
    let device = device::choose(choice)?;
    if trial.fast {
        device::relax(device);
    } else {
        device::make_deterministic(device);
    }
    silence_guarded_panics();
    let pace = guarded(|| train::try_pace(&trial.config, device).map_err(|error| error.to_string())).map(|pace| Pace {
        train_seconds: pace.train_seconds,
        val_seconds: pace.val_seconds,
        memory_mib: process::peak_memory_mib(),
        known_by: KnownBy::Trial,
    });
    let answer = serde_json::to_string(&pace).map_err(|error| error.to_string())?;
    writeln!(io::stdout(), "{answer}").map_err(|error| error.to_string())
}
