//! The maps of a finished run.

use std::path::Path;

use tch::{Kind, Tensor};

use super::grad_cam::{enlarged, grad_cam};
use super::occlusion::{occlusion, patch_side};
use super::{Map, Method, Picture, paint};
use crate::backbone::Context;
use crate::data::{Sex, sex_number};
use crate::predict::{PredictError, TrainedModel};
use crate::spec::Channels;

/// A film with what its regions add to the predicted age.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// How it was made.
    pub method: Method,
    /// The predicted age in fp32, months; of a run in bf16 it may differ a little from what `predict` says.
    pub age_months: f64,
    /// As large as the network's images; above zero a region raises the age.
    pub map: Map,
    /// The film as the network saw it, before standardisation: C × H × W levels.
    pub film: Vec<u8>,
    /// Grey or RGB.
    pub channels: Channels,
}

impl Explanation {
    /// The map over its film, with the full range of colours; see [`paint()`].
    pub fn picture(&self) -> Picture {
        paint(&self.map, &self.film, self.channels, self.map.largest())
    }
}

impl TrainedModel {
    /// What the regions of a film add to its predicted age; `sex` is used where the run's head reads it.
    ///
    /// `explain(film, sex, Method::GradCam)?.picture().png()` is a PNG file of the film with its map.
    ///
    /// # Errors
    /// If the film cannot be read.
    pub fn explain(&self, film: &Path, sex: Option<Sex>, method: Method) -> Result<Explanation, PredictError> {
        Ok(self.explain_image(&self.film(film)?, sex, method))
    }

    /// The same for a film that is read already.
    ///
    /// # Shapes
    /// `[C, H, W]` fp32, 0 to 1, of the run's image size.
    ///
    /// # Panics
    /// If the image has another size or number of channels.
    pub fn explain_image(&self, image: &Tensor, sex: Option<Sex>, method: Method) -> Explanation {
        let standardised = self.standardised(&image.unsqueeze(0));
        let (age_months, map) = match method {
            Method::GradCam => self.grad_cam(&standardised, sex),
            Method::Occlusion => self.occlusion(&standardised, sex),
        };
        let levels = (image * 255.0).round().clamp(0.0, 255.0).to_kind(Kind::Uint8).to_device(tch::Device::Cpu).contiguous().view(-1);
        Explanation {
            method,
            age_months,
            map,
            film: Vec::try_from(levels).expect("a one-dimensional tensor of bytes"),
            channels: self.config().image.channels,
        }
    }

    /// # Shapes
    /// `[1, C, H, W]`, standardised.
    fn grad_cam(&self, image: &Tensor, sex: Option<Sex>) -> (f64, Map) {
        // The image needs a gradient, so that there is one however many of the weights are frozen.
        let image = image.detach().set_requires_grad(true);
        let network = self.network();
        let scale = self.target_scale();
        let (ages, features) = network.explained(&image, &sex_column(sex, &image), &Context::eval(Kind::Float));
        let ages = ages * scale.std + scale.mean;
        let map = enlarged(&grad_cam(&features, &ages, network.patch_grid()), [image.size()[2], image.size()[3]]);
        (ages.double_value(&[0, 0]), Map::of(&map.get(0)))
    }

    /// # Shapes
    /// `[1, C, H, W]`, standardised.
    fn occlusion(&self, image: &Tensor, sex: Option<Sex>) -> (f64, Map) {
        let scale = self.target_scale();
        let ages = |images: &Tensor| -> Vec<f64> {
            let ages = tch::no_grad(|| self.network().forward(images, &sex_column(sex, images), &Context::eval(Kind::Float)));
            let ages = Vec::<f64>::try_from(ages.view(-1).to_kind(Kind::Double)).expect("a one-dimensional tensor of doubles");
            ages.into_iter().map(|age| scale.restore(age)).collect()
        };
        let side = patch_side(image.size()[2], image.size()[3]);
        (ages(image)[0], Map::of(&occlusion(image, side, &ages)))
    }
}

/// # Shapes
/// Images `[N, ...]` → `[N, 1]`.
fn sex_column(sex: Option<Sex>, images: &Tensor) -> Tensor {
    Tensor::full([images.size()[0], 1], sex_number(sex), (Kind::Float, images.device()))
}
