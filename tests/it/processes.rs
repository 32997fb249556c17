//! Every run has a process of its own: what happens to it costs that run alone.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::helpers::{Ended, TestProject, assert_same, await_words, files_below, outcome};

const SPEC: &str = "\
name: small
data: { phantom: { count: 40, seed: 3 } }
image: { size: 32 }
split: { val: 0.2, test: 0.2 }
train: { epochs: 12, batch_size: 8, precision: fp32 }
backbones: [yolo, cnn: { train: { epochs: 2 } }]
";

fn project() -> TestProject {
    let project = TestProject::new();
    project.write("spec.yaml", SPEC);
    project
}

fn start(project: &TestProject, arguments: &[&str]) -> Child {
    project.command(arguments).env("OMP_NUM_THREADS", "1").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok)
}

/// The processes that a process has started; none where the system does not tell.
fn children(parent: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|pid: &u32| parent_of(*pid) == Some(parent)).collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn signal(pid: u32, name: &str) {
    assert!(Command::new("kill").args(["-s", name, &pid.to_string()]).status().unwrap().success());
}

#[test]
fn a_process_that_is_killed_costs_its_run_alone_and_the_same_command_goes_on_from_its_checkpoint() {
    let project = project();
    project.run(&["spec.yaml", "--results", "undisturbed"]).expect(0);
    let mut program = start(&project, &["spec.yaml"]);
    let mut said = lines(&mut program);
    await_words(&mut said, "YOLOv8-cls: epoch 2/12");
    let [child] = children(program.id())[..] else { panic!("one run is trained at a time") };
    signal(child, "KILL");
    let said: String = said.map(|line| line + "\n").collect();
    assert_eq!(program.wait().unwrap().code(), Some(4), "{said}");
    assert!(
        said.contains("YOLOv8-cls: failed: its process was ended by signal 9 (kill)")
            && said.contains("1 trained, 0 already done, 1 failed"),
        "{said}"
    );
    let table = project.read("results/small/table.md");
    assert!(table.contains("failed: its process was ended by signal 9") && table.contains("| CNN"), "{table}");
    project.run(&["spec.yaml", "--retry", "never"]).expect(4).says(&["0 trained, 1 already done, 1 failed"]);
    project.run(&["spec.yaml"]).expect(0).says(&["goes on from the end of epoch", "1 trained, 1 already done, 0 failed"]);
    assert_same(&outcome(&project, "undisturbed"), &outcome(&project, "results"));
}

