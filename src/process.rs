//! What the operating system says about this process and its machine. Every reading may be missing.

/// Start counting the process's largest memory anew. Does nothing where the system does not offer it.
pub fn reset_peak_memory() {
    // 5 resets the high-water mark of the resident set (man 5 proc); a refusal only makes the figure cumulative.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Largest resident memory of the process since the last reset, in MiB.
pub fn peak_memory_mib() -> Option<f64> {
    value("/proc/self/status", "VmHWM").and_then(|text| kibibytes(&text)).map(|kib| kib as f64 / 1024.0)
}

/// Name of the processor.
pub fn processor() -> Option<String> {
    value("/proc/cpuinfo", "model name")
}

/// Memory of the machine, in MiB.
pub fn memory_mib() -> Option<u64> {
    value("/proc/meminfo", "MemTotal").and_then(|text| kibibytes(&text)).map(|kib| kib / 1024)
}

/// The file of a library that this process has loaded, by the beginning of its name.
pub fn mapped_file(beginning: &str) -> Option<std::path::PathBuf> {
    let text = std::fs::read_to_string("/proc/self/maps").ok()?;
    let paths = text.lines().filter_map(|line| line.find('/').map(|start| std::path::PathBuf::from(&line[start..])));
    paths.into_iter().find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(beginning)))
}

/// What tells this machine, since it was started, and its space of process ids from every other; none where the system does not
/// say.
pub fn machine() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let space = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), space.display()))
}

/// The machine's name for people.
pub fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok());
    name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "another machine".to_owned())
}

/// When a process of this machine began, in ticks since the machine did; none where there is no such process any more, or only
/// what is left of one that ended.
pub fn begin_of(pid: u32) -> Option<u64> {
    let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything (man 5 proc_pid_stat); the state and 18 further fields follow.
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let ended = matches!(*fields.first()?, "Z" | "X" | "x");
    if ended { None } else { fields.get(19)?.parse().ok() }
}

/// How many processes the system has ended for lack of memory since the machine was started.
pub fn memory_kills() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/vmstat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse().ok()
}

/// How many cores all processes together kept busy during a time that is waited for; none where the system does not say.
pub fn busy_cores(time: std::time::Duration) -> Option<f64> {
    let before = core_ticks()?;
    std::thread::sleep(time);
    let after = core_ticks()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let all = after.0.checked_sub(before.0).filter(|ticks| *ticks > 0)? as f64;
    Some(after.1.saturating_sub(before.1) as f64 / all * cores)
}

/// Ticks of all cores since the machine was started, and those of them that were not idle (`man 5 proc_stat`).
fn core_ticks() -> Option<(u64, u64)> {
    let text = std::fs::read_to_string("/proc/stat").ok()?;
    let ticks: Vec<u64> = text.lines().next()?.strip_prefix("cpu ")?.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let all = ticks.iter().take(8).sum();
    let idle = ticks.get(3)? + ticks.get(4)?;
    Some((all, all - idle))
}

/// Memory that a new process could have, in MiB.
pub fn available_memory_mib() -> Option<f64> {
    value("/proc/meminfo", "MemAvailable").and_then(|text| kibibytes(&text)).map(|kib| kib as f64 / 1024.0)
}

fn value(file: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.split(':').next().is_some_and(|name| name.trim() == key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn kibibytes(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn the_peak_of_memory_sees_an_allocation() {
        let Some(before) = peak_memory_mib() else { return };
        let block = std::hint::black_box(vec![1u8; 200 << 20]);
        let after = peak_memory_mib().expect("it was readable a moment ago");
        assert!(after >= before.max(200.0), "{before} then {after} with {} bytes", block.len());
    }

    #[test]
    fn a_thread_that_computes_keeps_a_core_busy() {
        use std::sync::atomic::{AtomicBool, Ordering};
        let done = AtomicBool::new(false);
        let busy = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
            let busy = busy_cores(std::time::Duration::from_millis(300));
            done.store(true, Ordering::Relaxed);
            busy
        });
        let cores = std::thread::available_parallelism().unwrap().get() as f64;
        assert!(busy.is_none_or(|busy| busy > 0.3 && busy <= cores + 0.01), "{busy:?} of {cores}");
    }

    #[test]
    fn a_process_has_a_beginning_until_it_ends() {
        let Some(own) = begin_of(std::process::id()) else { return };
        assert!(own > 0 && machine().is_some());
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        assert!(begin_of(child.id()).is_some_and(|begin| begin >= own));
        child.kill().unwrap();
        while begin_of(child.id()).is_some() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        child.wait().unwrap();
    }
}
