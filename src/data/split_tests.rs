#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::super::leak::{leaks, refuse};
use super::super::testing::{Folder, sample};
use super::*;

fn config(val: f64, test: f64) -> SplitConfig {
    SplitConfig {
        val,
        test,
        folds: None,
        repeats: 1,
        seed: 42,
        stratify: vec![Stratum::Age, Stratum::Sex],
        group: GroupBy::Patient,
        given: GivenParts::None,
    }
}

fn folds(folds: u32, test: f64) -> SplitConfig {
    SplitConfig { folds: Some(folds), ..config(0.2, test) }
}

/// Ages over 0 to 18 years, more of the older, both sexes.
fn people(count: usize) -> Vec<Sample> {
    let sample = |number: usize| {
        let age = ((number * 7919 % 1000) as f64 / 1000.0).sqrt() * 216.0;
        sample(&number.to_string(), age, Some(if number.is_multiple_of(3) { Sex::F } else { Sex::M }), None)
    };
    (0..count).map(sample).collect()
}

/// One to five films of each patient.
fn patients(count: usize) -> Vec<Sample> {
    let films = |number: usize| {
        let age = (number * 37 % 200) as f64;
        (0..=number % 5).map(move |film| sample(&format!("{number}-{film}"), age + film as f64 * 6.0, None, Some(&format!("p{number}"))))
    };
    (0..count).flat_map(films).collect()
}

fn ids_of(samples: &[Sample], assignment: &Assignment, part: Part) -> BTreeSet<String> {
    samples.iter().zip(assignment.parts()).filter(|(_, found)| **found == part).map(|(sample, _)| sample.id.clone()).collect()
}

#[test]
fn shares_are_exact_where_every_patient_has_one_film() {
    for (count, val, test, expected) in [
        (1500, 0.2, 0.1, [1050, 300, 150]),
        (30, 0.2, 0.0, [24, 6, 0]),
        (30, 0.2, 0.1, [21, 6, 3]),
        (17, 0.33, 0.15, [8, 6, 3]),
        (101, 0.0, 0.5, [50, 0, 51]),
        (3, 0.4, 0.4, [1, 1, 1]),
    ] {
        let partition = assign(&people(count), &config(val, test)).unwrap().partition(None);
        assert_eq!([partition.train.len(), partition.val.len(), partition.test.len()], expected, "{count} {val} {test}");
    }
}

#[test]
fn every_stratum_is_shared_out_to_within_a_film() {
    let samples = people(1500);
    let assignment = assign(&samples, &config(0.2, 0.1)).unwrap();
    for sex in [Sex::F, Sex::M] {
        for years in 0..18_u64 {
            let inside = |sample: &Sample| sample.sex == Some(sex) && (sample.age_months / 12.0) as u64 == years;
            let parts: Vec<Part> =
                samples.iter().zip(assignment.parts()).filter(|(sample, _)| inside(sample)).map(|(_, part)| *part).collect();
            if parts.len() < 10 {
                continue;
            }
            for (part, share) in [(Part::Val, 0.2), (Part::Test, 0.1), (Part::Train, 0.7)] {
                let found = parts.iter().filter(|found| **found == part).count() as f64;
                assert!((found - share * parts.len() as f64).abs() < 2.0, "{sex:?} {years}: {found} of {} in {part}", parts.len());
            }
        }
    }
}

#[test]
fn small_strata_still_give_parts_of_like_ages() {
    for seed in 0..20 {
        let samples = people(30);
        let split = SplitConfig { seed, ..config(0.2, 0.0) };
        let partition = assign(&samples, &split).unwrap().partition(None);
        let mean = |part: &[usize]| part.iter().map(|index| samples[*index].age_months).sum::<f64>() / part.len() as f64;
        let apart = (mean(&partition.val) - mean(&partition.train)).abs();
        assert!(apart < 40.0, "seed {seed}: {apart} months apart");
    }
}

#[test]
fn the_assignment_depends_on_ids_and_seed_and_on_no_order() {
    let samples = people(200);
    let split = config(0.2, 0.1);
    let first = assign(&samples, &split).unwrap();
    let mut turned = samples.clone();
    turned.rotate_left(77);
    turned.reverse();
    let second = assign(&turned, &split).unwrap();
    for part in [Part::Train, Part::Val, Part::Test] {
        assert_eq!(ids_of(&samples, &first, part), ids_of(&turned, &second, part), "{part}");
    }
    let other = assign(&samples, &SplitConfig { seed: 43, ..split }).unwrap();
    let common = ids_of(&samples, &first, Part::Val).intersection(&ids_of(&samples, &other, Part::Val)).count();
    assert!(common < 20, "{common} of 40 films are in both validation parts");
}

