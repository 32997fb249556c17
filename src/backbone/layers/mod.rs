//! Blocks that two or more backbones share. Each computes in the context's kind and keeps its parameters in fp32.

mod attention;
mod conv;
mod conv_norm_act;
mod conv_pool;
mod drop_path;
mod linear;
mod norm;
mod squeeze_excite;

pub use attention::MultiHeadAttention;
pub use conv::{Conv2d, ConvConfig, Padding};
pub use conv_norm_act::{Activation, ConvNormAct, ConvNormActConfig};
pub use conv_pool::{ConvPoolLayout, ConvPoolStage, ConvPoolTrunk};
pub use drop_path::{DropPathGrowth, drop_path_rates};
pub use linear::Linear;
pub use norm::{BatchNorm2d, BatchNormConfig, LayerNorm};
pub use squeeze_excite::{SqueezeExcite, SqueezeExciteConfig};
