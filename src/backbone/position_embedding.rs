//! A transformer's position embedding for images of another size.

use tch::Tensor;

/// The embedding of one grid of patches for another, as timm's `resample_abs_pos_embed` computes it: bicubic, widened where the
/// grid shrinks so that nothing aliases, the class token kept.
///
/// # Shapes
/// `[1, 1 + old rows · old columns, width]`, row by row → `[1, 1 + new rows · new columns, width]`.
pub fn resample_position_embedding(embedding: &Tensor, old_grid: [i64; 2], new_grid: [i64; 2]) -> Tensor {
    let width = embedding.size()[2];
    let class_token = embedding.narrow(1, 0, 1);
    let grid = embedding.narrow(1, 1, old_grid[0] * old_grid[1]).reshape([1, old_grid[0], old_grid[1], width]).permute([0, 3, 1, 2]);
    let grid = grid.internal_upsample_bicubic2d_aa(new_grid, false, None, None);
    Tensor::cat(&[class_token, grid.permute([0, 2, 3, 1]).reshape([1, -1, width])], 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::{Device, Kind};

    use super::*;

    /// Class token 9, then a plane that grows by 1 a row and 0.1 a column.
    fn plane(rows: i64, columns: i64) -> Tensor {
        let of = |row: i64, column: i64| row as f32 + 0.1 * column as f32;
        let values: Vec<f32> = std::iter::once(9.0).chain((0..rows * columns).map(|i| of(i / columns, i % columns))).collect();
        Tensor::from_slice(&values).view([1, -1, 1])
    }

    #[test]
    fn the_same_grid_gives_the_same_embedding() {
        assert!(resample_position_embedding(&plane(3, 5), [3, 5], [3, 5]).allclose(&plane(3, 5), 1e-6, 1e-6, false));
    }

    #[test]
    fn rows_stay_rows_and_the_class_token_stays() {
        let resampled = resample_position_embedding(&plane(16, 8), [16, 8], [8, 16]);
        assert_eq!(resampled.size(), [1, 129, 1]);
        let values = Vec::<f32>::try_from(resampled.view(-1)).unwrap();
        assert_eq!(values[0], 9.0);
        let at = |row: usize, column: usize| values[1 + row * 16 + column];
        // Away from the edges a plane stays a plane: half the rows, twice the columns.
        assert!((at(4, 8) - at(3, 8) - 2.0).abs() < 0.05, "{}", at(4, 8) - at(3, 8));
        assert!((at(3, 9) - at(3, 8) - 0.05).abs() < 0.01, "{}", at(3, 9) - at(3, 8));
        let constant = Tensor::ones([1, 17, 3], (Kind::Float, Device::Cpu));
        assert!(resample_position_embedding(&constant, [4, 4], [7, 3]).allclose(
            &Tensor::ones([1, 22, 3], (Kind::Float, Device::Cpu)),
            1e-5,
            1e-5,
            false
        ));
    }
}
