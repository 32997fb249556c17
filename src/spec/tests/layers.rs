//! Files over files, arguments over files.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::spec::{BackboneName, LoadedSpec, SpecError, load};

/// A folder of specs.
struct Folder(TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            folder.write(name, text.as_bytes());
        }
        folder
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn load(&self, name: &str, sets: &[&str]) -> Result<LoadedSpec, SpecError> {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        load(&self.path(name), &sets)
    }

    /// The message, with the folder's own path taken out.
    fn refusal(&self, name: &str, sets: &[&str]) -> String {
        let message = self.load(name, sets).unwrap_err().to_string();
        message.replace(&format!("{}/", self.0.path().display()), "")
    }
}

fn epochs(loaded: &LoadedSpec) -> Option<u64> {
    loaded.spec.train.epochs.map(crate::spec::AtLeast::get)
}

#[test]
fn later_layers_win_key_by_key_and_lists_are_replaced() {
    let folder = Folder::new(&[
        ("far.yaml", "train: { epochs: 1, batch_size: 2, ema: 0.9 }\nbackbones: [cnn, vit]\nseeds: [1]\n"),
        ("base/near.yaml", "extends: ../far.yaml\ntrain: { epochs: 3, optimizer: sgd }\nbackbones: [unet]\n"),
        ("spec.yaml", "extends: base/near.yaml\ntrain: { epochs: 5 }\n"),
    ]);
    let loaded = folder.load("spec.yaml", &["train.batch_size=7", "train.batch_size=8", "seeds=[4, 5]"]).unwrap();
    let train = &loaded.spec.train;
    assert_eq!(epochs(&loaded), Some(5), "the file wins over what it extends");
    assert_eq!(train.optimizer, Some(crate::spec::Optimizer::Sgd), "what the file does not give comes from below");
    assert_eq!(train.batch_size.unwrap().get(), 8, "the last argument wins over all");
    assert_eq!(train.ema.unwrap().unwrap().get(), 0.9, "two files away");
    assert_eq!(loaded.spec.seeds, Some(vec![4, 5]));
    let names: Vec<BackboneName> = loaded.spec.backbones.unwrap().iter().map(|entry| entry.name).collect();
    assert_eq!(names, [BackboneName::Unet]);
}

#[test]
fn another_source_replaces_the_source_and_the_same_source_is_merged() {
    let folder = Folder::new(&[
        ("base.yaml", "data: { phantom: { count: 9, seed: 1 }, exclude: out.csv }\n"),
        ("same.yaml", "extends: base.yaml\ndata: { phantom: { count: 10 } }\n"),
        ("other.yaml", "extends: base.yaml\ndata: { rsna: { labels: a.csv } }\n"),
    ]);
    let phantom = folder.load("same.yaml", &[]).unwrap().spec.data.phantom.unwrap();
    assert_eq!((phantom.count.unwrap().get(), phantom.seed), (10, Some(1)));

    let data = folder.load("other.yaml", &["data.rsna.images=films"]).unwrap().spec.data;
    assert_eq!(data.phantom, None);
    let rsna = data.rsna.unwrap();
    assert_eq!((rsna.images.as_deref(), rsna.labels.as_deref()), (Some(Path::new("films")), Some(Path::new("a.csv"))));
    assert_eq!(data.exclude.as_deref(), Some(Path::new("out.csv")), "what is not a source stays");

    let data = folder.load("other.yaml", &["data.hand_atlas={root: x}", "data.phantom={}"]).unwrap().spec.data;
    assert!(data.phantom.is_some() && data.rsna.is_none() && data.hand_atlas.is_none(), "the last one named: {data:?}");
}

#[test]
fn null_takes_a_setting_back_and_an_empty_block_changes_nothing() {
    let folder = Folder::new(&[
        ("base.yaml", "train: { epochs: 3, ema: 0.5 }\nreport: { readme: README.md }\nimage: { size: 64 }\n"),
        ("spec.yaml", "extends: base.yaml\ntrain: { epochs: null, ema: null }\nreport: {}\nimage:\n"),
    ]);
    let loaded = folder.load("spec.yaml", &[]).unwrap();
    assert_eq!(epochs(&loaded), None);
    assert_eq!(loaded.spec.train.ema, Some(None), "given as none, so that an entry can say so too");
    assert_eq!(loaded.spec.report.readme.as_deref(), Some(Path::new("README.md")));
    assert_eq!(loaded.spec.image.size, None, "`image:` without a value is null");
    assert_eq!(folder.load("spec.yaml", &["report.readme="]).unwrap().spec.report.readme, None);
}

