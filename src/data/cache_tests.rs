#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use super::super::testing::{Folder, encode, gradient, sample};
use super::*;
use crate::plan::PrepareConfig;
use crate::spec::{Channels, CropFilm, Fit, ImageSize, InvertFilm, NormaliseFilm};

const IMAGE: ImageConfig = ImageConfig { size: ImageSize { height: 6, width: 5 }, channels: Channels::Grey, fit: Fit::Pad, prepare: OFF };
const OFF: PrepareConfig = PrepareConfig { invert: InvertFilm::Never, crop: CropFilm::None, normalise: NormaliseFilm::None, clahe: None };

fn open(dataset: &Dataset, image: ImageConfig, on_bad: OnBad, folder: &Folder) -> Result<CachedDataset, DataError> {
    FilmCache::open_or_build(dataset.clone(), image, on_bad, &folder.path("cache/films"), &mut |_, _| {})
}

fn pixels(film: &Film, image: &ImageConfig) -> Result<Pixels, String> {
    fitted(film, image, &MemoryBudget::default()).map(|film| film.pixels)
}

fn cache_files(folder: &Folder) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.path("cache/films")).map(|entries| entries.map(|entry| entry.unwrap().path()).collect());
    let files: Vec<PathBuf> = entries.unwrap_or_default();
    files.into_iter().filter(|path| path.extension().is_none_or(|extension| extension != "hashes")).collect()
}

/// Three films on disk and a synthetic one.
fn films(folder: &Folder) -> Dataset {
    let mut samples: Vec<Sample> = (0..3)
        .map(|number| {
            let path = folder.film(&format!("{number}.png"), number);
            Sample { film: Film::File(path), ..sample(&number.to_string(), f64::from(number), None, None) }
        })
        .collect();
    samples.push(sample("3", 9.0, None, None));
    Dataset { samples, ..Dataset::default() }
}

#[test]
fn films_come_back_as_decoded_and_the_second_time_from_the_file() {
    let folder = Folder::new();
    let dataset = films(&folder);
    for image in [IMAGE, ImageConfig { channels: Channels::Rgb, ..IMAGE }] {
        let mut seen = Vec::new();
        let built = FilmCache::open_or_build(dataset.clone(), image, OnBad::Stop, &folder.path("cache/films"), &mut |done, total| {
            seen.push((done, total));
        })
        .unwrap();
        assert_eq!((seen.last(), built.cache.len(), built.cache.is_empty()), (Some(&(4, 4)), 4, false));
        for (index, sample) in dataset.samples.iter().enumerate() {
            assert_eq!(built.cache.film(index), pixels(&sample.film, &image).unwrap().levels(), "film {index}");
        }
        assert_eq!(built.notes, [""; 0]);
    }
    assert_eq!(cache_files(&folder).len(), 2);
    let first = open(&dataset, IMAGE, OnBad::Stop, &folder).unwrap();
    let not_built = &mut |_, _| panic!("it is built again");
    let again = FilmCache::open_or_build(dataset.clone(), IMAGE, OnBad::Stop, &folder.path("cache/films"), not_built).unwrap();
    assert_eq!(first.digest, again.digest);
    assert_eq!(first.digest, super::super::digest(&dataset));
}

#[test]
fn a_changed_film_another_size_and_another_order_have_caches_of_their_own() {
    let folder = Folder::new();
    let mut dataset = films(&folder);
    open(&dataset, IMAGE, OnBad::Stop, &folder).unwrap();
    for (change, image) in [
        (0, ImageConfig { size: ImageSize { height: 5, width: 6 }, ..IMAGE }),
        (0, ImageConfig { fit: Fit::Crop, ..IMAGE }),
        (0, ImageConfig { prepare: PrepareConfig { invert: InvertFilm::Always, ..OFF }, ..IMAGE }),
        (0, ImageConfig { prepare: PrepareConfig { normalise: NormaliseFilm::PerImage, ..OFF }, ..IMAGE }),
        (1, IMAGE),
        (2, IMAGE),
    ] {
        match change {
            1 => dataset.samples.reverse(),
            2 => drop(folder.film("1.png", 77)),
            _ => {}
        }
        let files = cache_files(&folder).len();
        let cached = open(&dataset, image, OnBad::Stop, &folder).unwrap();
        assert_eq!(cache_files(&folder).len(), files + 1);
        for (index, sample) in dataset.samples.iter().enumerate() {
            assert_eq!(cached.cache.film(index), pixels(&sample.film, &image).unwrap().levels());
        }
    }
}

