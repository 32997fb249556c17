//! Blocks that two or more backbones share. Each computes in the context's kind and keeps its parameters in fp32.

mod conv;
mod linear;
mod norm;

pub use conv::{Conv2d, ConvConfig, Padding};
pub use linear::Linear;
pub use norm::{BatchNorm2d, BatchNormConfig, LayerNorm};
