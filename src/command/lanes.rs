//! How many runs a command trains at a time: `--jobs`, `--threads` and `--devices`.

use std::str::FromStr;

use tch::Device;

use super::Options;
use crate::backbone::Model;
use crate::device;
use crate::error::Error;
use crate::execute::{Job, Lanes, Processes, Progress, Trials, try_out};
use crate::record::format::RunState;
use crate::record::{ATTEMPTS_FOLDER, StudyFolder, read_run};

/// What `--jobs` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobsChoice {
    /// So many.
    Fixed(usize),
    /// As many as a trial finds fastest.
    Auto,
}

impl FromStr for JobsChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number| (1..=1024).contains(number));
        match number {
            _ if text == "auto" => Ok(Self::Auto),
            Some(number) => Ok(Self::Fixed(number)),
            None => Err("expected a number from 1 to 1024, or auto".to_owned()),
        }
    }
}

/// Name of the file that remembers what a trial found.
const TRIALS_FILE: &str = "jobs.json";

/// How many runs at a time with how many threads each. Several devices have a run each; threads that are not given are shared out.
pub(super) fn choose_lanes(
    options: &Options,
    jobs: &[Job],
    folder: &StudyFolder,
    processes: &mut Processes,
    progress: &mut dyn Progress,
) -> Result<Lanes, Error> {
    let cores = options.threads.unwrap_or_else(device::threads);
    let lanes = match options.jobs {
        Some(JobsChoice::Fixed(jobs)) => Lanes { jobs, threads: share_threads(options, jobs) },
        Some(JobsChoice::Auto) if processes.devices == [Device::Cpu] => {
            return Ok(tried_lanes(jobs, folder, processes, progress, cores)?);
        }
        Some(JobsChoice::Auto) | None => {
            let jobs = processes.devices.len();
            Lanes { jobs, threads: share_threads(options, jobs) }
        }
    };
    processes.threads = lanes.threads;
    let at_a_time = if lanes.jobs > 1 { format!("{} runs at a time, each ", lanes.jobs) } else { String::new() };
    progress.note(&format!("{at_a_time}with {} thread(s)", lanes.threads));
    Ok(lanes)
}

/// The threads of each of so many runs at a time: as given, or shared out.
pub(super) fn share_threads(options: &Options, jobs: usize) -> u32 {
    options.threads.unwrap_or_else(|| (device::threads() / u32::try_from(jobs).unwrap_or(u32::MAX)).max(1))
}

/// What a trial of this study found, before or now.
fn tried_lanes(
    jobs: &[Job],
    folder: &StudyFolder,
    processes: &mut Processes,
    progress: &mut dyn Progress,
    cores: u32,
) -> Result<Lanes, crate::record::RecordError> {
    let known = std::fs::read(folder.path().join(TRIALS_FILE)).ok();
    let known: Option<Trials> = known.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let trials = if let Some(known) = known.filter(|known| known.cores == cores) {
        known
    } else {
        let open: Vec<&Job> = jobs.iter().filter(|job| !matches!(read_run(&folder.run(&job.run_id)), Ok(RunState::Done(_)))).collect();
        let Some(heaviest) = open.iter().max_by(|a, b| gflops(a).total_cmp(&gflops(b))) else {
            return Ok(Lanes { jobs: 1, threads: cores });
        };
        progress.note(&format!("trying how many runs at a time are fastest, with {}", heaviest.label));
        let scratch = folder.path().join(ATTEMPTS_FOLDER).join(format!(".trial-{}.tmp", std::process::id()));
        let trials = try_out(processes, heaviest, &scratch, cores, open.len());
        let _ = std::fs::remove_dir_all(&scratch);
        folder.write_json(TRIALS_FILE, &trials)?;
        trials
    };
    processes.threads = trials.chosen.threads;
    progress.note(&trials.in_words());
    Ok(trials.chosen)
}

/// Of one image; nothing for a network that cannot be built, which its run will say.
pub(super) fn gflops(job: &Job) -> f64 {
    let config = &job.config;
    Model::zeros(&config.architecture, config.image, &config.head, Device::Cpu).map_or(0.0, |model| model.gflops())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_a_number_or_auto() {
        assert_eq!("auto".parse(), Ok(JobsChoice::Auto));
        assert_eq!("3".parse(), Ok(JobsChoice::Fixed(3)));
        for text in ["0", "1025", "two", "-1", ""] {
            assert!(text.parse::<JobsChoice>().is_err(), "{text}");
        }
    }
}
