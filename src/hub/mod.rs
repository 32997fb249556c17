//! Files from the Hugging Face Hub.
//!
//! In comes a name such as `hf:timm/resnet50.a1_in1k`; out comes the path of that file in the cache that the Python package
//! `huggingface_hub` uses as well, with the commit it belongs to and the SHA-256 of its bytes. Bytes that nothing vouches for
//! are never handed out.
//!
//! [`fetch()`] is the story; `reference` reads the name, `settings` the environment, `cache` knows the folders, `client` speaks
//! HTTP, `transfer` loads over bad lines, `retry` decides when to try again, `checksum` tells right bytes from wrong ones.

mod cache;
mod checksum;
mod client;
mod error;
mod fetch;
mod reference;
mod retry;
mod settings;
mod transfer;
mod url;

#[cfg(test)]
mod tests;

pub use error::HubError;
pub use fetch::{FetchedFile, Progress, fetch};
pub use reference::HubFile;
pub use retry::Patience;
pub use settings::HubSettings;