#[test]
fn the_digest_tells_splits_of_the_same_films_apart() {
    let samples = people(40);
    let digest = |seed| assign(&samples, &SplitConfig { seed, ..config(0.2, 0.1) }).unwrap().digest(&samples, None);
    assert_eq!(digest(1), digest(1));
    assert_ne!(digest(1), digest(2));
}

#[test]
fn every_seed_of_a_small_set_is_a_split_of_its_own() {
    let samples = people(30);
    let vals: BTreeSet<_> =
        (0..20).map(|seed| ids_of(&samples, &assign(&samples, &SplitConfig { seed, ..config(0.2, 0.0) }).unwrap(), Part::Val)).collect();
    assert_eq!(vals.len(), 20);
}

#[test]
fn the_test_part_is_the_same_for_every_val_and_number_of_folds() {
    let samples = people(300);
    let test = |split: &SplitConfig| ids_of(&samples, &assign(&samples, split).unwrap(), Part::Test);
    let first = test(&config(0.2, 0.1));
    assert_eq!(first.len(), 30);
    for split in [config(0.3, 0.1), config(0.0, 0.1), folds(5, 0.1), folds(10, 0.1)] {
        assert_eq!(first, test(&split));
    }
}

#[test]
fn a_patient_never_straddles_two_parts_and_shares_hold_within_one_patient() {
    let samples = patients(150);
    for seed in 0..10 {
        for split in [config(0.2, 0.1), folds(5, 0.1), folds(7, 0.0)] {
            let split = SplitConfig { seed, ..split };
            let assignment = assign(&samples, &split).unwrap();
            let mut part_of = BTreeMap::new();
            for (sample, part) in samples.iter().zip(assignment.parts()) {
                assert_eq!(part_of.entry(&sample.group).or_insert(part), &part, "{:?}", sample.group);
            }
            assert_eq!(leaks(&assignment, &samples, None), []);
            let partition = assignment.partition(split.folds.map(|_| 1));
            let expected = split.folds.map_or(0.2, |folds| (1.0 - split.test) / f64::from(folds)) * samples.len() as f64;
            assert!((partition.val.len() as f64 - expected).abs() <= 5.0, "{} val films, expected {expected}", partition.val.len());
            assert!((partition.test.len() as f64 - split.test * samples.len() as f64).abs() <= 5.0);
        }
    }
}

#[test]
fn every_film_outside_the_test_part_is_validated_in_exactly_one_fold() {
    let samples = people(103);
    let assignment = assign(&samples, &folds(5, 0.1)).unwrap();
    let mut validated = vec![0; samples.len()];
    for fold in 0..5 {
        let Partition { train, val, test } = assignment.partition(Some(fold));
        assert_eq!((train.len() + val.len(), test.len()), (93, 10));
        assert!((18..=19).contains(&val.len()), "{}", val.len());
        for index in &val {
            validated[*index] += 1;
        }
        assert!(train.iter().all(|index| !val.contains(index) && !test.contains(index)));
    }
    let test = assignment.partition(Some(0)).test;
    assert!(validated.iter().enumerate().all(|(index, times)| *times == usize::from(!test.contains(&index))));
}

