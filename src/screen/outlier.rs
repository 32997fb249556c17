//! Numbers that lie far from all others.

/// How many robust standard deviations below the median each value lies; 0 where more than half of them are equal.
pub(super) fn deviations_below(values: &[f64]) -> Vec<f64> {
    let middle = median(values.to_vec());
    let spread = robust_spread(values, middle);
    values.iter().map(|value| if spread > 0.0 { (middle - value) / spread } else { 0.0 }).collect()
}

/// 1.4826 times the median absolute deviation, which is the standard deviation of normal values.
pub(super) fn robust_spread(values: &[f64], middle: f64) -> f64 {
    1.4826 * median(values.iter().map(|value| (value - middle).abs()).collect())
}

pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_far_below_is_many_deviations_away_and_moves_the_others_little() {
        let values: Vec<f64> = (0..100).map(|value| f64::from(value) / 100.0).chain([-20.0]).collect();
        let deviations = deviations_below(&values);
        assert!(deviations[100] > 40.0 && deviations[..100].iter().all(|value| value.abs() < 2.0), "{deviations:?}");
        assert_eq!(deviations_below(&[1.0, 1.0, 1.0, 0.0]), [0.0; 4]);
    }
}
