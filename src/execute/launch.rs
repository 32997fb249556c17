//! Starts a process for each run and hears what it says.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::Sender;
use std::time::Duration;

use super::event::RunEvent;
use super::serve::{STOP, Task};
use super::work::Work;
use crate::data::{Assignment, CachedDataset};
use crate::device;
use crate::plan::ImageConfig;
use crate::process;
use crate::weights::Located;

/// The hidden command that makes a process train the run on its standard input.
pub const SERVE_COMMAND: &str = "train-one-run";

/// What came from a process, with the number that it was started with.
#[derive(Debug)]
pub enum Message {
    /// It said something.
    Event(RunEvent),
    /// It ended; nothing comes after that.
    Ended(Exit),
}

/// How a process ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exit {
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Its exit code.
    pub code: Option<i32>,
    /// The last lines of what it said to people, which is what the native library says.
    pub said: Vec<String>,
}

/// A run that is being trained.
pub trait Worker {
    /// Ask it to save and end.
    fn stop(&mut self);
    /// End it at once.
    fn kill(&mut self);
}

/// Begins attempts.
pub trait Launch {
    /// Begin one; what it says is sent with `number`. `lane` counts those that run at the same time, from 0.
    ///
    /// # Errors
    /// If it cannot be begun.
    fn launch(&mut self, work: &Work, lane: usize, number: u64, post: Sender<(u64, Message)>) -> Result<Box<dyn Worker>, String>;
}

/// Begins each attempt in a process of its own, so that whatever happens to it costs that run alone.
#[derive(Debug)]
pub struct Processes {
    /// Where each lane computes; one for all, or one for each.
    pub devices: Vec<tch::Device>,
    /// CPU threads of each process.
    pub threads: u32,
    /// Whether what repeats itself only nearly may be used where it is faster.
    pub fast: bool,
    /// The films of the plan, cached once per image setting.
    pub data: Vec<(ImageConfig, CachedDataset)>,
    /// Their parts.
    pub assignment: Assignment,
    /// The files of weights that runs start from, by digest.
    pub weights: BTreeMap<String, Located>,
}

/// How long is looked whether other programs are busy, before a process is started.
const LOOK_FOR_OTHERS: Duration = Duration::from_millis(100);

/// Whether other programs want the cores that `threads` more threads would need, besides those of the `lanes` that are busy.
pub(super) fn is_crowded(threads: u32, lanes: usize) -> bool {
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let own = f64::from(threads) * lanes as f64;
    // With one thread nobody waits for another.
    threads > 1 && process::busy_cores(LOOK_FOR_OTHERS).is_some_and(|busy| (busy - own).max(0.0) + f64::from(threads) > cores + 0.5)
}

impl Processes {
    fn task(&self, work: &Work, lane: usize) -> Task {
        let config = &work.job.config;
        let (image, cached) =
            self.data.iter().find(|(image, _)| *image == config.image).expect("films were cached for every image setting");
        let digest = config.transfer.as_ref().and_then(|transfer| transfer.sha256.as_ref());
        Task {
            work: work.clone(),
            device: device::describe(self.devices[lane % self.devices.len()]),
            threads: self.threads,
            fast: self.fast,
            films: cached.cache.path().to_owned(),
            image: *image,
            samples: cached.dataset.samples.clone(),
            partition: self.assignment.partition(config.fold),
            weights: digest.and_then(|digest| self.weights.get(digest)).cloned(),
        }
    }
}

impl Launch for Processes {
    fn launch(&mut self, work: &Work, lane: usize, number: u64, post: Sender<(u64, Message)>) -> Result<Box<dyn Worker>, String> {
        let task = serde_json::to_string(&self.task(work, lane)).map_err(|error| format!("the run cannot be described: {error}"))?;
        let mut command = this_program();
        command.arg(SERVE_COMMAND).envs(device::child_environment(is_crowded(self.threads, lane)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("no process can be started for the run: {error}"))?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (stdout, stderr) = stdout.zip(stderr).expect("both are piped");
        let listener = std::thread::Builder::new().name(format!("run {number}"));
        let heard = listener.spawn(move || hear(child, stdout, stderr, number, &post));
        heard.map_err(|error| format!("no thread can be started for the run: {error}"))?;
        let mut worker = Process { stdin };
        worker.send(&task);
        Ok(Box::new(worker))
    }
}

/// This very program, even where another was put in its place since it was started.
pub(super) fn this_program() -> Command {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new("/proc/self/exe");
        command.arg0("bench-run");
        command
    }
    #[cfg(not(target_os = "linux"))]
    Command::new(std::env::current_exe().unwrap_or_else(|_| "bench-run".into()))
}

struct Process {
    stdin: Option<ChildStdin>,
}

impl Process {
    fn send(&mut self, line: &str) {
        // One that has ended is heard of by its end.
        let _ = self.stdin.as_mut().map(|stdin| writeln!(stdin, "{line}").and_then(|()| stdin.flush()));
    }
}

impl Worker for Process {
    fn stop(&mut self) {
        self.send(STOP);
    }

    fn kill(&mut self) {
        // It ends with its input.
        self.stdin = None;
    }
}

/// Pass on what a process says until it has ended.
fn hear(mut child: Child, stdout: impl Read, stderr: impl Read + Send + 'static, number: u64, post: &Sender<(u64, Message)>) {
    let tail = std::thread::spawn(move || last_lines(stderr));
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        // What is no event is the native library's, on the wrong channel.
        let event = RunEvent::from_line(&line).unwrap_or(RunEvent::Note { text: line });
        // Nobody listens once the program is about to end.
        let _ = post.send((number, Message::Event(event)));
    }
    let status = child.wait().ok();
    let said = tail.join().unwrap_or_default();
    let (signal, code) = (status.and_then(signal_of), status.and_then(|status| status.code()));
    let _ = post.send((number, Message::Ended(Exit { signal, code, said })));
}

/// The last lines of a stream, however long it is.
fn last_lines(stream: impl Read) -> Vec<String> {
    const MOST: usize = 20;
    let mut lines = std::collections::VecDeque::new();
    let mut reader = BufReader::new(stream);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
        lines.push_back(String::from_utf8_lossy(&bytes).trim_end().to_owned());
        if lines.len() > MOST {
            lines.pop_front();
        }
        bytes.clear();
    }
    lines.into()
}

#[cfg(unix)]
fn signal_of(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal_of(_status: ExitStatus) -> Option<i32> {
    None
}