#[test]
fn folds_are_drawn_anew_and_numbered_on_and_the_first_draw_stays_as_it_is() {
    let samples = patients(60);
    let once = assign(&samples, &folds(5, 0.1)).unwrap();
    let thrice = assign(&samples, &SplitConfig { repeats: 3, ..folds(5, 0.1) }).unwrap();
    assert_eq!((once.draws(), thrice.draws(), once.parts()), (1, 3, thrice.parts()));
    assert_eq!(SplitConfig { repeats: 3, ..folds(5, 0.1) }.fold_numbers(), (0..15).map(Some).collect::<Vec<_>>());
    let outside: BTreeSet<usize> = (0..samples.len()).filter(|index| once.parts()[*index] != Part::Test).collect();
    let mut drawn = BTreeSet::new();
    for fold in 0..15 {
        let Partition { train, val, test } = thrice.partition(Some(fold));
        assert_eq!(test, once.partition(Some(0)).test, "the test part is that of every draw");
        assert_eq!(train.iter().chain(&val).copied().collect::<BTreeSet<_>>(), outside, "fold {fold}");
        // A run of the first draw is the same run however many draws there are; those of others are known apart.
        assert_eq!(thrice.digest(&samples, Some(fold)) == once.digest(&samples, Some(0)), fold < 5, "fold {fold}");
        drawn.insert(val);
    }
    assert_eq!(drawn.len(), 15, "no two folds are the same");
    for draw in 0..3 {
        let folds = (draw * 5..draw * 5 + 5).flat_map(|fold| thrice.partition(Some(fold)).val);
        assert_eq!(folds.collect::<BTreeSet<_>>(), outside, "every film is validated once in draw {draw}");
    }
    assert_eq!(leaks(&thrice, &samples, None), [], "patients stay together in every draw");
}

#[test]
fn a_leak_in_a_further_draw_is_found() {
    let samples = [sample("1", 1.0, None, None), sample("2", 1.0, None, None)];
    let draws = [[0, 0], [2, 3]].map(|draw| draw.map(Part::Fold).to_vec()).to_vec();
    let same = Some(blake3::hash(b"film"));
    let message = refuse(&leaks(&Assignment { draws }, &samples, Some(&[same, same]))).unwrap_err().to_string();
    assert!(message.contains("film 1 is in fold 2, film 2 in fold 3"), "{message}");
}

