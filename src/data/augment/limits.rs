//! Every kind of change on its own, at the limits that a spec gives it: for people who want to see what they switched on.

use tch::Tensor;

use super::change::{Change, ERASED_AREA, NOTHING, Rectangle};
use super::{AugmentConfig, apply};

/// A kind of change, named as in a spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields of the settings say what each is")]
pub enum AugmentKind {
    Rotate,
    Translate,
    Scale,
    Shear,
    Elastic,
    Flip,
    Blur,
    Sharpen,
    Gamma,
    Contrast,
    Brightness,
    Tint,
    Noise,
    Invert,
    Erase,
}

impl AugmentKind {
    /// Every kind, in the order in which they are applied.
    pub const ALL: [Self; 15] = [
        Self::Flip,
        Self::Shear,
        Self::Scale,
        Self::Rotate,
        Self::Translate,
        Self::Elastic,
        Self::Blur,
        Self::Sharpen,
        Self::Gamma,
        Self::Contrast,
        Self::Brightness,
        Self::Tint,
        Self::Noise,
        Self::Invert,
        Self::Erase,
    ];

    /// The key of the spec below `augment`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rotate => "rotate",
            Self::Translate => "translate",
            Self::Scale => "scale",
            Self::Shear => "shear",
            Self::Elastic => "elastic",
            Self::Flip => "flip",
            Self::Blur => "blur",
            Self::Sharpen => "sharpen",
            Self::Gamma => "gamma",
            Self::Contrast => "contrast",
            Self::Brightness => "brightness",
            Self::Tint => "tint",
            Self::Noise => "noise",
            Self::Invert => "invert",
            Self::Erase => "erase",
        }
    }

    /// Its limit, or its probability; 0 where it is switched off.
    pub fn limit(self, config: &AugmentConfig) -> f64 {
        match self {
            Self::Rotate => config.rotate,
            Self::Translate => config.translate,
            Self::Scale => config.scale,
            Self::Shear => config.shear,
            Self::Elastic => config.elastic,
            Self::Flip => config.flip,
            Self::Blur => config.blur,
            Self::Sharpen => config.sharpen,
            Self::Gamma => config.gamma,
            Self::Contrast => config.contrast,
            Self::Brightness => config.brightness,
            Self::Tint => config.tint,
            Self::Noise => config.noise,
            Self::Invert => config.invert,
            Self::Erase => config.erase,
        }
    }

    /// The settings with this kind alone.
    fn alone(self, config: &AugmentConfig) -> AugmentConfig {
        let mut alone = AugmentConfig::default();
        let place = match self {
            Self::Rotate => &mut alone.rotate,
            Self::Translate => &mut alone.translate,
            Self::Scale => &mut alone.scale,
            Self::Shear => &mut alone.shear,
            Self::Elastic => &mut alone.elastic,
            Self::Flip => &mut alone.flip,
            Self::Blur => &mut alone.blur,
            Self::Sharpen => &mut alone.sharpen,
            Self::Gamma => &mut alone.gamma,
            Self::Contrast => &mut alone.contrast,
            Self::Brightness => &mut alone.brightness,
            Self::Tint => &mut alone.tint,
            Self::Noise => &mut alone.noise,
            Self::Invert => &mut alone.invert,
            Self::Erase => &mut alone.erase,
        };
        *place = self.limit(config);
        alone
    }

    /// The largest changes of this kind, each with what it is: both ends where a change goes both ways, two draws where there
    /// is no end.
    fn extremes(self, limit: f64) -> [(String, Change); 2] {
        let percent = |value: f64| format!("{} %", signed(100.0 * value));
        let ends = |text: &dyn Fn(f64) -> String, change: &dyn Fn(f64) -> Change| [-limit, limit].map(|end| (text(end), change(end)));
        let once = |first: (&str, Change), second: (&str, Change)| [first, second].map(|(text, change)| (text.to_owned(), change));
        let degrees = |value: f64| format!("{}°", signed(value));
        let erased = |area: f64| Change { erased: Some(Rectangle::in_the_middle(area)), ..NOTHING };
        match self {
            Self::Rotate => ends(&degrees, &|end| Change { degrees: end, ..NOTHING }),
            Self::Shear => ends(&degrees, &|end| Change { shear_degrees: end, ..NOTHING }),
            Self::Translate => ends(&|end| format!("right, down {}", percent(end)), &|end| Change { shift: [end; 2], ..NOTHING }),
            Self::Scale => ends(&percent, &|end| Change { scale: 1.0 + end, ..NOTHING }),
            Self::Gamma => ends(&percent, &|end| Change { gamma: 1.0 + end, ..NOTHING }),
            Self::Contrast => ends(&percent, &|end| Change { contrast: 1.0 + end, ..NOTHING }),
            Self::Brightness => ends(&percent, &|end| Change { brightness: end, ..NOTHING }),
            Self::Tint => ends(&|end| format!("red {}", percent(end)), &|end| Change { tint: [1.0 + end, 1.0, 1.0], ..NOTHING }),
            Self::Elastic => once(("a draw", Change { elastic_key: 1, ..NOTHING }), ("a draw", Change { elastic_key: 2, ..NOTHING })),
            Self::Noise => once(("a draw", Change { noise_key: 1, ..NOTHING }), ("a draw", Change { noise_key: 2, ..NOTHING })),
            Self::Flip => once(("unchanged", NOTHING), ("flipped", Change { flip: true, ..NOTHING })),
            Self::Invert => once(("unchanged", NOTHING), ("inverted", Change { invert: true, ..NOTHING })),
            Self::Blur => {
                once(("half of the limit", Change { blur: limit / 2.0, ..NOTHING }), ("at the limit", Change { blur: limit, ..NOTHING }))
            }
            Self::Sharpen => once(
                ("half of the limit", Change { sharpen: limit / 2.0, ..NOTHING }),
                ("at the limit", Change { sharpen: limit, ..NOTHING }),
            ),
            Self::Erase => once(("smallest", erased(ERASED_AREA[0])), ("largest", erased(ERASED_AREA[1]))),
        }
    }
}