#[test]
fn no_process_outlives_the_program_that_started_it() {
    let project = project();
    // Neither is done before the other has begun.
    project.write("spec.yaml", &SPEC.replace("{ epochs: 2 }", "{ epochs: 1000 }"));
    let mut program = start(&project, &["spec.yaml", "--jobs", "2", "--threads", "1", "--set", "train.epochs=1000"]);
    let mut said = lines(&mut program);
    await_words(&mut said, "YOLOv8-cls: epoch 1/1000");
    let children = children(program.id());
    assert_eq!(children.len(), 2);
    program.kill().unwrap();
    program.wait().unwrap();
    let begin = Instant::now();
    while children.iter().any(|child| parent_of(*child).is_some()) {
        assert!(begin.elapsed() < Duration::from_secs(20), "{children:?} are still there");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn runs_at_a_time_and_one_after_the_other_give_the_same_bytes_whatever_the_threads() {
    let project = project();
    project.write("spec.yaml", &SPEC.replace("epochs: 12", "epochs: 3").replace("[yolo, cnn", "[attention, yolo, cnn"));
    for threads in ["1", "2"] {
        let run = |results: &str, jobs: &str| {
            project.run(&["spec.yaml", "--threads", threads, "--jobs", jobs, "--results", results]).expect(0);
            outcome(&project, results)
        };
        let (alone, together) = (run(&format!("alone-{threads}"), "1"), run(&format!("together-{threads}"), "3"));
        assert_same(&alone, &together);
        let cost = fs::read_to_string(project.run_folder(&format!("alone-{threads}/small"), "cnn-s0-").join("cost.json")).unwrap();
        assert!(cost.contains(&format!("\"threads\": {threads}")), "{cost}");
    }
}

#[test]
fn after_a_failure_nothing_more_is_begun_where_that_is_wanted() {
    let project = project();
    let diverging = SPEC.replace("[yolo, cnn", "[yolo: { train: { optimizer: sgd, learning_rate: 1.0e+30 } }, cnn");
    project.write("spec.yaml", &diverging);
    project.run(&["spec.yaml", "--fail-fast"]).expect(4).says(&["0 trained, 0 already done, 1 failed, 1 not tried after so many failures"]);
    project.run(&["spec.yaml"]).expect(4).says(&["--retry failed", "1 trained, 0 already done, 1 failed"]);
    let ended =
        project.run(&["spec.yaml", "--retry", "failed"]).expect(4).says(&["YOLOv8-cls: starts", "0 trained, 1 already done, 1 failed"]);
    assert!(!ended.stderr.contains("(before;"), "{}", ended.stderr);
}

#[test]
fn a_rate_that_diverges_is_halved_until_it_does_not() {
    let project = project();
    let spec = SPEC.replace(
        "[yolo, cnn: { train: { epochs: 2",
        "[cnn: { train: { epochs: 2, optimizer: sgd, on_nan: halve_learning_rate, learning_rate: 2.0",
    );
    project.write("spec.yaml", &spec);
    let ended = project.run(&["spec.yaml"]).expect(0).says(&["begins anew with half the learning rate", "1 trained"]);
    let halvings = ended.stderr.matches("begins anew with half").count();
    let run = project.run_folder("results/small", "cnn-s0-");
    let result = fs::read_to_string(run.join("result.json")).unwrap();
    assert!(result.contains(&format!("\"learning_rate_halvings\": {halvings}")), "{result}");
    let epochs = fs::read_to_string(run.join("epochs.csv")).unwrap();
    let rate = 2.0 / f64::from(1 << halvings);
    assert!(epochs.lines().nth(1).unwrap().starts_with(&format!("1,{rate:?},")), "{epochs}");
    let table = project.read("results/small/table.md");
    assert!(table.contains("learning rate was halved"), "{table}");
}

/// The program with so many KiB of address space.
fn run_within(project: &TestProject, kibibytes: u64, arguments: &[&str]) -> Ended {
    let program = project.command(arguments);
    let mut shell = Command::new("sh");
    let script = format!("ulimit -v {kibibytes} && exec \"$0\" \"$@\"");
    shell.args(["-c", &script]).arg(program.get_program()).args(program.get_args());
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(program.get_current_dir().unwrap());
    Ended::of(shell.env("OMP_NUM_THREADS", "1").stdin(Stdio::null()))
}

#[test]
fn a_batch_that_memory_does_not_hold_is_split_and_the_record_and_the_table_say_so() {
    let project = TestProject::new();
    project.write(
        "spec.yaml",
        "name: small\ndata: { phantom: { count: 160, seed: 3 } }\nimage: { size: 160 }\nsplit: { val: 0.1, test: 0 }\n\
         train: { epochs: 1, batch_size: 144, precision: fp32 }\nbackbones: [cnn]\n",
    );
    let ended = run_within(&project, 2_200_000, &["spec.yaml"]).expect(0).says(&["out of memory: ", "film(s) at a time", "1 trained"]);
    let result = fs::read_to_string(project.run_folder("results/small", "cnn-s0-").join("result.json")).unwrap();
    let size = [72, 36, 18, 9].into_iter().find(|size| result.contains(&format!("\"micro_batch_size\": {size}")));
    let size = size.unwrap_or_else(|| panic!("{result}\n{}", ended.stderr));
    let table = project.read("results/small/table.md");
    assert!(table.contains(&format!("{size} films at a time")), "{table}");
}

#[test]
fn a_process_that_cannot_make_sense_of_its_task_says_what_it_is_for() {
    let project = TestProject::new();
    project.run(&["train-one-run"]).expect(1).says(&["does not begin with a task", "for the program itself"]);
    assert!(files_below(&project.path("")).is_empty());
}
