//! Makes the program need `libtorch.so`, find it where it was at build time, and know its own revision.
//!
//! Without `--no-as-needed` the linker drops `libtorch.so`, since no symbol of it is used, and CUDA is then never found
//! at run time. `DEP_TCH_LIBTORCH_LIB` is set by the build script of `torch-sys`, on which this crate depends directly
//! for that reason alone. It also compiles `src/native/libtorch.cpp` against the headers beside those libraries.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    println!("cargo:rerun-if-changed=build.rs");
    for file in ["HEAD", "logs/HEAD"] {
        let path = PathBuf::from(".git").join(file);
        if path.exists() {
            println!("cargo:rerun-if-changed={}", path.display());
        }
    }
    println!("cargo:rustc-env=BENCH_RUN_REVISION={}", revision().unwrap_or_else(|| "unknown".to_owned()));
    let folder = std::env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from);
    // A link inside the checkout is resolved, so that an installed program outlives the checkout.
    let folder = folder.map(|folder| folder.canonicalize().unwrap_or(folder));
    let version = folder.as_ref().and_then(|folder| std::fs::read_to_string(folder.join("../build-version")).ok());
    println!("cargo:rustc-env=BENCH_RUN_LIBTORCH={}", version.as_deref().map_or("2.13.0", str::trim));
    if let Some(folder) = folder {
        compile_native(&folder);
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", folder.display());
        println!("cargo:rustc-link-arg=-Wl,--no-as-needed");
        println!("cargo:rustc-link-arg=-ltorch");
    }
}

/// The functions of `src/native`.
fn compile_native(libraries: &Path) {
    let source = "src/native/libtorch.cpp";
    println!("cargo:rerun-if-changed={source}");
    let include = libraries.join("../include");
    // The headers of LibTorch 2.13 are C++20, and not free of warnings.
    cc::Build::new().cpp(true).std("c++20").opt_level(2).warnings(false).include(include).file(source).compile("bench_run_native");
}

fn revision() -> Option<String> {
    let output = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}
