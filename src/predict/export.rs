//! A finished run as a TorchScript module, for programs that know nothing of this one.

use std::path::Path;

use tch::{CModule, Kind, Tensor};

use super::{PredictError, TrainedModel};
use crate::backbone::Context;
use crate::data::Sex;
use crate::device::compute_kind;
use crate::spec::AgeUnit;

/// Largest relative difference between the ages of a module and those of the run.
const TOLERANCE: f64 = 1e-5;

impl TrainedModel {
    /// Writes a TorchScript module whose `forward` takes standardised images `[N, C, H, W]` in fp32, and the sex `[N, 1]`
    /// (0 female, 1 male, 0.5 unknown) where the run's head reads it, and gives ages `[N, 1]` in the unit asked for. The file
    /// is read back and its ages are compared with the run's.
    ///
    /// # Errors
    /// If the file cannot be written, or gives other ages than the run.
    pub fn export_torchscript(&self, path: &Path, unit: AgeUnit) -> Result<(), PredictError> {
        let failed = |error: tch::TchError| PredictError::Export { path: path.to_owned(), reason: one_line(&error) };
        // What is traced becomes a constant of the module, and a constant has no gradient.
        for tensor in self.model.parameters().trainable() {
            let _ = tensor.set_requires_grad(false);
        }
        let context = Context::eval(compute_kind(self.config.train.precision));
        let takes_sex = self.config.head.sex;
        let mut forward = |inputs: &[Tensor]| {
            let images = &inputs[0];
            // A head that reads no sex does not look at it.
            let sex = if takes_sex { inputs[1].shallow_clone() } else { images.shallow_clone() };
            let ages = self.model.forward(images, &sex, &context) * self.scale.std + self.scale.mean;
            vec![ages / unit.months()]
        };
        let mut inputs = vec![self.noise(2)];
        if takes_sex {
            inputs.push(Tensor::full([2, 1], 0.5, (Kind::Float, self.model.parameters().device())));
        }
        let module = tch::no_grad(|| CModule::create_by_tracing("bench_run", "forward", &inputs, &mut forward)).map_err(failed)?;
        module.save(path).map_err(failed)?;
        self.check(path, unit)
    }

    /// Reads a module back and compares, at another number of images than it was traced with.
    fn check(&self, path: &Path, unit: AgeUnit) -> Result<(), PredictError> {
        let failed = |error: tch::TchError| PredictError::Export { path: path.to_owned(), reason: one_line(&error) };
        let device = self.model.parameters().device();
        let module = CModule::load_on_device(path, device).map_err(failed)?;
        let images = self.noise(3);
        let mut inputs = vec![images.shallow_clone()];
        if self.config.head.sex {
            inputs.push(Tensor::ones([3, 1], (Kind::Float, device)));
        }
        let found = tch::no_grad(|| module.forward_ts(&inputs)).map_err(failed)?.view(-1).to_kind(Kind::Double);
        let found = Vec::<f64>::try_from(found).expect("a one-dimensional tensor of doubles");
        let expected = self.ages(&images, Some(Sex::M)).into_iter().map(|months| months / unit.months());
        let difference = found.iter().zip(expected).map(|(a, b)| (a - b).abs() / b.abs().max(1.0)).fold(0.0, f64::max);
        if difference <= TOLERANCE {
            return Ok(());
        }
        let _ = std::fs::remove_file(path);
        Err(PredictError::Differs { path: path.to_owned(), difference })
    }

    /// Images of noise, standardised.
    fn noise(&self, count: i64) -> Tensor {
        let image = self.config.image;
        let shape = [count, image.channels.count() as i64, i64::from(image.size.height), i64::from(image.size.width)];
        let number = shape.iter().product::<i64>();
        let options = (Kind::Float, self.model.parameters().device());
        self.standardise(&((Tensor::arange(number, options) * 12.9898).sin() * 0.5 + 0.5).view(shape))
    }
}

fn one_line(error: &tch::TchError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
