//! How a download is shown: a bar on a terminal, a line at its beginning and its end elsewhere. All of it goes to stderr.

use std::io::{IsTerminal, Write};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

const TEMPLATE: &str = "{msg} {bar:24} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left";

/// Follows one download after another.
#[derive(Debug)]
pub(super) struct DownloadBar {
    quiet: bool,
    current: Option<(String, Option<ProgressBar>)>,
}

impl DownloadBar {
    /// One that shows nothing if `quiet`.
    pub(super) fn new(quiet: bool) -> Self {
        Self { quiet, current: None }
    }

    /// So many bytes of a file are here, of how many where that is known.
    pub(super) fn show(&mut self, file: &str, done: u64, total: Option<u64>) {
        if self.quiet {
            return;
        }
        if self.current.as_ref().is_none_or(|(name, _)| name != file) {
            self.current = Some((file.to_owned(), Self::open(file, total)));
        }
        let Some((_, bar)) = &self.current else { return };
        if let Some(bar) = bar {
            bar.set_position(done);
        }
        if total.is_some_and(|total| done >= total) {
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
            say(&format!("downloaded {file} ({})", HumanBytes(done)));
            self.current = None;
        }
    }

    fn open(file: &str, total: Option<u64>) -> Option<ProgressBar> {
        if std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─");
            return Some(
                ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr()).with_style(style).with_message(file.to_owned()),
            );
        }
        let size = total.map_or_else(String::new, |total| format!(" ({})", HumanBytes(total)));
        say(&format!("downloading {file}{size}"));
        None
    }
}

fn say(line: &str) {
    // A closed stderr is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{line}");
}
