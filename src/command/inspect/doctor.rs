//! `bench-run doctor`: whether everything is there that a run needs, and a training of some seconds that must learn.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::trial::{SHARE, learn};
use super::{print, print_json};
use crate::data;
use crate::device::{self, DeviceChoice};
use crate::error::{DONE, Error, INTERRUPTED, UNEXPECTED};
use crate::files::write_advice;
use crate::hub::HubSettings;
use crate::human::{duration, size};
use crate::interrupt::Interrupt;
use crate::plan::ComputePrecision;
use crate::process;
use crate::record::Environment;
use crate::spec::Precision;

/// What the command is told.
#[derive(Debug, Clone)]
pub struct DoctorOptions {
    /// Where to compute.
    pub device: DeviceChoice,
    /// CPU threads; LibTorch's own choice where none is given.
    pub threads: Option<u32>,
    /// The folder that holds one folder per spec.
    pub results: PathBuf,
    /// JSON instead of lines.
    pub json: bool,
    /// Whether stdout is a terminal, and takes colour.
    pub terminal: Terminal,
}

/// Where stdout goes.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// Whether it is one.
    pub is_one: bool,
    /// Whether it takes colour.
    pub color: bool,
    /// Its columns.
    pub width: u16,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warning,
    Failed,
}

/// A line of the report.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    found: String,
    /// What to do about it.
    advice: Option<String>,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Ok, found: found.into(), advice: None }
    }

    fn warning(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, state: State::Warning, found: found.into(), advice: Some(advice.into()) }
    }

    fn failed(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, state: State::Failed, found: found.into(), advice: Some(advice.into()) }
    }
}

/// Check the program's surroundings one by one; the exit code says whether none failed.
///
/// # Errors
/// If signals cannot be handled.
pub fn doctor(options: &DoctorOptions) -> Result<u8, Error> {
    if let Some(threads) = options.threads {
        device::set_threads(threads);
    }
    let interrupt = Interrupt::watch("interrupted".to_owned(), INTERRUPTED).map_err(Error::Signals)?;
    let mut checks = Vec::new();
    let mut add = |check: Check| {
        if !options.json {
            print(&in_words(&check, options.terminal.color));
        }
        checks.push(check);
    };
    let chosen = device::choose(options.device);
    add(program());
    add(libtorch());
    add(devices(chosen.as_ref().map_err(Clone::clone).copied()));
    let device = chosen.unwrap_or(tch::Device::Cpu);
    add(threads());
    add(precision(device));
    add(memory());
    add(cache());
    add(results(&options.results));
    add(disk(&options.results));
    add(hub());
    add(terminal(options.terminal));
    if !options.json && options.terminal.is_one {
        let _ = writeln!(std::io::stderr(), "training for some seconds …");
    }
    // So that the temporary folder is removed after a signal too.
    interrupt.hold();
    let Some(check) = training(device, &interrupt) else { return Ok(INTERRUPTED) };
    add(check);
    Ok(conclude(&checks, options.json))
}

fn conclude(checks: &[Check], json: bool) -> u8 {
    let count = |state| checks.iter().filter(|check| check.state == state).count();
    let (warnings, failed) = (count(State::Warning), count(State::Failed));
    if json {
        print_json(&serde_json::json!({ "ok": failed == 0, "warnings": warnings, "failed": failed, "checks": checks }));
    } else if failed > 0 {
        print(&format!("\n{failed} check(s) failed, {warnings} warning(s); what to do stands behind each arrow"));
    } else {
        print(&format!("\nready to train ({warnings} warning(s)); next: `bench-run init FOLDER` writes a spec for your films"));
    }
    if failed == 0 { DONE } else { UNEXPECTED }
}

fn in_words(check: &Check, color: bool) -> String {
    let (word, code) = match check.state {
        State::Ok => ("ok", "32"),
        State::Warning => ("warning", "33"),
        State::Failed => ("failed", "31"),
    };
    let word = format!("{word:<8}");
    let word = if color { format!("\u{1b}[{code}m{word}\u{1b}[0m") } else { word };
    let advice = check.advice.as_ref().map(|advice| format!("\n{:20}→ {advice}", "")).unwrap_or_default();
    format!("{word} {:<10} {}{advice}", check.name, check.found)
}

fn program() -> Check {
    let Environment { bench_run, revision, platform, .. } = Environment::current("cpu", 1, false);
    Check::ok("program", format!("bench-run {bench_run} ({revision}), {platform}"))
}

fn libtorch() -> Check {
    let version = Environment::current("cpu", 1, false).libtorch;
    let place =
        process::mapped_file("libtorch_cpu").map_or_else(|| "linked into the program".to_owned(), |path| path.display().to_string());
    Check::ok("LibTorch", format!("{version}, {place}"))
}

fn devices(chosen: Result<tch::Device, String>) -> Check {
    let processor = process::processor().unwrap_or_else(|| "a processor of unknown name".to_owned());
    let count = if tch::Cuda::is_available() { tch::Cuda::device_count() } else { 0 };
    let cuda = if count > 0 { format!("{count} CUDA device(s)") } else { "no CUDA device".to_owned() };
    match chosen {
        Err(cause) => Check::failed("device", format!("{processor}; {cuda}"), cause),
        Ok(_) if count == 0 && Path::new("/proc/driver/nvidia").exists() => Check::warning(
            "device",
            format!("{processor}; there is an NVIDIA driver, but LibTorch finds no CUDA device"),
            "set up LibTorch with `scripts/libtorch --cuda` and build again",
        ),
        Ok(device) => Check::ok("device", format!("{}: {processor}; {cuda}", device::describe(device))),
    }
}