#[test]
fn name_and_title_belong_to_their_file() {
    let folder = Folder::new(&[
        ("base.yaml", "name: shared\ntitle: Shared\nseeds: [3]\n"),
        ("18epoch.yaml", "extends: base.yaml\n"),
        ("my spec.yaml", "extends: base.yaml\n"),
    ]);
    let base = folder.load("base.yaml", &[]).unwrap();
    assert_eq!((base.name.as_str(), base.title.as_str()), ("shared", "Shared"));
    let heir = folder.load("18epoch.yaml", &[]).unwrap();
    assert_eq!((heir.name.as_str(), heir.title.as_str()), ("18epoch", "18epoch"));
    assert_eq!(heir.spec.seeds, Some(vec![3]));
    assert_eq!(folder.load("my spec.yaml", &["name=mine"]).unwrap().title, "mine");
    assert_eq!(
        folder.refusal("my spec.yaml", &[]),
        "my spec.yaml: name: the file's name is the default here, and it must be letters, digits, '-', '_' or '.' and not start with \
         a dot, found \"my spec\"; give the spec a `name`"
    );
}

#[test]
fn a_cycle_is_shown_as_the_chain_that_it_is() {
    let folder = Folder::new(&[
        ("a.yaml", "extends: sub/b.yaml\n"),
        ("sub/b.yaml", "extends: ../c.yaml\n"),
        ("c.yaml", "extends: ./sub/../a.yaml\n"),
        ("self.yaml", "extends: self.yaml\n"),
    ]);
    assert_eq!(
        folder.refusal("a.yaml", &[]),
        "a.yaml extends sub/b.yaml extends sub/../c.yaml extends sub/.././sub/../a.yaml: a spec cannot extend itself; remove `extends` \
         from one of these files"
    );
    assert_eq!(
        folder.refusal("self.yaml", &[]),
        "self.yaml extends self.yaml: a spec cannot extend itself; remove `extends` from one of these files"
    );
}

#[test]
fn an_extended_file_is_found_by_its_folder_an_absolute_path_or_a_link() {
    let folder =
        Folder::new(&[("far/base.yaml", "seeds: [1]\ntrain: { epochs: 3 }\n"), ("near.yaml", "extends: far/base.yaml\nseeds: [2]\n")]);
    let absolute = format!("extends: {}\n", folder.path("far/base.yaml").display());
    folder.write("absolute.yaml", absolute.as_bytes());
    folder.write("left.yaml", b"extends: near.yaml\n");
    folder.write("right.yaml", b"extends: near.yaml\ntrain: { epochs: 9 }\n");
    assert_eq!(folder.load("absolute.yaml", &[]).unwrap().spec.seeds, Some(vec![1]));
    // Two specs may share what they extend; one spec cannot meet a file twice without a cycle.
    let [left, right] = ["left.yaml", "right.yaml"].map(|name| folder.load(name, &[]).unwrap());
    assert_eq!((left.spec.seeds.clone(), epochs(&left), epochs(&right)), (Some(vec![2]), Some(3), Some(9)));
}

#[cfg(unix)]
#[test]
fn a_cycle_through_a_link_is_found_and_so_is_a_link_to_itself() {
    let folder = Folder::new(&[("real.yaml", "extends: link.yaml\n"), ("loop.yaml", "extends: round.yaml\n")]);
    std::os::unix::fs::symlink("real.yaml", folder.path("link.yaml")).unwrap();
    std::os::unix::fs::symlink("round.yaml", folder.path("round.yaml")).unwrap();
    let refusal = folder.refusal("real.yaml", &[]);
    assert!(refusal.starts_with("real.yaml extends link.yaml: a spec cannot extend itself"), "{refusal}");
    let refusal = folder.refusal("loop.yaml", &[]);
    assert!(refusal.starts_with("loop.yaml:1:10: extends: round.yaml: cannot be opened: "), "{refusal}");
}

#[test]
fn a_chain_of_files_has_an_end() {
    let folder = Folder::new(&[("0.yaml", "seeds: [7]\n")]);
    for level in 1..40 {
        folder.write(&format!("{level}.yaml"), format!("extends: {}.yaml\n", level - 1).as_bytes());
    }
    assert_eq!(folder.load("31.yaml", &[]).unwrap().spec.seeds, Some(vec![7]));
    let refusal = folder.refusal("32.yaml", &[]);
    assert!(refusal.starts_with("1.yaml:1:10: extends: 0.yaml: is level 33 of a chain of files; 32 are read at most"), "{refusal}");
}

