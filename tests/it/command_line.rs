//! Flags, help, and the smaller commands.

use crate::helpers::TestProject;

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let ended = TestProject::new().run(&["--help"]).expect(0);
    for word in ["run", "plan", "report", "backbones", "--set", "--device", "--threads", "--results", "Exit codes"] {
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
fn plan_shows_every_run_and_changes_nothing() {
    let project = TestProject::new();
    project.rsna_spec();
    let ended = project.run(&["plan", "spec.yaml"]).expect(0);
    for word in ["CNN", "Cervical CNN", "epochs: 2", "learning_rate"] {
        assert!(ended.stdout.contains(word), "{word}: {}", ended.stdout);
    }
    assert!(!project.path("results").exists());
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
fn backbones_are_listed_with_their_parameters() {
    let ended = TestProject::new().run(&["backbones"]).expect(0);
    for name in ["vgg19", "efficientnet_v2_s", "cervical_cnn", "arXiv"] {
        assert!(ended.stdout.contains(name), "{name}: {}", ended.stdout);
    }
}
