#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write;

use super::super::leak::leaks;
use super::super::sample::Sex;
use super::super::testing::{Folder, workbook};
use super::*;
use crate::plan::{CsvColumns, LabelledFilms};
use crate::spec::AgeUnit;

fn config(source: SourceConfig) -> DataConfig {
    DataConfig { source, exclude: None, on_bad: OnBad::Stop, allow_leaks: false, split: None }
}

fn rsna(folder: &Folder) -> DataConfig {
    config(SourceConfig::Rsna { films: films(folder, "images", "labels.csv"), test: None })
}

fn films(folder: &Folder, images: &str, labels: &str) -> LabelledFilms {
    LabelledFilms { images: folder.path(images), labels: folder.path(labels), sheet: None }
}

fn excluding(folder: &Folder) -> DataConfig {
    DataConfig { on_bad: OnBad::Skip, ..rsna(folder) }
}

fn ids(dataset: &Dataset) -> Vec<&str> {
    dataset.samples.iter().map(|sample| sample.id.as_str()).collect()
}

fn kinds(error: DataError) -> Vec<(ProblemKind, String)> {
    match error {
        DataError::Problems(Problems(problems)) => problems.into_iter().map(|problem| (problem.kind, problem.id)).collect(),
        other => panic!("{other}"),
    }
}

/// Two good films, 2 and 10, and the labels given.
fn two_films(labels: &str) -> Folder {
    let folder = Folder::new();
    folder.film("images/10.png", 1);
    folder.film("images/2.png", 2);
    folder.write("labels.csv", labels);
    folder
}

#[test]
fn an_rsna_folder_is_read_also_when_it_is_doubled_and_sorted_by_number() {
    let folder = Folder::new();
    folder.film("images/boneage-training-dataset/10.png", 1);
    folder.film("images/boneage-training-dataset/2.PNG", 2);
    folder.write("labels.csv", "id,boneage,male\r\n10,120,True\r\n2,33,False\r\n");
    let dataset = load(&rsna(&folder)).unwrap();
    let found: Vec<_> = dataset.samples.iter().map(|sample| (sample.id.as_str(), sample.age_months, sample.sex)).collect();
    assert_eq!(found, [("2", 33.0, Some(Sex::F)), ("10", 120.0, Some(Sex::M))]);
    assert_eq!(dataset.samples[0].film, Film::File(folder.path("images/boneage-training-dataset/2.PNG")));
    assert_eq!(dataset.excluded, []);
}

#[test]
fn the_test_parts_truth_and_zero_padded_names_are_read() {
    let folder = Folder::new();
    folder.film("images/00123.png", 1);
    folder.film("images/4360.png", 1);
    folder.write("labels.csv", "Case ID,Sex,Ground truth bone age (months)\n123,M,168.93\n4360.png,F,10\n");
    let dataset = load(&rsna(&folder)).unwrap();
    let found: Vec<_> = dataset.samples.iter().map(|sample| (sample.id.as_str(), sample.age_months, sample.sex)).collect();
    assert_eq!(found, [("00123", 168.93, Some(Sex::M)), ("4360", 10.0, Some(Sex::F))]);
}

/// Id, age in months, sex, group and race of every sample.
fn labels(dataset: &Dataset) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let label = |sample: &Sample| {
        let sex = sample.sex.map_or("-", Sex::letter);
        format!("{} {} {sex} {} {}", sample.id, sample.age_months, text(&sample.group), text(&sample.race))
    };
    dataset.samples.iter().map(label).collect()
}

