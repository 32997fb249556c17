//! Every layout of films and labels that the README names, from a spec on the command line to the counts of the data report.

use std::fmt::Write as _;
use std::fs;

use image::{GrayImage, ImageFormat, Luma};
use serde_json::{Value, json};

use crate::helpers::TestProject;
use crate::seeds;

/// A small film that no other number has.
fn film(project: &TestProject, path: &str, number: u32) {
    let file = project.path(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    drawn(number).save(file).unwrap();
}

fn drawn(number: u32) -> GrayImage {
    GrayImage::from_fn(30, 40, |x, y| Luma([((x * 3 + y * 2 + x * y * number / 3 + number * 17) % 251) as u8]))
}

/// The data report of a spec whose source is `data`.
fn facts(project: &TestProject, data: &str) -> Value {
    project.write("spec.yaml", &format!("data: {data}\nimage: {{ size: 32 }}\nbackbones: [cnn]\n"));
    let ended = project.run(&["data", "spec.yaml", "--json"]).expect(0);
    serde_json::from_str(&ended.stdout).unwrap()
}

/// The line of Table 1 for all films: number, smallest and largest age in months, and how many of each sex.
fn all(facts: &Value) -> (u64, f64, f64, Value) {
    let all = facts["parts"].as_array().unwrap().iter().find(|part| part["name"] == "all").unwrap();
    let age = |key: &str| (all["age_months"][key].as_f64().unwrap() * 100.0).round() / 100.0;
    let sexes = all["sex"].as_array().unwrap().iter();
    let sexes = sexes.map(|count| (count["sex"].as_str().unwrap_or("-").to_owned(), count["films"].clone())).collect();
    (all["films"].as_u64().unwrap(), age("min"), age("max"), Value::Object(sexes))
}

#[test]
fn the_parts_of_the_rsna_challenge_are_read_as_they_are_unpacked() {
    let project = TestProject::new();
    let mut labels = "id,boneage,male\n".to_owned();
    for id in 1377..1389 {
        film(&project, &format!("train/boneage-training-dataset/boneage-training-dataset/{id}.png"), id);
        writeln!(labels, "{id},{},{}", id - 1300, if id.is_multiple_of(3) { "True" } else { "False" }).unwrap();
    }
    let mut truth = "Case ID,Sex,Ground truth bone age (months)\r\n".to_owned();
    for id in 4360..4364 {
        film(&project, &format!("test/boneage-test-dataset/{id}.png"), id);
        write!(truth, "{id},{},{}.93\r\n", if id.is_multiple_of(2) { "M" } else { "F" }, id - 4200).unwrap();
    }
    project.write("labels.csv", &labels).write("truth.csv", &truth);
    let data = "{ rsna: { images: train, labels: labels.csv, test: { images: test, labels: truth.csv } } }";
    let found = facts(&project, data);
    assert_eq!(all(&found), (16, 77.0, 163.93, json!({ "F": 10, "M": 6 })));
    let test = found["parts"].as_array().unwrap().iter().find(|part| part["name"] == "test").unwrap();
    assert_eq!((test["films"].as_u64(), test["age_months"]["min"].as_f64()), (Some(4), Some(160.93)));
}

#[test]
fn the_validation_table_of_the_challenge_lies_in_two_folders() {
    let project = TestProject::new();
    let mut labels = "Image ID,male,Bone Age (months)\n".to_owned();
    for id in 1386..1398 {
        film(&project, &format!("validation/boneage-validation-dataset-{}/{id}.png", id % 2 + 1), id);
        writeln!(labels, "{id},{},{}.5", if id.is_multiple_of(2) { "TRUE" } else { "FALSE" }, id - 1300).unwrap();
    }
    project.write("labels.csv", &labels);
    let found = facts(&project, "{ rsna: { images: validation, labels: labels.csv } }");
    assert_eq!(all(&found), (12, 86.5, 97.5, json!({ "F": 6, "M": 6 })));
}

#[test]
fn the_folders_of_the_hand_atlas_tell_race_sex_and_age() {
    let project = TestProject::new();
    let folders = ["ASIF/ASIF05", "ASIM/ASIM00", "BLKF/BLKF18", "CAUM/CAUM11", "HISF/HISF07", "HISM/HISM07"];
    for (number, folder) in (1..).zip(folders.iter().chain(&folders)) {
        film(&project, &format!("atlas/JPEGimages/{folder}/{}.jpg", 5000 + number), number);
    }
    let found = facts(&project, "{ hand_atlas: { root: atlas } }");
    assert_eq!(all(&found), (12, 0.0, 216.0, json!({ "F": 6, "M": 6 })));
    let races = found["parts"].as_array().unwrap().last().unwrap()["race"].clone();
    let expected = [("ASI", 4), ("BLK", 2), ("CAU", 2), ("HIS", 4)].map(|(race, films)| json!({ "race": race, "films": films }));
    assert_eq!(races, json!(expected));
}

/// Twelve films by name, and a table with a header and rows made of their numbers.
fn table(films: &dyn Fn(u32) -> String, header: &str, row: &dyn Fn(u32) -> String) -> TestProject {
    let project = TestProject::new();
    let mut labels = format!("{header}\n");
    for number in 1..=12 {
        film(&project, &format!("films/{}", films(number)), number);
        writeln!(labels, "{}", row(number)).unwrap();
    }
    project.write("labels.csv", &labels);
    project
}

fn is_male(number: u32) -> &'static str {
    if number.is_multiple_of(3) { "TRUE" } else { "FALSE" }
}

