//! Files that are damaged, absurd or made to do harm: each is named with its row, none stops the program for good.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use image::{GrayImage, Luma};

use crate::helpers::TestProject;
use crate::seeds;

fn project() -> TestProject {
    let project = TestProject::new();
    project.rsna_films(12).rsna_spec();
    project
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32| if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 };
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| step(sum)))
}

/// A PNG of another size than it has.
fn resized(png: &[u8], height: u32, width: u32) -> Vec<u8> {
    let mut bytes = png.to_vec();
    bytes[16..24].copy_from_slice(&[width, height].map(u32::to_be_bytes).concat());
    let sum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    bytes
}

fn seed(name: &str) -> Vec<u8> {
    seeds::films().into_iter().find(|(other, _)| *other == name).unwrap().1
}

/// Add films with labels from line 14 on.
fn add(project: &TestProject, films: &[(&str, Vec<u8>)]) {
    let mut labels = project.read("labels.csv");
    for (number, (name, bytes)) in films.iter().enumerate() {
        fs::write(project.path(&format!("films/{name}")), bytes).unwrap();
        writeln!(labels, "{},{},True", name.rsplit_once('.').unwrap().0, 20 + number).unwrap();
    }
    project.write("labels.csv", &labels);
}

/// What `bench-run data` leaves out, as "place: reason", of a project whose bad films are skipped.
fn skipped(project: &TestProject) -> Vec<String> {
    let ended = project.run(&["data", "spec.yaml", "--set", "data.on_bad=skip", "--json"]).expect(0);
    let facts: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let text = |entry: &serde_json::Value, key: &str| entry[key].as_str().unwrap().to_owned();
    facts["excluded"].as_array().unwrap().iter().map(|entry| format!("{}: {}", text(entry, "place"), text(entry, "reason"))).collect()
}

#[test]
fn every_hostile_film_is_named_with_its_row() {
    let project = project();
    let grey = seed("grey.png");
    let films = [
        ("empty.png", Vec::new(), "cannot read the file: it is empty"),
        ("cut.png", grey[..grey.len() / 2].to_vec(), "the PNG file is cut off after"),
        ("text.jpg", b"<html>404</html>".to_vec(), "the content is none of PNG"),
        ("bomb.png", resized(&grey, 30_000, 30_000), "30000×30000 pixels; films of up to 100 million pixels are read"),
        ("flat.png", resized(&grey, 0, 16), "the PNG file is damaged"),
        ("short.png", resized(&grey, 2000, 16), "the PNG file is damaged"),
        ("deep.png", resized(&seed("alpha.png"), 10_000, 9999), "the PNG file is damaged"),
        ("frames.webp", seed("animated.webp"), "the WebP file has several frames; save each as a file of its own"),
        ("pictures.png", seed("animated.png"), "the PNG file has several frames; save each as a file of its own"),
        ("palette.tif", seed("palette.tif"), "Photometric interpretation RGBPalette"),
        ("moving.gif", b"GIF89a".to_vec(), ".gif"),
    ];
    add(&project, &films.clone().map(|(name, bytes, _)| (name, bytes)));
    let left_out = skipped(&project);
    assert_eq!(left_out.len(), films.len(), "{left_out:#?}");
    for (line, (name, _, reason)) in (14..).zip(&films) {
        let place = format!("{name} (labels.csv:{line})");
        assert!(left_out.iter().any(|entry| entry.contains(&place) && entry.contains(reason)), "{place} {reason}: {left_out:#?}");
    }
    project.run(&["data", "spec.yaml", "--set", "data.exclude=none.csv"]).expect(3).says(&["none.csv"]);
}

#[test]
fn odd_films_of_every_format_are_films() {
    let project = project();
    let films: Vec<(&str, Vec<u8>)> = [
        ("cmyk", "cmyk.jpg"),
        ("palette_a", "palette.png"),
        ("palette_b", "palette.bmp"),
        ("fax", "fax.tif"),
        ("lzw", "lzw.tif"),
        ("interlaced", "interlaced.png"),
        ("progressive", "progressive.jpg"),
        ("lossy", "lossy.webp"),
    ]
    .map(|(name, file)| (Box::leak(format!("{name}.png").into_boxed_str()) as &str, seed(file)))
    .into();
    add(&project, &films);
    for (name, size) in [("dot", (1, 1)), ("row", (300, 1)), ("column", (1, 300))] {
        GrayImage::from_fn(size.0, size.1, |x, y| Luma([(x + y) as u8])).save(project.path(&format!("films/{name}.png"))).unwrap();
        project.write("labels.csv", &(project.read("labels.csv") + name + ",30,False\n"));
    }
    assert_eq!(skipped(&project), [""; 0]);
}