#[test]
fn every_damage_to_the_file_is_found_and_the_cache_is_built_anew() {
    let folder = Folder::new();
    let dataset = films(&folder);
    open(&dataset, IMAGE, OnBad::Stop, &folder).unwrap();
    let path = cache_files(&folder).remove(0);
    let whole = fs::read(&path).unwrap();
    let flipped = |position: usize| {
        let mut bytes = whole.clone();
        bytes[position] ^= 1;
        bytes
    };
    for (name, bytes) in [
        ("empty", Vec::new()),
        ("header", whole[..40].to_vec()),
        ("cut", whole[..100].to_vec()),
        ("longer", [whole.as_slice(), b" "].concat()),
        ("magic", flipped(0)),
        ("version", flipped(8)),
        ("depth", flipped(12)),
        ("height", flipped(20)),
        ("count", flipped(28)),
        ("huge count", flipped(35)),
        ("checksum", flipped(40)),
        ("pixel", flipped(70)),
        ("list", flipped(whole.len() - 1)),
    ] {
        fs::write(&path, bytes).unwrap();
        let cached = open(&dataset, IMAGE, OnBad::Stop, &folder).unwrap();
        assert!(cached.notes.len() == 1 && cached.notes[0].contains("was damaged ("), "{name}: {:?}", cached.notes);
        assert_eq!(fs::read(&path).unwrap(), whole, "{name}");
        assert_eq!(cached.cache.film(2), pixels(&dataset.samples[2].film, &IMAGE).unwrap().levels());
    }
    assert_eq!(cache_files(&folder).len(), 1, "nothing half-made is left");
}

#[test]
fn films_that_cannot_be_decoded_are_all_named_and_nothing_is_written() {
    let folder = Folder::new();
    let mut dataset = films(&folder);
    let whole = encode(&gradient(20, 20, 1), image::ImageFormat::Png);
    folder.write("0.png", &whole[..whole.len() / 2]);
    dataset.samples[2].film = Film::File(folder.path("gone.png"));
    let message = open(&dataset, IMAGE, OnBad::Stop, &folder).unwrap_err().to_string();
    assert!(message.contains("film that cannot be read (2)"), "{message}");
    assert!(message.contains("0.png: the PNG file is cut off after") && message.contains("gone.png: cannot read the file"), "{message}");
    assert_eq!(cache_files(&folder).len(), 0);
}

#[test]
fn films_that_cannot_be_decoded_are_left_out_where_the_spec_says_so_also_the_second_time() {
    let folder = Folder::new();
    let mut dataset = films(&folder);
    folder.write("1.png", "nothing");
    dataset.excluded.push(super::super::sample::Excluded { id: "0b".to_owned(), reason: "ring".to_owned(), place: String::new() });
    let digest = super::super::digest(&dataset);
    for _ in 0..2 {
        let cached = open(&dataset, IMAGE, OnBad::Skip, &folder).unwrap();
        let ids: Vec<_> = cached.dataset.samples.iter().map(|sample| sample.id.as_str()).collect();
        assert_eq!((ids, cached.cache.len(), cached.film_hashes.len()), (vec!["0", "2", "3"], 3, 3));
        assert_eq!(cached.cache.film(1), pixels(&dataset.samples[2].film, &IMAGE).unwrap().levels());
        let excluded: Vec<_> = cached.dataset.excluded.iter().map(|entry| format!("{}: {}", entry.id, entry.reason)).collect();
        assert_eq!(excluded, ["0b: ring", "1: film that cannot be read: the content is none of PNG, JPEG, TIFF, BMP, WebP and DICOM"]);
        assert_eq!(cached.digest, digest);
    }
    // The same cache does not hide the film from a spec that wants to know.
    assert!(matches!(open(&dataset, IMAGE, OnBad::Stop, &folder), Err(DataError::Problems(_))));
}