#[test]
fn paths_of_an_extended_file_stay_relative_to_the_working_folder() {
    let folder = Folder::new(&[
        ("sub/base.yaml", "data: { rsna: { images: films, labels: ./labels.csv }, exclude: out.csv }\nreport: { readme: README.md }\n"),
        ("spec.yaml", "extends: sub/base.yaml\n"),
    ]);
    let spec = folder.load("spec.yaml", &[]).unwrap().spec;
    let rsna = spec.data.rsna.unwrap();
    assert_eq!((rsna.images.as_deref(), rsna.labels.as_deref()), (Some(Path::new("films")), Some(Path::new("./labels.csv"))));
    assert_eq!((spec.data.exclude.as_deref(), spec.report.readme.as_deref()), (Some(Path::new("out.csv")), Some(Path::new("README.md"))));
}

#[test]
fn variables_are_read_in_paths_alone_and_only_where_the_path_is_used() {
    let home = std::env::var("HOME").expect("tests are run by somebody with a home folder");
    let folder = Folder::new(&[
        (
            "spec.yaml",
            "title: ${HOME} ~ $HOME\ndata: { rsna: { images: '${HOME}/films', labels: ~/labels.csv }, exclude: '${BENCH_RUN_NO_SUCH:-out.csv}' }\n\
             split: { file: ~/parts.csv }\nbackbones: [cnn: { label: $HOME ~, weights: '${HOME}/net.safetensors' }, vgg16]\n\
             matrix: { backbones.vgg16.weights: [null, ~/vgg.safetensors], include: [{ backbones.vgg16.weights: ~/x.safetensors }] }\n",
        ),
        ("unset.yaml", "seeds: [1]\ndata:\n  rsna: { images: films, labels: '${BENCH_RUN_NO_SUCH}/labels.csv' }\n"),
        ("heir.yaml", "extends: unset.yaml\n"),
        ("base.yaml", "extends: '${BENCH_RUN_NO_SUCH}/x.yaml'\n"),
        ("whole.yaml", "backbones: [cnn: { weights: '${BENCH_RUN_NO_SUCH}' }]\n"),
        ("named.yaml", "extends: '${BENCH_RUN_NO_SUCH:-unset}.yaml'\n"),
    ]);
    let refused = folder.refusal("spec.yaml", &["backbones=[cnn: { weights: 'hf:a/${HOME}' }]"]);
    assert!(refused.contains("${HOME}"), "a file on a hub is no path: {refused}");
    let loaded = folder.load("spec.yaml", &[]).unwrap();
    let spec = &loaded.spec;
    let rsna = spec.data.rsna.clone().unwrap();
    assert_eq!(rsna.images.unwrap().display().to_string(), format!("{home}/films"));
    assert_eq!(rsna.labels.unwrap().display().to_string(), format!("{home}/labels.csv"));
    assert_eq!(spec.data.exclude.as_deref(), Some(Path::new("out.csv")));
    assert_eq!(spec.split.file.as_ref().unwrap().display().to_string(), format!("{home}/parts.csv"));
    assert_eq!(spec.title.as_deref(), Some("${HOME} ~ $HOME"));
    let entries = spec.backbones.as_ref().unwrap();
    assert_eq!(entries[0].settings.label.as_deref(), Some("$HOME ~"));
    let weights: Vec<String> =
        entries.iter().map(|entry| entry.settings.weights.as_ref().map(ToString::to_string).unwrap_or_default()).collect();
    let of_home = |file: &str| format!("{home}/{file}.safetensors");
    assert_eq!(weights, [of_home("net"), String::new(), of_home("vgg"), of_home("x")]);

    let unset = "the variable BENCH_RUN_NO_SUCH is not set; set it (export BENCH_RUN_NO_SUCH=…), or write ${BENCH_RUN_NO_SUCH:-DEFAULT} for a default";
    let line = |refusal: String| refusal.lines().next().unwrap().to_owned();
    assert_eq!(line(folder.refusal("unset.yaml", &[])), format!("unset.yaml:3:34: data.rsna.labels: {unset}"));
    assert_eq!(line(folder.refusal("heir.yaml", &[])), format!("unset.yaml:3:34: data.rsna.labels: {unset}"), "where it is written");
    assert_eq!(line(folder.refusal("whole.yaml", &[])), format!("whole.yaml:1:29: backbones[0].cnn.weights: {unset}"));
    assert_eq!(line(folder.refusal("base.yaml", &[])), format!("base.yaml:1:10: extends: {unset}"));
    assert_eq!(folder.load("heir.yaml", &["data.rsna.labels=mine.csv"]).unwrap().spec.seeds, Some(vec![1]), "replaced before it is used");
    assert!(folder.load("heir.yaml", &["data.phantom={}"]).is_ok(), "another source takes its place");
    assert_eq!(folder.load("named.yaml", &["data.rsna.labels=mine.csv"]).unwrap().spec.seeds, Some(vec![1]));
    assert_eq!(
        folder.refusal("heir.yaml", &["data.rsna.labels=$LABELS"]),
        "--set data.rsna.labels=$LABELS: data.rsna.labels: `$LABELS` is not read; write ${LABELS} for the variable, or $$LABELS for a dollar sign"
    );
}