#[test]
fn the_table_of_the_hand_made_set_is_found_by_its_headers() {
    let place = |number: u32| ["Asian", "African American", "Caucasian", "Hispanic American"][number as usize % 4];
    let row = |number: u32| format!("41 ({number}),{}.5,{},{}", number, is_male(number), place(number));
    let project = table(&|number| format!("41 ({number}).jpg"), "Case ID,Bone Age,Male,Location", &row);
    let found = facts(&project, "{ csv: { images: films, labels: labels.csv, unit: years } }");
    assert_eq!(all(&found), (12, 18.0, 150.0, json!({ "F": 8, "M": 4 })));
    assert_eq!(found["parts"].as_array().unwrap().last().unwrap()["race"].as_array().unwrap().len(), 4);
}

#[test]
fn a_deeplasia_table_keeps_the_films_of_a_patient_together() {
    let row = |number: u32| {
        format!("{number}.png,control,p{},{},{}", number / 3, if number.is_multiple_of(3) { "Male" } else { "Female" }, number * 10)
    };
    let project = table(&|number| format!("control/{number}.png"), "image_ID,dir,patient_ID,sex,bone_age", &row);
    let found = facts(&project, "{ csv: { images: films, labels: labels.csv, unit: months } }");
    assert_eq!(all(&found), (12, 10.0, 120.0, json!({ "F": 8, "M": 4 })));
    assert_eq!(found["parts"].as_array().unwrap().last().unwrap()["patients"], 5);
}

#[test]
fn rhpe_films_have_more_zeros_than_their_table() {
    let row = |number: u32| format!("{},{},{},{}", number * 111, is_male(number), number * 10, number * 10 + 3);
    let project = table(&|number| format!("{:05}.png", number * 111), "ID,Male,Boneage,Chronological", &row);
    let found = facts(&project, "{ csv: { images: films, labels: labels.csv, unit: months } }");
    assert_eq!(all(&found), (12, 10.0, 120.0, json!({ "F": 8, "M": 4 })));
}