#[test]
fn a_data_set_without_a_readable_film_is_an_error_in_any_case() {
    let folder = Folder::new();
    let path = folder.write("1.png", "nothing");
    let dataset = Dataset { samples: vec![Sample { film: Film::File(path), ..sample("1", 1.0, None, None) }], ..Dataset::default() };
    for on_bad in [OnBad::Stop, OnBad::Skip] {
        assert!(open(&dataset, IMAGE, on_bad, &folder).is_err());
    }
    assert!(open(&Dataset::default(), IMAGE, OnBad::Skip, &folder).is_err());
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_that_names_the_variable() {
    let folder = Folder::new();
    let dataset = films(&folder);
    folder.write("cache", "a file where the folder should be");
    let message = open(&dataset, IMAGE, OnBad::Stop, &folder).unwrap_err().to_string();
    assert!(
        message.contains("cache/films: cannot write the cache of decoded films") && message.contains("set BENCH_RUN_CACHE"),
        "{message}"
    );
}

#[test]
fn the_cache_folder_follows_the_environment() {
    let folder = |set: &[(&str, &str)]| {
        let set: Vec<(String, OsString)> = set.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
        cache_folder_by(&|name| set.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()))
    };
    let all = [("BENCH_RUN_CACHE", "/b"), ("XDG_CACHE_HOME", "/x"), ("HOME", "/h")];
    assert_eq!(folder(&all), Ok(PathBuf::from("/b/films")));
    assert_eq!(folder(&all[1..]), Ok(PathBuf::from("/x/bench-run/films")));
    assert_eq!(folder(&[("XDG_CACHE_HOME", ""), all[2]]), Ok(PathBuf::from("/h/.cache/bench-run/films")));
    assert_eq!(folder(&[]), Err(DataError::NoCacheFolder));
}

#[test]
fn what_a_killed_build_left_is_removed_and_what_another_program_builds_stays() {
    let folder = Folder::new();
    let dataset = films(&folder);
    let [left, young, building, other] =
        ["cache/films/.building-left", "cache/films/.building-young", "cache/films/.building-now", "cache/films/other"]
            .map(|name| folder.write(name, ""));
    let minutes_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(120);
    for path in [&left, &building, &other] {
        fs::File::options().write(true).open(path).unwrap().set_modified(minutes_ago).unwrap();
    }
    let lock = fs::File::open(&building).unwrap();
    fs4::FileExt::lock(&lock).unwrap();
    open(&dataset, IMAGE, OnBad::Stop, &folder).unwrap();
    assert_eq!([&left, &young, &building, &other].map(|path| path.exists()), [false, true, true, true]);
}

#[test]
fn the_cache_in_use_survives_every_limit_and_the_one_used_longest_ago_goes_first() {
    let folder = Folder::new();
    let dataset = films(&folder);
    let sized = |side| ImageConfig { size: ImageSize::square(side), ..IMAGE };
    let opened = |side| open(&dataset, sized(side), OnBad::Stop, &folder).unwrap();
    let file = |side| folder.path(&format!("cache/films/{}.films", &key(&dataset, &sized(side)).to_hex()[..32]));
    let used = |side, seconds| {
        let time = std::time::SystemTime::now() - std::time::Duration::from_secs(seconds);
        fs::File::options().write(true).open(file(side)).unwrap().set_modified(time).unwrap();
    };
    for (side, seconds) in [(3, 30), (4, 90), (5, 60)] {
        drop(opened(side));
        used(side, seconds);
    }
    let limit = |sides: &[u32]| super::super::CacheLimit::bytes(sides.iter().map(|side| fs::metadata(file(*side)).unwrap().len()).sum());
    // Opening it makes it the one used last.
    let cached = opened(4);
    super::super::keep_within(&folder.path("cache/films"), limit(&[3, 4]));
    assert_eq!([3, 4, 5].map(|side| file(side).exists()), [true, true, false]);
    let nothing = super::super::CacheLimit::bytes(0);
    let notes = super::super::keep_within(&folder.path("cache/films"), nothing);
    assert_eq!([3, 4, 5].map(|side| file(side).exists()), [false, true, false]);
    assert!(notes.iter().any(|note| note.contains("the caches in use take")), "{notes:?}");
    // Removed all the same, as where there are no locks: what is mapped stays.
    fs::remove_file(file(4)).unwrap();
    assert_eq!(cached.cache.film(1), pixels(&dataset.samples[1].film, &sized(4)).unwrap().levels());
    drop(cached);
    drop(opened(4));
    super::super::keep_within(&folder.path("cache/films"), nothing);
    assert!(cache_files(&folder).is_empty());
}

