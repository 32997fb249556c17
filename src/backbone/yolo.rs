//! The trunk of the `YOLOv8` classification networks.
//!
//! Glenn Jocher, Ayush Chaurasia & Jing Qiu, "Ultralytics YOLO", version 8, 2023; there is no paper. Built: n, s and m,
//! with the names and shapes of ultralytics' `yolov8{n,s,m}-cls` (`cfg/models/v8/yolov8-cls.yaml`) up to the 1×1
//! convolution to 1280 channels inside its `Classify` head, which pools what that convolution gives.
//!
//! Batch norms have epsilon 1e-5 and momentum 0.1: ultralytics sets 1e-3 and 0.03 in its detection networks, but builds
//! classification networks with `PyTorch`'s defaults (seen in ultralytics 8.4.190). Convolutions start as `PyTorch`'s do.
//! The norms keep no `num_batches_tracked`, which nothing reads.

use tch::Tensor;

use super::layers::{Activation, BatchNormConfig, ConvConfig, ConvNormAct, ConvNormActConfig};
use super::parameters::Init;
use super::{Backbone, Context, FeatureShape, Path, Stage};
use crate::plan::ImageConfig;
use crate::spec::YoloScale;

/// Channels of the stem and of the four stages, and of `Classify`, which no scale changes.
const STEM_CHANNELS: i64 = 64;
const STAGE_CHANNELS: [i64; 4] = [128, 256, 512, 1024];
const STAGE_REPEATS: [i64; 4] = [3, 6, 6, 3];
const CLASSIFY_CHANNELS: i64 = 1280;
/// Image pixels per pixel of the features: the stem and each stage halve the sides.
const STRIDE: i64 = 32;

/// What a scale multiplies; the file's limit of 1024 channels before scaling cuts none of these three.
#[derive(Debug, Clone, Copy)]
struct ScaleConfig {
    depth: f64,
    width: f64,
}

impl ScaleConfig {
    fn new(scale: YoloScale) -> Self {
        let (depth, width) = match scale {
            YoloScale::N => (0.33, 0.25),
            YoloScale::S => (0.33, 0.50),
            YoloScale::M => (0.67, 0.75),
        };
        Self { depth, width }
    }

    fn channels(self, channels: i64) -> i64 {
        // Rounded up to a multiple of 8, as in the reference.
        (channels as f64 * self.width / 8.0).ceil() as i64 * 8
    }

    fn repeats(self, repeats: i64) -> i64 {
        ((repeats as f64 * self.depth).round() as i64).max(1)
    }
}

/// Convolution, batch norm, `SiLU`; parameters `conv.*` and `bn.*`.
fn conv(path: &Path, channels: [i64; 2], conv: ConvConfig) -> ConvNormAct {
    let config = ConvNormActConfig { conv: conv.init(Init::TorchDefault), norm: BatchNormConfig::default(), activation: Activation::Silu };
    ConvNormAct::new(&path.sub("conv"), &path.sub("bn"), channels, config)
}

/// Two 3×3 convolutions beside a residual connection; parameters `cv1.*` and `cv2.*`.
#[derive(Debug)]
struct Bottleneck {
    cv1: ConvNormAct,
    cv2: ConvNormAct,
}

impl Bottleneck {
    fn new(path: &Path, channels: i64) -> Self {
        let conv = |name: &str| conv(&path.sub(name), [channels; 2], ConvConfig::new(3));
        Self { cv1: conv("cv1"), cv2: conv("cv2") }
    }

    fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        let mut ys = self.cv2.forward(&self.cv1.forward(xs, context), context);
        // In place: the gradient of the activation needs its input only.
        ys += xs;
        ys
    }
}

/// Half of the channels goes through a chain of bottlenecks; every link of the chain is kept and all are mixed by a 1×1
/// convolution. Parameters `cv1.*`, `m.N.*` and `cv2.*`.
#[derive(Debug)]
struct C2f {
    cv1: ConvNormAct,
    bottlenecks: Vec<Bottleneck>,
    cv2: ConvNormAct,
}

