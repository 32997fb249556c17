//! Holm's correction, for several comparisons at once.

/// p-values corrected by Holm's step-down procedure (Holm 1979), in the order given: the k-th smallest of m, counted from 0, is
/// multiplied by m − k, is at most 1, and is never below a smaller one's. Calling those below 0.05 differences is wrong about any of them with
/// a chance of at most 5 %.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|left, right| p_values[*left].total_cmp(&p_values[*right]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        largest = largest.max(p_values[index] * (p_values.len() - rank) as f64).min(1.0);
        corrected[index] = largest;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::super::reference::{Reference, near};
    use super::*;

    #[test]
    fn corrected_p_values_are_those_of_statsmodels() {
        let cases = Reference::read().holm;
        assert!(cases.len() >= 4);
        for case in cases {
            let corrected = holm(&case.p_values);
            assert_eq!(corrected.len(), case.corrected.len());
            for (found, expected) in corrected.iter().zip(&case.corrected) {
                assert!(near(*found, *expected, 1e-15), "{:?}: {found} for {expected}", case.p_values);
            }
        }
    }

    #[test]
    fn one_comparison_is_not_corrected_and_none_is_nothing() {
        assert_eq!(holm(&[0.03]), [0.03]);
        assert!(holm(&[]).is_empty());
    }
}
