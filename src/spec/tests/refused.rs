//! What the schema refuses in a single layer, with the words that it refuses it in.

use std::fs;

use crate::spec::load;

struct Case {
    what: &'static str,
    spec: &'static str,
    sets: &'static [&'static str],
    message: &'static str,
}

#[test]
fn every_fault_of_a_layer_has_its_place_and_its_words() {
    for Case { what, spec, sets, message } in CASES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spec.yaml");
        fs::write(&path, spec).unwrap();
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        let refusal = load(&path, &sets).expect_err(what);
        let shown = refusal.to_string().replace(&format!("{}/", folder.path().display()), "");
        assert_eq!(shown, *message, "{what}");
    }
}

#[rustfmt::skip]
const CASES: &[Case] = &[
    Case {
        what: "a word that is no crop",
        spec: "prepare: { crop: head }\n",
        sets: &[],
        message: r#"spec.yaml:1:18: prepare.crop: unknown word "head"; did you mean `hand`? (known: none, hand)
  |
1 | prepare: { crop: head }
  |                  ^"#,
    },
    Case {
        what: "more tiles than a film is divided into",
        spec: "prepare:\n  clahe: { clip_limit: 2, tiles: 65 }\n",
        sets: &[],
        message: r"spec.yaml:2:34: prepare.clahe.tiles: must be between 1 and 64, found 65
  |
2 |   clahe: { clip_limit: 2, tiles: 65 }
  |                                  ^",
    },
    Case {
        what: "an unknown key of a step",
        spec: "prepare:\n  clahe: { limit: 2 }\n",
        sets: &[],
        message: r"spec.yaml:2:12: prepare.clahe.limit: unknown key (known: clip_limit, tiles)
  |
2 |   clahe: { limit: 2 }
  |            ^",
    },
    Case {
        what: "a step that is neither on nor off",
        spec: "prepare: { clahe: 3 }\n",
        sets: &[],
        message: r"spec.yaml:1:19: prepare.clahe: expected true, false or {clip_limit, tiles}, found 3
  |
1 | prepare: { clahe: 3 }
  |                   ^",
    },
    Case {
        what: "an unknown key",
        spec: "data: { phantom: {} }\ntrain:\n  epoch: 3\n",
        sets: &[],
        message: r"spec.yaml:3:3: train.epoch: unknown key; did you mean `epochs`? (known: epochs, batch_size, micro_batch_size, optimizer, learning_rate, find_lr, backbone_learning_rate, weight_decay, schedule, plateau_patience, plateau_factor, warmup_epochs, loss, gradient_clip, ema, early_stop, precision, on_nan)
  |
3 |   epoch: 3
  |   ^",
    },
    Case {
        what: "an unknown key at the top",
        spec: "backbone: [cnn]\n",
        sets: &[],
        message: r"spec.yaml:1:1: backbone: unknown key; did you mean `backbones`? (known: name, title, extends, matrix, data, image, prepare, split, augment, head, train, backbones, seeds, report)
  |
1 | backbone: [cnn]
  | ^",
    },
    Case {
        what: "a key of another section",
        spec: "data: { phantom: {} }\nepochs: 3\n",
        sets: &[],
        message: r"spec.yaml:2:1: epochs: unknown key; did you mean `train.epochs`? (known: name, title, extends, matrix, data, image, prepare, split, augment, head, train, backbones, seeds, report)
  |
2 | epochs: 3
  | ^",
    },
    Case {
        what: "a common name for a key",
        spec: "train: { lr: 0.1 }\n",
        sets: &[],
        message: r"spec.yaml:1:10: train.lr: unknown key; did you mean `learning_rate`? (known: epochs, batch_size, micro_batch_size, optimizer, learning_rate, find_lr, backbone_learning_rate, weight_decay, schedule, plateau_patience, plateau_factor, warmup_epochs, loss, gradient_clip, ema, early_stop, precision, on_nan)
  |
1 | train: { lr: 0.1 }
  |          ^",
    },
    Case {
        what: "a key like no other",
        spec: "report: { colour: red }\n",
        sets: &[],
        message: r"spec.yaml:1:11: report.colour: unknown key (known: unit, accuracy_within, epoch, tta, readme)
  |
1 | report: { colour: red }
  |           ^",
    },
    Case {
        what: "an unknown source",
        spec: "data:\n  dicom: { root: films }\n",
        sets: &[],
        message: r"spec.yaml:2:3: data.dicom: unknown key (known: phantom, rsna, hand_atlas, csv, filename, exclude, on_bad, allow_leaks)
  |
2 |   dicom: { root: films }
  |   ^",
    },
    Case {
        what: "a key of an earlier version",
        spec: "data:\n  phantom: {}\n  problems: exclude\n",
        sets: &[],
        message: r"spec.yaml:3:3: data.problems: this key has another name now: write `on_bad: stop` for `fail`, `on_bad: skip` for `exclude`
  |
3 |   problems: exclude
  |   ^",
    },
    Case {
        what: "an unknown backbone",
        spec: "backbones: [cnn, resnet55]\n",
        sets: &[],
        message: r#"spec.yaml:1:18: backbones[1]: unknown word "resnet55"; did you mean `resnet50`? (known: vgg16, vgg19, resnet50, efficientnet_v2_s, vit, unet, cnn, attention, yolo, cervical_cnn)
  |
1 | backbones: [cnn, resnet55]
  |                  ^"#,
    },
    Case {
        what: "an unknown backbone with settings",
        spec: "backbones:\n  - cnn\n  - EfficientNet: { drop_path: 0.1 }\n",
        sets: &[],
        message: r#"spec.yaml:3:5: backbones[1].EfficientNet: unknown word "EfficientNet"; did you mean `efficientnet_v2_s`? (known: vgg16, vgg19, resnet50, efficientnet_v2_s, vit, unet, cnn, attention, yolo, cervical_cnn)
  |
3 |   - EfficientNet: { drop_path: 0.1 }
  |     ^"#,
    },
    Case {
        what: "two backbones in one entry",
        spec: "backbones:\n  - cnn: {}\n    vit: {}\n",
        sets: &[],
        message: r#"spec.yaml:2:5: backbones[0]: expected one backbone per list entry, found "vit" beside cnn
  |
2 |   - cnn: {}
  |     ^"#,
    },
    Case {
        what: "an unknown key of an entry",
        spec: "backbones:\n  - vit:\n      train: { warm_up: 2 }\n",
        sets: &[],
        message: r"spec.yaml:3:16: backbones[0].vit.train.warm_up: unknown key; did you mean `warmup_epochs`? (known: epochs, batch_size, micro_batch_size, optimizer, learning_rate, find_lr, backbone_learning_rate, weight_decay, schedule, plateau_patience, plateau_factor, warmup_epochs, loss, gradient_clip, ema, early_stop, precision, on_nan)
  |
3 |       train: { warm_up: 2 }
  |                ^",
    },
    Case {
        what: "an unknown word",
        spec: "train: { optimizer: adamm }\n",
        sets: &[],
        message: r#"spec.yaml:1:21: train.optimizer: unknown word "adamm"; did you mean `adam`? (known: adam, adamw, sgd)
  |
1 | train: { optimizer: adamm }
  |                     ^"#,
    },
    Case {
        what: "a number for a word",
        spec: "image: { fit: 3 }\n",
        sets: &[],
        message: r"spec.yaml:1:15: image.fit: expected one of pad, stretch, crop, found 3
  |
1 | image: { fit: 3 }
  |               ^",
    },
    Case {
        what: "a word for a number",
        spec: "train:\n  learning_rate: fast\n",
        sets: &[],
        message: r#"spec.yaml:2:18: train.learning_rate: expected a number, found "fast"
  |
2 |   learning_rate: fast
  |                  ^"#,
    },
    Case {
        what: "a quoted number",
        spec: "train:\n  epochs: \"3\"\n",
        sets: &[],
        message: r#"spec.yaml:2:11: train.epochs: expected a number, found "3"; write it without quotes
  |
2 |   epochs: "3"
  |           ^"#,
    },
    Case {
        what: "a fraction for a count",
        spec: "train: { batch_size: 2.5 }\n",
        sets: &[],
        message: r"spec.yaml:1:22: train.batch_size: expected a whole number, found 2.5
  |
1 | train: { batch_size: 2.5 }
  |                      ^",
    },
    Case {
        what: "too few",
        spec: "train:\n  epochs: 0\n",
        sets: &[],
        message: r"spec.yaml:2:11: train.epochs: must be at least 1, found 0
  |
2 |   epochs: 0
  |           ^",
    },
    Case {
        what: "a negative seed",
        spec: "split: { seed: -1 }\n",
        sets: &[],
        message: r"spec.yaml:1:16: split.seed: expected a whole number of at least 0, found -1
  |
1 | split: { seed: -1 }
  |                ^",
    },
    Case {
        what: "a number beyond 64 bits",
        spec: "seeds: [0, 99999999999999999999]\n",
        sets: &[],
        message: r"spec.yaml:1:12: the whole number 99999999999999999999 has more than 64 bits; no setting takes it
  |
1 | seeds: [0, 99999999999999999999]
  |            ^",
    },
    Case {
        what: "a share above one",
        spec: "split: { val: 20 }\n",
        sets: &[],
        message: r"spec.yaml:1:15: split.val: must be at least 0 and below 1, found 20
  |
1 | split: { val: 20 }
  |               ^",
    },
    Case {
        what: "not a number",
        spec: "train: { learning_rate: .nan }\n",
        sets: &[],
        message: r"spec.yaml:1:25: train.learning_rate: must be above 0, found NaN
  |
1 | train: { learning_rate: .nan }
  |                         ^",
    },
    Case {
        what: "two channels",
        spec: "image: { channels: 2 }\n",
        sets: &[],
        message: r"spec.yaml:1:20: image.channels: must be 1 (grey) or 3 (RGB), found 2
  |
1 | image: { channels: 2 }
  |                    ^",
    },
    Case {
        what: "half a size",
        spec: "image:\n  size: { height: 64 }\n",
        sets: &[],
        message: r"spec.yaml:2:9: image.size: the key `width` is missing; give it
  |
2 |   size: { height: 64 }
  |         ^",
    },
    Case {
        what: "a word for a size",
        spec: "image: { size: big }\n",
        sets: &[],
        message: r#"spec.yaml:1:16: image.size: expected a number of pixels or {height, width}, found "big"
  |
1 | image: { size: big }
  |                ^"#,
    },
    Case {
        what: "a value for a list",
        spec: "backbones: cnn\n",
        sets: &[],
        message: r#"spec.yaml:1:12: backbones: expected a list, found "cnn"; write it as [a, b]
  |
1 | backbones: cnn
  |            ^"#,
    },
    Case {
        what: "a list for a block",
        spec: "train: [epochs, 3]\n",
        sets: &[],
        message: r"spec.yaml:1:8: train: expected a mapping of keys, found a list
  |
1 | train: [epochs, 3]
  |        ^",
    },
    Case {
        what: "a number for text",
        spec: "title: 10\n",
        sets: &[],
        message: r"spec.yaml:1:8: title: expected text, found 10; put it in quotes if it is meant as text
  |
1 | title: 10
  |        ^",
    },
    Case {
        what: "a name that is no folder",
        spec: "name: ../up\n",
        sets: &[],
        message: r#"spec.yaml:1:7: name: must be letters, digits, '-', '_' or '.' and not start with a dot, found "../up"
  |
1 | name: ../up
  |       ^"#,
    },
    Case {
        what: "a word for a yes or no",
        spec: "head: { sex: yes }\n",
        sets: &[],
        message: r#"spec.yaml:1:14: head.sex: expected true or false, found "yes"
  |
1 | head: { sex: yes }
  |              ^"#,
    },
    Case {
        what: "a missing key and its block",
        spec: "augment:\n  balance: {}\n",
        sets: &[],
        message: r"spec.yaml:2:12: augment.balance: the key `by` is missing; give it
  |
2 |   balance: {}
  |            ^",
    },
    Case {
        what: "a wrong value does not make its key missing",
        spec: "augment: { balance: { by: [weight] } }\n",
        sets: &[],
        message: r#"spec.yaml:1:28: augment.balance.by[0]: unknown word "weight" (known: age, sex, race)
  |
1 | augment: { balance: { by: [weight] } }
  |                            ^"#,
    },
    Case {
        what: "a repeated key",
        spec: "train:\n  epochs: 3\n  batch_size: 4\n  epochs: 5\n",
        sets: &[],
        message: r"spec.yaml:4:3: train.epochs: this key is given twice; keep one
  |
4 |   epochs: 5
  |   ^",
    },
    Case {
        what: "all faults of a file at once",
        spec: "train: { epochs: 0, loss: msee }\nseeds: [0, x, 1, -2]\ncolour: red\n",
        sets: &[],
        message: r#"spec.yaml:1:18: train.epochs: must be at least 1, found 0
  |
1 | train: { epochs: 0, loss: msee }
  |                  ^
spec.yaml:1:27: train.loss: unknown word "msee"; did you mean `mse`? (known: mse, mae, huber, distribution)
  |
1 | train: { epochs: 0, loss: msee }
  |                           ^
spec.yaml:2:12: seeds[1]: expected a whole number, found "x"
  |
2 | seeds: [0, x, 1, -2]
  |            ^
spec.yaml:2:18: seeds[3]: expected a whole number of at least 0, found -2
  |
2 | seeds: [0, x, 1, -2]
  |                  ^
spec.yaml:3:1: colour: unknown key (known: name, title, extends, matrix, data, image, prepare, split, augment, head, train, backbones, seeds, report)
  |
3 | colour: red
  | ^"#,
    },
    Case {
        what: "a tab",
        spec: "train:\n\tepochs: 3\n",
        sets: &[],
        message: "spec.yaml:2:1: not valid YAML: found character that cannot start any token, while scanning for the next token; indent with spaces, not tabs, and put text that begins with a special character in quotes\n  |\n2 | \tepochs: 3\n  | ^",
    },
    Case {
        what: "a colon in text",
        spec: "title: hands: left\n",
        sets: &[],
        message: r"spec.yaml:1:13: not valid YAML: mapping values are not allowed in this context; put text that has a colon in quotes, and begin each key on a line of its own
  |
1 | title: hands: left
  |             ^",
    },
    Case {
        what: "an open bracket",
        spec: "seeds: [0, 1\ntitle: x\n",
        sets: &[],
        message: r"spec.yaml:2:6: not valid YAML: did not find expected ',' or ']', while parsing a flow sequence at line 1 column 8
  |
2 | title: x
  |      ^",
    },
    Case {
        what: "an unquoted pattern without more",
        spec: "data: { filename: { pattern: {id} } }\n",
        sets: &[],
        message: r"spec.yaml:1:30: data.filename.pattern: expected text or a list of texts, found a mapping; put it in quotes if it is meant as text
  |
1 | data: { filename: { pattern: {id} } }
  |                              ^",
    },
    Case {
        what: "no pattern in the list",
        spec: "data: { filename: { pattern: [] } }\n",
        sets: &[],
        message: r"spec.yaml:1:30: data.filename.pattern: expected at least one pattern, found an empty list
  |
1 | data: { filename: { pattern: [] } }
  |                              ^",
    },
    Case {
        what: "an unquoted pattern",
        spec: "data: { filename: { pattern: {id}-{age}.jpg } }\n",
        sets: &[],
        message: r"spec.yaml:1:34: not valid YAML: did not find expected ',' or '}', while parsing a flow mapping at line 1 column 19
  |
1 | data: { filename: { pattern: {id}-{age}.jpg } }
  |                                  ^",
    },
    Case {
        what: "a tag",
        spec: "title: !big hands\n",
        sets: &[],
        message: r"spec.yaml:1:8: the tag `!big` means nothing in a spec; put the value in quotes if it is text
  |
1 | title: !big hands
  |        ^",
    },
    Case {
        what: "a merge key",
        spec: "base: &base { epochs: 3 }\ntrain: { <<: *base }\n",
        sets: &[],
        message: r"spec.yaml:1:1: base: unknown key (known: name, title, extends, matrix, data, image, prepare, split, augment, head, train, backbones, seeds, report)
  |
1 | base: &base { epochs: 3 }
  | ^
spec.yaml:2:10: train.<<: merge keys are no part of a spec; use `extends`, or write the keys out
  |
2 | train: { <<: *base }
  |          ^",
    },
    Case {
        what: "an anchor that is nowhere",
        spec: "train: *base\n",
        sets: &[],
        message: r"spec.yaml:1:8: not valid YAML: unknown anchor
  |
1 | train: *base
  |        ^",
    },
    Case {
        what: "a list as a key",
        spec: "? [a, b]\n: 3\n",
        sets: &[],
        message: r"spec.yaml:1:3: not valid YAML: invalid type: sequence, expected a word as the key of a mapping; lists and mappings cannot be keys
  |
1 | ? [a, b]
  |   ^",
    },
    Case {
        what: "two documents",
        spec: "title: one\n---\ntitle: two\n",
        sets: &[],
        message: r"spec.yaml:3:1: a second document begins here; a spec is one document, so put it into a file of its own
  |
3 | title: two
  | ^",
    },
    Case {
        what: "an empty file",
        spec: "",
        sets: &[],
        message: "spec.yaml: there is nothing in this file; a spec has at least `data:` and `backbones:`",
    },
    Case {
        what: "a file of comments",
        spec: "# nothing yet\n\n",
        sets: &[],
        message: "spec.yaml: there is nothing in this file; a spec has at least `data:` and `backbones:`",
    },
    Case {
        what: "a file of text",
        spec: "hello\n",
        sets: &[],
        message: r#"spec.yaml:1:1: expected a mapping of keys, found "hello"; a spec begins with keys such as `data:` and `backbones:`
  |
1 | hello
  | ^"#,
    },
    Case {
        what: "a control character",
        spec: "title: a\u{7}b\n",
        sets: &[],
        message: r"spec.yaml:1:9: a control character stands here, which YAML forbids; remove it
  |
1 | title: a�b
  |         ^",
    },
    Case {
        what: "a decimal comma",
        spec: "train: { learning_rate: \"0,1\" }\n",
        sets: &[],
        message: r#"spec.yaml:1:25: train.learning_rate: expected a number, found "0,1"
  |
1 | train: { learning_rate: "0,1" }
  |                         ^"#,
    },
    Case {
        what: "a number with a unit",
        spec: "image: { size: 96px }\n",
        sets: &[],
        message: r#"spec.yaml:1:16: image.size: expected a number of pixels or {height, width}, found "96px"
  |
1 | image: { size: 96px }
  |                ^"#,
    },
    Case {
        what: "a value in a long line",
        spec: "# wide\ntrain: { epochs: 10, batch_size: 16, optimizer: adam, learning_rate: 1.0e-3, weight_decay: 0.0, schedule: constnt, warmup_epochs: 0, loss: mse }\n",
        sets: &[],
        message: r#"spec.yaml:2:107: train.schedule: unknown word "constnt"; did you mean `constant`? (known: constant, cosine, step, one_cycle, plateau)
  |
2 | : adam, learning_rate: 1.0e-3, weight_decay: 0.0, schedule: constnt, warmup_epochs: 0, loss: mse }
  |                                                             ^"#,
    },
    Case {
        what: "a character that is more than one byte",
        spec: "title: \"größe µ\"\naugment: { rotate: µ }\n",
        sets: &[],
        message: r#"spec.yaml:2:20: augment.rotate: expected a number, found "µ"
  |
2 | augment: { rotate: µ }
  |                    ^"#,
    },
    Case {
        what: "--set without a value",
        spec: "data: { phantom: {} }\n",
        sets: &["train.epochs"],
        message: "--set train.epochs: expected key.path=value, such as train.epochs=3",
    },
    Case {
        what: "--set without a key",
        spec: "data: { phantom: {} }\n",
        sets: &["train..epochs=3"],
        message: "--set train..epochs=3: expected a key path such as train.epochs before the `=`, found \"train..epochs\"",
    },
    Case {
        what: "--set of an unknown key",
        spec: "data: { phantom: {} }\n",
        sets: &["train.epoch=3"],
        message: "--set train.epoch=3: train.epoch: unknown key; did you mean `epochs`? (known: epochs, batch_size, micro_batch_size, optimizer, learning_rate, find_lr, backbone_learning_rate, weight_decay, schedule, plateau_patience, plateau_factor, warmup_epochs, loss, gradient_clip, ema, early_stop, precision, on_nan)",
    },
    Case {
        what: "--set of a wrong value",
        spec: "data: { phantom: {} }\n",
        sets: &["train.epochs=none"],
        message: "--set train.epochs=none: train.epochs: expected a whole number, found \"none\"",
    },
    Case {
        what: "--set into a list",
        spec: "backbones: [cnn]\n",
        sets: &["backbones.0.train.epochs=3"],
        message: "--set backbones.0.train.epochs=3: backbones: expected a list, found a mapping; write it as [a, b]; --set replaces whole lists and cannot reach into one",
    },
    Case {
        what: "--set of what is not YAML",
        spec: "data: { phantom: {} }\n",
        sets: &["title=[a"],
        message: "--set title=[a: title: not valid YAML: did not find expected ',' or ']', while parsing a flow sequence; put text in quotes",
    },
    Case {
        what: "--set of extends",
        spec: "data: { phantom: {} }\n",
        sets: &["extends=other.yaml"],
        message: "--set extends=other.yaml: extends: a spec extends another by a line in its file, not by --set",
    },
    Case {
        what: "faults of a file and of the arguments",
        spec: "train: { epochs: 0 }\n",
        sets: &["seeds=1", "image.size=0"],
        message: r"spec.yaml:1:18: train.epochs: must be at least 1, found 0
  |
1 | train: { epochs: 0 }
  |                  ^
--set seeds=1: seeds: expected a list, found 1; write it as [a, b]
--set image.size=0: image.size: must be at least 1, found 0",
    },
    Case {
        what: "weights in a format that can hold programs",
        spec: "backbones:\n  - resnet50: { weights: resnet50.pth }\n",
        sets: &[],
        message: r#"spec.yaml:2:26: backbones[0].resnet50.weights: must be a .safetensors file, found "resnet50.pth", whose format can hold programs; convert it with `safetensors.torch.save_file` in Python
  |
2 |   - resnet50: { weights: resnet50.pth }
  |                          ^"#,
    },
    Case {
        what: "a hub file without an owner",
        spec: "backbones:\n  - resnet50: { weights: \"hf:resnet50\" }\n",
        sets: &[],
        message: r#"spec.yaml:2:26: backbones[0].resnet50.weights: "hf:resnet50": it names no repository of an owner; expected hf:OWNER/NAME[@REVISION][/FILE], such as hf:timm/resnet50.a1_in1k
  |
2 |   - resnet50: { weights: "hf:resnet50" }
  |                          ^"#,
    },
    Case {
        what: "an unknown word for how often a class is drawn",
        spec: "augment: { balance: { by: [age], to: most } }\n",
        sets: &[],
        message: r#"spec.yaml:1:38: augment.balance.to: unknown word "most" (known: mean, max)
  |
1 | augment: { balance: { by: [age], to: most } }
  |                                      ^"#,
    },
    Case {
        what: "no film of a class",
        spec: "augment: { balance: { by: [age], to: 0 } }\n",
        sets: &[],
        message: r"spec.yaml:1:38: augment.balance.to: must be at least 1, found 0
  |
1 | augment: { balance: { by: [age], to: 0 } }
  |                                      ^",
    },
    Case {
        what: "numbers of training that are none",
        spec: "train: { micro_batch_size: 0, plateau_factor: 1, plateau_patience: -1, find_lr: 3, loss: distributed, schedule: onecycle }\nhead: { age_bins: 12 }\nreport: { tta: 1 }\n",
        sets: &[],
        message: r#"spec.yaml:1:28: train.micro_batch_size: must be at least 1, found 0
  |
1 | train: { micro_batch_size: 0, plateau_factor: 1, plateau_patience: -1, find_lr: 3, loss
  |                            ^
spec.yaml:1:47: train.plateau_factor: must be above 0 and below 1, found 1
  |
1 | train: { micro_batch_size: 0, plateau_factor: 1, plateau_patience: -1, find_lr: 3, loss: distributed, sche
  |                                               ^
spec.yaml:1:68: train.plateau_patience: must be at least 0, found -1
  |
1 | { micro_batch_size: 0, plateau_factor: 1, plateau_patience: -1, find_lr: 3, loss: distributed, schedule: onecycle }
  |                                                             ^
spec.yaml:1:81: train.find_lr: expected true or false, found 3
  |
1 | _size: 0, plateau_factor: 1, plateau_patience: -1, find_lr: 3, loss: distributed, schedule: onecycle }
  |                                                             ^
spec.yaml:1:90: train.loss: unknown word "distributed"; did you mean `distribution`? (known: mse, mae, huber, distribution)
  |
1 |  plateau_factor: 1, plateau_patience: -1, find_lr: 3, loss: distributed, schedule: onecycle }
  |                                                             ^
spec.yaml:1:113: train.schedule: unknown word "onecycle"; did you mean `one_cycle`? (known: constant, cosine, step, one_cycle, plateau)
  |
1 | teau_patience: -1, find_lr: 3, loss: distributed, schedule: onecycle }
  |                                                             ^
spec.yaml:2:19: head.age_bins: must be at least 16, found 12
  |
2 | head: { age_bins: 12 }
  |                   ^
spec.yaml:3:16: report.tta: must be at least 2, found 1
  |
3 | report: { tta: 1 }
  |                ^"#,
    },
];