#[test]
fn columns_of_a_table_may_be_named_in_the_spec() {
    let row = |number: u32| format!("\"{number}\r\n\";;{number},5;{}", if number.is_multiple_of(3) { "m" } else { "f" });
    let project = table(&|number| format!("{number}.png"), "Aufnahme;id;Jahre;Geschlecht", &row);
    let data = "{ csv: { images: films, labels: labels.csv, unit: years, id: aufnahme, age: Jahre, sex: Geschlecht } }";
    assert_eq!(all(&facts(&project, data)), (12, 18.0, 150.0, json!({ "F": 8, "M": 4 })));
}

#[test]
fn names_are_divided_by_any_text_and_by_the_first_pattern_that_fits() {
    let project = TestProject::new();
    for number in 1..=6 {
        film(&project, &format!("films/left~{number}+F=[{number}.5y].png"), number);
        film(&project, &format!("films/{number}a__{number}__M.JPG"), number + 6);
    }
    let data = "{ filename: { root: films, unit: years, pattern: ['{_}~{id}+{sex}=[{age}y].png', '{id}__{age}__{sex}.jpg'] } }";
    assert_eq!(all(&facts(&project, data)), (12, 12.0, 78.0, json!({ "F": 6, "M": 6 })));
}

#[test]
fn a_workbook_is_a_table() {
    let project = TestProject::new();
    for number in 1..=2 {
        film(&project, &format!("films/{number}.png"), number);
    }
    fs::write(project.path("labels.xlsx"), seeds::workbook()).unwrap();
    project.write("parts.csv", "id,split\n1,train\n2,val\n");
    project.write(
        "spec.yaml",
        "data: { rsna: { images: films, labels: labels.xlsx, sheet: Ages } }\n\
         split: { file: parts.csv }\nimage: { size: 32 }\nbackbones: [cnn]\n",
    );
    let ended = project.run(&["data", "spec.yaml", "--json"]).expect(0);
    assert_eq!(all(&serde_json::from_str(&ended.stdout).unwrap()), (2, 12.5, 130.0, json!({ "F": 1, "M": 1 })));
}

#[test]
fn a_film_that_lies_on_its_side_and_says_so_is_the_upright_one() {
    let project = table(&|number| format!("{number}.jpg"), "id,boneage,male", &|number| format!("{number},{number},{}", is_male(number)));
    let data = "{ rsna: { images: films, labels: labels.csv } }";
    let pairs = |project: &TestProject| facts(project, data)["duplicates"].as_array().unwrap().len();
    let lying = image::imageops::rotate270(&drawn(3));
    lying.save(project.path("films/4.jpg")).unwrap();
    let before = pairs(&project);
    let mut bytes = std::io::Cursor::new(Vec::new());
    lying.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    let bytes = bytes.into_inner();
    let turn = b"\xff\xe1\x00\x22Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    fs::write(project.path("films/4.jpg"), [&bytes[..2], turn.as_slice(), &bytes[2..]].concat()).unwrap();
    assert_eq!(pairs(&project), before + 1);
}

#[cfg(feature = "dicom")]
#[test]
fn sizes_and_depths_of_dicom_films_are_told() {
    let project = TestProject::new();
    fs::create_dir(project.path("films")).unwrap();
    let mut labels = "id,boneage,male\n".to_owned();
    let films = seeds::films().into_iter().filter(|(name, _)| name.ends_with("dcm"));
    for (number, (name, bytes)) in films.enumerate() {
        fs::write(project.path(&format!("films/{name}")), bytes).unwrap();
        writeln!(labels, "{name},{},M", number * 12).unwrap();
    }
    project.write("labels.csv", &labels);
    let found = facts(&project, "{ rsna: { images: films, labels: labels.csv } }");
    let images = &found["images"];
    assert_eq!((&images["formats"], &images["bits_per_channel"]), (&json!({ "DICOM": 6 }), &json!({ "8": 2, "12": 4 })));
    assert_eq!((&images["height"], &images["width"], &images["unknown"]), (&json!([20, 20, 20]), &json!([16, 16, 16]), &json!(0)));
}
