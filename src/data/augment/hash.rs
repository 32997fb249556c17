//! Random numbers made on the device, for all pixels at once.

use tch::{Device, Kind, Tensor};

use crate::device::send;

/// Standard normal numbers, `count` for every key. The number at a place is a hash of the place and the key, so no generator
/// is needed on the device. The hash is `lowbias32` with the constants 0x21f0aaad and 0x735a2d97 (C. Wellons, hash-prospector);
/// both are below 2³¹, so that no product leaves 63 bits.
///
/// # Shapes
/// → `[keys, count]` fp32.
pub(super) fn normal(keys: &[u32], count: i64, device: Device) -> Tensor {
    const LOW_32_BITS: i64 = 0xffff_ffff;
    let fold = |xs: &Tensor, shift: i64| xs.bitwise_xor_tensor(&xs.bitwise_right_shift_tensor_scalar(shift));
    let hash = |xs: &Tensor| {
        let xs = (fold(xs, 16) * 0x21f0_aaad_i64).bitwise_and(LOW_32_BITS);
        let xs = (fold(&xs, 15) * 0x735a_2d97_i64).bitwise_and(LOW_32_BITS);
        fold(&xs, 15)
    };
    let places = Tensor::arange(count, (Kind::Int64, device)).view([1, -1]);
    let keys: Vec<i64> = keys.iter().copied().map(i64::from).collect();
    let keys = send(Tensor::from_slice(&keys).view([-1, 1]), device);
    let bits = hash(&hash(&places).bitwise_xor_tensor(&keys)).bitwise_right_shift_tensor_scalar(8);
    // Odd multiples of 2⁻²⁴ between −1 and 1 are exact in fp32, and never ±1, where the inverse of the error function ends.
    let even = (bits * 2 + (1 - (1 << 24))).to_kind(Kind::Float) * 2f64.powi(-24);
    even.erfinv() * std::f64::consts::SQRT_2
}