#[test]
fn an_argument_sets_whole_lists_nested_maps_nothing_and_text_with_any_sign() {
    let folder = Folder::new(&[("spec.yaml", "title: x\ntrain: { epochs: 3, ema: 0.5 }\nbackbones: [cnn]\nreport: { readme: a.md }\n")]);
    let sets = [
        "title=a=b, 'c' = d",
        "backbones=[vit: {preset: tiny, train: {epochs: 9}}, cnn]",
        "train={batch_size: 4, ema: null}",
        "report.readme=null",
        " train.optimizer = sgd",
        "matrix.train.epochs=[1, 2]",
    ];
    let loaded = folder.load("spec.yaml", &sets).unwrap();
    assert_eq!(loaded.title, "a=b, 'c' = d");
    assert_eq!(loaded.written[0].settings.train.epochs.unwrap().get(), 9);
    let train = &loaded.spec.train;
    assert_eq!((epochs(&loaded), train.batch_size.unwrap().get(), train.ema), (Some(3), 4, Some(None)), "a mapping is merged");
    assert_eq!((train.optimizer, loaded.spec.report.readme.as_ref()), (Some(crate::spec::Optimizer::Sgd), None));
    assert_eq!(loaded.rows.len(), 4);
    assert_eq!(folder.load("spec.yaml", &["title='a: \"b\" # c'"]).unwrap().title, "a: \"b\" # c");
}

#[test]
fn what_is_wrong_in_an_argument_is_said_as_for_a_file() {
    let folder = Folder::new(&[("spec.yaml", "train: { epochs: 3 }\nbackbones: [cnn]\n")]);
    let arguments = [
        "train.epoch=3",
        "train.epochs=three",
        "train={epochs: 2, bs: 3}",
        "backbones=[resnet]",
        "backbones[0].cnn.train.epochs=3",
        "backbones.0=cnn",
        "train.epochs",
        "=3",
        "train..epochs=3",
        "seeds=[1, 2",
        "extends=other.yaml",
        "matrix.train.epoch=[1]",
        "matrix.train.epochs=[1, many]",
        "data.exclude=${}",
    ];
    let said = arguments.map(|argument| folder.refusal("spec.yaml", &[argument]));
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_spec_extends_one_file() {
    let folder = Folder::new(&[("list.yaml", "extends: [a.yaml, b.yaml]\n")]);
    insta::assert_snapshot!(folder.refusal("list.yaml", &[]));
}

#[test]
fn a_file_that_is_no_text_is_refused_before_it_is_parsed() {
    let folder = Folder::new(&[("folder/spec.yaml", "")]);
    folder.write("film.yaml", &vec![b'x'; (64 << 10) + 1]);
    assert_eq!(folder.refusal("none.yaml", &[]), "none.yaml: there is no such file");
    assert_eq!(folder.refusal("film.yaml", &[]), "film.yaml: this is no spec: it is longer than 64 KiB");
    assert_eq!(folder.refusal("folder", &[]), "folder: this is a folder; give the spec file in it");
}

#[test]
fn anchors_may_repeat_a_block_and_a_fault_in_one_is_shown_where_it_is_written() {
    let folder = Folder::new(&[
        ("good.yaml", "backbones:\n  - vgg16: &slow { train: { learning_rate: 1.0e-4 } }\n  - vgg19: *slow\n"),
        ("bad.yaml", "backbones:\n  - vgg16: {}\n  - vit: { train: &t { epochs: 1 } }\n  - cnn: { train: *t, head: { hiden: [1] } }\n"),
    ]);
    let entries = folder.load("good.yaml", &[]).unwrap().spec.backbones.unwrap();
    assert_eq!(entries[0].settings, entries[1].settings);
    assert!(folder.refusal("bad.yaml", &[]).starts_with("bad.yaml:4:31: backbones[2].cnn.head.hiden: unknown key; did you mean `hidden`?"));
}

#[test]
fn a_file_of_nothing_but_faults_is_reported_up_to_a_limit() {
    let lines: Vec<String> = (0..5000).map(|number| format!("key{number}: 1")).collect();
    let text = lines.join("\n");
    let folder = Folder::new(&[("spec.yaml", &text)]);
    let Err(SpecError::Invalid(problems)) = folder.load("spec.yaml", &[]) else { panic!("expected problems") };
    assert_eq!(problems.len(), 21);
    assert_eq!(problems[19].key.to_string(), "key19");
    assert!(problems[20].to_string().ends_with("spec.yaml: there is more like this; mend these first"), "{}", problems[20]);
}
