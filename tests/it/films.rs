//! Films and tables in other formats than PNG and CSV, and parts that come with the films, through the whole program.

use std::fs;

use image::{ImageBuffer, Luma};

use crate::helpers::TestProject;

/// Sixteen films of 16 bits as TIFF, whose levels lie within one level of 8 bits; the older the brighter.
fn deep_films(project: &TestProject) {
    fs::create_dir_all(project.path("films")).unwrap();
    let mut labels = "id,boneage,male\n".to_owned();
    for id in 1..=16_u16 {
        let film: ImageBuffer<Luma<u16>, Vec<u16>> = ImageBuffer::from_fn(40, 50, |x, y| Luma([30_000 + id * 8 + (x * y % 3) as u16]));
        film.save(project.path(&format!("films/{id}.tif"))).unwrap();
        labels += &[id.to_string(), (id * 12).to_string(), "True\n".to_owned()].join(",");
    }
    project.write("labels.csv", &labels).rsna_spec();
}

#[test]
fn films_of_sixteen_bits_train_on_what_eight_bits_have_not() {
    let project = TestProject::new();
    deep_films(&project);
    // But for those levels the films show the same.
    let arguments = ["spec.yaml", "--set", "backbones=[cervical_cnn]", "--set", "data.allow_leaks=true"];
    project.run(&arguments).expect(0).says(&["1 trained", "leak(s) between parts are let pass"]);
    let run = project.run_folder("results/small", "cervical_cnn");
    let result = fs::read_to_string(run.join("result.json")).unwrap();
    let result: serde_json::Value = serde_json::from_str(&result).unwrap();
    let deviation = result["normalization"]["std"][0].as_f64().unwrap();
    // The films differ by 128 of 65535 levels; as 8 bits they would all be one level, and their deviation the least there is, 1/255.
    assert!((0.0003..0.001).contains(&deviation), "{result}");
    project.run(&["predict", &run.display().to_string(), "films/1.tif"]).expect(0);
}

#[test]
fn the_split_of_a_study_can_be_given_to_another() {
    let project = TestProject::new();
    project.rsna_films(24).rsna_spec();
    let arguments = ["spec.yaml", "--set", "backbones=[cervical_cnn]"];
    project.run(&arguments).expect(0);
    fs::copy(project.path("results/small/splits.csv"), project.path("parts.csv")).unwrap();
    project.write("other.yaml", "name: other\nextends: spec.yaml\nsplit: { file: parts.csv, val: null, test: null }\n");
    project.run(&["other.yaml", "--set", "backbones=[cervical_cnn]"]).expect(0).says(&["1 trained"]);
    for file in ["splits.csv", "table.csv"] {
        assert_eq!(project.read(&format!("results/other/{file}")), project.read(&format!("results/small/{file}")), "{file}");
    }
    let parts = project.read("parts.csv").replacen("1,", "100,", 1);
    project.write("parts.csv", &parts);
    project.run(&["other.yaml"]).expect(3).says(&["id of the split that is not in the data", "film that the split does not name"]);
}
