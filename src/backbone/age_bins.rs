//! Ages as a distribution: one logit per bin of age, whose softmax has the age as its expected value (Rothe et al. 2018, "Deep
//! expectation", `IJCV` 126; Gao et al. 2018, arXiv 1807.00748).

use tch::{Kind, Tensor};

use super::parameters::Path;

/// Bins beyond the youngest and the oldest training film, on either side: three standard deviations of the distribution around
/// an age, so that none is cut off.
const MARGIN: u32 = 6;

/// The bins of a head; buffer `bins` `[K]`: their centres on the standardised scale of ages, evenly spaced.
#[derive(Debug)]
pub struct AgeBins {
    centres: Tensor,
}

impl AgeBins {
    /// Bins under `path` whose centres are yet to be set or loaded.
    pub(super) fn new(path: &Path, count: u32) -> Self {
        Self { centres: path.buffer("bins", &[i64::from(count)], 0.0) }
    }

    /// Spread the bins evenly from the youngest to the oldest age and by six more on either side. Ages that are all the same get
    /// bins a tenth of a standard deviation wide.
    ///
    /// # Panics
    /// If there are fewer than 14 bins; a spec asks for 16 at least.
    pub fn span(&self, youngest: f64, oldest: f64) {
        let count = self.centres.size()[0];
        let inner = count - 1 - 2 * i64::from(MARGIN);
        assert!(inner > 0, "{count} bins leave none between the youngest and the oldest");
        let width = (oldest - youngest) / inner as f64;
        let width = if width > 0.0 { width } else { 0.1 };
        let first = youngest - f64::from(MARGIN) * width;
        let centres: Vec<f32> = (0..count).map(|bin| (first + bin as f64 * width) as f32).collect();
        tch::no_grad(|| self.centres.shallow_clone().copy_(&Tensor::from_slice(&centres)));
    }

    /// The centres.
    ///
    /// # Shapes
    /// → `[K]` fp32.
    pub fn centres(&self) -> &Tensor {
        &self.centres
    }

    /// The expected value Σ pₖ cₖ of the softmax p of the logits.
    ///
    /// # Shapes
    /// `[N, K]` fp32 → `[N, 1]` fp32.
    pub fn expected_age(&self, logits: &Tensor) -> Tensor {
        logits.softmax(1, Kind::Float).matmul(&self.centres.unsqueeze(1))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::Device;

    use super::*;
    use crate::backbone::Parameters;

    fn bins(count: u32, youngest: f64, oldest: f64) -> AgeBins {
        let bins = AgeBins::new(&Parameters::new(0, Device::Cpu).root(), count);
        bins.span(youngest, oldest);
        bins
    }

    #[test]
    fn bins_are_evenly_spaced_and_reach_beyond_the_ages_by_six() {
        let centres = Vec::<f32>::try_from(bins(17, -1.0, 1.0).centres()).unwrap();
        let expected: Vec<f32> = (0..17).map(|bin| -1.0 + (bin as f32 - 6.0) * 0.5).collect();
        assert_eq!(centres, expected);
        assert_eq!((centres[6], centres[10]), (-1.0, 1.0));
        let same = Vec::<f32>::try_from(bins(16, 0.0, 0.0).centres()).unwrap();
        assert!((same[7] - same[6] - 0.1).abs() < 1e-6, "{same:?}");
    }

    #[test]
    fn the_age_is_the_expected_value_of_a_hand_made_distribution() {
        let bins = bins(17, -1.0, 1.0);
        // All but two bins have no weight; these two have 1/4 and 3/4 of it.
        let mut logits = vec![-100.0_f32; 17];
        (logits[6], logits[8]) = (0.0, 3.0_f32.ln());
        let ages = bins.expected_age(&Tensor::from_slice(&logits).view([1, 17]).repeat([2, 1]));
        assert_eq!(ages.size(), [2, 1]);
        assert!((ages.double_value(&[1, 0]) - (-0.25 + 0.75 * 0.0)).abs() < 1e-6, "{ages:?}");
    }
}