impl C2f {
    fn new(path: &Path, channels: i64, repeats: i64) -> Self {
        let hidden = channels / 2;
        Self {
            cv1: conv(&path.sub("cv1"), [channels, 2 * hidden], ConvConfig::new(1)),
            bottlenecks: (0..repeats).map(|index| Bottleneck::new(&path.sub("m").sub(index), hidden)).collect(),
            cv2: conv(&path.sub("cv2"), [(2 + repeats) * hidden, channels], ConvConfig::new(1)),
        }
    }

    fn forward(&self, xs: &Tensor, context: &Context) -> Tensor {
        let mut parts = self.cv1.forward(xs, context).chunk(2, 1);
        for bottleneck in &self.bottlenecks {
            let last = parts.last().expect("two halves come first");
            parts.push(bottleneck.forward(last, context));
        }
        self.cv2.forward(&Tensor::cat(&parts, 1), context)
    }
}

/// The trunk of a `YOLOv8` classification network; parameters `model.0` to `model.8` and `model.9.conv`.
///
/// Its stages are the stem, the four pairs of a convolution of stride 2 and a `C2f`, and the 1×1 convolution of
/// `Classify`.
#[derive(Debug)]
pub(super) struct YoloTrunk {
    stem: ConvNormAct,
    stages: Vec<(ConvNormAct, C2f)>,
    classify: ConvNormAct,
    scale: ScaleConfig,
    image: ImageConfig,
}

impl YoloTrunk {
    /// New weights under `path`.
    pub(super) fn new(path: &Path, image: ImageConfig, scale: YoloScale) -> Self {
        let scale = ScaleConfig::new(scale);
        let model = path.sub("model");
        let halve = ConvConfig::new(3).stride(2);
        let mut channels = scale.channels(STEM_CHANNELS);
        let stem = conv(&model.sub(0), [image.channels.count() as i64, channels], halve);
        let mut stages = Vec::new();
        for (index, (out, repeats)) in STAGE_CHANNELS.into_iter().zip(STAGE_REPEATS).enumerate() {
            let out = scale.channels(out);
            let down = conv(&model.sub(2 * index + 1), [channels, out], halve);
            stages.push((down, C2f::new(&model.sub(2 * index + 2), out, scale.repeats(repeats))));
            channels = out;
        }
        let classify = conv(&model.sub("9.conv"), [channels, CLASSIFY_CHANNELS], ConvConfig::new(1));
        Self { stem, stages, classify, scale, image }
    }
}

impl Backbone for YoloTrunk {
    fn forward_stages(&self, xs: &Tensor, context: &Context) -> Vec<Tensor> {
        let mut xs = self.stem.forward(xs, context);
        let mut outputs = vec![xs.shallow_clone()];
        for (down, c2f) in &self.stages {
            xs = c2f.forward(&down.forward(&xs, context), context);
            outputs.push(xs.shallow_clone());
        }
        outputs.push(self.classify.forward(&xs, context));
        outputs
    }

    fn stages(&self) -> Vec<Stage> {
        let mut stages = vec![Stage { channels: self.scale.channels(STEM_CHANNELS), stride: 2 }];
        for (channels, stride) in STAGE_CHANNELS.into_iter().zip([4, 8, 16, 32]) {
            stages.push(Stage { channels: self.scale.channels(channels), stride });
        }
        stages.push(Stage { channels: CLASSIFY_CHANNELS, stride: STRIDE });
        stages
    }

