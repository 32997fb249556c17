//! A question to whoever sits at the terminal.

use std::io::{BufRead, IsTerminal, Write};

/// Whether somebody can be asked.
pub(super) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    /// The input ended.
    None,
}

/// Ask on stderr, and wait for a line; only a plain yes is one.
pub(super) fn ask(question: &str) -> Answer {
    // A closed stderr shows nothing, and then nobody answers either.
    let _ = write!(std::io::stderr(), "{question} [y/N] ").and_then(|()| std::io::stderr().flush());
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(0) | Err(_) => Answer::None,
        Ok(_) => read(&line),
    }
}

fn read(line: &str) -> Answer {
    match line.trim().to_lowercase().as_str() {
        "y" | "yes" => Answer::Yes,
        _ => Answer::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_yes_is_one() {
        for (line, answer) in [
            ("y\n", Answer::Yes),
            (" YES \r\n", Answer::Yes),
            ("\n", Answer::No),
            ("n\n", Answer::No),
            ("yep\n", Answer::No),
            ("y n\n", Answer::No),
        ] {
            assert_eq!(read(line), answer, "{line:?}");
        }
    }
}