fn key(dataset: &Dataset, image: &ImageConfig) -> Hash {
    cache_key(&dataset.samples, &super::super::digest(dataset), image)
}

#[test]
fn programs_that_build_open_and_make_room_at_once_do_not_disturb_each_other() {
    let folder = Folder::new();
    let dataset = films(&folder);
    let expected: Vec<_> = dataset.samples.iter().map(|sample| pixels(&sample.film, &IMAGE).unwrap()).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let cached = match open(&dataset, IMAGE, OnBad::Stop, &folder) {
                        Ok(cached) => cached,
                        Err(error) => panic!("{error}"),
                    };
                    super::super::keep_within(&folder.path("cache/films"), super::super::CacheLimit::bytes(0));
                    for (index, film) in expected.iter().enumerate() {
                        assert_eq!(cached.cache.film(index), film.levels());
                    }
                    assert_eq!(cached.notes, [""; 0]);
                }
            });
        }
    });
    let building = |path: &PathBuf| path.to_string_lossy().contains(".building-");
    assert!(!cache_files(&folder).iter().any(building));
}

#[test]
fn large_jpeg_films_are_other_films_at_sizes_at_which_they_are_reduced() {
    let folder = Folder::new();
    let path = folder.write("large.jpg", encode(&gradient(160, 120, 1), image::ImageFormat::Jpeg));
    let sample = Sample { film: Film::File(path), ..sample("1", 1.0, None, None) };
    let dataset = Dataset { samples: vec![sample], ..Dataset::default() };
    for (side, is_other) in [(100, false), (27, false), (26, true), (13, true)] {
        for _ in 0..2 {
            let cached = open(&dataset, ImageConfig { size: ImageSize::square(side), ..IMAGE }, OnBad::Stop, &folder).unwrap();
            assert_eq!(cached.digest != super::super::digest(&dataset), is_other, "{side}");
        }
    }
}

#[test]
fn one_film_of_sixteen_bits_gives_all_sixteen_wherever_it_comes_and_eight_stay_bytes() {
    let folder = Folder::new();
    let dataset = films(&folder);
    let shallow = open(&dataset, IMAGE, OnBad::Stop, &folder).unwrap();
    assert_eq!(shallow.cache.film(0).depth(), Depth::Eight);
    let size = |folder: &Folder| cache_files(folder).iter().map(|path| fs::metadata(path).unwrap().len()).max().unwrap();
    let shallow_size = size(&folder);
    let deep: image::ImageBuffer<image::Luma<u16>, _> =
        image::ImageBuffer::from_fn(5, 6, |x, y| image::Luma([(x * 1000 + y * 7001 + 3) as u16]));
    let path = folder.write("deep.png", encode(&deep.clone().into(), image::ImageFormat::Png));
    for place in [0, 2, 4] {
        let deep_sample = Sample { film: Film::File(path.clone()), ..sample("deep", 1.0, None, None) };
        let mut samples = dataset.samples.clone();
        samples.insert(place, deep_sample);
        let all = Dataset { samples, ..dataset.clone() };
        for _ in 0..2 {
            let cached = open(&all, IMAGE, OnBad::Stop, &folder).unwrap();
            assert_ne!(cached.digest, super::super::digest(&all), "films that were narrowed by an early version are other films");
            for (index, sample) in all.samples.iter().enumerate() {
                let expected = pixels(&sample.film, &IMAGE).unwrap();
                assert_eq!(cached.cache.film(index), Levels::Sixteen(&expected.levels().widened()), "place {place}, film {index}");
            }
            assert_eq!(cached.cache.film(place), Levels::Sixteen(deep.as_raw()), "the size that it has is that of the config");
        }
    }
    // A film more, and two bytes for one.
    let remarks = serde_json::to_vec(&Remarks::default()).unwrap().len() as u64;
    assert_eq!(size(&folder) - 68, (shallow_size - 68 - remarks) / 4 * 5 * 2 + remarks);
    assert!(cache_files(&folder).iter().all(|path| !path.to_string_lossy().contains(".building")));
}
