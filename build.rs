//! Makes the program need `libtorch.so` and find it where it was at build time.
//!
//! Without `--no-as-needed` the linker drops `libtorch.so`, since no symbol of it is used, and CUDA is then never found
//! at run time. `DEP_TCH_LIBTORCH_LIB` is set by the build script of `torch-sys`, on which this crate depends directly
//! for that reason alone.

fn main() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    let Some(folder) = std::env::var_os("DEP_TCH_LIBTORCH_LIB") else {
        return;
    };
    let folder = std::path::PathBuf::from(folder);
    // A link inside the checkout is resolved, so that an installed program outlives the checkout.
    let folder = folder.canonicalize().unwrap_or(folder);
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", folder.display());
    println!("cargo:rustc-link-arg=-Wl,--no-as-needed");
    println!("cargo:rustc-link-arg=-ltorch");
}