#[test]
fn the_tables_of_published_data_sets_are_read_as_they_are() {
    for (name, files, table, unit, expected) in [
        (
            "RSNA validation",
            ["1386.png", "2.png"],
            "Image ID,male,Bone Age (months)\n1386,TRUE,84.5\n2,False,33\n",
            AgeUnit::Months,
            ["2 33 F - -", "1386 84.5 M - -"],
        ),
        (
            "Digital Hand Atlas as a table",
            ["41 (7).jpg", "41 (8).jpg"],
            "Case ID,Bone Age,Male,Location\n41 (7),5.5,FALSE,Asian\n41 (8),6,TRUE,African American\n",
            AgeUnit::Years,
            ["41 (7) 66 F - Asian", "41 (8) 72 M - African American"],
        ),
        (
            "Deeplasia",
            ["achondroplasia/12.png", "control/9.png"],
            "image_ID,dir,patient_ID,sex,bone_age\n12.png,achondroplasia,p1,Female,120.5\n9,control,p2,Male,60\n",
            AgeUnit::Months,
            ["9 60 M p2 -", "12 120.5 F p1 -"],
        ),
        (
            "RHPE",
            ["00012.png", "01345.png"],
            "ID,Male,Boneage,Chronological\n12,True,100,98\n1345,False,50,52\n",
            AgeUnit::Months,
            ["00012 100 M - -", "01345 50 F - -"],
        ),
    ] {
        let folder = Folder::new();
        for (number, file) in files.iter().enumerate() {
            folder.film(&format!("images/{file}"), number as u8);
        }
        folder.write("labels.csv", table);
        let films = films(&folder, "images", "labels.csv");
        let dataset = load(&config(SourceConfig::Csv { films, columns: CsvColumns::default(), unit, test: None })).unwrap();
        assert_eq!(labels(&dataset), expected, "{name}");
    }
}

#[test]
fn labels_in_a_workbook_are_those_of_the_table_and_problems_have_sheet_and_row() {
    let folder = two_films("");
    let rows: &[&[&str]] = &[&["id", "boneage", "male"], &["10", "120", "TRUE"], &["2", "33.5", "FALSE"]];
    folder.write("labels.xlsx", workbook(&[("Notes", &[&["x"]]), ("Ages", rows)]));
    let rsna = |sheet: Option<&str>| {
        let films = LabelledFilms { sheet: sheet.map(str::to_owned), ..films(&folder, "images", "labels.xlsx") };
        config(SourceConfig::Rsna { films, test: None })
    };
    assert_eq!(labels(&load(&rsna(Some("Ages"))).unwrap()), ["2 33.5 F - -", "10 120 M - -"]);
    let message = load(&rsna(None)).unwrap_err().to_string();
    assert!(message.contains("labels.xlsx, sheet \"Notes\", row 1: no column for the id"), "{message}");
    folder.write("labels.xlsx", workbook(&[("Ages", &[rows[0], rows[1], &["2", "many", "FALSE"]])]));
    let message = load(&rsna(None)).unwrap_err().to_string();
    assert!(message.contains("labels.xlsx, sheet \"Ages\", row 3: \"many\""), "{message}");
}

#[test]
fn a_table_of_its_own_makes_the_test_part() {
    let folder = two_films("id,boneage,male\n10,120,True\n2,33,False\n");
    folder.film("test/4360.png", 3);
    folder.write("truth.csv", "Case ID,Sex,Ground truth bone age (months)\n4360,M,168.93\n");
    let source = |test_images: &str| {
        let test = Some(films(&folder, test_images, "truth.csv"));
        config(SourceConfig::Rsna { films: films(&folder, "images", "labels.csv"), test })
    };
    let dataset = load(&source("test")).unwrap();
    assert_eq!(labels(&dataset), ["2 33 F - -", "10 120 M - -", "4360 168.93 M - -"]);
    assert_eq!(dataset.given.into_iter().collect::<Vec<_>>(), [("4360".to_owned(), Part::Test)]);
    // In one folder, each table names some of the films; one that neither names is a problem, and said once.
    folder.film("images/4360.png", 3);
    assert_eq!(load(&source("images")).unwrap().given.len(), 1);
    folder.film("images/9.png", 9);
    assert_eq!(kinds(load(&source("images")).unwrap_err()), [(ProblemKind::FilmWithoutLabel, "9".to_owned())]);
    // The same film in both tables.
    folder.write("truth.csv", "Case ID,Sex,Ground truth bone age (months)\n10,M,168.93\n");
    folder.film("test/10.png", 3);
    std::fs::remove_file(folder.path("test/4360.png")).unwrap();
    std::fs::remove_file(folder.path("images/4360.png")).unwrap();
    std::fs::remove_file(folder.path("images/9.png")).unwrap();
    assert_eq!(kinds(load(&source("test")).unwrap_err()), [(ProblemKind::DuplicateFilm, "10".to_owned())]);
    let message = load(&config(SourceConfig::Rsna {
        films: films(&folder, "images", "labels.csv"),
        test: Some(films(&folder, "none", "truth.csv")),
    }));
    let message = message.unwrap_err().to_string();
    assert!(message.contains("correct `data.rsna.test.images`"), "{message}");
}

