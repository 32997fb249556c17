//! Position embeddings of transformers brought from one grid of patches to another.

use tch::{Kind, Tensor};

/// The embedding for `new_grid` (rows, columns) from one for `old_grid`, as timm's `resample_abs_pos_embed` does it: the class
/// token's stays, those of the patches are interpolated bicubically, with antialiasing where the grid shrinks.
///
/// # Shapes
/// `[1, 1 + rows · columns, width]` of any kind → the same for the new grid, of that kind.
///
/// # Panics
/// If the embedding is not one of a class token and the old grid.
pub fn resample_position_embedding(embedding: &Tensor, old_grid: [i64; 2], new_grid: [i64; 2]) -> Tensor {
    if old_grid == new_grid {
        return embedding.shallow_clone();
    }
    let (_, tokens, width) = embedding.size3().expect("a position embedding is [1, 1 + patches, width]");
    let [patches, new_patches] = [old_grid, new_grid].map(|grid| grid.iter().product::<i64>());
    assert_eq!(tokens, 1 + patches, "a position embedding for a grid of {}×{} patches", old_grid[0], old_grid[1]);
    let map = embedding.narrow(1, 1, patches).to_kind(Kind::Float).reshape([1, old_grid[0], old_grid[1], width]).permute([0, 3, 1, 2]);
    let resampled = map.internal_upsample_bicubic2d_aa(new_grid, false, None, None);
    let patches = resampled.permute([0, 2, 3, 1]).reshape([1, new_patches, width]).to_kind(embedding.kind());
    Tensor::cat(&[embedding.narrow(1, 0, 1), patches], 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::backbone::fixture::{noise, read_fixture};

    #[derive(Debug, Deserialize)]
    struct Fixture {
        cases: Vec<Case>,
    }

    #[derive(Debug, Deserialize)]
    struct Case {
        old: [i64; 2],
        new: [i64; 2],
        values: Vec<f64>,
    }

    #[test]
    fn resampled_embeddings_are_those_of_timm() {
        for Case { old, new, values } in read_fixture::<Fixture>("position_embedding.json").cases {
            let embedding = noise("pos_embed", &[1, 1 + old[0] * old[1], 2]);
            let found = resample_position_embedding(&embedding, old, new);
            assert_eq!(found.size(), [1, 1 + new[0] * new[1], 2], "{old:?} → {new:?}");
            let found = Vec::<f64>::try_from(found.to_kind(Kind::Double).contiguous().view(-1)).unwrap();
            let difference = found.iter().zip(&values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(found.len() == values.len() && difference < 1e-5, "{old:?} → {new:?}: off by {difference:.1e}");
        }
    }

    #[test]
    fn the_same_grid_changes_nothing_and_a_kind_is_kept() {
        let embedding = noise("pos_embed", &[1, 7, 3]);
        assert_eq!(resample_position_embedding(&embedding, [2, 3], [2, 3]), embedding);
        assert_eq!(resample_position_embedding(&embedding.to_kind(Kind::BFloat16), [2, 3], [4, 4]).kind(), Kind::BFloat16);
    }
}