#[cfg(unix)]
#[test]
fn links_pipes_and_folders_in_the_place_of_films_are_named_and_never_waited_for() {
    use std::os::unix::fs::symlink;

    let project = project();
    add(&project, &[("pipe.png", Vec::new()), ("gone.png", Vec::new()), ("outside.png", Vec::new())]);
    for name in ["pipe", "gone", "outside"] {
        fs::remove_file(project.path(&format!("films/{name}.png"))).unwrap();
    }
    assert!(Command::new("mkfifo").arg(project.path("films/pipe.png")).status().unwrap().success());
    symlink("nowhere.png", project.path("films/gone.png")).unwrap();
    symlink(project.path("films"), project.path("films/circle")).unwrap();
    fs::create_dir(project.path("films/13.png")).unwrap();
    fs::create_dir(project.path("elsewhere")).unwrap();
    fs::write(project.path("elsewhere/outside.png"), seed("grey.png")).unwrap();
    symlink(project.path("elsewhere"), project.path("films/linked")).unwrap();
    let left_out = skipped(&project);
    let expected = [
        "circle: folder that cannot be listed: a link back to ",
        "gone.png (labels.csv:15): film that cannot be read: a link that cannot be followed: No such file",
        "pipe.png (labels.csv:14): film that cannot be read: a pipe, a socket or a device",
    ];
    assert_eq!(left_out.len(), expected.len(), "{left_out:#?}");
    for (entry, expected) in left_out.iter().zip(expected) {
        assert!(entry.starts_with(expected), "{entry}");
    }
    project.run(&["data", "spec.yaml"]).expect(3).says(&["films/circle: a link back to", "next: remove the link"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_or_device_in_the_place_of_a_table_is_refused() {
    let project = project();
    assert!(Command::new("mkfifo").arg(project.path("pipe")).status().unwrap().success());
    for table in ["pipe", "/dev/zero"] {
        for (key, what) in [("data.rsna.labels", "the label table"), ("data.exclude", "the exclusion list"), ("split.file", "the split")] {
            let set = format!("{key}={table}");
            let mut arguments = vec!["data", "spec.yaml", "--set", &set];
            if key == "split.file" {
                arguments.extend(["--set", "split.val=null", "--set", "split.test=null"]);
            }
            project.run(&arguments).expect(3).says(&[&format!("{table}: cannot read {what}: it is no file; correct `{key}`")]);
        }
    }
    project
        .run(&["data", "spec.yaml", "--set", "data.rsna.labels=films"])
        .expect(3)
        .says(&["films: cannot read the label table: it is a folder"]);
}

#[cfg(unix)]
#[test]
fn odd_names_are_ids_like_any_other() {
    use std::os::unix::ffi::OsStrExt;

    let project = project();
    let long = "L".repeat(250);
    let names = [long.as_str(), "with space, comma \"quote\"", "two\nlines", "\u{1b}[31mred", "ünï", "#hash", "-dash"];
    let mut labels = project.read("labels.csv");
    for (number, name) in names.iter().enumerate() {
        GrayImage::from_fn(20, 30, |x, y| Luma([(x * y + number as u32 * 9) as u8]))
            .save(project.path(&format!("films/{name}.png")))
            .unwrap();
        writeln!(labels, "\"{}\",30,True", name.replace('"', "\"\"")).unwrap();
    }
    project.write("labels.csv", &labels);
    assert_eq!(skipped(&project), [""; 0]);
    let other = std::ffi::OsStr::from_bytes(b"caf\xe9.png");
    fs::write(project.path("films").join(other), seed("grey.png")).unwrap();
    assert_eq!(skipped(&project), ["caf\u{fffd}.png: film without a label: no row with id \"caf\u{fffd}\" in labels.csv"]);
    // A name cannot write to the terminal.
    fs::remove_file(project.path("films").join(other)).unwrap();
    project.write("labels.csv", &labels.replace("\u{1b}[31mred", "red"));
    let ended = project.run(&["data", "spec.yaml"]).expect(3).says(&["films/\u{fffd}[31mred.png: no row with id"]);
    assert!(!ended.stderr.contains('\u{1b}'), "{}", ended.stderr);
}

#[test]
fn ids_that_lead_elsewhere_lead_nowhere() {
    let project = project();
    fs::write(project.path("secret.png"), seed("grey.png")).unwrap();
    let outside = project.path("secret").display().to_string();
    let labels =
        project.read("labels.csv") + "../secret,20,True\n" + &outside + ",20,True\n/etc/passwd,20,True\nnul\0id,20,True\n,20,True\n";
    project.write("labels.csv", &labels);
    let ended = project.run(&["data", "spec.yaml"]).expect(3);
    for line in [14, 15, 16, 17] {
        assert!(ended.stderr.contains(&format!("labels.csv:{line}: no film for id")), "{line}: {}", ended.stderr);
    }
    assert!(ended.stderr.contains("labels.csv:18: no id") && !ended.stderr.contains('\0'), "{}", ended.stderr);
    assert_eq!(skipped(&project).len(), 5);
}

/// The samples of a project whose label table is `bytes`, or the refusal.
fn read_table(project: &TestProject, bytes: &[u8]) -> Result<Vec<(String, f64)>, String> {
    use bench_run::data::load;
    use bench_run::plan::{DataConfig, LabelledFilms, SourceConfig};
    use bench_run::spec::OnBad;

    fs::write(project.path("table.csv"), bytes).unwrap();
    let films = LabelledFilms { images: project.path("films"), labels: project.path("table.csv"), sheet: None };
    let source = SourceConfig::Rsna { films, test: None };
    let dataset = load(&DataConfig { source, exclude: None, on_bad: OnBad::Stop, allow_leaks: false, split: None });
    dataset
        .map(|dataset| dataset.samples.into_iter().map(|sample| (sample.id, sample.age_months)).collect())
        .map_err(|error| error.to_string())
}

fn two_films() -> TestProject {
    let project = TestProject::new();
    for name in ["1.png", "2.png"] {
        project.write(&format!("films/{name}"), name);
    }
    project
}

#[test]
fn a_table_is_the_same_in_every_encoding_and_with_every_line_end() {
    let project = two_films();
    let expected = Ok(vec![("1".to_owned(), 12.5), ("2".to_owned(), 33.0)]);
    for ends in ["\n", "\r\n", "\r"] {
        for last in ["", ends] {
            let text = ["id,boneage,male", "\"1\",12.5,True", "2,33,\"False\""].join(ends) + last;
            for mark in ["", "\u{feff}"] {
                let marked = format!("{mark}{text}");
                let units = || marked.encode_utf16();
                let bytes = [
                    marked.clone().into_bytes(),
                    units().flat_map(u16::to_le_bytes).collect(),
                    units().flat_map(u16::to_be_bytes).collect(),
                ];
                for bytes in bytes {
                    assert_eq!(read_table(&project, &bytes), expected, "{ends:?} {mark:?} {:?}", &bytes[..8]);
                }
            }
        }
    }
}

#[test]
fn a_table_of_another_shape_is_refused_in_words() {
    let project = two_films();
    let odd = [0xff, 0xfe, b'i', 0, b'd'];
    let wide = "c,".repeat(50_000);
    let long = "x".repeat(100_000);
    let cases: [(&str, &[u8], &[&str]); 12] = [
        ("nothing", b"", &["it is empty"]),
        ("blank lines", b"\r\n\n , ,\n", &["it is empty"]),
        ("half a letter", &odd, &["expected text in UTF-8 or UTF-16, found other bytes; save it as CSV in UTF-8"]),
        ("a film", &seed("grey.png"), &["table.csv:1: cannot read the label table", "found other bytes"]),
        ("a header alone", b"id,boneage,male\n", &["film without a label (2)", "add a row for it"]),
        ("no column for the age", b"id,male\n1,True\n", &["table.csv:1: no column for the age", "found \"id\", \"male\""]),
        ("two columns for the age", b"id,boneage,Bone Age\n1,2,3\n", &["columns \"boneage\" and \"Bone Age\" could each be the age"]),
        ("one name twice", b"id,boneage,boneage\n1,2,3\n", &["columns \"boneage\" and \"boneage\" could each be the age"]),
        ("a quote left open", b"id,boneage,male\n\"1,12,True\n2,3,False\n", &["table.csv:2: 1 in the row, 3 in the header"]),
        ("too many columns", wide.as_bytes(), &["no column for the id", "…"]),
        ("a row too short", b"id,boneage,male\n1,12\n2,3,True\n", &["table.csv:2: 2 in the row, 3 in the header"]),
        (
            "an id of many letters",
            &[b"id,boneage\n1,2\n2,2\n".as_slice(), long.as_bytes(), b",3\n"].concat(),
            &["table.csv:4: no film for id \"xxx", "…"],
        ),
    ];
    for (what, bytes, parts) in cases {
        let message = read_table(&project, bytes).expect_err(what);
        for part in parts {
            assert!(message.contains(part), "{what}: {part:?} is not in {message}");
        }
        assert!(message.len() < 4000, "{what}: a message of {} bytes", message.len());
    }
}

#[test]
fn a_table_of_many_rows_is_read_and_its_bad_rows_are_named() {
    let project = two_films();
    let mut table = "id,boneage,male\n1,12,True\n2,13,False\n".to_owned();
    for row in 4..100_004 {
        writeln!(table, "f{row},12,True").unwrap();
    }
    let message = read_table(&project, table.as_bytes()).unwrap_err();
    assert!(message.contains("label without a film (100000)") && message.contains("table.csv:4: no film for id \"f4\""), "{message}");
    assert!(message.contains("and 99995 more"), "{message}");
}

#[test]
fn a_file_too_large_for_what_it_stands_for_is_not_read() {
    let project = project();
    let sparse = |path: &Path, length: u64| fs::File::create(path).unwrap().set_len(length).unwrap();
    sparse(&project.path("films/3.png"), 1 << 40);
    let left_out = skipped(&project);
    assert_eq!(left_out.len(), 1, "{left_out:?}");
    assert!(
        left_out[0].starts_with("3.png (labels.csv:4): film that cannot be read: cannot read the file: 1099511627776 bytes"),
        "{left_out:?}"
    );
    sparse(&project.path("labels.csv"), 1 << 40);
    project.run(&["data", "spec.yaml"]).expect(3).says(&["labels.csv: cannot read the label table: 1099511627776 bytes are more than"]);
}
