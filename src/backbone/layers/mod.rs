//! Blocks that two or more backbones share. Each computes in the context's kind and keeps its parameters in fp32.

mod conv;
mod conv_pool;
mod linear;
mod norm;

pub use conv::{Conv2d, ConvConfig, Padding};
pub use conv_pool::{ConvPoolLayout, ConvPoolStage, ConvPoolTrunk};
pub use linear::Linear;
pub use norm::{BatchNorm2d, BatchNormConfig, LayerNorm};
