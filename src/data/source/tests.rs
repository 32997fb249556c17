#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write;

use super::super::sample::Sex;
use super::super::testing::Folder;
use super::*;
use crate::plan::CsvColumns;
use crate::spec::AgeUnit;

fn config(source: SourceConfig) -> DataConfig {
    DataConfig { source, exclude: None, problems: OnProblem::Fail }
}

fn rsna(folder: &Folder) -> DataConfig {
    config(SourceConfig::Rsna { images: folder.path("images"), labels: folder.path("labels.csv") })
}

fn excluding(folder: &Folder) -> DataConfig {
    DataConfig { problems: OnProblem::Exclude, ..rsna(folder) }
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

#[test]
fn a_table_with_columns_of_its_own_is_read_by_their_names() {
    let folder = Folder::new();
    folder.film("films/41 (7).jpg", 1);
    folder.film("films/41 (8).JPEG", 1);
    folder.write("labels.csv", "file;years;boy;who;from\n41 (7).jpg;5,5;m;p1;Asian\n41 (8);6;;p1;\n");
    let name = |name: &str| Some(name.to_owned());
    let columns = CsvColumns { id: name("file"), age: name("years"), sex: name("boy"), group: name("WHO"), race: name("from") };
    let source = SourceConfig::Csv { images: folder.path("films"), labels: folder.path("labels.csv"), columns, unit: AgeUnit::Years };
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
      label without a film (1); expected a .png, .jpg or .jpeg file named like the id
        DIR/labels.csv:4: no film for id "3" in DIR/images
        next: add the film or delete the row
      film without a label (1); expected a row with the film's id
        DIR/images/99.jpg: no row with id "99" in DIR/labels.csv
        next: add a row for it, or move it out of the folder
      or leave films out: list their ids in a file under `data.exclude`, or set `data.problems: exclude`
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
    let dataset = load(&DataConfig { problems: OnProblem::Exclude, ..atlas }).unwrap();
    assert_eq!(ids(&dataset), ["2"]);
}

#[test]
fn a_film_of_a_type_that_is_not_read_is_one_problem_also_with_a_label() {
    let folder = two_films("id,boneage,male\n10,120,True\n2,33,False\n5,5,True\n");
    folder.write("images/5.dcm", "");
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
    let dataset = load(&config(SourceConfig::Rsna { images: folder.join("images"), labels })).unwrap();
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
        seed: 42,
        stratify: vec![crate::spec::Stratum::Age, crate::spec::Stratum::Sex],
        group: crate::spec::GroupBy::Patient,
    };
    let samples = &cached.dataset.samples;
    let assignment = super::super::assign(samples, &split).unwrap();
    assignment.check_no_leak(samples, Some(&cached.film_hashes)).unwrap();
    let partition = assignment.partition(None);
    assert_eq!([partition.train.len(), partition.val.len(), partition.test.len()], [1050, 300, 150]);
}

#[test]
fn real_cervical_films_load_and_decode() {
    let Some(folder) = real_data() else { return };
    let root = folder.join("cervical");
    let dataset = load(&config(SourceConfig::Filename { root, pattern: "{id}-{age}-{sex}.jpg".to_owned(), unit: AgeUnit::Years })).unwrap();
    assert_eq!(dataset.samples.len(), 30);
    let others: Vec<_> = dataset.samples.iter().filter(|sample| sample.sex == Some(Sex::O)).map(|sample| sample.id.as_str()).collect();
    assert_eq!(others, ["5"]);
    assert_eq!(dataset.samples[29].id, "30");
    // These films are large; a few are enough to see that strict decoding takes them.
    let few = Dataset { samples: dataset.samples[..5].to_vec(), excluded: Vec::new() };
    assert_eq!(cached(few).cache.len(), 5);
}

fn cached(dataset: Dataset) -> super::super::CachedDataset {
    use crate::spec::{Channels, Fit, ImageSize};

    let image = crate::plan::ImageConfig { size: ImageSize::square(32), channels: Channels::Grey, fit: Fit::Pad };
    let folder = Folder::new();
    super::super::FilmCache::open_or_build(dataset, image, OnProblem::Fail, &folder.path("cache"), &mut |_, _| {}).unwrap()
}
