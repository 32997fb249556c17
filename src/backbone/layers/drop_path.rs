//! How stochastic depth grows over the blocks of a network.

/// How the rates of the blocks reach the asked one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropPathGrowth {
    /// The last block has the asked rate, as in timm's vision transformers.
    ToLastBlock,
    /// The block after the last one would have it, as in timm's `EfficientNets`.
    PastLastBlock,
}

/// The rate of each block, growing linearly from 0 at the first (Huang et al. 2016, arXiv 1603.09382); a single block has
/// rate 0, as in timm.
pub fn drop_path_rates(rate: f64, depth: usize, growth: DropPathGrowth) -> Vec<f64> {
    let steps = match growth {
        DropPathGrowth::ToLastBlock => depth.saturating_sub(1).max(1),
        DropPathGrowth::PastLastBlock => depth,
    };
    (0..depth).map(|index| rate * index as f64 / steps as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_grow_linearly_to_the_last_block_or_past_it() {
        assert_eq!(drop_path_rates(0.5, 5, DropPathGrowth::ToLastBlock), [0.0, 0.125, 0.25, 0.375, 0.5]);
        assert_eq!(drop_path_rates(0.5, 4, DropPathGrowth::PastLastBlock), [0.0, 0.125, 0.25, 0.375]);
        for growth in [DropPathGrowth::ToLastBlock, DropPathGrowth::PastLastBlock] {
            assert_eq!(drop_path_rates(0.2, 1, growth), [0.0]);
            assert_eq!(drop_path_rates(0.2, 0, growth), [0.0; 0]);
        }
    }
}
