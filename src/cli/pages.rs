//! Completion scripts and manual pages, made from the command line itself.

use std::io::Write;
use std::path::Path;

use clap::{Command as ClapCommand, CommandFactory};
use clap_complete::Shell;

use super::Cli;
use crate::error::{DONE, Error};
use crate::record::RecordError;

/// The command line without what is not for people.
fn public() -> ClapCommand {
    let whole = Cli::command();
    let shown: Vec<ClapCommand> = whole.get_subcommands().filter(|command| !command.is_hide_set()).cloned().collect();
    let mut public = ClapCommand::new("bench-run").version(env!("CARGO_PKG_VERSION"));
    if let Some(about) = whole.get_about() {
        public = public.about(about.clone());
    }
    if let Some(after) = whole.get_after_help() {
        public = public.after_help(after.clone());
    }
    public.args(whole.get_arguments().cloned()).subcommands(shown)
}

/// Print the completion script of a shell.
///
/// # Errors
/// None at present.
pub fn completions(shell: Shell) -> Result<u8, Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut public(), "bench-run", &mut script);
    let script = String::from_utf8_lossy(&script);
    // clap_complete 4.6 takes the dash of the program's name for the beginning of a command, in the half of the script that looks up
    // what a command completes; the other half does not.
    let script = script.replace("bench__subcmd__run", "bench__run");
    // A closed pipe is the reader's choice.
    let _ = std::io::stdout().write_all(script.as_bytes());
    Ok(DONE)
}

/// Write `bench-run.1` and a page for each command.
///
/// # Errors
/// If the folder cannot be written.
pub fn man(folder: &Path) -> Result<u8, Error> {
    let at = |source| RecordError::Write { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(at)?;
    clap_mangen::generate_to(public(), folder).map_err(at)?;
    let count = public().get_subcommands().count() + 1;
    let path = folder.join("bench-run.1");
    let _ = writeln!(std::io::stdout(), "{count} manual pages in {}; `man -l {}` shows the first", folder.display(), path.display());
    Ok(DONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_every_command() {
        let help = Cli::command().render_help().to_string();
        for command in public().get_subcommands() {
            let name = command.get_name();
            let named = help.lines().filter(|line| line.split_whitespace().next() == Some(name) && line.starts_with("  ")).count();
            assert_eq!(named, 1, "{name} in\n{help}");
        }
    }
}
