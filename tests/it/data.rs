//! The data report as its users see it.

use std::fs;

use crate::helpers::{TestProject, files_below};

fn project() -> TestProject {
    let project = TestProject::new();
    project.rsna_films(24).rsna_spec();
    project
}

/// Drawn hands, of which none is suspicious: the films of `project` are all alike.
fn hands() -> TestProject {
    let project = project();
    project.run(&["phantom", "drawn", "--count", "24", "--size", "96", "--seed", "5"]).expect(0);
    fs::remove_dir_all(project.path("films")).unwrap();
    fs::rename(project.path("drawn/boneage-training-dataset"), project.path("films")).unwrap();
    fs::rename(project.path("drawn/boneage-training-dataset.csv"), project.path("labels.csv")).unwrap();
    project
}

#[test]
fn what_is_suspicious_is_flagged_on_sheets_of_its_own() {
    let project = hands();
    let film = image::open(project.path("films/4.png")).unwrap().into_luma8();
    let inverted = image::GrayImage::from_fn(film.width(), film.height(), |x, y| image::Luma([255 - film.get_pixel(x, y).0[0]]));
    inverted.save(project.path("films/5.png")).unwrap();
    image::imageops::flip_horizontal(&film).save(project.path("films/9.png")).unwrap();
    let ended = project.run(&["data", "spec.yaml", "--write-exclude", "exclude.csv"]).expect(0);
    assert!(ended.stdout.contains("1 inverted") && ended.stdout.contains("1 pair of duplicates"), "{}", ended.stdout);
    for sheet in ["flagged_inverted", "duplicates"] {
        assert!(project.path(&format!("results/small/data/sheets/{sheet}.png")).exists(), "{sheet}");
    }
    let list = project.read("exclude.csv");
    assert!(list.contains("\n5,inverted: ") && list.contains("\n9,duplicate of 4: ") && list.contains("mirrored"), "{list}");
}

#[test]
fn films_are_prepared_as_the_spec_says_and_shown_step_by_step() {
    let project = hands();
    let film = image::open(project.path("films/4.png")).unwrap().into_luma8();
    image::GrayImage::from_pixel(film.width(), film.height(), image::Luma([9])).save(project.path("films/5.png")).unwrap();
    let steps = "prepare={ invert: auto, crop: hand, normalise: per_image, clahe: true }";
    let ended = project.run(&["data", "spec.yaml", "--set", steps]).expect(0);
    let told = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = "Prepared Before they are resized: invert: auto, crop: hand, normalise: per_image, clahe: { clip_limit: 2, tiles: 8 }.";
    assert!(told.contains(expected) && told.contains("No clear hand, so the film stays whole: 1 film (5)."), "{}", ended.stdout);
    assert!(project.path("results/small/data/sheets/prepare.png").exists());
    assert!(project.read("results/small/data/data.html").contains(">Preparation</h2>"));
    project.run(&["data", "spec.yaml"]).expect(0);
    assert!(!project.path("results/small/data/sheets/prepare.png").exists());
}

#[test]
fn the_report_is_written_printed_and_the_same_every_time() {
    let project = hands();
    let arguments = ["data", "spec.yaml", "--set", "augment.rotate=15", "--set", "augment.balance.by=[sex]"];
    let ended = project.run(&arguments).expect(0);
    for part in ["Table 1", "Training", "Validation", "Test", "All", "Age (years), mean ± SD", "Sex: female, n (%)", "24 files", "8 bit"] {
        assert!(ended.stdout.contains(part), "{part}:\n{}", ended.stdout);
    }
    assert!(ended.stdout.contains("Page       results/small/data/data.html"), "{}", ended.stdout);
    let first = files_below(&project.path("results"));
    let names: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "small/data/balance.png",
            "small/data/balance.svg",
            "small/data/data.html",
            "small/data/data.json",
            "small/data/histogram_age.png",
            "small/data/histogram_age.svg",
            "small/data/sheets/augmented.png",
            "small/data/sheets/operations.png",
            "small/data/sheets/sample.png",
        ]
    );
    project.run(&arguments).expect(0);
    assert_eq!(first, files_below(&project.path("results")));
    assert!(!project.read("results/small/data/data.html").contains("synthetic"));
}

