//! Counts, precedence, defaults and row names.

use super::plan;
use crate::plan::{
    Architecture, ComputePrecision, GivenParts, HeadConfig, InputNormalization, LabelledFilms, Plan, PlanEntry, RunConfig, SourceConfig,
    SplitFile, TransferConfig,
};
use crate::spec::{AgeUnit, Freeze, ImageSize, Optimizer, Pool, ReportEpoch, VitPreset};

fn labels(plan: &Plan) -> Vec<&str> {
    plan.entries.iter().map(|entry| entry.label.as_str()).collect()
}

#[test]
fn an_entry_is_run_for_every_seed_and_fold() {
    let plan = plan("data: { phantom: {} }\nbackbones: [cnn, unet]\nseeds: [4, 2]\nsplit: { folds: 3 }\n");
    assert_eq!(labels(&plan), ["CNN", "U-Net encoder"]);
    for entry in &plan.entries {
        let pairs: Vec<_> = entry.runs.iter().map(|run| (run.config.seed, run.config.fold)).collect();
        assert_eq!(pairs, [(4, Some(0)), (4, Some(1)), (4, Some(2)), (2, Some(0)), (2, Some(1)), (2, Some(2))], "{}", entry.label);
    }
    assert_eq!((plan.split.folds, plan.split.val, plan.split.test), (Some(3), 0.0, 0.0), "folds leave no test part by default");
}

#[test]
fn folds_that_are_drawn_again_are_further_runs_and_the_first_ones_stay_the_same() {
    let of = |repeats: &str| plan(&format!("data: {{ phantom: {{}} }}\nbackbones: [cnn]\nsplit: {{ folds: 2{repeats} }}\n"));
    let (once, twice) = (of(""), of(", repeats: 2"));
    let folds: Vec<_> = twice.entries[0].runs.iter().map(|run| run.config.fold).collect();
    assert_eq!((folds, twice.split.repeats), (vec![Some(0), Some(1), Some(2), Some(3)], 2));
    assert_eq!(once.entries[0].runs, twice.entries[0].runs[..2]);
}

#[test]
fn without_folds_there_is_one_run_per_seed() {
    let plan = plan("data: { phantom: {} }\nbackbones: [cnn]\nseeds: [4, 2, 9]\n");
    let pairs: Vec<_> = plan.entries[0].runs.iter().map(|run| (run.config.seed, run.config.fold)).collect();
    assert_eq!(pairs, [(4, None), (2, None), (9, None)]);
}

#[test]
fn the_entry_wins_over_the_spec_and_the_spec_over_the_default() {
    let plan = plan(
        "data: { phantom: {} }
image: { size: 96, channels: 3 }
head: { dropout: 0.1 }
train: { epochs: 4, optimizer: sgd, ema: 0.9, gradient_clip: 1, precision: fp32 }
backbones:
  - cnn
  - vit: { image: { size: { height: 64, width: 80 } }, head: { pool: avg }, train: { epochs: 6, ema: null, early_stop: 2 } }
",
    );
    let [cnn, vit] = [0, 1].map(|index: usize| plan.entries[index].first().clone());
    assert_eq!((cnn.image.size, vit.image.size), (ImageSize::square(96), ImageSize { height: 64, width: 80 }));
    assert_eq!(cnn.image.channels, vit.image.channels);
    assert_eq!((cnn.train.epochs, vit.train.epochs), (4, 6));
    assert_eq!((cnn.train.ema, vit.train.ema), (Some(0.9), None), "an entry's null switches off");
    assert_eq!((cnn.train.early_stop, vit.train.early_stop), (None, Some(2)));
    assert_eq!((cnn.train.gradient_clip, vit.train.gradient_clip), (Some(1.0), Some(1.0)));
    assert_eq!((cnn.train.optimizer, vit.train.batch_size), (Optimizer::Sgd, 16));
    assert_eq!((cnn.train.precision, vit.train.precision), (ComputePrecision::Fp32, ComputePrecision::Fp32));
    assert_eq!((cnn.head.pool, vit.head.pool), (Pool::Flatten, Pool::Avg), "the network's own pooling, and the entry's");
    assert_eq!((cnn.head.dropout, vit.head.dropout), (0.1, 0.1));
    assert_eq!(cnn.head.hidden, [512]);
}

#[test]
fn a_head_that_the_spec_does_not_mention_is_the_network_s_own() {
    let plan = plan("data: { phantom: {} }\nbackbones: [cervical_cnn, vit, resnet50]\n");
    let heads: Vec<&HeadConfig> = plan.entries.iter().map(|entry| &entry.first().head).collect();
    assert_eq!(*heads[0], HeadConfig { pool: Pool::Flatten, hidden: vec![128], dropout: 0.0, sex: false, age_bins: None });
    assert_eq!(heads[1].pool, Pool::Token);
    assert_eq!(*heads[2], HeadConfig { pool: Pool::Avg, hidden: vec![512], dropout: 0.5, sex: false, age_bins: None });
}

