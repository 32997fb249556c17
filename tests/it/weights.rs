//! Runs that start from given weights, from a file and from a hub on the loopback interface, and what can go wrong.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::helpers::TestProject;
use crate::server::{HostedFile, HubServer};

/// A spec with one network that starts from weights.
fn spec(settings: &str) -> String {
    format!(
        "name: transfer\n\
         data: {{ rsna: {{ images: films, labels: labels.csv }} }}\n\
         image: {{ size: 32, channels: 3 }}\n\
         split: {{ val: 0.25, test: 0.25 }}\n\
         train: {{ epochs: 2, batch_size: 8, precision: fp32 }}\n\
         head: {{ hidden: [4] }}\n\
         backbones:\n  - cervical_cnn: {{ {settings} }}\n"
    )
}

/// A project with films and the weights of a run over them, `trained.safetensors`, for grey films and another head.
fn project() -> TestProject {
    let project = TestProject::new();
    project.rsna_films(16).rsna_spec();
    project.run(&["spec.yaml", "--quiet"]).expect(0);
    let run = project.run_folder("results/small", "cervical_cnn");
    fs::copy(run.join("model.safetensors"), project.path("trained.safetensors")).unwrap();
    project
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A command that asks the hub at that address, and has a cache of its own.
fn with_hub(project: &TestProject, endpoint: &str, arguments: &[&str]) -> Command {
    let mut command = project.command(arguments);
    for name in ["HF_TOKEN", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(name);
    }
    command.env("HF_ENDPOINT", endpoint).env("HF_HOME", project.path("hub"));
    command
}

#[test]
fn a_run_starts_from_a_file_and_records_what_it_took() {
    let project = project();
    project.write("transfer.yaml", &spec("weights: trained.safetensors, freeze: backbone"));
    project.run(&["transfer.yaml"]).expect(0);
    let run = project.run_folder("results/transfer", "cervical_cnn");
    let report = json(&run.join("weights.json"));
    assert_eq!(report["source"], "trained.safetensors");
    assert_eq!(report["loaded"], serde_json::json!(["features.0.bias"]));
    assert_eq!(report["adapted"][0]["name"], "features.0.weight");
    assert_eq!(report["missing"].as_array().unwrap().len(), 4);
    assert_eq!(report["left_out"].as_array().unwrap().len(), 4);
    // The run's identity holds the digest of the file, and nothing of its name.
    let settings = fs::read_to_string(run.join("run.yaml")).unwrap();
    assert!(settings.contains(report["sha256"].as_str().unwrap()) && !settings.contains("trained"), "{settings}");
    fs::rename(project.path("trained.safetensors"), project.path("renamed.safetensors")).unwrap();
    project.write("transfer.yaml", &spec("weights: renamed.safetensors, freeze: backbone"));
    project.run(&["transfer.yaml"]).expect(0).says(&["already done"]);
    // A report needs no weights.
    fs::remove_file(project.path("renamed.safetensors")).unwrap();
    project.run(&["report", "transfer.yaml"]).expect(0);
    project
        .run(&["transfer.yaml"])
        .expect(2)
        .says(&["transfer.yaml:8:30: backbones[0].cervical_cnn.weights", "cannot read renamed.safetensors"]);
}

#[test]
fn wrong_weights_are_refused_before_anything_is_trained() {
    let project = project();
    let whole = fs::read(project.path("trained.safetensors")).unwrap();
    fs::write(project.path("cut.safetensors"), &whole[..whole.len() / 2]).unwrap();
    fs::write(project.path("huge.safetensors"), [&u64::MAX.to_le_bytes()[..], b"{}"].concat()).unwrap();
    project.write("page.safetensors", "<!DOCTYPE html>");
    let cnn = project.run_folder("results/small", "cnn").join("model.safetensors");
    fs::copy(cnn, project.path("other.safetensors")).unwrap();
    for (file, words) in [
        ("cut.safetensors", "no complete safetensors file"),
        ("huge.safetensors", "no complete safetensors file"),
        ("page.safetensors", "no complete safetensors file"),
        ("other.safetensors", "holds layers that cervical_cnn has not"),
    ] {
        project.write("transfer.yaml", &spec(&format!("weights: {file}")));
        project.run(&["transfer.yaml"]).expect(2).says(&["transfer.yaml:8:30: backbones[0].cervical_cnn.weights", file, words]);
        assert!(!project.path("results/transfer").exists());
    }
}

#[test]
fn a_run_starts_from_a_hub_and_again_without_it() {
    let project = project();
    let bytes = fs::read(project.path("trained.safetensors")).unwrap();
    let server = HubServer::serving(HostedFile::new("clinic/hands", "model.safetensors", &bytes));
    project.write("transfer.yaml", &spec("weights: \"hf:clinic/hands\", unfreeze_at: 2, freeze: backbone"));
    let plan = with_hub(&project, &server.url(), &["plan", "transfer.yaml", "--no-trial"]).output().unwrap();
    assert!(String::from_utf8_lossy(&plan.stdout).contains("hf:clinic/hands is not downloaded yet"), "{plan:?}");
    assert_eq!(server.requests().len(), 0, "a plan downloads nothing");

    let first = with_hub(&project, &server.url(), &["transfer.yaml"]).output().unwrap();
    let said = String::from_utf8_lossy(&first.stderr);
    assert_eq!(first.status.code(), Some(0), "{said}");
    assert!(said.contains("hf:clinic/hands"), "{said}");
    let run = project.run_folder("results/transfer", "cervical_cnn");
    assert!(json(&run.join("weights.json"))["source"].as_str().unwrap().starts_with("hf:clinic/hands at "));
    let snapshots = project.path("hub/hub/models--clinic--hands/snapshots");
    assert_eq!(fs::read_dir(snapshots).unwrap().count(), 1, "the layout that the Python package shares");

    let url = server.url();
    drop(server);
    fs::remove_dir_all(project.path("results/transfer")).unwrap();
    let again = with_hub(&project, &url, &["transfer.yaml", "--offline"]).output().unwrap();
    assert_eq!(again.status.code(), Some(0), "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!(project.run_folder("results/transfer", "cervical_cnn"), run, "the same run");
    fs::remove_dir_all(project.path("hub")).unwrap();
    let gone = with_hub(&project, &url, &["transfer.yaml", "--offline"]).output().unwrap();
    let said = String::from_utf8_lossy(&gone.stderr);
    assert_eq!(gone.status.code(), Some(2), "{said}");
    assert!(said.contains("transfer.yaml:8:30") && said.contains("not in the cache") && said.contains("--offline"), "{said}");
}

#[test]
fn a_finished_run_tells_ages_and_is_exported() {
    let project = project();
    let run = project.run_folder("results/small", "cnn").file_name().unwrap().to_str().unwrap().to_owned();
    let ended = project.run(&["predict", &run[..8], "films/3.png", "films/9.png"]).expect(0);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines[0], "film,predicted,low,high,unit,spread,age,unlike,warnings");
    assert!(lines.len() == 3 && lines[1].starts_with("films/3.png,") && lines[1].contains(",years,"), "{lines:?}");
    let recorded = project.read(&format!("results/small/runs/{run}/predictions.csv"));
    let months = |id: &str| {
        let row = recorded.lines().find(|line| line.starts_with(&format!("{id},")));
        row.map(|line| line.rsplit(',').next().unwrap().parse::<f64>().unwrap())
    };
    let ended = project.run(&["predict", &run, "films/3.png", "films/9.png", "films/12.png", "--unit", "months", "--json"]).expect(0);
    let rows: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    for row in rows.as_array().unwrap() {
        let id = Path::new(row["film"].as_str().unwrap()).file_stem().unwrap().to_str().unwrap().to_owned();
        if let Some(expected) = months(&id) {
            assert!((row["predicted"].as_f64().unwrap() - expected).abs() < 1e-3, "{row} instead of {expected}");
        }
    }
    let labels = ["--labels", "labels.csv", "--labels-unit", "months"];
    let folder = project.run_folder("results/small", "cervical_cnn").display().to_string();
    let both: Vec<&str> = ["predict", &run, &folder, "films"].into_iter().chain(labels).collect();
    let ended = project.run(&[both.as_slice(), &["--gradcam", "maps", "--level", "0.5"]].concat()).expect(0);
    let rows: Vec<&str> = ended.stdout.lines().collect();
    assert!(rows.len() == 17 && rows[1].split(',').skip(1).take(6).all(|field| !field.is_empty()), "{rows:?}");
    assert_eq!(fs::read_dir(project.path("maps")).unwrap().count(), 32, "one picture for each film and run");
    ended.says(&["mean of 2 runs", "MAE over 16 films with a true age"]);
    project.run(&["export", &run, "--torchscript", "cnn.pt"]).expect(0);
    assert!(project.path("cnn.pt").metadata().unwrap().len() > 1000);
    project.run(&["predict", "c", "films/3.png"]).expect(2).says(&["several runs", "cervical_cnn-s0"]);
    project.run(&["predict", "vgg", "films/3.png"]).expect(2).says(&["beginning of a run's id below results"]);
    let ended = project.run(&["predict", &run, "labels.csv", "films/3.png"]).expect(3);
    assert!(ended.stdout.contains("labels.csv,,") && ended.stdout.contains("films/3.png,"), "{}", ended.stdout);
    ended.says(&["1 of 2 films could not be read"]);
    project.run(&["export", &run, "--torchscript", "absent/cnn.pt"]).expect(1).says(&["absent/cnn.pt"]);
}
