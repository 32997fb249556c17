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