fn with_split(folder: &Folder, folds: Option<u32>) -> DataConfig {
    DataConfig { split: Some(crate::plan::SplitFile { path: folder.path("splits.csv"), folds }), ..rsna(folder) }
}

#[test]
fn a_split_that_a_study_wrote_is_read_back_as_it_was() {
    let folder = two_films("id,boneage,male\n10,120,True\n2,33,False\n");
    folder.film("images/007.png", 7);
    folder.write("labels.csv", "id,boneage,male\n10,120,True\n2,33,False\n007,7,True\n");
    for folds in [None, Some(2)] {
        let dataset = load(&rsna(&folder)).unwrap();
        let mut split = crate::plan::SplitConfig {
            val: 0.34,
            test: 0.0,
            folds,
            repeats: 1,
            seed: 1,
            stratify: Vec::new(),
            group: crate::spec::GroupBy::Patient,
            given: crate::plan::GivenParts::None,
        };
        let written = super::super::assign_dataset(&dataset, &split).unwrap();
        written.write_csv(&folder.path("splits.csv"), &dataset.samples).unwrap();
        let given = load(&with_split(&folder, folds)).unwrap();
        split.given = crate::plan::GivenParts::All;
        assert_eq!(super::super::assign_dataset(&given, &split).unwrap(), written);
    }
    // As a spreadsheet gives it back, with a film that was left out, and in other words.
    folder.write("splits.csv", "\u{feff}Image ID;Part\n7;Training\n10.png;validation\n2;TEST\n");
    let exclude = Some(folder.write("exclude.csv", "2,ring\n"));
    let given = load(&DataConfig { exclude, ..with_split(&folder, None) }).unwrap().given;
    let parts: Vec<_> = given.iter().map(|(id, part)| (id.as_str(), *part)).collect();
    assert_eq!(parts, [("007", Part::Train), ("10", Part::Val)]);
}

#[test]
fn a_split_that_does_not_fit_the_films_is_an_error_that_names_all() {
    use ProblemKind::{BadPart, DuplicateLabel, MissingInSplit, UnknownInSplit};
    let folder = two_films("id,boneage,male\n10,120,True\n2,33,False\n");
    for (table, folds, kind, id) in [
        ("id,split\n10,train\n", None, MissingInSplit, "2"),
        ("id,split\n10,train\n2,val\n77,val\n", None, UnknownInSplit, "77"),
        ("id,split\n10,train\n2,Prüfung\n", None, BadPart, "2"),
        ("id,split,fold\n10,train,\n2,fold,0\n", None, BadPart, "2"),
        ("id,split,fold\n10,fold,1\n2,fold,2\n", Some(2), BadPart, "2"),
        ("id,split,fold\n10,fold,1\n2,train,\n", Some(2), BadPart, "2"),
        ("id,split\n10,train\n2,val\n2,test\n", None, DuplicateLabel, "2"),
    ] {
        folder.write("splits.csv", table);
        for on_bad in [OnBad::Stop, OnBad::Skip] {
            let error = load(&DataConfig { on_bad, ..with_split(&folder, folds) }).unwrap_err();
            assert_eq!(kinds(error), [(kind, id.to_owned())], "{table:?}");
        }
    }
    folder.write("splits.csv", "id,group\n10,train\n");
    let message = load(&with_split(&folder, None)).unwrap_err().to_string();
    assert!(
        message.contains("splits.csv:1: no column for the split; expected one of split, part") && message.contains("rename the column"),
        "{message}"
    );
    std::fs::remove_file(folder.path("splits.csv")).unwrap();
    let message = load(&with_split(&folder, None)).unwrap_err().to_string();
    assert!(message.contains("splits.csv: cannot read the split") && message.contains("correct `split.file`"), "{message}");
}

