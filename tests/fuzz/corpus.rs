//! Writes the files from which fuzzing starts into `corpus/TARGET` below the folder given.

mod seeds;
mod spec_seeds;

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
    let specs = folder.join("corpus/specs");
    std::fs::create_dir_all(&specs)?;
    for (name, bytes) in spec_seeds::specs(&folder.join("../..")) {
        std::fs::write(specs.join(name), bytes)?;
    }
    Ok(())
}

/// What coverage calls, for the libraries here are built with it and this program is no fuzzer: nothing is counted.
mod coverage {
    macro_rules! ignored {
        ($($name:ident($($argument:ty),*);)*) => {
            $(
                #[unsafe(no_mangle)]
                extern "C" fn $name($(_: $argument),*) {}
            )*
        };
    }

    ignored! {
        __sanitizer_cov_trace_cmp1(u8, u8);
        __sanitizer_cov_trace_cmp2(u16, u16);
        __sanitizer_cov_trace_cmp4(u32, u32);
        __sanitizer_cov_trace_cmp8(u64, u64);
        __sanitizer_cov_trace_const_cmp1(u8, u8);
        __sanitizer_cov_trace_const_cmp2(u16, u16);
        __sanitizer_cov_trace_const_cmp4(u32, u32);
        __sanitizer_cov_trace_const_cmp8(u64, u64);
        __sanitizer_cov_trace_switch(u64, usize);
        __sanitizer_cov_trace_pc_indir(usize);
        __sanitizer_cov_8bit_counters_init(usize, usize);
        __sanitizer_cov_pcs_init(usize, usize);
    }
}
