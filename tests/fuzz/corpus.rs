//! Writes the files from which fuzzing starts into `corpus/TARGET` below the folder given.

mod seeds;

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| ".".into()));
    for (target, seeds) in [("films", seeds::films()), ("labels", seeds::labels()), ("names", seeds::names())] {
        let corpus = folder.join("corpus").join(target);
        std::fs::create_dir_all(&corpus)?;
        for (name, bytes) in seeds {
            std::fs::write(corpus.join(name), bytes)?;
        }
    }
    Ok(())
}