#[test]
fn json_on_stdout_is_the_file_and_counts_what_the_table_holds() {
    let project = project();
    let ended = project.run(&["data", "spec.yaml", "--json"]).expect(0);
    assert_eq!(ended.stdout, project.read("results/small/data/data.json"));
    let facts: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let films: Vec<_> = facts["parts"].as_array().unwrap().iter().map(|part| (part["name"].clone(), part["films"].clone())).collect();
    let expected = [("train", 12), ("val", 6), ("test", 6), ("all", 24)].map(|(name, films)| (name.into(), films.into()));
    assert_eq!(films, expected);
    let all = &facts["parts"][3];
    // Film i of 24 is 200·i/24 months old, without its fraction; boys have even numbers.
    let ages: Vec<u32> = (1..=24).map(|id| id * 200 / 24).collect();
    let mean = f64::from(ages.iter().sum::<u32>()) / 24.0;
    assert!((all["age_months"]["mean"].as_f64().unwrap() - mean).abs() < 1e-9);
    assert_eq!((all["age_months"]["min"].as_f64(), all["age_months"]["max"].as_f64()), (Some(8.0), Some(200.0)));
    assert_eq!(all["sex"], serde_json::json!([{ "sex": "F", "films": 12 }, { "sex": "M", "films": 12 }]));
    assert_eq!(facts["images"]["height"], serde_json::json!([50, 50, 50]));
    assert_eq!(facts["images"]["formats"], serde_json::json!({ "PNG": 24 }));
}

#[test]
fn what_was_left_out_is_listed_with_its_reason_and_goes_on_the_list_to_edit() {
    let project = hands();
    fs::write(project.path("films/3.png"), "no film").unwrap();
    project.run(&["data", "spec.yaml"]).expect(3).says(&["3.png"]);
    let arguments = ["data", "spec.yaml", "--set", "data.on_bad=skip", "--write-exclude", "exclude.csv"];
    let ended = project.run(&arguments).expect(0).says(&["exclude.csv: 1 id(s)"]);
    assert!(ended.stdout.contains("Left out   1 film\n") && ended.stdout.contains("3: film that cannot be read"), "{}", ended.stdout);
    assert!(project.read("exclude.csv").contains("\n3,film that cannot be read"));
    project.run(&["data", "spec.yaml", "--set", "data.exclude=exclude.csv"]).expect(0);
    project.write("exclude.csv", "3,my own reason\n");
    let ended = project.run(&arguments).expect(2).says(&["exclude.csv is already there", "name another file"]);
    assert!(ended.stdout.is_empty(), "that is found before any film is read");
    assert_eq!(project.read("exclude.csv"), "3,my own reason\n", "an edited list is kept");
}

#[test]
fn a_film_in_two_parts_is_reported_where_a_run_refuses_it() {
    let project = project();
    for copy in 2..=12 {
        fs::copy(project.path("films/1.png"), project.path(&format!("films/{copy}.png"))).unwrap();
    }
    project.run(&["spec.yaml"]).expect(3).says(&["leak between parts"]);
    let ended = project.run(&["data", "spec.yaml"]).expect(0);
    assert!(ended.stdout.contains("Leaks      film content"), "{}", ended.stdout);
    assert!(project.read("results/small/data/data.html").contains("between parts; training refuses to start"));
}

#[test]
fn a_copy_on_the_other_side_of_the_split_stops_a_run_unless_leaks_are_allowed_and_said() {
    let project = hands();
    let row = |id: u32| format!("{id},{}", if id < 15 { "train" } else { "val" });
    let rows: Vec<String> = std::iter::once("id,split".to_owned()).chain((0..24).map(row)).collect();
    project.write("parts.csv", &(rows.join("\n") + "\n"));
    // Film 20 is film 4 mirrored and saved as JPEG.
    let film = image::open(project.path("films/4.png")).unwrap().into_luma8();
    fs::remove_file(project.path("films/20.png")).unwrap();
    image::imageops::flip_horizontal(&film).save(project.path("films/20.jpg")).unwrap();
    let split = ["spec.yaml", "--set", "split={file: parts.csv, val: null, test: null}", "--set", "backbones=[cervical_cnn]"];
    let leak = "mirrored): film 4 is in train, film 20 in val";
    project.run(&split).expect(3).says(&["films that show the same", leak, "data.allow_leaks"]);
    let known = project.read("results/small/duplicates.json");
    let allowed = [split.as_slice(), &["--set", "data.allow_leaks=true"]].concat();
    let ended = project.run(&allowed).expect(0).says(&["1 leak(s) between parts are let pass"]);
    assert!(ended.stdout.contains("Leaks between parts: 1 (leaks.csv)"), "{}", ended.stdout);
    assert_eq!(project.read("results/small/duplicates.json"), known, "every two films are compared once");
    assert!(project.read("results/small/leaks.csv").contains("mirrored)\",4,train,20,val"), "{}", project.read("results/small/leaks.csv"));
    assert!(project.read("results/small/table.md").contains("flattered"));
    // Without the copy nothing is said any more.
    project.write("exclude.csv", "20\n");
    project.write("parts.csv", &project.read("parts.csv").replace("20,val\n", ""));
    let ended = project.run(&[split.as_slice(), &["--set", "data.exclude=exclude.csv"]].concat()).expect(0);
    assert!(!ended.stdout.contains("Leaks") && !project.path("results/small/leaks.csv").exists(), "{}", ended.stdout);
}