#[test]
fn a_table_with_columns_of_its_own_is_read_by_their_names() {
    let folder = Folder::new();
    folder.film("films/41 (7).jpg", 1);
    folder.film("films/41 (8).JPEG", 1);
    folder.write("labels.csv", "file;years;boy;who;from\n41 (7).jpg;5,5;m;p1;Asian\n41 (8);6;;p1;\n");
    let name = |name: &str| Some(name.to_owned());
    let columns = CsvColumns { id: name("file"), age: name("years"), sex: name("boy"), group: name("WHO"), race: name("from") };
    let source = SourceConfig::Csv { films: films(&folder, "films", "labels.csv"), columns, unit: AgeUnit::Years, test: None };
    let dataset = load(&config(source)).unwrap();
    let [first, second] = dataset.samples.as_slice() else { panic!("{dataset:?}") };
    assert_eq!((first.id.as_str(), first.age_months, first.sex), ("41 (7)", 66.0, Some(Sex::M)));
    assert_eq!((first.group.as_deref(), first.race.as_deref()), (Some("p1"), Some("Asian")));
    assert_eq!((second.age_months, second.sex, second.group.as_deref(), second.race.as_deref()), (72.0, None, Some("p1"), None));
}

#[test]
fn synthetic_films_are_numbered_and_known_by_their_seed() {
    let dataset = load(&config(SourceConfig::Phantom { count: 12, seed: 7 })).unwrap();
    assert_eq!(ids(&dataset).join(" "), "0 1 2 3 4 5 6 7 8 9 10 11");
    assert_eq!(dataset.samples[10].film, Film::Phantom { seed: 7, index: 10 });
    let label = super::super::phantom::label(7, 10);
    assert!((dataset.samples[10].age_months - label.age_months).abs() < 1e-12 && dataset.samples[10].sex == Some(label.sex));
}

#[test]
fn each_bad_row_and_film_is_one_problem() {
    use ProblemKind::{BadAge, BadRow, BadSex, DuplicateLabel, EmptyId, FilmWithoutLabel, LabelWithoutFilm};
    let good = "id,boneage,male\n10,120,True\n2,33,False\n";
    for (name, labels, kind, id) in [
        ("label without a film", format!("{good}77,5,True\n"), LabelWithoutFilm, "77"),
        ("film without a label", "id,boneage,male\n10,120,True\n".to_owned(), FilmWithoutLabel, "2"),
        ("duplicate id", format!("{good}2.png,34,False\n"), DuplicateLabel, "2"),
        ("word for an age", good.replace("33", "abc"), BadAge, "2"),
        ("negative age", good.replace("33", "-1"), BadAge, "2"),
        ("no number", good.replace("33", "NaN"), BadAge, "2"),
        ("too old", good.replace("33", "1441"), BadAge, "2"),
        ("no age", good.replace("33", ""), BadAge, "2"),
        ("sex", good.replace("False", "girl"), BadSex, "2"),
        ("no id", format!("{good},5,True\n"), EmptyId, "line 4"),
        ("short row", format!("{good}5,5\n"), BadRow, "line 4"),
    ] {
        let folder = two_films(&labels);
        assert_eq!(kinds(load(&rsna(&folder)).unwrap_err()), [(kind, id.to_owned())], "{name}");
        let dataset = load(&excluding(&folder)).unwrap();
        assert_eq!(ids(&dataset), if ["2", "10"].contains(&id) { vec!["10"] } else { vec!["2", "10"] }, "{name}");
        assert_eq!(dataset.excluded.len(), 1, "{name}");
        assert_eq!(dataset.excluded[0].id, id, "{name}");
        assert!(dataset.excluded[0].reason.starts_with(kind.title()), "{name}: {}", dataset.excluded[0].reason);
    }
}