#[test]
fn the_folds_of_further_draws_are_columns_of_their_own() {
    let folder = Folder::new();
    let samples = [sample("1", 12.0, None, None), sample("2", 24.0, None, None), sample("3", 36.0, None, None)];
    let draws = [[Part::Fold(1), Part::Fold(0), Part::Test], [Part::Fold(2), Part::Fold(3), Part::Test]];
    let path = folder.path("splits.csv");
    Assignment { draws: draws.map(|draw| draw.to_vec()).to_vec() }.write_csv(&path, &samples).unwrap();
    insta::assert_snapshot!(std::fs::read_to_string(&path).unwrap(), @r"
    id,split,fold,age_months,sex,group,race,fold_2
    1,fold,1,12,,,,2
    2,fold,0,24,,,,3
    3,test,,36,,,,
    ");
}

#[test]
fn a_part_that_would_be_empty_is_an_error() {
    let two_patients: Vec<Sample> =
        (0..10).map(|film| sample(&film.to_string(), 9.0, None, Some(if film < 5 { "a" } else { "b" }))).collect();
    for (samples, split, found) in [
        (people(3), config(0.1, 0.4), "no film for val, of 3 films"),
        (people(3), config(0.4, 0.1), "no film for test, of 3 films"),
        (people(4), config(0.5, 0.5), "no film for train, of 4 films"),
        (two_patients, config(0.3, 0.3), "no film for"),
        (people(4), folds(5, 0.0), "4 patients outside the test part; expected at least one for each of 5 folds"),
        (Vec::new(), config(0.2, 0.0), "no film for train, of 0 films"),
    ] {
        let message = assign(&samples, &split).unwrap_err().to_string();
        assert!(message.contains(found) && message.contains("`split."), "{message}");
    }
}

#[test]
fn a_leak_of_id_patient_or_film_is_found_and_named() {
    let samples = vec![
        sample("1", 1.0, None, Some("p")),
        sample("2", 2.0, None, Some("p")),
        sample("1", 3.0, None, None),
        sample("4", 4.0, None, None),
    ];
    let hash = |name: &str| Some(blake3::hash(name.as_bytes()));
    let hashes = [hash("a"), hash("b"), hash("c"), hash("b")];
    let leaky = Assignment { draws: vec![vec![Part::Train, Part::Val, Part::Fold(2), Part::Test]] };
    let message = refuse(&leaks(&leaky, &samples, Some(&hashes))).unwrap_err().to_string();
    assert!(message.contains("leak between parts (3)"), "{message}");
    assert!(message.contains("patient \"p\": film 1 is in train, film 2 in val"), "{message}");
    assert!(message.contains("id \"1\": film 1 is in train, film 1 in fold 2"), "{message}");
    assert!(message.contains("film 2 is in val, film 4 in test"), "{message}");
    // The same three in one part are no leak, nor are films that could not be hashed.
    refuse(&leaks(&Assignment { draws: vec![vec![Part::Train; 4]] }, &samples, Some(&hashes))).unwrap();
    let apart = [sample("1", 1.0, None, None), sample("2", 1.0, None, None)];
    refuse(&leaks(&Assignment { draws: vec![vec![Part::Train, Part::Val]] }, &apart, Some(&[None, None]))).unwrap();
}

#[test]
fn the_list_of_parts_is_written_as_a_table() {
    let folder = Folder::new();
    let mut samples =
        [sample("1", 12.5, Some(Sex::F), None), sample("2 (3)", 24.0, None, Some("p, q")), sample("3", 7.0, Some(Sex::O), None)];
    samples[0].race = Some("Asian, East".to_owned());
    let assignment = Assignment { draws: vec![vec![Part::Train, Part::Fold(3), Part::Test]] };
    let path = folder.path("results/quick/splits.csv");
    assignment.write_csv(&path, &samples).unwrap();
    insta::assert_snapshot!(std::fs::read_to_string(&path).unwrap(), @r#"
    id,split,fold,age_months,sex,group,race
    1,train,,12.5,F,,"Asian, East"
    2 (3),fold,3,24,,"p, q",
    3,test,,7,O,,
    "#);
    folder.write("file", "");
    let message = assignment.write_csv(&folder.path("file/splits.csv"), &samples).unwrap_err().to_string();
    assert!(message.starts_with("cannot write ") && message.contains("file/splits.csv: "), "{message}");
}

#[test]
fn films_of_a_given_test_part_stay_there_and_the_others_are_dealt_among_the_rest() {
    let samples = people(120);
    let given: BTreeMap<String, Part> = (100..120).map(|number: usize| (number.to_string(), Part::Test)).collect();
    let dataset = Dataset { samples, given, ..Dataset::default() };
    let split = SplitConfig { given: GivenParts::Test, ..config(0.2, 0.0) };
    let Partition { train, val, test } = assign_dataset(&dataset, &split).unwrap().partition(None);
    assert_eq!((train.len(), val.len()), (80, 20), "shares are of the films that are dealt");
    assert_eq!(test, (100..120).collect::<Vec<_>>());
    let folds = SplitConfig { given: GivenParts::Test, ..folds(4, 0.0) };
    assert_eq!(assign_dataset(&dataset, &folds).unwrap().partition(Some(3)).val.len(), 25);
    // Where decoding left none of them.
    let none = Dataset { given: BTreeMap::new(), ..dataset };
    let message = assign_dataset(&none, &split).unwrap_err().to_string();
    assert!(message.contains("no film for test") && message.contains("`test` of the source"), "{message}");
}

#[test]
fn a_given_split_is_used_as_it_is_and_still_checked_for_leaks() {
    let samples = vec![sample("1", 1.0, None, Some("p")), sample("2", 2.0, None, Some("p")), sample("3", 3.0, None, None)];
    let given: BTreeMap<String, Part> =
        [("3", Part::Train), ("2", Part::Val), ("1", Part::Train)].map(|(id, part)| (id.to_owned(), part)).into();
    let dataset = Dataset { samples, given, ..Dataset::default() };
    let split = SplitConfig { given: GivenParts::All, ..config(0.0, 0.0) };
    let assignment = assign_dataset(&dataset, &split).unwrap();
    assert_eq!(assignment.parts(), [Part::Train, Part::Val, Part::Train]);
    let message = refuse(&leaks(&assignment, &dataset.samples, None)).unwrap_err().to_string();
    assert!(message.contains("patient \"p\": film 1 is in train, film 2 in val"), "{message}");
    for (part, folds, missing) in [(Part::Train, None, "val"), (Part::Val, None, "train"), (Part::Fold(1), Some(2), "fold 0")] {
        let given = dataset.given.keys().map(|id| (id.clone(), part)).collect();
        let dataset = Dataset { given, ..dataset.clone() };
        let message = assign_dataset(&dataset, &SplitConfig { folds, ..split.clone() }).unwrap_err().to_string();
        assert!(message.contains(&format!("no film for {missing}, of 3 films")), "{message}");
    }
}