impl Rectangle {
    /// With the sides in the image's own ratio.
    fn in_the_middle(area: f64) -> Self {
        let side = area.sqrt();
        let start = (1.0 - side) / 2.0;
        Self { top: start, left: start, height: side, width: side }
    }
}

/// With its sign, and without the digits that a product of decimal fractions leaves behind.
fn signed(value: f64) -> String {
    format!("{:+}", (value * 1e6).round() / 1e6).replace('-', "−")
}

/// The images changed by one kind alone, as far as `config` lets it go, with a word for each.
///
/// # Shapes
/// `[N, C, H, W]` fp32, 0 to 1 → twice the same.
pub(in crate::data) fn at_limits(images: &Tensor, config: &AugmentConfig, kind: AugmentKind) -> [(String, Tensor); 2] {
    let alone = kind.alone(config);
    let changed = |change: Change| apply(images, &alone, &vec![change; images.size()[0] as usize]);
    kind.extremes(kind.limit(config)).map(|(text, change)| (text, changed(change)))
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;

    /// Every kind on, with limits that differ.
    fn everything() -> AugmentConfig {
        let mut config = AugmentConfig::default();
        let AugmentConfig { rotate, translate, scale, shear, elastic, flip, blur, sharpen, .. } = &mut config;
        for (place, value) in [rotate, translate, scale, shear, elastic, flip, blur, sharpen].into_iter().zip(1..) {
            *place = f64::from(value) / 20.0;
        }
        let AugmentConfig { gamma, contrast, brightness, tint, noise, invert, erase, .. } = &mut config;
        for (place, value) in [gamma, contrast, brightness, tint, noise, invert, erase].into_iter().zip(9..) {
            *place = f64::from(value) / 20.0;
        }
        config.rotate = 20.0;
        config.shear = 12.0;
        config.blur = 2.0;
        config
    }

    #[test]
    fn each_kind_has_the_limit_of_its_key_and_its_preview_uses_that_key_alone() {
        let config = everything();
        let keys = serde_json::to_value(&config).expect("settings are JSON");
        for kind in AugmentKind::ALL {
            let limit = kind.limit(&config);
            assert_eq!(keys[kind.name()].as_f64(), Some(limit), "{kind:?}");
            let alone = kind.alone(&config);
            for other in AugmentKind::ALL {
                assert_eq!(other.limit(&alone), if other == kind { limit } else { 0.0 }, "{kind:?} {other:?}");
            }
        }
    }

    #[test]
    fn every_kind_changes_the_image_at_its_limits() {
        let config = everything();
        let image = Tensor::rand([1, 3, 14, 18], (Kind::Float, Device::Cpu)) * 0.5 + 0.25;
        for kind in AugmentKind::ALL {
            let [(first_text, first), (_, last)] = at_limits(&image, &config, kind);
            assert_eq!((first.size(), last.size()), (image.size(), image.size()), "{kind:?}");
            let differs = |other: &Tensor| !other.allclose(&image, 1e-4, 1e-4, false);
            assert_eq!(differs(&first), first_text != "unchanged", "{kind:?}");
            assert!(differs(&last) && !last.allclose(&first, 1e-4, 1e-4, false), "{kind:?}");
        }
    }

    #[test]
    fn no_kind_but_those_that_should_moves_the_middle_of_a_film() {
        use AugmentKind::{Elastic, Erase, Noise, Translate};
        // A square of 5 × 5 in the middle of 41 × 61 stays there to a twentieth of a pixel.
        let image = Tensor::full([1, 3, 41, 61], 0.4, (Kind::Float, Device::Cpu));
        let _ = image.narrow(2, 18, 5).narrow(3, 28, 5).fill_(0.8);
        for kind in AugmentKind::ALL.into_iter().filter(|kind| ![Elastic, Erase, Noise, Translate].contains(kind)) {
            for (end, changed) in at_limits(&image, &everything(), kind) {
                let background = changed.double_value(&[0, 0, 0, 0]);
                let difference = (&changed - background).abs().mean_dim([0, 1].as_slice(), false, Kind::Double);
                let half = 0.5 * difference.max().double_value(&[]);
                let weights = difference.where_self(&difference.gt(half), &Tensor::zeros_like(&difference));
                let total = weights.sum(Kind::Double).double_value(&[]);
                let centre = |sums: Tensor| {
                    let places = Tensor::arange(sums.size()[0], (Kind::Double, Device::Cpu));
                    (sums * places).sum(Kind::Double).double_value(&[]) / total
                };
                let row = centre(weights.sum_dim_intlist([1].as_slice(), false, Kind::Double));
                let column = centre(weights.sum_dim_intlist([0].as_slice(), false, Kind::Double));
                let moved = (row - 20.0).abs().max((column - 30.0).abs());
                assert!(moved < 0.05, "{} {end}: {row}, {column}", kind.name());
            }
        }
    }

    #[test]
    fn ends_are_written_with_sign_and_unit() {
        for (kind, limit, expected) in [
            (AugmentKind::Rotate, 15.0, ["−15°", "+15°"]),
            (AugmentKind::Scale, 0.07, ["−7 %", "+7 %"]),
            (AugmentKind::Flip, 0.5, ["unchanged", "flipped"]),
        ] {
            assert_eq!(kind.extremes(limit).map(|(text, _)| text), expected);
        }
    }
}
