//! What to say of a process that ended without a word.

use super::launch::Exit;
use super::work::Fault;
use crate::process;
use crate::record::format::FailureKind;

/// Why a process ended without a word.
pub(super) fn crash(exit: &Exit, memory_kills_before: Option<u64>) -> Fault {
    const SIGKILL: i32 = 9;
    let short_of_memory = process::memory_kills() > memory_kills_before;
    let last = exit.said.iter().rev().find(|line| !line.trim().is_empty()).map(|line| format!("; its last words: {line}"));
    let last = last.unwrap_or_default();
    match (exit.signal, exit.code) {
        (Some(SIGKILL), _) if short_of_memory => {
            let cause = "out of memory: the system ended the process; use a smaller batch_size or image size";
            Fault::new(FailureKind::OutOfMemory, cause)
        }
        (Some(signal), _) => Fault::new(FailureKind::Crashed, format!("its process was ended by signal {signal}{}{last}", name_of(signal))),
        (None, Some(code)) => Fault::new(FailureKind::Crashed, format!("its process ended with code {code}{last}")),
        (None, None) => Fault::new(FailureKind::Crashed, format!("its process ended{last}")),
    }
}

fn name_of(signal: i32) -> &'static str {
    match signal {
        4 => " (illegal instruction)",
        6 => " (abort)",
        7 => " (bus error)",
        8 => " (arithmetic error)",
        9 => " (kill)",
        11 => " (invalid memory access)",
        15 => " (terminate)",
        _ => "",
    }
}
