//! What films cost; run by scripts/bench-films, which compares the first figure with `OpenCV`.
//!
//! - `films decode FOLDER SIDE`: films and seconds of one core for reading, decoding and resizing each of a folder's films, on one thread.
//! - `films differences FOLDER SIDE`: how far the levels of films decoded at a fraction of their size are from those of whole ones.
//! - `films start FOLDER`: seconds until 20 000 small films are ready: the first time, again, and again without what is remembered of them.
//! - `films epoch SIDE COUNT`: seconds of a later epoch of the fastest network, and of its batches alone.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use bench_run::data::{self, Dataset, Film, FilmCache, Levels, Loader, LoaderConfig, Pixels, Sample, decode, fit, read_film};
use bench_run::device;
use bench_run::plan::{self, ImageConfig, Plan, PrepareConfig, Surroundings};
use bench_run::spec::{self, Channels, Fit, ImageSize, OnBad};
use bench_run::train::{Reply, TrainEvent, TrainingData, train};
use tch::Device;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["decode", folder, side] => time_decoding(&films_of(Path::new(folder))?, &image(side.parse()?)),
        ["differences", folder, side] => differences(&films_of(Path::new(folder))?, &image(side.parse()?)),
        ["start", folder] => time_start(Path::new(folder)),
        ["epoch", side, count] => time_epochs(side.parse()?, count.parse()?),
        _ => Err("expected decode, differences, start or epoch with their arguments; scripts/bench-films runs them all".into()),
    }
}

fn image(side: u32) -> ImageConfig {
    ImageConfig { size: ImageSize::square(side), channels: Channels::Grey, fit: Fit::Stretch, prepare: PrepareConfig::default() }
}

fn films_of(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut films = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    films.sort();
    Ok(films)
}

fn time_decoding(films: &[PathBuf], image: &ImageConfig) -> Outcome {
    read_film(films.first().ok_or("no film")?, image)?;
    let start = processor_seconds()?;
    for film in films {
        std::hint::black_box(read_film(film, image)?);
    }
    print(&format!("{} {}", films.len(), processor_seconds()? - start));
    Ok(())
}

/// Seconds that this thread has computed, whatever else the machine does.
fn processor_seconds() -> Result<f64, Box<dyn Error>> {
    let said = fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(said.split(' ').next().ok_or("no time")?.parse::<f64>()? / 1e9)
}

fn time_start(folder: &Path) -> Outcome {
    const COUNT: u32 = 20_000;
    fs::create_dir_all(folder)?;
    let sample = |number: u32| Sample {
        id: number.to_string(),
        film: Film::File(folder.join(format!("{number}.png"))),
        age_months: 1.0,
        sex: None,
        group: None,
        race: None,
    };
    let dataset = Dataset { samples: (0..COUNT).map(sample).collect(), ..Dataset::default() };
    for number in 0..COUNT {
        let level = |x: u32, y: u32| image::Luma([(x * y + number) as u8 ^ (number >> 8) as u8]);
        image::GrayImage::from_fn(100, 100, level).save(folder.join(format!("{number}.png")))?;
    }
    // Files that were just written are not remembered.
    std::thread::sleep(std::time::Duration::from_secs(3));
    let cache = tempfile::tempdir()?;
    let open = |name: &str| -> Outcome {
        let start = Instant::now();
        FilmCache::open_or_build(dataset.clone(), image(96), OnBad::Stop, cache.path(), &mut |_, _| {})?;
        print(&format!("  {name}: {:.2} s", start.elapsed().as_secs_f64()));
        Ok(())
    };
    open("films decoded")?;
    open("again")?;
    for entry in fs::read_dir(cache.path())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "hashes") {
            fs::remove_file(path)?;
        }
    }
    open("again, every film read")
}

