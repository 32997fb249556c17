//! From a folder of films to a filled table, reading only what the program prints.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::helpers::{Ended, TestProject};
use crate::real_films::real_data;

/// The commands that a text tells to run: lines that begin with two blanks and the program's name.
fn commands(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("  bench-run "));
    // What stands behind several blanks says what the command does.
    lines.map(|line| line.split("   ").next().unwrap().trim().to_owned()).collect()
}

/// Run a line of a shell in which `bench-run` is the program.
fn in_shell(project: &TestProject, line: &str) -> Ended {
    let mut command = Command::new("sh");
    let script = format!("bench_run() {{ \"$PROGRAM\" \"$@\"; }}; bench_run {line}");
    command.arg("-c").arg(script).env("PROGRAM", env!("CARGO_BIN_EXE_bench-run"));
    command.current_dir(project.path("")).env("BENCH_RUN_CACHE", project.path("cache")).env("OMP_NUM_THREADS", "1");
    Ended::of(&mut command)
}

fn init(project: &TestProject, arguments: &[&str]) -> String {
    project.run(&[&["init"], arguments].concat()).expect(0).stdout
}

#[test]
fn whoever_follows_what_the_program_prints_gets_from_a_folder_of_films_to_a_filled_table() {
    let project = TestProject::new();
    // The help says how to begin.
    let help = project.run(&["--help"]).expect(0).stdout;
    assert!(commands(&help).iter().any(|command| command.starts_with("init FOLDER")), "{help}");
    project.run(&["phantom", "my films", "--count", "24", "--size", "40"]).expect(0);
    let said = init(&project, &["my films"]);
    let next = commands(&said);
    assert_eq!(next, ["plan my-films.yaml", "my-films.yaml"], "{said}");
    in_shell(&project, &next[0]).expect(0);
    assert!(!project.path("results").exists(), "a plan changes nothing");
    in_shell(&project, &next[1]).expect(0);
    let table = project.read("results/my-films/table.md");
    assert!(table.contains("| CNN") && table.contains("Mean-age baseline") && !table.contains("failed"), "{table}");
    let listed = project.run(&["list"]).expect(0).stdout;
    assert!(listed.contains("(CNN)") && listed.contains("done, 10 epochs"), "{listed}");
}

#[test]
fn a_spec_that_is_there_is_never_overwritten() {
    let project = TestProject::new();
    project.rsna_films(12).write("films.yaml", "mine");
    project.run(&["init", "films"]).expect(2).says(&["films.yaml: is there already and is never overwritten", "--output FILE"]);
    assert_eq!(project.read("films.yaml"), "mine");
    let printed = project.run(&["init", "films", "--output", "-"]).expect(0);
    assert!(printed.stdout.starts_with("# Written by") && printed.stderr.contains("12 film(s) found"), "{printed:?}");
    assert_eq!(fs::read_dir(project.path("")).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file()).count(), 2);
}

#[test]
fn folders_without_films_or_labels_say_what_was_looked_at_and_what_to_do() {
    let project = TestProject::new();
    project.run(&["init", "none"]).expect(2).says(&["none: no such folder"]);
    project.write("empty/notes.doc", "").run(&["init", "empty"]).expect(3).says(&["empty: no film", "found 1 .doc", "name the folder"]);
    project.rsna_films(12);
    fs::remove_file(project.path("labels.csv")).unwrap();
    project.run(&["init", "films"]).expect(3).says(&[
        "films: 12 film(s), but nothing that says how old the patients are",
        "there is no CSV or Excel file in films or beside it",
        "have no parts divided by",
        "--labels FILE",
    ]);
    project.write("other.csv", "name,weight\na,1\n").run(&["init", "films"]).expect(3).says(&["other.csv: none of its columns"]);
    project.run(&["init", "films", "--labels", "gone.csv"]).expect(3).says(&["gone.csv: cannot read the table"]);
    assert!(!project.path("films.yaml").exists());
}