#[test]
fn accuracy_is_within_one_year_in_the_unit_of_the_report() {
    for (report, unit, within, months) in [
        ("{}", AgeUnit::Years, 1.0, 12.0),
        ("{ unit: months }", AgeUnit::Months, 12.0, 12.0),
        ("{ unit: months, accuracy_within: 6 }", AgeUnit::Months, 6.0, 6.0),
        ("{ unit: years, accuracy_within: 0.5 }", AgeUnit::Years, 0.5, 6.0),
    ] {
        let plan = plan(&format!("data: {{ phantom: {{}} }}\nbackbones: [cnn]\nreport: {report}\n"));
        assert_eq!((plan.report.unit, plan.report.accuracy_within), (unit, within), "{report}");
        let evaluation = plan.entries[0].first().evaluation;
        assert_eq!((evaluation.accuracy_within_months, evaluation.epoch), (months, ReportEpoch::Last), "{report}");
    }
}

#[test]
fn variants_of_one_network_are_told_apart_in_their_rows() {
    let plan = plan(
        "data: { phantom: { count: 9 } }
backbones:
  - vit
  - vit: { preset: tiny, patch_size: 32, drop_path: 0.1 }
  - yolo: { scale: m }
  - yolo: { label: Small one, scale: s }
  - resnet50
  - resnet50: { label: ResNet50 slow }
  - attention
  - attention: { kind: se }
  - attention: { kind: self }
  - attention: { kind: gate }
",
    );
    assert_eq!(
        labels(&plan),
        [
            "Vision Transformer (small, patch 16)",
            "Vision Transformer (tiny, patch 32, drop path 0.1)",
            "YOLOv8-cls (m)",
            "Small one",
            "ResNet50",
            "ResNet50 slow",
            "Attention CNN (CBAM)",
            "Attention CNN (SE)",
            "Attention CNN (self-attention)",
            "Attention CNN (gate)"
        ]
    );
    let vit = Architecture::Vit { preset: VitPreset::Tiny, patch_size: 32, drop_path: 0.1 };
    assert_eq!(plan.entries[1].first().architecture, vit);
    assert_eq!(plan.data.source, SourceConfig::Phantom { count: 9, seed: 7 });
}

#[test]
fn an_entry_prepares_its_films_its_own_way_and_what_is_off_is_not_written() {
    let plan = plan(
        "data: { phantom: {} }\nprepare: { crop: hand, invert: auto, clahe: { clip_limit: 3 } }\nbackbones:\n  - cnn\n  \
         - yolo: { prepare: { crop: none, normalise: per_image, clahe: { tiles: 4 } } }\n  - unet: { prepare: { clahe: false } }\n",
    );
    let [spec, entry, without] = [0, 1, 2].map(|index| serde_json::to_value(plan.entries[index].first().image.prepare).unwrap());
    assert_eq!(spec, serde_json::json!({ "invert": "auto", "crop": "hand", "clahe": { "clip_limit": 3.0, "tiles": 8 } }));
    let own = serde_json::json!({ "invert": "auto", "normalise": "per_image", "clahe": { "clip_limit": 3.0, "tiles": 4 } });
    assert_eq!(entry, own);
    assert_eq!(without, serde_json::json!({ "invert": "auto", "crop": "hand" }));
    let image = plan.entries[1].first().image;
    assert_eq!(serde_json::from_value::<crate::plan::ImageConfig>(serde_json::to_value(image).unwrap()).unwrap(), image);
}

#[test]
fn an_entry_augments_its_own_way_and_keeps_what_it_does_not_name() {
    let plan = plan(
        "data: { phantom: {} }\naugment: { rotate: 10, noise: 0.1, balance: { by: [age] } }\nbackbones:\n  - cnn\n  \
         - yolo: { augment: { rotate: 0, flip: 0.5 } }\n",
    );
    let [spec, entry] = [0, 1].map(|index| &plan.entries[index].first().augment);
    assert_eq!((spec.rotate, spec.noise, spec.flip), (10.0, 0.1, 0.0));
    assert_eq!((entry.rotate, entry.noise, entry.flip), (0.0, 0.1, 0.5));
    assert_eq!(entry.balance, spec.balance);
}

#[test]
fn weights_bring_their_digest_and_their_normalisation() {
    let plan = plan(
        "data: { phantom: {} }\nimage: { channels: 3 }\nbackbones:\n\
         - resnet50: { weights: a.safetensors, freeze: backbone, unfreeze_at: 3 }\n\
         - resnet50: { weights: b.safetensors, image: { normalize: inception } }\n\
         - resnet50: { weights: a.safetensors, image: { normalize: training }, label: Third }\n\
         - vgg16\n",
    );
    let runs: Vec<&RunConfig> = plan.entries.iter().map(PlanEntry::first).collect();
    let transfer = TransferConfig { sha256: Some("digest of a.safetensors".to_owned()), freeze: Freeze::Backbone, unfreeze_at: Some(3) };
    assert_eq!(runs[0].transfer, Some(transfer));
    let imagenet = InputNormalization::Fixed { mean: vec![0.485, 0.456, 0.406], std: vec![0.229, 0.224, 0.225] };
    assert_eq!(runs[0].normalization, imagenet);
    assert_eq!(runs[1].normalization, InputNormalization::Fixed { mean: vec![0.5; 3], std: vec![0.5; 3] });
    assert_eq!(runs[2].normalization, InputNormalization::TrainingPart);
    assert_eq!((&runs[3].normalization, &runs[3].transfer), (&InputNormalization::TrainingPart, &None));
}

