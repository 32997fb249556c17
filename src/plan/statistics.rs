//! Mean and standard deviation per channel with which published weights were trained.

use crate::spec::Channels;

/// Mean and standard deviation of each channel, on a range of 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelStatistics {
    /// Subtracted.
    pub mean: Vec<f32>,
    /// What is left is divided by it.
    pub std: Vec<f32>,
}

impl ChannelStatistics {
    /// Of red, green and blue over ImageNet; `IMAGENET_DEFAULT_MEAN` and `_STD` of timm.
    pub fn imagenet() -> Self {
        Self { mean: vec![0.485, 0.456, 0.406], std: vec![0.229, 0.224, 0.225] }
    }

    /// 0.5 and 0.5; `IMAGENET_INCEPTION_MEAN` and `_STD` of timm.
    pub fn inception() -> Self {
        Self { mean: vec![0.5; 3], std: vec![0.5; 3] }
    }

    /// No change, as in ultralytics' classification networks.
    pub fn none() -> Self {
        Self { mean: vec![0.0; 3], std: vec![1.0; 3] }
    }

    /// For images of that many channels: grey takes the mean over the colours, each colour what grey has.
    pub fn for_channels(&self, channels: Channels) -> Self {
        let adapt = |values: &[f32]| match channels.count() {
            count if count == values.len() => values.to_vec(),
            1 => vec![(values.iter().copied().map(f64::from).sum::<f64>() / values.len() as f64) as f32],
            count => vec![values[0]; count],
        };
        Self { mean: adapt(&self.mean), std: adapt(&self.std) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grey_film_takes_the_mean_over_the_channels() {
        let grey = ChannelStatistics::imagenet().for_channels(Channels::Grey);
        assert_eq!((grey.mean.len(), grey.std.len()), (1, 1));
        assert!((grey.mean[0] - 0.449).abs() < 1e-6 && (grey.std[0] - 0.226).abs() < 1e-6, "{grey:?}");
        assert_eq!(ChannelStatistics::imagenet().for_channels(Channels::Rgb), ChannelStatistics::imagenet());
    }

    #[test]
    fn one_number_serves_all_colours() {
        let grey = ChannelStatistics { mean: vec![0.25], std: vec![0.125] };
        assert_eq!(grey.for_channels(Channels::Rgb), ChannelStatistics { mean: vec![0.25; 3], std: vec![0.125; 3] });
    }
}