#[test]
fn every_kind_of_table_is_understood_and_the_spec_passes_plan() {
    let rows = |line: &dyn Fn(u32) -> String| (1..=12).map(line).collect::<Vec<_>>().join("\n");
    let sex = |id: u32| if id.is_multiple_of(2) { "M" } else { "F" };
    for (name, table, parts) in [
        (
            "semicolons, decimal commas and a patient",
            format!("Bild;Alter (Jahre);Geschlecht;Patient\n{}", rows(&|id| format!("{id}.png;{},5;{};p{}", id + 3, sex(id), id / 2))),
            vec!["id: Bild", "age: Alter (Jahre)", "unit: years", "sex: Geschlecht", "group: Patient", "group: patient"],
        ),
        (
            "months by the range alone",
            format!("file,age\n{}", rows(&|id| format!("{id},{}", id * 15))),
            vec!["id: file", "age: age", "unit: months", "nobody is so old in years"],
        ),
        (
            "years that nothing says",
            format!("file,age,gender\n{}", rows(&|id| format!("{id},{},{}", id + 4, sex(id)))),
            vec!["unit: years", "please check", "sex: gender"],
        ),
        (
            "a column without a name that says age",
            format!("film,value\n{}", rows(&|id| format!("{id},{}", id + 4))),
            vec!["age: value", "the only column of numbers: please check"],
        ),
        (
            "the columns of the RSNA challenge",
            format!("id,boneage,male\n{}", rows(&|id| format!("{id},{},{}", id * 15, id % 2 == 0))),
            vec!["rsna:", "stratify: [age, sex]"],
        ),
        (
            "rows and films without each other",
            format!("id,age_years\n99,4\n{}", rows(&|id| if id == 3 { String::new() } else { format!("{id},{}", id + 4) })),
            vec!["on_bad: skip", "2 film(s) or label(s) cannot be used", "film without a label"],
        ),
    ] {
        let project = TestProject::new();
        project.rsna_films(12).write("labels.csv", &table);
        let said = init(&project, &["films"]);
        let spec = project.read("films.yaml");
        for part in parts {
            assert!(spec.contains(part), "{name}: {part:?} is not in\n{spec}\n{said}");
        }
        project.run(&["plan", "films.yaml"]).expect(0);
    }
}

#[test]
fn of_several_tables_the_one_that_names_the_most_films_is_taken_and_the_others_are_said() {
    let project = TestProject::new();
    project.rsna_films(12).write("few.csv", "id,age_years\n1,3\n2,4\n3,5\n4,6\n5,7\n6,8\n").write("prices.csv", "id,price\nx,1\n");
    let said = init(&project, &["films"]);
    assert!(
        said.contains("labels.csv") && said.contains("few.csv: it names 6 film(s) too; --labels takes it") && !said.contains("prices"),
        "{said}"
    );
    let said = init(&project, &["films", "--labels", "few.csv", "--output", "few.yaml"]);
    assert!(said.contains("6 with labels") && project.read("few.yaml").contains("labels: few.csv"), "{said}");
    project.run(&["init", "films", "--labels", "prices.csv", "--output", "x.yaml"]).expect(3).says(&["prices.csv: none of its columns"]);
}

#[test]
fn paths_with_blanks_and_letters_of_any_language_and_folders_that_carry_the_labels_are_understood() {
    let project = TestProject::new();
    project.rsna_films(12);
    fs::create_dir_all(project.path("Röntgen 2024")).unwrap();
    for id in 1..=12 {
        let name = format!("Röntgen 2024/Kind {id}_{}_{}.png", 4 + id % 9, if id % 2 == 0 { "m" } else { "w" });
        fs::copy(project.path(&format!("films/{id}.png")), project.path(&name)).unwrap();
    }
    // `w` is no sex that is read, so that part of the names is passed over.
    let said = init(&project, &["Röntgen 2024"]);
    let next = commands(&said);
    assert!(project.read("Röntgen-2024.yaml").contains("pattern: \"{id}_{age}_{_}.png\""), "{said}");
    in_shell(&project, &next[0]).expect(0);
    let folders = ["ASIF/ASIF05", "ASIM/ASIM07", "CAUF/CAUF11"];
    for (id, folder) in (1..=12).zip(folders.into_iter().cycle()) {
        fs::create_dir_all(project.path(&format!("atlas/{folder}"))).unwrap();
        fs::copy(project.path(&format!("films/{id}.png")), project.path(&format!("atlas/{folder}/{id}.png"))).unwrap();
    }
    let said = init(&project, &["atlas", "--output", "my atlas.yaml"]);
    assert!(said.contains("hand_atlas") && said.contains("bench-run plan 'my atlas.yaml'"), "{said}");
    in_shell(&project, &commands(&said)[0]).expect(0);
}

#[test]
fn real_films_are_understood_where_they_are() {
    let Some(data) = real_data() else { return };
    let project = TestProject::new();
    let folder = |name: &str| data.join(name).display().to_string();
    let said = init(&project, &[&folder("hand-rsna-100px")]);
    assert!(said.contains("1500 film(s) found, 1500 with labels") && said.contains("rsna"), "{said}");
    assert!(project.read("hand-rsna-100px.yaml").contains("size: 96"));
    let said = init(&project, &[&folder("cervical")]);
    assert!(said.contains("{id}-{age}-{sex}.jpg") && said.contains("30 with labels: 10.0 to 19.0 years"), "{said}");
    for spec in ["hand-rsna-100px.yaml", "cervical.yaml"] {
        project.run(&["plan", spec]).expect(0);
        assert!(Path::new(&project.path(spec)).exists());
    }
}