#[test]
fn rows_of_one_network_say_what_they_start_from() {
    let plan = plan(
        "data: { phantom: {} }\nbackbones:\n- resnet50\n- resnet50: { weights: a.safetensors }\n\
         - resnet50: { weights: a.safetensors, freeze: backbone }\n- resnet50: { weights: a.safetensors, freeze: stem }\n",
    );
    let expected =
        ["ResNet50 (from scratch)", "ResNet50 (pretrained)", "ResNet50 (pretrained, frozen)", "ResNet50 (pretrained, frozen stem)"];
    assert_eq!(labels(&plan), expected);
}

#[test]
fn parts_that_come_with_the_films_have_no_share_and_their_files_are_no_part_of_a_run() {
    let given = plan("data: { phantom: {} }\nsplit: { file: parts.csv, folds: 2 }\nbackbones: [cnn]\n");
    assert_eq!(given.data.split, Some(SplitFile { path: "parts.csv".into(), folds: Some(2) }));
    assert_eq!((given.split.given, given.split.val, given.split.test, given.entries[0].runs.len()), (GivenParts::All, 0.0, 0.0, 2));
    let table = plan("data: { csv: { images: a, labels: a.csv, unit: years, test: { labels: b.xlsx, sheet: T } } }\nbackbones: [cnn]\n");
    assert_eq!((table.split.given, table.split.val, table.split.test), (GivenParts::Test, 0.2, 0.0));
    let SourceConfig::Csv { test: Some(test), .. } = &table.data.source else { panic!("{:?}", table.data) };
    let expected = LabelledFilms { images: "a".into(), labels: "b.xlsx".into(), sheet: Some("T".to_owned()) };
    assert_eq!(*test, expected, "the folder is that of the other films where none is given");
    assert!(!serde_json::to_string(&table.entries[0].runs[0].config).unwrap().contains("b.xlsx"));
}

#[test]
fn a_matrix_makes_named_rows_and_leaves_other_specs_as_they_are() {
    let shared = "data: { phantom: {} }\nbackbones: [cnn, attention, attention: { kind: se, train: { learning_rate: 0.5 } }]\n";
    let plain = plan(shared);
    let rows = plan(&format!("{shared}matrix: {{ train.learning_rate: [1.0e-3, 1.0e-4], image.size: [{{ height: 96, width: 80 }}] }}\n"));
    let expected = [
        "CNN · learning rate 0.001",
        "CNN · learning rate 0.0001",
        "Attention CNN (CBAM) · learning rate 0.001",
        "Attention CNN (CBAM) · learning rate 0.0001",
        "Attention CNN (SE) · learning rate 0.001",
        "Attention CNN (SE) · learning rate 0.0001",
    ];
    assert_eq!(labels(&rows), expected);
    assert_eq!(labels(&plain), ["CNN", "Attention CNN (CBAM)", "Attention CNN (SE)"]);
    let se = rows.entries[5].first();
    assert_eq!((se.train.learning_rate, se.image.size), (1e-4, ImageSize { height: 96, width: 80 }), "the matrix wins over the entry");
    let same = rows.entries[0].first();
    let expected = RunConfig { image: same.image, ..plain.entries[0].first().clone() };
    assert_eq!(*same, expected, "a row is the run that the same settings make without a matrix");
}

#[test]
fn weights_vary_and_none_of_them_is_a_random_start() {
    let plan = plan(
        "data: { phantom: {} }\nbackbones: [resnet50, vgg16: { weights: own.safetensors }]\nmatrix: { backbones.*.weights: [null, a.safetensors] }\n",
    );
    assert_eq!(labels(&plan), ["ResNet50 · weights none", "ResNet50 · weights a", "VGG16 · weights none", "VGG16 · weights a"]);
    let starts: Vec<bool> = plan.entries.iter().map(|entry| entry.weights.is_some() && entry.first().transfer.is_some()).collect();
    assert_eq!(starts, [false, true, false, true]);
}

#[test]
fn a_network_that_stands_twice_is_named_by_what_the_row_makes_of_it() {
    let plan = plan(
        "data: { phantom: {} }\nbackbones: [attention, attention: { label: Long, train: { epochs: 30 } }]\nmatrix: { backbones.attention.kind: [se, gate] }\n",
    );
    assert_eq!(labels(&plan), ["Attention CNN (SE) · kind se", "Attention CNN (gate) · kind gate", "Long · kind se", "Long · kind gate"]);
}
