//! Parses the arguments, calls one library function, and maps the outcome to an exit code.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use bench_run::cli::{
    self, Cli, Command, ComputeArgs, DataArgs, ExplainArgs, FinishedArgs, InspectCommand, KindArg, ListArgs, MethodArg, PartArg, PlaceArgs,
    PredictArgs, RetryArg, RunArgs, SexArg, SpecArgs, TrainArgs, UnitArg,
};
use bench_run::command::{
    self, CleanOptions, Consent, DataOptions, DoctorOptions, ExplainChoice, FinishedOptions, InitOptions, InspectOptions, Kind, Options,
    PlaceOptions, PlanView, PredictOptions, ReportTask, Terminal,
};
use bench_run::data::Sex;
use bench_run::data::phantom::{PhantomSet, Rates};
use bench_run::error::Error;
use bench_run::execute::{LastCheckpoint, Retry};
use bench_run::explain::Method;
use bench_run::spec::{AgeUnit, ImageSize, Split};
use clap::Parser;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        None => command::run(&options(cli.run.specs), cli.run.json),
        Some(Command::Run(TrainArgs { specs, json })) => command::run(&options(specs), json),
        Some(Command::Plan { specs, resolved, json, no_trial }) => {
            command::plan(&options(specs), PlanView { resolved, json, trial: !no_trial })
        }
        Some(Command::Report { specs, check, format }) => {
            report_task(check, &format).and_then(|task| command::report(&options(specs), &task))
        }
        Some(Command::Data(data)) => command::data(&data_options(data)),
        Some(Command::Predict(args)) => command::predict(&predict_options(args)),
        Some(Command::Explain(args)) => explain(args),
        Some(Command::Robustness(args)) => command::robustness(&finished_options(args)),
        Some(Command::Export { run: RunArgs { run, place }, torchscript }) => command::export(&run, &place_options(place), &torchscript),
        Some(Command::Phantom { folder, count, size, seed, metal, abnormal, force }) => {
            command::phantom(&PhantomSet { folder, count, size: ImageSize::square(size), seed, rates: Rates { metal, abnormal }, force })
        }
        Some(Command::TrainOneRun) => command::train_one_run(),
        Some(Command::TryOneRun) => command::try_one_run(),
        Some(Command::Backbones { size, json }) => command::backbones(size, json, terminal_width()),
        Some(Command::Inspect(command)) => inspect(command),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("bench-run: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

/// What `report` is to make.
fn report_task(check: bool, format: &[PathBuf]) -> Result<ReportTask, Error> {
    match format {
        [] if check => Ok(ReportTask::Check),
        [] => Ok(ReportTask::Write),
        [format, folder] if format.as_os_str() == "mlflow" => Ok(ReportTask::Mlflow(folder.clone())),
        [format, ..] => Err(Error::Usage(format!("--format {}: unknown format (known: mlflow)", format.display()))),
    }
}

fn inspect(command: InspectCommand) -> Result<u8, Error> {
    match command {
        InspectCommand::Init(args) => {
            let cli::InitArgs { folder, labels, output } = args;
            command::init(&InitOptions { folder, labels, output })
        }
        InspectCommand::List(list) => command::list(&inspect_options(list)),
        InspectCommand::Show { run, list } => command::show(&run, &inspect_options(list)),
        InspectCommand::Diff { left, right, list } => command::diff([&left, &right], &inspect_options(list)),
        InspectCommand::Clean(args) => command::clean(&clean_options(args)),
        InspectCommand::Doctor(args) => {
            let cli::DoctorArgs { device, threads, results, json } = args;
            let terminal = Terminal { is_one: std::io::stdout().is_terminal(), color: takes_color(), width: terminal_width() };
            command::doctor(&DoctorOptions { device, threads, results, json, terminal })
        }
        InspectCommand::Schema => command::schema(),
        InspectCommand::Completions { shell } => cli::completions(shell),
        InspectCommand::Man { folder } => cli::man(&folder),
    }
}

fn explain(args: ExplainArgs) -> Result<u8, Error> {
    let ExplainArgs { finished, method, films, part } = args;
    let method = match method {
        MethodArg::Gradcam => Method::GradCam,
        MethodArg::Occlusion => Method::Occlusion,
    };
    let part = part.map(|part| match part {
        PartArg::Test => Split::Test,
        PartArg::Val => Split::Val,
    });
    command::explain(&finished_options(finished), ExplainChoice { method, films: films as usize, part })
}

fn finished_options(args: FinishedArgs) -> FinishedOptions {
    let FinishedArgs { specs, sets, compute: ComputeArgs { results, device, threads }, cache_limit, quiet } = args;
    FinishedOptions { specs, sets, results, device, threads, cache_limit, quiet, color: takes_color(), width: terminal_width() }
}

fn inspect_options(args: ListArgs) -> InspectOptions {
    let ListArgs { results, json } = args;
    InspectOptions { results, json, width: terminal_width() }
}

fn clean_options(args: cli::CleanArgs) -> CleanOptions {
    let cli::CleanArgs { specs, sets, results, kinds, yes, dry_run } = args;
    let kind = |kind: &KindArg| match kind {
        KindArg::Attempts => Kind::Attempts,
        KindArg::Claims => Kind::Claims,
        KindArg::Temporary => Kind::Temporary,
        KindArg::Cache => Kind::Cache,
        KindArg::Checkpoints => Kind::Checkpoints,
        KindArg::Abandoned => Kind::Abandoned,
        KindArg::Failed => Kind::Failed,
        KindArg::Records => Kind::Records,
    };
    let consent = match (yes, dry_run) {
        (true, _) => Consent::Given,
        (false, true) => Consent::DryRun,
        (false, false) => Consent::Ask,
    };
    CleanOptions { specs, sets, results, kinds: kinds.iter().map(kind).collect(), consent }
}

fn place_options(args: PlaceArgs) -> PlaceOptions {
    let PlaceArgs { compute: ComputeArgs { results, device, threads }, unit } = args;
    PlaceOptions { results, device, threads, unit: unit.map(unit_of) }
}

fn predict_options(args: PredictArgs) -> PredictOptions {
    let PredictArgs { runs_and_films, place, sex, labels, labels_unit, level, tta, batch_size, gradcam, json } = args;
    PredictOptions {
        runs_and_films,
        place: place_options(place),
        sex: sex.map(sex_of),
        labels,
        labels_unit: labels_unit.map(unit_of),
        level,
        views: tta,
        batch_size: batch_size as usize,
        maps: gradcam,
        json,
    }
}

fn unit_of(unit: UnitArg) -> AgeUnit {
    match unit {
        UnitArg::Months => AgeUnit::Months,
        UnitArg::Years => AgeUnit::Years,
    }
}

fn sex_of(sex: SexArg) -> Sex {
    match sex {
        SexArg::F => Sex::F,
        SexArg::M => Sex::M,
    }
}

fn options(args: SpecArgs) -> Options {
    let retry = match args.retry {
        RetryArg::Outside => Retry::Outside,
        RetryArg::Failed => Retry::Failed,
        RetryArg::Never => Retry::Never,
    };
    let max_failures = if args.fail_fast { Some(1) } else { args.max_failures };
    Options {
        specs: args.specs,
        sets: args.sets,
        only: args.only,
        skip: args.skip,
        device: args.device,
        devices: args.devices,
        fast: args.fast,
        jobs: args.jobs,
        retry,
        max_failures: max_failures.map(|most| most as usize),
        threads: args.threads,
        results: args.results,
        cache_limit: args.cache_limit,
        offline: args.offline,
        checkpoint_minutes: args.checkpoint_minutes,
        last_checkpoint: if args.drop_checkpoints { LastCheckpoint::Drop } else { LastCheckpoint::Keep },
        quiet: args.quiet,
        color: takes_color(),
        width: terminal_width(),
    }
}

fn data_options(args: DataArgs) -> DataOptions {
    let DataArgs { spec, sets, json, write_exclude, materialise, threads, results, cache_limit, quiet } = args;
    DataOptions {
        spec,
        sets,
        json,
        write_exclude,
        materialise,
        threads,
        results,
        cache_limit,
        quiet,
        color: takes_color(),
        width: terminal_width(),
    }
}

fn takes_color() -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal() && !no_color
}

/// None where stdout is no terminal, and 0 where a terminal does not tell: wide there, so that no table is folded in vain.
fn terminal_width() -> u16 {
    comfy_table::Table::new().width().filter(|width| *width > 0).unwrap_or(200).max(40)
}