fn threads() -> Check {
    let threads = device::threads();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let found = format!("{threads} of {cores} core(s)");
    match std::env::var("OMP_NUM_THREADS") {
        Ok(set) if (threads as usize) < cores => {
            Check::ok("threads", format!("{found}, since OMP_NUM_THREADS is {set}; `--threads N` goes before it"))
        }
        _ if threads as usize > cores => {
            Check::warning("threads", format!("{found}: more threads than cores wait for each other"), "use fewer by `--threads N`")
        }
        _ => Check::ok("threads", found),
    }
}

fn precision(device: tch::Device) -> Check {
    let found = match (device::resolve_precision(Precision::Auto, device), device) {
        (ComputePrecision::Bf16, _) => "`auto` is bf16, which the hardware multiplies natively",
        (ComputePrecision::Fp32, tch::Device::Cpu) => {
            "`auto` is fp32: this processor does not multiply bf16 natively (it lacks AVX512-BF16)"
        }
        (ComputePrecision::Fp32, _) => "`auto` is fp32",
    };
    Check::ok("precision", found)
}

fn memory() -> Check {
    const LITTLE_MIB: f64 = 2048.0;
    let mib = |mib: f64| size((mib * f64::from(1 << 20)) as u64);
    match (process::memory_mib(), process::available_memory_mib()) {
        (Some(all), Some(free)) => {
            let found = format!("{} free of {}", mib(free), mib(all as f64));
            if free < LITTLE_MIB {
                return Check::warning("memory", found, "close other programs, or use a smaller `train.batch_size` or `image.size`");
            }
            Check::ok("memory", found)
        }
        _ => Check::ok("memory", "the system does not say"),
    }
}

fn cache() -> Check {
    let folder = match data::default_cache_folder() {
        Ok(folder) => folder,
        Err(error) => return Check::failed("cache", error.to_string(), "name a folder by BENCH_RUN_CACHE"),
    };
    let limit = match data::cache_limit(None) {
        Ok(limit) => limit,
        Err(error) => return Check::failed("cache", error.to_string(), "correct or unset BENCH_RUN_CACHE_LIMIT"),
    };
    let found = format!("{}: {} of at most {limit}", folder.display(), size(data::cache_bytes(&folder)));
    match try_to_write(&folder) {
        Ok(_) => Check::ok("cache", found),
        Err(error) => Check::failed("cache", format!("{found}; it cannot be written: {error}"), "name another folder by BENCH_RUN_CACHE"),
    }
}

/// Write a file into a folder, or into the nearest one above it that is there; which one that was.
fn try_to_write(folder: &Path) -> std::io::Result<PathBuf> {
    let there = folder.ancestors().map(|path| if path.as_os_str().is_empty() { Path::new(".") } else { path }).find(|path| path.exists());
    let there = there.unwrap_or(Path::new("."));
    if !there.is_dir() {
        return Err(std::io::Error::other(format!("{} is a file", there.display())));
    }
    tempfile::tempfile_in(there).map_err(crate::files::plain)?.write_all(&[0; 1 << 14])?;
    Ok(there.to_owned())
}

fn results(folder: &Path) -> Check {
    match try_to_write(folder) {
        Ok(there) if there == folder => Check::ok("results", format!("{}: can be written", folder.display())),
        Ok(_) => Check::ok("results", format!("{}: not there yet, can be made", folder.display())),
        Err(error) => Check::failed("results", format!("{}: cannot be written: {error}", folder.display()), write_advice(error.kind())),
    }
}

fn disk(results: &Path) -> Check {
    const LITTLE: u64 = 5 << 30;
    let there = results.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
    match fs4::available_space(there) {
        Ok(free) if free < LITTLE => Check::warning(
            "disk",
            format!("{} free for results", size(free)),
            "`bench-run clean` shows what could be deleted; `--drop-checkpoints` needs a third less",
        ),
        Ok(free) => Check::ok("disk", format!("{} free for results", size(free))),
        Err(error) => Check::warning("disk", format!("the free space is not known: {error}"), "check the folder of results"),
    }
}

/// The settings alone: the network is not asked.
fn hub() -> Check {
    match HubSettings::from_environment() {
        Ok(settings) => {
            let offline = if settings.is_offline() { "; offline, as HF_HUB_OFFLINE says: only what is in the cache" } else { "" };
            let found = format!("{} (not asked), cache {}{offline}", settings.endpoint(), settings.cache().display());
            Check::ok("hub", found)
        }
        Err(error) => Check::warning("hub", error.to_string(), "weights of a hub cannot be used until this is corrected"),
    }
}

fn terminal(terminal: Terminal) -> Check {
    let color = if terminal.color { "colour" } else { "no colour" };
    let found = if terminal.is_one {
        format!("{} columns, {color}", terminal.width)
    } else {
        "stdout is no terminal: plain lines, no colour".to_owned()
    };
    Check::ok("terminal", found)
}

/// None where it was interrupted.
fn training(device: tch::Device, interrupt: &Interrupt) -> Option<Check> {
    let learned = match learn(device, device::threads(), interrupt) {
        Ok(learned) => learned?,
        Err(cause) => {
            return Some(Check::failed(
                "training",
                cause,
                "correct what failed above; else report it with the output of `bench-run doctor --json`",
            ));
        }
    };
    let found = format!(
        "loss {:.3} → {:.3} in {} epochs on {}, {}, {:.0} images/s",
        learned.first_loss,
        learned.last_loss,
        learned.epochs,
        device::describe(device),
        duration(learned.took.as_secs_f64()),
        learned.images_per_second
    );
    if learned.is_enough() {
        return Some(Check::ok("training", found));
    }
    let expected = format!(
        "expected at most {SHARE} of the first loss; try `--device cpu`, and report it with the output of `bench-run doctor --json`"
    );
    Some(Check::failed("training", format!("{found}: it does not learn"), expected))
}
