//! What is refused because the values of a spec contradict each other or ask a network for what it cannot do.

use std::fs;

use super::MACHINE;
use crate::plan::expand;
use crate::spec::load;

struct Case {
    what: &'static str,
    spec: &'static str,
    sets: &'static [&'static str],
    message: &'static str,
}

#[test]
fn every_contradiction_has_its_place_and_its_words() {
    for Case { what, spec, sets, message } in CASES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spec.yaml");
        fs::write(&path, spec).unwrap();
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        let loaded = load(&path, &sets).expect(what);
        let refusal = expand(&loaded, &MACHINE).expect_err(what);
        let shown = refusal.to_string().replace(&format!("{}/", folder.path().display()), "");
        assert_eq!(shown, *message, "{what}");
    }
}

#[rustfmt::skip]
const CASES: &[Case] = &[
    Case {
        what: "nothing at all is chosen",
        spec: "title: x\n",
        sets: &[],
        message: r"spec.yaml: data: expected exactly one source of films, found none (known: phantom, rsna, hand_atlas, csv, filename); `phantom: {}` needs no files
spec.yaml: backbones: expected a list of at least one network, found none (known: vgg16, vgg19, resnet50, efficientnet_v2_s, vit, unet, cnn, attention, yolo, cervical_cnn)",
    },
    Case {
        what: "two sources",
        spec: "data:\n  phantom: {}\n  hand_atlas: { root: films }\nbackbones: [cnn]\n",
        sets: &[],
        message: r"spec.yaml:2:3: data: expected exactly one source of films, found phantom and hand_atlas; keep one
  |
2 |   phantom: {}
  |   ^",
    },
    Case {
        what: "a source without its folders",
        spec: "data:\n  rsna: {}\nbackbones: [cnn]\n",
        sets: &[],
        message: r"spec.yaml:2:9: data.rsna.images: not given; give it in the spec or by --set data.rsna.images=DIR
  |
2 |   rsna: {}
  |         ^
spec.yaml:2:9: data.rsna.labels: not given; give it in the spec or by --set data.rsna.labels=FILE
  |
2 |   rsna: {}
  |         ^",
    },
    Case {
        what: "a table without its unit",
        spec: "data:\n  csv: { images: films, labels: labels.csv }\nbackbones: [cnn]\n",
        sets: &[],
        message: r"spec.yaml:2:8: data.csv.unit: not given; give it in the spec or by --set data.csv.unit=years
  |
2 |   csv: { images: films, labels: labels.csv }
  |        ^",
    },
    Case {
        what: "a pattern without an age",
        spec: "data:\n  filename: { root: films, pattern: '{id}.jpg', unit: years }\nbackbones: [cnn]\n",
        sets: &[],
        message: r#"spec.yaml:2:37: data.filename.pattern: expected a pattern with {age}, such as "{id}-{age}-{sex}.jpg"
  |
2 |   filename: { root: films, pattern: '{id}.jpg', unit: years }
  |                                     ^"#,
    },
    Case {
        what: "one pattern of several without an age",
        spec: "data:\n  filename: { root: films, pattern: ['{id}-{age}.jpg', '{id}.jpg'], unit: years }\nbackbones: [cnn]\n",
        sets: &[],
        message: r#"spec.yaml:2:37: data.filename.pattern: expected a pattern with {age}, such as "{id}-{age}-{sex}.jpg"
  |
2 |   filename: { root: films, pattern: ['{id}-{age}.jpg', '{id}.jpg'], unit: years }
  |                                     ^"#,
    },
    Case {
        what: "a share for the test part beside a test table, which lacks its labels",
        spec: "data: { rsna: { images: a, labels: a.csv, test: { images: b } } }\nsplit: { test: 0.1 }\nbackbones: [cnn]\n",
        sets: &[],
        message: r"spec.yaml:1:49: data.rsna.test.labels: not given; give it in the spec or by --set data.rsna.test.labels=FILE
  |
1 | data: { rsna: { images: a, labels: a.csv, test: { images: b } } }
  |                                                 ^
spec.yaml:2:16: split.test: data.rsna.test names the films of the test part already; remove one of the two
  |
2 | split: { test: 0.1 }
  |                ^",
    },
    Case {
        what: "settings of a split beside the file that gives it",
        spec: "data: { phantom: {} }\nsplit: { file: splits.csv, val: 0.2, seed: 1 }\nbackbones: [cnn]\n",
        sets: &[],
        message: r"spec.yaml:2:33: split.val: split.file says already which film belongs to which part; remove one of the two
  |
2 | split: { file: splits.csv, val: 0.2, seed: 1 }
  |                                 ^
spec.yaml:2:44: split.seed: split.file says already which film belongs to which part; remove one of the two
  |
2 | split: { file: splits.csv, val: 0.2, seed: 1 }
  |                                            ^",
    },
    Case {
        what: "no backbone in the list",
        spec: "data: { phantom: {} }\nbackbones: []\n",
        sets: &[],
        message: r"spec.yaml:2:12: backbones: expected a list of at least one network, found none (known: vgg16, vgg19, resnet50, efficientnet_v2_s, vit, unet, cnn, attention, yolo, cervical_cnn)
  |
2 | backbones: []
  |            ^",
    },
    Case {
        what: "one backbone twice",
        spec: "data: { phantom: {} }\nbackbones:\n  - vgg16\n  - cnn\n  - vgg16: { train: { epochs: 3 } }\n",
        sets: &[],
        message: r#"spec.yaml:5:12: backbones[2].vgg16: the row name "VGG16" is taken by backbones[0]; give backbones[2] a `label`, or leave it out
  |
5 |   - vgg16: { train: { epochs: 3 } }
  |            ^"#,
    },
    Case {
        what: "two variants under one label",
        spec: "data: { phantom: {} }\nbackbones: [{ vit: { label: A } }, { yolo: { label: A } }]\n",
        sets: &[],
        message: r#"spec.yaml:2:44: backbones[1].yolo: the row name "A" is taken by backbones[0]; give backbones[1] a `label`, or leave it out
  |
2 | backbones: [{ vit: { label: A } }, { yolo: { label: A } }]
  |                                            ^"#,
    },
    Case {
        what: "nothing left for training",
        spec: "data: { phantom: {} }\nbackbones: [cnn]\nsplit: { test: 0.9 }\n",
        sets: &[],
        message: r"spec.yaml:3:8: split: val 0.2 and test 0.9 leave nothing for training; together they must be below 1
  |
3 | split: { test: 0.9 }
  |        ^",
    },
    Case {
        what: "a validation part beside folds",
        spec: "data: { phantom: {} }\nbackbones: [cnn]\nsplit: { val: 0.2, folds: 5 }\n",
        sets: &[],
        message: r"spec.yaml:3:15: split.val: found val 0.2 beside folds 5, where each fold is the validation part once; remove one of the two (null removes what an extended spec gives)
  |
3 | split: { val: 0.2, folds: 5 }
  |               ^",
    },
    Case {
        what: "the best epoch of no validation part",
        spec: "data: { phantom: {} }\nbackbones:\n  - cnn: { train: { early_stop: 3 } }\nsplit: { val: 0 }\nreport: { epoch: best }\n",
        sets: &[],
        message: r"spec.yaml:5:18: report.epoch: `best` needs a validation part, and split.val is 0; give split.val or split.folds
  |
5 | report: { epoch: best }
  |                  ^
spec.yaml:3:33: backbones[0].cnn.train.early_stop: needs a validation part, and split.val is 0; give split.val or split.folds
  |
3 |   - cnn: { train: { early_stop: 3 } }
  |                                 ^",
    },
    Case {
        what: "a setting of another network",
        spec: "data: { phantom: {} }\nbackbones:\n  - vgg16: { scale: s }\n  - yolo: { preset: tiny, drop_path: 0.1 }\n",
        sets: &[],
        message: r"spec.yaml:3:21: backbones[0].vgg16.scale: vgg16 has no such setting; `scale` belongs to yolo, remove it
  |
3 |   - vgg16: { scale: s }
  |                     ^
spec.yaml:4:21: backbones[1].yolo.preset: yolo has no such setting; `preset` belongs to vit, remove it
  |
4 |   - yolo: { preset: tiny, drop_path: 0.1 }
  |                     ^
spec.yaml:4:38: backbones[1].yolo.drop_path: yolo has no such setting; `drop_path` belongs to efficientnet_v2_s and vit, remove it
  |
4 |   - yolo: { preset: tiny, drop_path: 0.1 }
  |                                      ^",
    },
    Case {
        what: "a film too small for a network",
        spec: "data: { phantom: {} }\nimage: { size: 8 }\nbackbones: [vgg19, cervical_cnn, vit]\n",
        sets: &[],
        message: r"spec.yaml:2:16: image.size: vgg19 needs images of at least 32×32 pixels, found 8×8 (entry VGG19); change image.size, or leave the entry out
  |
2 | image: { size: 8 }
  |                ^
spec.yaml:2:16: image.size: vit needs sides that are multiples of its patch_size 16, with at least 4 patches in all, found 8×8 (entry Vision Transformer); change image.size, or leave the entry out
  |
2 | image: { size: 8 }
  |                ^",
    },
    Case {
        what: "a film too small for one entry",
        spec: "data: { phantom: {} }\nbackbones:\n  - cnn\n  - vgg16: { image: { size: { height: 64, width: 31 } } }\n",
        sets: &[],
        message: r"spec.yaml:4:29: backbones[1].vgg16.image.size: vgg16 needs images of at least 32×32 pixels, found 64×31 (entry VGG16); change image.size, or leave the entry out
  |
4 |   - vgg16: { image: { size: { height: 64, width: 31 } } }
  |                             ^",
    },
    Case {
        what: "a film too large for any network",
        spec: "data: { phantom: {} }\nbackbones: [cnn, vit]\nimage: { size: 4000000000 }\n",
        sets: &[],
        message: r"spec.yaml:3:16: image.size: expected sides of at most 8192 pixels, found 4000000000×4000000000
  |
3 | image: { size: 4000000000 }
  |                ^",
    },
    Case {
        what: "a class token where there is none",
        spec: "data: { phantom: {} }\nhead: { pool: token }\nbackbones: [vit, cnn]\n",
        sets: &[],
        message: r"spec.yaml:2:15: head.pool: `token` is the class token of a vit, which cnn has not; use avg, max or flatten
  |
2 | head: { pool: token }
  |               ^",
    },
    Case {
        what: "a warm-up longer than the training",
        spec: "data: { phantom: {} }\ntrain: { warmup_epochs: 4 }\nbackbones:\n  - cnn\n  - unet: { train: { epochs: 3 } }\n",
        sets: &[],
        message: r"spec.yaml:5:30: backbones[1].unet.train.epochs: found 4 warmup_epochs of 3 epochs; the warm-up must end with the training at the latest
  |
5 |   - unet: { train: { epochs: 3 } }
  |                              ^",
    },
    Case {
        what: "a warm-up longer than the training, for all",
        spec: "data: { phantom: {} }\ntrain: { warmup_epochs: 4, epochs: 2 }\nbackbones: [cnn, unet]\n",
        sets: &[],
        message: r"spec.yaml:2:25: train.warmup_epochs: found 4 warmup_epochs of 2 epochs; the warm-up must end with the training at the latest
  |
2 | train: { warmup_epochs: 4, epochs: 2 }
  |                         ^",
    },
    Case {
        what: "a seed twice",
        spec: "data: { phantom: {} }\nbackbones: [cnn]\nseeds: [0, 1, 0]\n",
        sets: &[],
        message: r"spec.yaml:3:15: seeds[2]: the seed 0 is given twice; the second run would repeat the first
  |
3 | seeds: [0, 1, 0]
  |               ^",
    },
    Case {
        what: "no seed",
        spec: "data: { phantom: {} }\nbackbones: [cnn]\nseeds: []\n",
        sets: &[],
        message: r"spec.yaml:3:8: seeds: expected at least one seed, found an empty list
  |
3 | seeds: []
  |        ^",
    },
    Case {
        what: "balancing by nothing, stratifying twice",
        spec: "data: { phantom: {} }\nbackbones: [cnn]\naugment: { balance: { by: [] } }\nsplit: { stratify: [age, age] }\n",
        sets: &[],
        message: r"spec.yaml:4:26: split.stratify[1]: is named twice; name it once
  |
4 | split: { stratify: [age, age] }
  |                          ^
spec.yaml:3:27: augment.balance.by: expected at least one of age, sex, race, found an empty list; or remove `balance`
  |
3 | augment: { balance: { by: [] } }
  |                           ^",
    },
    Case {
        what: "an empty label",
        spec: "data: { phantom: {} }\nbackbones:\n  - cnn: { label: '' }\n",
        sets: &[],
        message: r"spec.yaml:3:19: backbones[0].cnn.label: expected one line of text for the row's name
  |
3 |   - cnn: { label: '' }
  |                   ^",
    },
    Case {
        what: "a problem that an argument brings",
        spec: "data: { phantom: {} }\nbackbones: [vgg16]\n",
        sets: &["image.size=8"],
        message: "--set image.size=8: image.size: vgg16 needs images of at least 32×32 pixels, found 8×8 (entry VGG16); change image.size, or leave the entry out",
    },
    Case {
        what: "a frozen trunk that was never trained",
        spec: "data: { phantom: {} }\nbackbones:\n  - resnet50: { freeze: backbone }\n",
        sets: &[],
        message: r"spec.yaml:3:25: backbones[0].resnet50.freeze: would keep weights that nobody trained, for the entry names none; give it `weights`, or remove `freeze`
  |
3 |   - resnet50: { freeze: backbone }
  |                         ^",
    },
    Case {
        what: "an end of a freeze that never began, and one after the last epoch",
        spec: "data: { phantom: {} }\ntrain: { epochs: 5 }\nbackbones:\n  - resnet50: { weights: a.safetensors, unfreeze_at: 3 }\n  - vgg16: { weights: a.safetensors, freeze: stem, unfreeze_at: 6 }\n",
        sets: &[],
        message: r"spec.yaml:4:54: backbones[0].resnet50.unfreeze_at: nothing is frozen; give `freeze`, or remove `unfreeze_at`
  |
4 |   - resnet50: { weights: a.safetensors, unfreeze_at: 3 }
  |                                                      ^
spec.yaml:5:65: backbones[1].vgg16.unfreeze_at: found epoch 6 of 5; give an earlier one, or remove `unfreeze_at` to keep it frozen to the end
  |
5 | vgg16: { weights: a.safetensors, freeze: stem, unfreeze_at: 6 }
  |                                                             ^",
    },
    Case {
        what: "weights that are not there",
        spec: "data: { phantom: {} }\nbackbones:\n  - cnn\n  - resnet50:\n      weights: missing.safetensors\n",
        sets: &[],
        message: r"spec.yaml:5:16: backbones[1].resnet50.weights: there is no such file
  |
5 |       weights: missing.safetensors
  |                ^",
    },
    Case {
        what: "colours of a grey film",
        spec: "data: { phantom: {} }\naugment: { tint: 0.1 }\nbackbones: [cnn]\n",
        sets: &[],
        message: r"spec.yaml:2:18: augment.tint: changes colours, and the films are grey; use brightness and contrast, or image.channels: 3
  |
2 | augment: { tint: 0.1 }
  |                  ^",
    },
    Case {
        what: "micro-batches that split nothing",
        spec: "data: { phantom: {} }\ntrain: { micro_batch_size: 8 }\nbackbones:\n  - cnn\n  - unet: { train: { batch_size: 8 } }\n  - vgg16: { train: { micro_batch_size: 16 } }\n",
        sets: &[],
        message: r"spec.yaml:5:34: backbones[1].unet.train.batch_size: found micro_batch_size 8 of batch_size 8, which splits nothing; give a smaller one, or null for whole batches
  |
5 |   - unet: { train: { batch_size: 8 } }
  |                                  ^
spec.yaml:6:41: backbones[2].vgg16.train.micro_batch_size: found micro_batch_size 16 of batch_size 16, which splits nothing; give a smaller one, or null for whole batches
  |
6 |   - vgg16: { train: { micro_batch_size: 16 } }
  |                                         ^",
    },
    Case {
        what: "two rises, one for all and one for an entry",
        spec: "data: { phantom: {} }\ntrain: { warmup_epochs: 1 }\nbackbones:\n  - cnn: { train: { schedule: one_cycle, warmup_epochs: 0 } }\n  - unet: { train: { schedule: one_cycle } }\n  - vgg16: { train: { schedule: one_cycle, warmup_epochs: 2 } }\n",
        sets: &[],
        message: r"spec.yaml:2:25: train.warmup_epochs: the schedule `one_cycle` has a rise of its own, over the first 30 % of the steps; give 0, or another schedule
  |
2 | train: { warmup_epochs: 1 }
  |                         ^
spec.yaml:6:59: backbones[2].vgg16.train.warmup_epochs: the schedule `one_cycle` has a rise of its own, over the first 30 % of the steps; give 0, or another schedule
  |
6 |   - vgg16: { train: { schedule: one_cycle, warmup_epochs: 2 } }
  |                                                           ^",
    },
    Case {
        what: "a learning rate that is given and to be found",
        spec: "data: { phantom: {} }\ntrain: { find_lr: true, learning_rate: 0.1 }\nbackbones:\n  - cnn\n  - unet: { train: { find_lr: false } }\n  - vgg16: { train: { find_lr: true } }\n  - vgg19: { train: { learning_rate: 0.2, backbone_learning_rate: 0.1 } }\n",
        sets: &[],
        message: r"spec.yaml:2:40: train.learning_rate: is found where find_lr is true; remove one of the two, or give the entry find_lr: false
  |
2 | train: { find_lr: true, learning_rate: 0.1 }
  |                                        ^
spec.yaml:7:38: backbones[3].vgg19.train.learning_rate: is found where find_lr is true; remove one of the two, or give the entry find_lr: false
  |
7 |   - vgg19: { train: { learning_rate: 0.2, backbone_learning_rate: 0.1 } }
  |                                      ^
spec.yaml:7:67: backbones[3].vgg19.train.backbone_learning_rate: find_lr finds one rate for all of the network; give learning_rate instead of find_lr, or remove this one
  |
7 | g19: { train: { learning_rate: 0.2, backbone_learning_rate: 0.1 } }
  |                                                             ^",
    },
    Case {
        what: "settings of a schedule and a loss that nobody asks for",
        spec: "data: { phantom: {} }\nhead: { age_bins: 50 }\ntrain: { plateau_factor: 0.5, schedule: plateau }\nbackbones:\n  - cnn\n  - unet: { train: { schedule: cosine, plateau_patience: 3 } }\n",
        sets: &[],
        message: r"spec.yaml:2:19: head.age_bins: belongs to `train.loss: distribution`; give that, or remove `age_bins`
  |
2 | head: { age_bins: 50 }
  |                   ^
spec.yaml:6:58: backbones[1].unet.train.plateau_patience: belongs to `train.schedule: plateau`; give that, or remove `plateau_patience`
  |
6 |   - unet: { train: { schedule: cosine, plateau_patience: 3 } }
  |                                                          ^",
    },
    Case {
        what: "a plateau of no validation part",
        spec: "data: { phantom: {} }\ntrain: { schedule: plateau }\nsplit: { val: 0 }\nbackbones:\n  - cnn: { train: { schedule: plateau } }\n",
        sets: &[],
        message: r"spec.yaml:2:20: train.schedule: `plateau` needs a validation part, and split.val is 0; give split.val or split.folds
  |
2 | train: { schedule: plateau }
  |                    ^
spec.yaml:5:31: backbones[0].cnn.train.schedule: `plateau` needs a validation part, and split.val is 0; give split.val or split.folds
  |
5 |   - cnn: { train: { schedule: plateau } }
  |                               ^",
    },
    Case {
        what: "views of films that nothing changes",
        spec: "data: { phantom: {} }\nreport: { tta: 4 }\nbackbones:\n  - cnn\n  - unet: { augment: { flip: 0.5 } }\n  - vgg16: { augment: { balance: { by: [age] } } }\n",
        sets: &[],
        message: r"spec.yaml:2:16: report.tta: makes views of a film by the changes of `augment`, and there are none for the entry CNN; give some, or remove `tta`
  |
2 | report: { tta: 4 }
  |                ^
spec.yaml:2:16: report.tta: makes views of a film by the changes of `augment`, and there are none for the entry VGG16; give some, or remove `tta`
  |
2 | report: { tta: 4 }
  |                ^",
    },
    Case {
        what: "a found rate that is to be halved",
        spec: "data: { phantom: {} }\ntrain: { find_lr: true }\nbackbones:\n  - cnn: { train: { on_nan: halve_learning_rate } }\n",
        sets: &[],
        message: r"spec.yaml:4:29: backbones[0].cnn.train.on_nan: begins anew with half the learning rate, but find_lr would find the same again; remove one of the two
  |
4 |   - cnn: { train: { on_nan: halve_learning_rate } }
  |                             ^",
    },
];