#[test]
fn all_problems_come_in_one_message_with_file_and_line() {
    let folder = two_films("id,boneage,male\n10,abc,maybe\n2,33,False\n3,33,False\n");
    folder.film("images/99.jpg", 9);
    let message = load(&rsna(&folder)).unwrap_err().to_string();
    let message = message.replace(&folder.path("").display().to_string(), "DIR/");
    insta::assert_snapshot!(message, @r#"
    4 problems in the data
      age that cannot be used (1); expected a number from 0 to 120 years
        DIR/labels.csv:2: "abc"
        next: correct the age, or the unit that the spec gives for it
      sex not understood (1); expected M, F, male, female or other; True or False in a column named male
        DIR/labels.csv:2: "maybe" in column "male"
        next: correct the word, or leave the cell empty where the sex is not known
      label without a film (1); expected a file named like the id: PNG, JPEG, TIFF, BMP, WebP or DICOM
        DIR/labels.csv:4: no film for id "3" in DIR/images
        next: add the film or delete the row
      film without a label (1); expected a row with the film's id
        DIR/images/99.jpg: no row with id "99" in DIR/labels.csv
        next: add a row for it, or move it out of the folder
      or leave films out: list their ids in a file under `data.exclude`, or set `data.on_bad: skip`
    "#);
}

#[test]
fn two_films_with_one_id_are_a_problem_in_every_source() {
    let folder = two_films("id,boneage,male\n10,120,True\n2,33,False\n");
    folder.film("images/more/2.jpg", 3);
    assert_eq!(kinds(load(&rsna(&folder)).unwrap_err()), [(ProblemKind::DuplicateFilm, "2".to_owned())]);
    assert_eq!(ids(&load(&excluding(&folder)).unwrap()), ["10"]);

    let folder = Folder::new();
    folder.film("ASIF05/1.jpg", 1);
    folder.film("ASIF06/1.jpg", 2);
    folder.film("ASIF06/2.jpg", 2);
    let atlas = config(SourceConfig::HandAtlas { root: folder.path("") });
    assert_eq!(kinds(load(&atlas).unwrap_err()), [(ProblemKind::DuplicateFilm, "1".to_owned())]);
    let dataset = load(&DataConfig { on_bad: OnBad::Skip, ..atlas }).unwrap();
    assert_eq!(ids(&dataset), ["2"]);
}

#[test]
fn a_film_of_a_type_that_is_not_read_is_one_problem_also_with_a_label() {
    let folder = two_films("id,boneage,male\n10,120,True\n2,33,False\n5,5,True\n");
    folder.write("images/5.gif", "");
    assert_eq!(kinds(load(&rsna(&folder)).unwrap_err()), [(ProblemKind::UnsupportedFormat, "5".to_owned())]);
}

#[test]
fn listed_ids_are_left_out_with_their_reasons_and_settle_their_problems() {
    let folder = two_films("id,boneage,male\n10,120,True\n2,abc,False\n77,5,True\n");
    let exclude = Some(folder.write("exclude.csv", "\u{feff}# by eye\n2.png, ring on the finger\r\n\n77\n"));
    let dataset = load(&DataConfig { exclude, ..rsna(&folder) }).unwrap();
    assert_eq!(ids(&dataset), ["10"]);
    let excluded: Vec<_> = dataset.excluded.iter().map(|entry| (entry.id.as_str(), entry.reason.as_str())).collect();
    assert_eq!(excluded, [("2", "ring on the finger"), ("77", "excluded by the list")]);
}

#[test]
fn listed_ids_that_are_not_in_the_data_are_an_error_even_where_problems_are_left_out() {
    let folder = two_films("id,boneage,male\n10,120,True\n2,33,False\n");
    let exclude = Some(folder.write("exclude.csv", "2\n# nothing\n200,typo\n"));
    let message = load(&DataConfig { exclude, ..excluding(&folder) }).unwrap_err().to_string();
    assert!(message.contains("exclude.csv:3: id \"200\"") && message.contains("next: correct the id"), "{message}");
    let exclude = Some(folder.path("none.csv"));
    let message = load(&DataConfig { exclude, ..rsna(&folder) }).unwrap_err().to_string();
    assert!(message.contains("none.csv: cannot read the exclusion list") && message.contains("`data.exclude`"), "{message}");
}

#[test]
fn structure_that_is_missing_fails_even_where_problems_are_left_out() {
    let labels = "id,boneage,male\n10,120,True\n2,33,False\n";
    let folder = two_films("id,bonage,male\n10,120,True\n");
    assert!(matches!(load(&excluding(&folder)), Err(DataError::MissingColumn(_))));
    folder.write("labels.csv", "");
    assert!(matches!(load(&excluding(&folder)), Err(DataError::UnreadableTable { .. })));
    folder.write("labels.csv", labels);
    std::fs::remove_dir_all(folder.path("images")).unwrap();
    assert!(matches!(load(&excluding(&folder)), Err(DataError::MissingFolder { .. })));
    std::fs::create_dir(folder.path("images")).unwrap();
    assert!(matches!(load(&excluding(&folder)), Err(DataError::EmptyFolder { .. })));
}

#[test]
fn a_data_set_of_which_nothing_is_left_is_an_error() {
    let folder = two_films("id,boneage,male\n10,abc,True\n2,abc,False\n");
    let message = load(&excluding(&folder)).unwrap_err().to_string();
    assert!(message.contains("labels.csv: no usable film: all 2 left out; expected at least one film"), "{message}");
}

/// The real films where they are: `BENCH_RUN_REAL_DATA`, or `shared/data` beside the repository.
fn real_data() -> Option<std::path::PathBuf> {
    let beside = || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("BENCH_RUN_REAL_DATA").map_or_else(beside, Into::into);
    if !folder.join("hand-rsna-100px").is_dir() {
        // Written to the stream itself, since the test harness hides what `eprintln!` says.
        writeln!(std::io::stderr(), "SKIPPED: no real films at {}", folder.display()).unwrap();
        return None;
    }
    Some(folder)
}

#[test]
fn real_hand_films_load() {
    let Some(folder) = real_data() else { return };
    let folder = folder.join("hand-rsna-100px");
    let labels = folder.join("boneage-training-dataset.csv");
    let dataset =
        load(&config(SourceConfig::Rsna { films: LabelledFilms { images: folder.join("images"), labels, sheet: None }, test: None }))
            .unwrap();
    assert_eq!((dataset.samples.len(), dataset.excluded.len()), (1500, 0));
    let boys = dataset.samples.iter().filter(|sample| sample.sex == Some(Sex::M)).count();
    assert_eq!(boys, 784);
    assert!(dataset.samples.iter().all(|sample| (1.0..=228.0).contains(&sample.age_months)));

    let cached = cached(dataset);
    assert_eq!(cached.cache.len(), 1500);
    let split = crate::plan::SplitConfig {
        val: 0.2,
        test: 0.1,
        folds: None,
        repeats: 1,
        seed: 42,
        stratify: vec![crate::spec::Stratum::Age, crate::spec::Stratum::Sex],
        group: crate::spec::GroupBy::Patient,
        given: crate::plan::GivenParts::None,
    };
    let samples = &cached.dataset.samples;
    let assignment = super::super::assign(samples, &split).unwrap();
    assert_eq!(leaks(&assignment, samples, Some(&cached.film_hashes)), []);
    let partition = assignment.partition(None);
    assert_eq!([partition.train.len(), partition.val.len(), partition.test.len()], [1050, 300, 150]);
}

#[test]
fn real_cervical_films_load_and_decode() {
    let Some(folder) = real_data() else { return };
    let root = folder.join("cervical");
    let dataset =
        load(&config(SourceConfig::Filename { root, pattern: vec!["{id}-{age}-{sex}.jpg".to_owned()], unit: AgeUnit::Years })).unwrap();
    assert_eq!(dataset.samples.len(), 30);
    let others: Vec<_> = dataset.samples.iter().filter(|sample| sample.sex == Some(Sex::O)).map(|sample| sample.id.as_str()).collect();
    assert_eq!(others, ["5"]);
    assert_eq!(dataset.samples[29].id, "30");
    // These films are large; a few are enough to see that strict decoding takes them.
    let few = Dataset { samples: dataset.samples[..5].to_vec(), ..Dataset::default() };
    assert_eq!(cached(few).cache.len(), 5);
}

fn cached(dataset: Dataset) -> super::super::CachedDataset {
    use crate::spec::{Channels, Fit, ImageSize};

    let image = crate::plan::ImageConfig {
        size: ImageSize::square(32),
        channels: Channels::Grey,
        fit: Fit::Pad,
        prepare: crate::plan::PrepareConfig::default(),
    };
    let folder = Folder::new();
    super::super::FilmCache::open_or_build(dataset, image, OnBad::Stop, &folder.path("cache"), &mut |_, _| {}).unwrap()
}