    fn feature_shape(&self) -> FeatureShape {
        // Each halving rounds up, so together they do too.
        let [height, width] = [self.image.size.height, self.image.size.width].map(|side| (i64::from(side) + STRIDE - 1) / STRIDE);
        FeatureShape::Map { channels: CLASSIFY_CHANNELS, height, width }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::backbone::fixture::{assert_gradient_reaches_every_parameter, assert_stages_keep_their_promise, grey, images, rgb, shapes};
    use crate::backbone::parameters::Parameters;
    use crate::random::{Purpose, keyed};

    /// Written out from `yolov8-cls.yaml`, apart from the code above: channels of layers 0, 2, 4, 6 and 8, and bottlenecks
    /// of layers 2, 4, 6 and 8.
    fn derived_count(channels: [u64; 5], repeats: [u64; 4]) -> u64 {
        let conv = |from: u64, to: u64, kernel: u64| from * to * kernel * kernel + 2 * to;
        let mut count = conv(3, channels[0], 3);
        for (pair, repeats) in channels.windows(2).zip(repeats) {
            let (from, to, half) = (pair[0], pair[1], pair[1] / 2);
            count += conv(from, to, 3) + conv(to, to, 1) + conv(to + repeats * half, to, 1) + repeats * 2 * conv(half, half, 3);
        }
        count + conv(channels[4], 1280, 1)
    }

    #[test]
    fn every_scale_has_the_published_number_of_parameters() {
        let classifier = 1280 * 1000 + 1000;
        // Totals that ultralytics 8.4.190 prints; its documentation rounds them to 2.7, 6.4 and 17.0 million.
        for (scale, channels, repeats, published, millions) in [
            (YoloScale::N, [16, 32, 64, 128, 256], [1, 2, 2, 1], 2_719_288, 2.7),
            (YoloScale::S, [32, 64, 128, 256, 512], [1, 2, 2, 1], 6_361_736, 6.4),
            (YoloScale::M, [48, 96, 192, 384, 768], [2, 4, 4, 2], 17_053_336, 17.0),
        ] {
            let parameters = Parameters::new(0, Device::Cpu);
            let _ = YoloTrunk::new(&parameters.root(), rgb(32, 32), scale);
            assert_eq!(parameters.count(), derived_count(channels, repeats), "{scale:?}");
            let total = parameters.count() + classifier;
            assert_eq!(total, published, "{scale:?}");
            // The documentation cuts 17.05 to 17.0.
            assert!((total as f64 / 1e6 - millions).abs() < 0.06, "{scale:?}");
        }
    }

    #[test]
    fn names_and_shapes_are_those_of_ultralytics() {
        let parameters = Parameters::new(0, Device::Cpu);
        let image = grey(33, 64);
        let backbone = YoloTrunk::new(&parameters.root(), image, YoloScale::N);
        // ultralytics 8.4.190, `ClassificationModel("yolov8n-cls.yaml", ch=1)` without `model.9.linear`.
        assert_eq!(parameters.count(), 1_438_000);
        let shapes = shapes(&parameters);
        // Five tensors for each of 26 convolutions.
        assert_eq!(shapes.len(), 130);
        for (name, shape) in [
            ("model.0.conv.weight", vec![16, 1, 3, 3]),
            ("model.0.bn.running_mean", vec![16]),
            ("model.2.cv1.conv.weight", vec![32, 32, 1, 1]),
            ("model.2.m.0.cv2.conv.weight", vec![16, 16, 3, 3]),
            ("model.4.cv2.conv.weight", vec![64, 128, 1, 1]),
            ("model.6.m.1.cv1.bn.bias", vec![64]),
            ("model.7.conv.weight", vec![256, 128, 3, 3]),
            ("model.9.conv.conv.weight", vec![1280, 256, 1, 1]),
            ("model.9.conv.bn.weight", vec![1280]),
        ] {
            assert_eq!(shapes.get(name), Some(&shape), "{name}");
        }
        assert_stages_keep_their_promise(&backbone, image);
    }

    #[test]
    fn gradient_reaches_every_parameter() {
        let parameters = Parameters::new(0, Device::Cpu);
        let image = rgb(64, 33);
        let backbone = YoloTrunk::new(&parameters.root(), image, YoloScale::N);
        let context = Context::train(Kind::Float, keyed(0, Purpose::Dropout, &[0]));
        assert_gradient_reaches_every_parameter(&parameters, &backbone.forward_features(&images(3, image), &context));
    }
}
