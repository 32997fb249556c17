//! Turns a panic of one run, which is how LibTorch's errors arrive, into a cause in one line.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Run `work`; if it panics, the cause in one line.
///
/// # Errors
/// What `work` returns, or the first line of its panic.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let before = GUARDED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    outcome.unwrap_or_else(|panic| Err(one_line(&message(panic.as_ref()))))
}

/// Keep panics inside [`guarded`] from being printed with a trace; all others are printed as before.
pub fn silence_guarded_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !GUARDED.get() {
            usual(info);
        }
    }));
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("stopped for an unknown reason").to_owned()
}

/// LibTorch's message without the C++ trace behind it, and without Rust's wrapping of it.
fn one_line(message: &str) -> String {
    let message = message.strip_prefix("called `Result::unwrap()` on an `Err` value: ").unwrap_or(message);
    let message = message.strip_prefix("Torch(\"").unwrap_or(message);
    let end = message
        .find("\\nException raised from")
        .or_else(|| message.find("\nException raised from"))
        .or_else(|| message.find("\\nframe #"))
        .unwrap_or(message.len());
    let line = message[..end].lines().next().unwrap_or_default().split("\\n").next().unwrap_or_default();
    let line = line.trim_end_matches("\")").trim();
    if ["not enough memory", "out of memory", "can't allocate memory"].iter().any(|words| line.contains(words)) {
        // What stands before the allocator's words is a place in the library's source.
        let words = line.find("you tried to allocate").or_else(|| line.find("Tried to allocate")).map_or(line, |start| &line[start..]);
        return format!("out of memory: {words}; use a smaller batch_size or image size");
    }
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, Tensor};

    use super::*;

    #[test]
    fn an_error_of_the_native_library_becomes_one_line_without_its_trace() {
        silence_guarded_panics();
        let cause = guarded(|| {
            let xs = Tensor::zeros([2, 3], (Kind::Float, Device::Cpu));
            Ok(xs.matmul(&xs))
        })
        .unwrap_err();
        assert!(cause.contains("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"), "{cause}");
        assert!(!cause.contains('\n') && !cause.contains("Exception") && !cause.contains(".cpp"), "{cause}");
    }

    #[test]
    fn an_allocation_that_cannot_succeed_names_the_memory_and_the_next_step() {
        let cause = guarded(|| Ok(Tensor::zeros([1 << 50], (Kind::Float, Device::Cpu)))).unwrap_err();
        assert!(cause.starts_with("out of memory: you tried to allocate") && cause.contains("smaller batch_size"), "{cause}");
        assert!(!cause.contains(".cpp") && !cause.contains("frame #"), "{cause}");
    }

    #[test]
    fn values_and_errors_pass_through() {
        assert_eq!(guarded(|| Ok(3)), Ok(3));
        assert_eq!(guarded::<()>(|| Err("the loss is NaN".to_owned())), Err("the loss is NaN".to_owned()));
    }
}
