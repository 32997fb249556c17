use super::super::reference::{Reference, near};
use super::*;

fn interval(values: &[f64], seed: u64) -> Option<Interval> {
    Some(Bootstrap::of_mean(values, &Patients::of_films(values.len()), seed)?.interval())
}

#[test]
fn a_percentile_lies_between_order_statistics() {
    let sorted = [1.0, 2.0, 4.0, 8.0, 16.0];
    for (share, expected) in [(0.0, 1.0), (0.25, 2.0), (0.375, 3.0), (0.9, 12.8), (1.0, 16.0)] {
        assert!((percentile(&sorted, share) - expected).abs() < 1e-12, "share {share}");
    }
}

/// scipy was given the same resamples, so that nothing but the arithmetic could differ.
#[test]
fn from_equal_resamples_the_interval_is_that_of_scipy_to_the_last_digits() {
    let cases = Reference::read().equal_resamples;
    assert!(cases.len() >= 3);
    for case in cases {
        let patients = Patients::by_name(&case.patients);
        let mut draws = case.draws.iter().flatten().copied();
        let terms: Vec<[f64; 2]> = case.values.iter().map(|value| [*value, 1.0]).collect();
        let figure = |[sum, count]: [f64; 2]| sum / count;
        let found = Bootstrap::over(&patients.sums(&terms), figure, case.draws.len(), || draws.next().unwrap()).unwrap();
        assert_eq!(draws.next(), None);
        let ends = found.interval();
        for (what, found, expected) in
            [("estimate", found.estimate(), case.estimate), ("low", ends.low, case.low), ("high", ends.high, case.high)]
        {
            assert!(near(found, expected, 1e-10), "{}: {what} is {found}, scipy says {expected}", case.name);
        }
        // A share of the resamples is a step; a percentile between two of them is not.
        let step = 2.0 / case.draws.len() as f64;
        let p = found.p_of_zero();
        let expected = case.p_of_zero.unwrap_or(2.0 / (case.draws.len() + 1) as f64);
        assert!((p - expected).abs() <= 1.5 * step, "{}: p is {p}, scipy's interval reaches zero at {expected}", case.name);
    }
}

/// scipy drew a hundred times as many resamples of its own; ends of 2000 scatter about them by some hundredths of the width.
#[test]
fn from_its_own_resamples_the_interval_is_that_of_scipy_within_their_chance() {
    let cases = Reference::read().own_resamples;
    assert!(cases.len() >= 3);
    for case in cases {
        let ends = Bootstrap::of_mean(&case.values, &Patients::by_name(&case.patients), 0).unwrap().interval();
        let width = case.high - case.low;
        let off = ((ends.low - case.low) / width).abs().max(((ends.high - case.high) / width).abs());
        assert!(off < 0.05, "{}: {ends:?} for [{}, {}]", case.name, case.low, case.high);
    }
}

#[test]
fn films_of_a_patient_are_drawn_together() {
    // Each patient has the same film four times: four times as many films say nothing more.
    let values: Vec<f64> = (0..30).map(|index| f64::from(index * 7 % 30)).collect();
    let copies: Vec<f64> = values.iter().flat_map(|value| [*value; 4]).collect();
    let names = (0..30).flat_map(|patient| [patient; 4]);
    let by_patient = Bootstrap::of_mean(&copies, &Patients::by_name(names), 0).unwrap().interval();
    let single = interval(&values, 0).unwrap();
    assert!(near(by_patient.low, single.low, 1e-12) && near(by_patient.high, single.high, 1e-12), "{by_patient:?} {single:?}");
    let by_film = interval(&copies, 0).unwrap();
    assert!(by_film.high - by_film.low < 0.6 * (single.high - single.low), "{by_film:?} {single:?}");
}

#[test]
fn the_interval_depends_on_seed_and_values_alone() {
    let values = [3.0, 0.0, 12.0, 9.0, 6.5, 1.0, 4.0];
    assert_eq!(interval(&values, 7), interval(&values, 7));
    assert_ne!(interval(&values, 7), interval(&values, 8));
}

#[test]
fn equal_errors_leave_no_width_and_too_few_or_broken_ones_no_interval() {
    assert_eq!(interval(&[2.5; 4], 0), Some(Interval { low: 2.5, high: 2.5 }));
    assert_eq!(interval(&[2.5], 0), None);
    assert_eq!(interval(&[], 0), None);
    assert_eq!(interval(&[1.0, f64::NAN, 2.0], 0), None);
    assert_eq!(Bootstrap::of_mean(&[1.0, 5.0], &Patients::by_name(["p", "p"]), 0), None);
}

#[test]
fn a_p_value_is_below_a_twentieth_where_zero_is_outside_of_the_interval() {
    let shape: Vec<f64> = (0..40).map(|index| f64::from(index * 17 % 40).powi(2) / 80.0 - 7.0).collect();
    let (mut inside, mut outside) = (0, 0);
    for step in -60..=60 {
        let shifted: Vec<f64> = shape.iter().map(|value| value + 0.1 * f64::from(step)).collect();
        let bootstrap = Bootstrap::of_mean(&shifted, &Patients::of_films(40), 0).unwrap();
        let ends = bootstrap.interval();
        let p = bootstrap.p_of_zero();
        assert!((0.0..=1.0).contains(&p));
        // At the very border a percentile lies between two figures, and a share does not.
        if ends.low > 0.01 || ends.high < -0.01 {
            outside += 1;
            assert!(p < 0.05, "shift {step}: p {p} for {ends:?}");
        } else if ends.low < -0.01 && ends.high > 0.01 {
            inside += 1;
            assert!(p > 0.05, "shift {step}: p {p} for {ends:?}");
        }
    }
    assert!(inside > 10 && outside > 10, "{inside} inside, {outside} outside");
}

#[test]
fn the_smallest_p_value_is_what_resamples_can_tell_and_no_difference_has_one_of_one() {
    let p = |values: &[f64]| Bootstrap::of_mean(values, &Patients::of_films(values.len()), 0).unwrap().p_of_zero();
    assert!(near(p(&[5.0, 6.0, 7.0, 5.5, 6.5]), 2.0 / 2001.0, 1e-15));
    assert_eq!(p(&[0.0; 6]), 1.0);
}
