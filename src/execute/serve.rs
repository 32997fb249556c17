//! The process that trains one run: its task on standard input, its events on standard output.
//!
//! The first line of the input is the [`Task`]; a later line `stop` asks to save and end. Where the input ends, whoever asked for
//! the run is gone, and so is this process. Every line of the output is a [`RunEvent`]; the last one says how the run ended, and a
//! process that ends without one has crashed.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::attempt::run_work;
use super::event::RunEvent;
use super::guard::silence_guarded_panics;
use super::native::NativeTrainer;
use super::work::Work;
use crate::data::{FilmCache, Partition, Sample};
use crate::device::{self, DeviceChoice};
use crate::interrupt::Interrupt;
use crate::plan::ImageConfig;
use crate::weights::Located;

/// All that such a process is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Task {
    /// The attempt.
    pub work: Work,
    /// Where it computes: `cpu` or `cuda:N`.
    pub device: String,
    /// CPU threads.
    pub threads: u32,
    /// Whether what repeats itself only nearly may be used where it is faster.
    pub fast: bool,
    /// The file of decoded films, checked by whoever asks.
    pub films: PathBuf,
    /// What they are.
    pub image: ImageConfig,
    /// Their labels, in the same order.
    pub samples: Vec<Sample>,
    /// Which of them belong to which part.
    pub partition: Partition,
    /// The weights that the run starts from.
    pub weights: Option<Located>,
}

/// The word that asks to save and end.
pub(super) const STOP: &str = "stop";

/// Steps are told no more often than this.
const STEPS_EVERY: Duration = Duration::from_millis(100);

/// Train the run of the task that stands in the first line of standard input.
///
/// # Errors
/// If there is no such line, or the task cannot be begun.
pub fn serve() -> Result<(), String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(|error| format!("no task on standard input: {error}"))?;
    let task: Task = serde_json::from_str(&line)
        .map_err(|error| format!("standard input does not begin with a task ({error}); this command is for the program itself"))?;
    let interrupt = listen().map_err(|error| error.to_string())?;
    silence_guarded_panics();
    device::set_threads(task.threads);
    let choice: DeviceChoice = task.device.parse()?;
    let device = device::choose(choice)?;
    let films = FilmCache::reopen(&task.films, task.image).map_err(|error| error.to_string())?;
    let mut trainer = NativeTrainer::new(device, task.fast, task.samples, films, task.partition, task.weights);
    let mut told = Told::default();
    run_work(&task.work, &interrupt, &mut trainer, &mut |event| told.tell(&event));
    Ok(())
}

/// Wait for `stop` and for the end of the input, each on a thread of its own; signals are for whoever asked for the run, which
/// passes them on.
fn listen() -> io::Result<Interrupt> {
    let interrupt = Interrupt::deaf()?;
    let asked = interrupt.clone();
    std::thread::Builder::new().name("input".to_owned()).spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if line == STOP {
                asked.ask();
            }
        }
        leave();
    })?;
    Ok(interrupt)
}

/// End at once, without the destructors of the native library, which still computes on other threads.
fn leave() -> ! {
    #[cfg(unix)]
    signal_hook::low_level::exit(i32::from(crate::error::INTERRUPTED));
    #[cfg(not(unix))]
    std::process::exit(i32::from(crate::error::INTERRUPTED));
}

/// Events as lines, several steps in one.
#[derive(Debug, Default)]
struct Told {
    steps: BTreeMap<u32, (u32, u64)>,
    last: Option<Instant>,
}

impl Told {
    fn tell(&mut self, event: &RunEvent) {
        if let RunEvent::Steps { epoch, epochs, images } = *event {
            let sum = self.steps.entry(epoch).or_insert((epochs, 0));
            sum.1 += images;
            if self.last.is_some_and(|last| last.elapsed() < STEPS_EVERY) {
                return;
            }
            self.flush();
            self.last = Some(Instant::now());
            return;
        }
        self.flush();
        write(event);
    }

    fn flush(&mut self) {
        for (epoch, (epochs, images)) in std::mem::take(&mut self.steps) {
            write(&RunEvent::Steps { epoch, epochs, images });
        }
    }
}

fn write(event: &RunEvent) {
    let mut out = io::stdout().lock();
    if writeln!(out, "{}", event.to_line()).and_then(|()| out.flush()).is_err() {
        // Nobody listens any more.
        leave();
    }
}
