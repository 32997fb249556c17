//! The standard normal distribution, for the bootstrap's corrections.

/// The share of the distribution below `z`.
pub(super) fn cumulative(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// The number below which `share` of the distribution lies: algorithm AS 241, PPND16 (Wichura 1988), right to about 16 digits.
///
/// Minus infinity for 0, infinity for 1.
pub(super) fn quantile(share: f64) -> f64 {
    let from_middle = share - 0.5;
    if from_middle.abs() <= 0.425 {
        let r = 0.180_625 - from_middle * from_middle;
        return from_middle * ratio(&MIDDLE, r);
    }
    let tail = if from_middle < 0.0 { share } else { 1.0 - share };
    if tail <= 0.0 {
        return f64::INFINITY.copysign(from_middle);
    }
    let r = (-tail.ln()).sqrt();
    let size = if r <= 5.0 { ratio(&TAIL, r - 1.6) } else { ratio(&FAR_TAIL, r - 5.0) };
    size.copysign(from_middle)
}

/// Coefficients of numerator and denominator, the constant ones first.
type Rational = [[f64; 8]; 2];

fn ratio([numerator, denominator]: &Rational, x: f64) -> f64 {
    let value = |coefficients: &[f64; 8]| coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient);
    value(numerator) / value(denominator)
}

#[rustfmt::skip]
#[allow(clippy::excessive_precision, reason = "as published, to be compared digit by digit")]
const MIDDLE: Rational = [
    [3.387_132_872_796_366_608_0, 1.331_416_678_917_843_774_5e2, 1.971_590_950_306_551_442_7e3, 1.373_169_376_550_946_112_5e4,
     4.592_195_393_154_987_145_7e4, 6.726_577_092_700_870_085_3e4, 3.343_057_558_358_812_810_5e4, 2.509_080_928_730_122_672_7e3],
    [1.0, 4.231_333_070_160_091_125_2e1, 6.871_870_074_920_579_083_0e2, 5.394_196_021_424_751_107_7e3,
     2.121_379_430_158_659_586_7e4, 3.930_789_580_009_271_061_0e4, 2.872_908_573_572_194_267_4e4, 5.226_495_278_852_854_561_0e3],
];
#[rustfmt::skip]
#[allow(clippy::excessive_precision, reason = "as published, to be compared digit by digit")]
const TAIL: Rational = [
    [1.423_437_110_749_683_577_34, 4.630_337_846_156_545_295_90, 5.769_497_221_460_691_405_50, 3.647_848_324_763_204_605_04,
     1.270_458_252_452_368_382_58, 2.417_807_251_774_506_117_70e-1, 2.272_384_498_926_918_458_33e-2, 7.745_450_142_783_414_076_40e-4],
    [1.0, 2.053_191_626_637_758_821_87, 1.676_384_830_183_803_849_40, 6.897_673_349_851_000_045_50e-1,
     1.481_039_764_274_800_745_90e-1, 1.519_866_656_361_645_719_66e-2, 5.475_938_084_995_344_946_00e-4, 1.050_750_071_644_416_843_24e-9],
];
#[rustfmt::skip]
#[allow(clippy::excessive_precision, reason = "as published, to be compared digit by digit")]
const FAR_TAIL: Rational = [
    [6.657_904_643_501_103_777_20, 5.463_784_911_164_114_369_90, 1.784_826_539_917_291_335_80, 2.965_605_718_285_048_912_30e-1,
     2.653_218_952_657_612_309_30e-2, 1.242_660_947_388_078_438_60e-3, 2.711_555_568_743_487_578_15e-5, 2.010_334_399_292_288_132_65e-7],
    [1.0, 5.998_322_065_558_879_376_90e-1, 1.369_298_809_227_358_053_10e-1, 1.487_536_129_085_061_485_25e-2,
     7.868_691_311_456_132_591_00e-4, 1.846_318_317_510_054_681_80e-5, 1.421_511_758_316_445_888_70e-7, 2.044_263_103_389_939_785_64e-15],
];

#[cfg(test)]
mod tests {
    use super::super::reference::{Reference, near};
    use super::*;

    #[test]
    fn shares_and_quantiles_are_those_of_scipy() {
        for [z, share] in Reference::read().normal {
            assert!(near(cumulative(z), share, 1e-14), "share below {z}");
            assert!(near(quantile(share), z, 1e-13), "quantile of {share}");
        }
    }

    #[test]
    fn the_ends_are_infinite_and_the_middle_is_zero() {
        assert_eq!((quantile(0.0), quantile(0.5), quantile(1.0)), (f64::NEG_INFINITY, 0.0, f64::INFINITY));
    }
}
