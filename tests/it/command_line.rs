//! Flags, help, and the smaller commands.

use crate::helpers::TestProject;

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let ended = TestProject::new().run(&["--help"]).expect(0);
    for word in [
        "run",
        "plan",
        "report",
        "data",
        "predict",
        "export",
        "backbones",
        "--cache-limit",
        "--offline",
        "--set",
        "--device",
        "--threads",
        "--results",
        "--checkpoint-minutes",
        "--drop-checkpoints",
        "Exit codes",
        "75 interrupted",
    ] {
        assert!(ended.stdout.contains(word), "{word}: {}", ended.stdout);
    }
}

#[test]
fn a_spec_that_is_not_there_is_named() {
    TestProject::new().run(&["missing.yaml"]).expect(2).says(&["missing.yaml"]);
}

#[test]
fn an_unknown_device_is_refused_with_the_known_ones() {
    TestProject::new().run(&["spec.yaml", "--device", "gpu"]).expect(2).says(&["cuda:N"]);
}

#[test]
fn a_report_is_rebuilt_from_the_records_alone_and_checked() {
    let project = TestProject::new();
    project.rsna_films(12).rsna_spec();
    project.run(&["report", "spec.yaml"]).expect(1).says(&["results/small", "bench-run"]);
    project.run(&["spec.yaml"]).expect(0);
    std::fs::remove_dir_all(project.path("films")).unwrap();
    let before = project.read("results/small/table.md");
    project.run(&["report", "spec.yaml", "--check"]).expect(0);
    project.write("results/small/table.md", "edited by hand");
    project.run(&["report", "spec.yaml", "--check"]).expect(5).says(&["table.md is stale"]);
    project.run(&["report", "spec.yaml"]).expect(0);
    assert_eq!(project.read("results/small/table.md"), before);
}

#[test]
fn backbones_are_listed_with_their_parameters_and_published_weights() {
    let project = TestProject::new();
    let ended = project.run(&["backbones", "--size", "100"]).expect(0);
    for word in ["vgg19", "efficientnet_v2_s", "cervical_cnn", "arXiv", "hf:timm/resnet50.a1_in1k", "100×100", "–"] {
        assert!(ended.stdout.contains(word), "{word}: {}", ended.stdout);
    }
    let ended = project.run(&["backbones", "--json"]).expect(0);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&ended.stdout).unwrap();
    let resnet = rows.iter().find(|row| row["name"] == "resnet50").unwrap();
    assert_eq!((resnet["parameters"].as_u64(), resnet["smallest_side"].as_u64()), (Some(23_508_032), Some(32)));
    // torchvision's 4.089 billion multiply-adds less the classifier's 2048 · 1000.
    assert!((resnet["gflops"].as_f64().unwrap() / 2.0 - 4.087).abs() < 0.002, "{resnet}");
    project.run(&["backbones", "--size", "0"]).expect(2);
}

#[test]
fn events_are_lines_of_json_and_nothing_else() {
    let project = TestProject::new();
    project.rsna_films(16).rsna_spec().write("README.md", "");
    let ended = project.run(&["spec.yaml", "--json"]).expect(0);
    let events: Vec<serde_json::Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    for kind in ["note", "decoding", "planned", "begun", "started", "steps", "epoch", "resumable", "finished", "ended"] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    assert_eq!(ended.stderr, "");
    let last = events.iter().rfind(|event| event["event"] == "finished").unwrap();
    assert_eq!((&last["number"], &last["of"], last["label"].as_str()), (&2.into(), &2.into(), Some("Cervical CNN")));
    let path = project.path("results/small/runs").join(last["run_id"].as_str().unwrap()).join("result.json");
    let mut record: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    // The record has checksums besides.
    record.as_object_mut().unwrap().retain(|key, _| key != "files" && key != "blake3");
    assert_eq!(last["result"], record, "the result is that of the record");
    let again = project.run(&["spec.yaml", "--json"]).expect(0).stdout;
    assert_eq!(again.matches("\"event\":\"skipped\"").count(), 2, "{again}");
}

#[test]
fn whoever_waits_is_told_what_is_left_and_what_is_the_best() {
    let project = TestProject::new();
    project.rsna_films(16).rsna_spec().write("README.md", "");
    let said = project.run(&["spec.yaml"]).expect(0).stderr;
    let line = said.lines().find(|line| line.starts_with("2 of 2 runs ended")).unwrap_or_else(|| panic!("{said}"));
    assert!(line.contains("best so far: ") && line.contains(" years"), "{line}");
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_is_no_error() {
    use std::process::Stdio;
    let project = TestProject::new();
    project.rsna_films(16).rsna_spec().write("README.md", "");
    for arguments in [
        &["plan", "spec.yaml", "--no-trial"][..],
        &["plan", "spec.yaml", "--resolved"],
        &["backbones"],
        &["schema"],
        &["list"],
        &["spec.yaml"],
    ] {
        let mut child = project.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(0), "{arguments:?}: {said}");
        assert!(!said.contains("panicked") && !said.contains("Broken pipe"), "{arguments:?}: {said}");
    }
}

#[test]
fn paths_may_have_blanks_and_letters_of_any_language() {
    let project = TestProject::new();
    project.rsna_films(16).rsna_spec();
    let folder = "Röntgen Bilder/手の骨";
    std::fs::create_dir_all(project.path(folder)).unwrap();
    for name in ["films", "labels.csv", "spec.yaml"] {
        std::fs::rename(project.path(name), project.path(folder).join(name)).unwrap();
    }
    project.write(&format!("{folder}/README.md"), "");
    let spec = format!("{folder}/spec.yaml");
    let set = |key: &str, name: &str| format!("data.rsna.{key}={folder}/{name}");
    let (images, labels) = (set("images", "films"), set("labels", "labels.csv"));
    let results = format!("{folder}/Ergebnis größer");
    project.run(&[&spec, "--set", &images, "--set", &labels, "--results", &results]).expect(0);
    assert!(project.path(&results).join("small/table.md").exists());
    project.run(&["report", &spec, "--set", &images, "--set", &labels, "--results", &results, "--check"]).expect(0);
}
