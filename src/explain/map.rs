//! One number for each pixel of a film.

use tch::{Kind, Tensor};

/// What each region of a film adds to the predicted age: above zero it raises the age, below zero it lowers it.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Row by row.
    pub values: Vec<f32>,
}

impl Map {
    /// # Shapes
    /// `[H, W]` of any kind, device and memory layout.
    pub(super) fn of(values: &Tensor) -> Self {
        let [height, width] = [0, 1].map(|dimension| values.size()[dimension] as usize);
        let flat = values.to_kind(Kind::Float).to_device(tch::Device::Cpu).contiguous().view(-1);
        Self { height, width, values: Vec::try_from(flat).expect("a one-dimensional tensor of floats") }
    }

    /// What raises the age; zero elsewhere. This is the map of the Grad-CAM paper.
    #[must_use]
    pub fn raising(&self) -> Self {
        self.with(|value| value.max(0.0))
    }

    /// What lowers the age, as positive numbers; zero elsewhere. This is the paper's counterfactual map.
    #[must_use]
    pub fn lowering(&self) -> Self {
        self.with(|value| (-value).max(0.0))
    }

    /// The largest magnitude; 0 where no region matters.
    pub fn largest(&self) -> f32 {
        self.values.iter().fold(0.0, |largest, value| largest.max(value.abs()))
    }

    fn with(&self, change: impl Fn(f32) -> f32) -> Self {
        Self { values: self.values.iter().map(|value| change(*value)).collect(), ..*self }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_read_row_by_row_from_any_layout_and_split_by_sign() {
        let values = Tensor::from_slice(&[1f32, -2.0, 3.0, 0.0, 0.5, -4.0]).view([2, 3]);
        let turned = values.transpose(0, 1).contiguous().transpose(0, 1);
        assert_ne!(turned.stride(), values.stride());
        let map = Map::of(&turned);
        assert_eq!(map, Map::of(&values));
        assert_eq!((map.height, map.width, map.largest()), (2, 3, 4.0));
        assert_eq!(map.raising().values, [1.0, 0.0, 3.0, 0.0, 0.5, 0.0]);
        assert_eq!(map.lowering().values, [0.0, 2.0, 0.0, 0.0, 0.0, 4.0]);
    }
}
