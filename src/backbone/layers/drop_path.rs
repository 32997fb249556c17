//! How stochastic depth grows over the blocks of a network.

/// The rate of each block, growing linearly from 0 at the first to `last` at the last (Huang et al. 2016,
/// arXiv 1603.09382); a single block has rate 0, as in timm.
pub fn drop_path_rates(last: f64, depth: usize) -> Vec<f64> {
    (0..depth).map(|index| last * index as f64 / depth.saturating_sub(1).max(1) as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_grow_linearly_to_the_last_block() {
        assert_eq!(drop_path_rates(0.5, 5), [0.0, 0.125, 0.25, 0.375, 0.5]);
        assert_eq!(drop_path_rates(0.2, 1), [0.0]);
        assert_eq!(drop_path_rates(0.2, 0), [0.0; 0]);
    }
}
