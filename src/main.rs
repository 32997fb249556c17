//! Parses the arguments, calls one library function, and maps the outcome to an exit code.

use std::io::IsTerminal;
use std::process::ExitCode;

use bench_run::cli::{Cli, Command, SpecArgs};
use bench_run::command::{self, Options};
use clap::Parser;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        None => command::run(&options(cli.run)),
        Some(Command::Run(specs)) => command::run(&options(specs)),
        Some(Command::Plan(specs)) => command::plan(&options(specs)),
        Some(Command::Report { specs, check }) => command::report(&options(specs), check),
        Some(Command::Backbones) => command::backbones(),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("bench-run: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn options(args: SpecArgs) -> Options {
    let SpecArgs { specs, sets, device, threads, results, quiet } = args;
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let color = std::io::stdout().is_terminal() && !no_color;
    // None where stdout is no terminal, and 0 where a terminal does not tell: wide there, so that no table is folded in vain.
    let width = comfy_table::Table::new().width().filter(|width| *width > 0).unwrap_or(200).max(40);
    Options { specs, sets, device, threads, results, quiet, color, width }
}