#[test]
fn a_label_that_no_run_believes_is_flagged_once_runs_are_finished() {
    let project = project();
    project.rsna_films(60);
    let labels = project.read("labels.csv");
    assert!(labels.contains("\n50,166,True\n"));
    project.write("labels.csv", &labels.replace("\n50,166,True\n", "\n50,6,True\n"));
    let folds = ["spec.yaml", "--set", "split={folds: 2, val: null, test: 0}", "--set", "backbones=[cnn]", "--set", "train.epochs=12"];
    let data = [&["data"], folds.as_slice(), &["--json"]].concat();
    let flagged = |facts: &str| -> Vec<String> {
        let facts: serde_json::Value = serde_json::from_str(facts).unwrap();
        let flags = facts["flagged"].as_array().unwrap().iter().filter(|flag| flag["kind"] == "label");
        flags.map(|flag| format!("{} {}", flag["id"].as_str().unwrap(), flag["reason"].as_str().unwrap())).collect()
    };
    assert_eq!(flagged(&project.run(&data).expect(0).stdout), [""; 0]);
    project.run(&folds).expect(0);
    let found = flagged(&project.run(&data).expect(0).stdout);
    assert!(found.len() == 1 && found[0].starts_with("50 labelled 0.5 years, while 1 run(s)"), "{found:?}");
    // Once it is corrected, what the runs said of the old label counts no longer.
    project.write("labels.csv", &labels);
    assert_eq!(flagged(&project.run(&data).expect(0).stdout), [""; 0]);
}

#[test]
fn a_training_set_is_written_once_and_read_back_as_a_source() {
    let project = project();
    let set = ["--set", "augment.rotate=15", "--set", "augment.balance={by: [sex], to: 20}"];
    let arguments = [["data", "spec.yaml", "--materialise", "set"].as_slice(), &set].concat();
    project.run(&arguments).expect(0).says(&["set: 40 training image(s) of epoch 1 of CNN"]);
    let labels = project.read("set/labels.csv");
    assert_eq!(labels.lines().next().unwrap(), "id,parent,age_months,sex,repeat");
    assert_eq!(labels.lines().filter(|line| line.split(',').nth(3) == Some("F")).count(), 20);
    let before = files_below(&project.path("set"));
    assert_eq!(before.len(), 41);
    project.run(&arguments).expect(2).says(&["set is already there; name a new or empty folder"]);
    assert_eq!(before, files_below(&project.path("set")));
    project.write(
        "again.yaml",
        "data: { csv: { images: set, labels: set/labels.csv, id: id, age: age_months, unit: months, sex: sex, group: parent } }\n\
         image: { size: 32 }\n\
         backbones: [cnn]\n",
    );
    let ended = project.run(&["data", "again.yaml", "--json"]).expect(0);
    let facts: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let all = facts["parts"].as_array().unwrap().last().unwrap();
    assert_eq!((all["films"].as_u64(), all["patients"].as_u64()), (Some(40), Some(12)));
    assert_eq!(facts["leaks"], serde_json::json!([]), "copies of a film stay together");
}

#[test]
fn synthetic_films_are_called_so_everywhere() {
    let project = TestProject::new();
    project.write("hands.yaml", "data: { phantom: { count: 20 } }\nimage: { size: 32 }\nbackbones: [cnn]\n");
    let ended = project.run(&["data", "hands.yaml"]).expect(0);
    assert!(ended.stdout.contains("The films are synthetic"), "{}", ended.stdout);
    for file in ["data.html", "histogram_age.svg"] {
        assert!(project.read(&format!("results/hands/data/{file}")).contains("The films are synthetic"), "{file}");
    }
}
