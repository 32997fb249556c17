//! The lowest N × N frequencies of a block of 8 × 8 pixels into N × N pixels.

use std::f32::consts::SQRT_2;

/// Where the coefficients of a block lie, row by row of eight, in the order in which they are stored (ITU-T T.81, figure 5).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56,
    57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// The last place in stored order of a coefficient among the lowest N × N.
pub(super) const fn last_wanted(n: usize) -> usize {
    let mut place = 63;
    while (ZIGZAG[place] / 8) as usize >= n || (ZIGZAG[place] % 8) as usize >= n {
        place -= 1;
    }
    place
}

/// Levels of a block from its lowest frequencies, `[N, N]` in rows of four, vertical frequency first.
///
/// With F(u) the orthonormal transform of eight pixels, g(x) = (F(0) + √2 Σ F(u) cos((2x + 1)uπ/2N)) / √8 for u < N is the
/// same curve at N places; so in both directions.
pub(super) fn levels<const N: usize>(frequencies: &[[f32; 4]; 4]) -> [[u8; N]; N] {
    let mut columns = [[0.0; 4]; 4];
    for (out, row) in columns.iter_mut().zip(transform::<N, 4>(frequencies)) {
        *out = row;
    }
    let mut levels = [[0; N]; N];
    for (out, row) in levels.iter_mut().zip(columns) {
        let across = transform::<N, 1>(&row.map(|number| [number]));
        for (level, number) in out.iter_mut().zip(across) {
            // Casting cuts off at 0 and 255; half a level makes it round.
            *level = (number[0] / 8.0 + 128.5) as u8;
        }
    }
    levels
}

/// √8 times the transform above over the first index, for M columns at once.
#[inline]
fn transform<const N: usize, const M: usize>(frequencies: &[[f32; M]; 4]) -> [[f32; M]; 4] {
    let mut out = [[0.0; M]; 4];
    for column in 0..M {
        let [f0, f1, f2, f3] = frequencies.map(|row| row[column]);
        let values = match N {
            1 => [f0, 0.0, 0.0, 0.0],
            2 => [f0 + f1, f0 - f1, 0.0, 0.0],
            _ => {
                let (outer, inner) = (SQRT_2 * COS_PI_8 * f1 + SQRT_2 * SIN_PI_8 * f3, SQRT_2 * SIN_PI_8 * f1 - SQRT_2 * COS_PI_8 * f3);
                let (even, odd) = (f0 + f2, f0 - f2);
                [even + outer, odd + inner, odd - inner, even - outer]
            }
        };
        for (row, value) in out.iter_mut().zip(values) {
            row[column] = value;
        }
    }
    out
}

/// cos(π/8), written out since functions of the system may differ in the last digit.
const COS_PI_8: f32 = 0.923_879_5;
/// sin(π/8) = cos(3π/8).
const SIN_PI_8: f32 = 0.382_683_43;