fn differences(films: &[PathBuf], image: &ImageConfig) -> Outcome {
    let mut counts = [0_u64; 256];
    for film in films {
        let whole = fit(&decode(&fs::read(film)?, image.channels)?, image);
        let read = read_film(film, image)?;
        if let (Pixels::Eight(whole), Levels::Eight(read)) = (&whole, read.levels()) {
            for (whole, read) in whole.iter().zip(read) {
                counts[usize::from(whole.abs_diff(*read))] += 1;
            }
        }
    }
    let total: u64 = counts.iter().sum();
    let mean = counts.iter().zip(0_u32..).map(|(count, level)| *count as f64 * f64::from(level)).sum::<f64>() / total as f64;
    let most = counts.iter().rposition(|count| *count > 0).unwrap_or(0);
    let share = |above: usize| counts[above + 1..].iter().sum::<u64>() as f64 / total as f64;
    print(&format!("mean {mean:.3}, above 1 level {:.4} %, above 3 levels {:.4} %, largest {most}", 100.0 * share(1), 100.0 * share(3)));
    Ok(())
}

/// A study of the plain CNN on drawn hands.
fn plan_of(folder: &Path, side: u32, count: u32, augment: &str) -> Result<Plan, Box<dyn Error>> {
    let path = folder.join("films.yaml");
    let data = format!("title: Films\ndata: {{ phantom: {{ count: {count}, seed: 7 }} }}\nimage: {{ size: {side} }}\n");
    fs::write(&path, format!("{data}augment: {augment}\ntrain: {{ epochs: 4, batch_size: 16 }}\nbackbones: [cnn]\n"))?;
    let surroundings = Surroundings {
        precision: &|asked| device::resolve_precision(asked, Device::Cpu),
        weights: &|_| Err("no weights are asked for".to_owned()),
    };
    Ok(plan::expand(&spec::load(&path, &[])?, &surroundings)?)
}

fn time_epochs(side: u32, count: u32) -> Outcome {
    let folder = tempfile::tempdir()?;
    let augmented = "{ rotate: 15, translate: 0.05, scale: 0.1, brightness: 0.1 }";
    for (name, augment) in [("not augmented", "{}"), ("augmented", augmented)] {
        let plan = plan_of(folder.path(), side, count, augment)?;
        let config = &plan.entries[0].runs[0].config;
        let dataset = data::load(&plan.data)?;
        let cached = FilmCache::open_or_build(dataset, config.image, plan.data.on_bad, folder.path(), &mut |_, _| {})?;
        let partition = data::assign_dataset(&cached.dataset, &plan.split)?.partition(None);
        let samples = &cached.dataset.samples;
        let data = TrainingData { samples, films: &cached.cache, partition: &partition, weights: None };
        let mut epochs = Vec::new();
        train(config, data, Device::Cpu, None, &mut |event| {
            if let TrainEvent::Epoch { timing, .. } = event {
                epochs.push(timing.train_seconds);
            }
            Reply::GoOn
        })?;
        let loader_config = LoaderConfig {
            seed: config.seed,
            batch_size: config.train.batch_size as usize,
            eval_batch_size: config.train.batch_size as usize,
            augment: config.augment.clone(),
            normalization: config.normalization.clone(),
            device: Device::Cpu,
        };
        let loader = Loader::new(&cached.cache, samples, &partition.train, loader_config);
        let batches: Vec<f64> = (1..=4)
            .map(|epoch| {
                let start = Instant::now();
                loader.train_batches(epoch).for_each(|batch| drop(std::hint::black_box(batch)));
                start.elapsed().as_secs_f64()
            })
            .collect();
        let [epoch, batches] = [&epochs, &batches].map(|seconds| median(&seconds[1..]));
        print(&format!("{name}: {:.2} % ({batches:.4} of {epoch:.3} s, {} films)", 100.0 * batches / epoch, loader.images_per_epoch()));
    }
    Ok(())
}

fn median(seconds: &[f64]) -> f64 {
    let mut seconds = seconds.to_vec();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

#[allow(clippy::print_stdout, reason = "a script reads it")]
fn print(line: &str) {
    println!("{line}");
}
