//! The name of a run: stable for as long as its numbers would be the same.
//!
//! In: the resolved settings and the digests of the films, their labels and their split. Out: `resnet50-s0-f2-1a2b3c4d5e`.
//! Nothing that cannot change the numbers goes in: no path, no device name, no name or title of the spec.

use serde_json::json;

use super::config::RunConfig;
use crate::record::format::SCHEMA_VERSION;

/// Raised whenever the same settings give other numbers than before, so that no record of an older program stands in for a new
/// one. 2: stochastic depth of EfficientNetV2-S grows as in timm.
const NUMERICS_VERSION: u32 = 2;

/// Enough that two runs of one backbone, seed and fold meet by chance once in a million results folders of a thousand runs.
const HASH_DIGITS: usize = 10;

/// `backbone-s<seed>[-f<fold>]-<hash>`, the hash being BLAKE3 over the canonical JSON (sorted keys, no spaces) of the
/// settings, the digests of films and split and the versions of the numbers and of the record format.
pub fn run_id(config: &RunConfig, data_identity: &str) -> String {
    format!("{}-{}", run_stem(config), &hash(config, data_identity)[..HASH_DIGITS])
}

/// The id of a run without its hash: `resnet50-s0-f2`.
pub fn run_stem(config: &RunConfig) -> String {
    let fold = config.fold.map(|fold| format!("-f{fold}")).unwrap_or_default();
    format!("{}-s{}{fold}", config.architecture.name().name(), config.seed)
}

/// The seed and the fold that an id names; none where it is no id.
pub fn seed_and_fold(run_id: &str) -> Option<(u64, Option<u32>)> {
    let words: Vec<&str> = run_id.split('-').collect();
    let number = |word: &str, letter: char| word.strip_prefix(letter).map(str::to_owned);
    match words.as_slice() {
        [_, seed, _] => Some((number(seed, 's')?.parse().ok()?, None)),
        [_, seed, fold, _] => Some((number(seed, 's')?.parse().ok()?, Some(number(fold, 'f')?.parse().ok()?))),
        _ => None,
    }
}

/// What a run has in common with the same run of more or fewer epochs: a hash as in its id, but of no number of epochs.
pub fn course_id(config: &RunConfig, data_identity: &str) -> String {
    hash(&without_epochs(config), data_identity)
}

/// Whether two runs over the same films differ in their number of epochs at most.
pub fn is_same_course(one: &RunConfig, other: &RunConfig) -> bool {
    without_epochs(one) == without_epochs(other)
}

fn without_epochs(config: &RunConfig) -> RunConfig {
    let mut config = config.clone();
    config.train.epochs = 0;
    config
}

fn hash(config: &RunConfig, data_identity: &str) -> String {
    let mut identity = json!({ "config": config, "data": data_identity, "numerics": NUMERICS_VERSION, "schema_version": SCHEMA_VERSION });
    identity.sort_all_objects();
    blake3::hash(identity.to_string().as_bytes()).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{
        Architecture, AugmentConfig, ClaheConfig, ComputePrecision, EvaluationConfig, GivenParts, HeadConfig, ImageConfig,
        InputNormalization, PlateauConfig, PrepareConfig, SplitConfig, TrainConfig, TransferConfig,
    };
    use crate::spec::OnNan;
    use crate::spec::{
        BalanceTo, Channels, CropFilm, Fit, Freeze, GroupBy, ImageSize, InvertFilm, Loss, NormaliseFilm, Optimizer, Pool, Positive,
        ReportEpoch, Schedule, Stratum, Tiles, VitPreset, YoloScale,
    };

    fn config() -> RunConfig {
        RunConfig {
            architecture: Architecture::Vit { preset: VitPreset::Small, patch_size: 16, drop_path: 0.0 },
            seed: 3,
            fold: None,
            image: ImageConfig {
                size: ImageSize { height: 96, width: 64 },
                channels: Channels::Grey,
                fit: Fit::Pad,
                prepare: PrepareConfig::default(),
            },
            split: SplitConfig {
                val: 0.2,
                test: 0.1,
                folds: None,
                repeats: 1,
                seed: 42,
                stratify: vec![],
                group: GroupBy::Patient,
                given: GivenParts::None,
            },
            augment: AugmentConfig::default(),
            head: HeadConfig { pool: Pool::Token, hidden: vec![512], dropout: 0.5, sex: false, age_bins: None },
            train: TrainConfig {
                epochs: 10,
                batch_size: 16,
                micro_batch_size: None,
                optimizer: Optimizer::Adam,
                learning_rate: 1e-3,
                find_lr: false,
                backbone_learning_rate: None,
                weight_decay: 0.0,
                schedule: Schedule::Constant,
                plateau: None,
                warmup_epochs: 0.0,
                loss: Loss::Mse,
                gradient_clip: None,
                ema: None,
                early_stop: None,
                precision: ComputePrecision::Fp32,
                on_nan: OnNan::Fail,
            },
            evaluation: EvaluationConfig { accuracy_within_months: 12.0, epoch: ReportEpoch::Last, tta: None },
            normalization: InputNormalization::TrainingPart,
            transfer: None,
        }
    }

    fn transfer() -> TransferConfig {
        TransferConfig { sha256: Some("0e".to_owned()), freeze: Freeze::Backbone, unfreeze_at: None }
    }

    fn clahe(clip_limit: f64, tiles: i64) -> ClaheConfig {
        let clip_limit = Positive::try_from(clip_limit).expect("it is above 0");
        ClaheConfig { clip_limit, tiles: Tiles::try_from(tiles).expect("it is possible") }
    }

    /// A change of the settings, and the fields that it is about.
    type Change = (&'static str, fn(&mut RunConfig));

    /// One change for every step on a film.
    fn changes_of_steps() -> Vec<Change> {
        let PrepareConfig { invert: _, crop: _, normalise: _, clahe: _ } = config().image.prepare;
        vec![
            ("prepare.invert", |c| c.image.prepare.invert = InvertFilm::Auto),
            ("prepare.invert, always", |c| c.image.prepare.invert = InvertFilm::Always),
            ("prepare.crop", |c| c.image.prepare.crop = CropFilm::Hand),
            ("prepare.normalise", |c| c.image.prepare.normalise = NormaliseFilm::PerImage),
            ("prepare.clahe", |c| c.image.prepare.clahe = Some(clahe(2.0, 8))),
            ("prepare.clahe.clip_limit", |c| c.image.prepare.clahe = Some(clahe(3.0, 8))),
            ("prepare.clahe.tiles", |c| c.image.prepare.clahe = Some(clahe(2.0, 4))),
        ]
    }

    /// One change for every field of the training.
    fn changes_of_training() -> Vec<Change> {
        let TrainConfig {
            epochs: _,
            batch_size: _,
            micro_batch_size: _,
            optimizer: _,
            learning_rate: _,
            find_lr: _,
            backbone_learning_rate: _,
            weight_decay: _,
            schedule: _,
            plateau: _,
            warmup_epochs: _,
            loss: _,
            gradient_clip: _,
            ema: _,
            early_stop: _,
            precision: _,
            on_nan: _,
        } = config().train;
        vec![
            ("train.epochs", |c| c.train.epochs = 18),
            ("train.batch_size", |c| c.train.batch_size = 32),
            ("train.micro_batch_size", |c| c.train.micro_batch_size = Some(4)),
            ("train.optimizer", |c| c.train.optimizer = Optimizer::AdamW),
            ("train.learning_rate", |c| c.train.learning_rate = 1e-4),
            ("train.find_lr", |c| c.train.find_lr = true),
            ("train.backbone_learning_rate", |c| c.train.backbone_learning_rate = Some(1e-4)),
            ("train.weight_decay", |c| c.train.weight_decay = 1e-4),
            ("train.schedule", |c| c.train.schedule = Schedule::Cosine),
            ("train.schedule, one cycle", |c| c.train.schedule = Schedule::OneCycle),
            ("train.plateau", |c| c.train.plateau = Some(PlateauConfig { patience: 10, factor: 0.1 })),
            ("train.plateau.patience", |c| c.train.plateau = Some(PlateauConfig { patience: 3, factor: 0.1 })),
            ("train.plateau.factor", |c| c.train.plateau = Some(PlateauConfig { patience: 10, factor: 0.5 })),
            ("train.warmup_epochs", |c| c.train.warmup_epochs = 1.0),
            ("train.loss", |c| c.train.loss = Loss::Huber),
            ("train.loss, of a distribution", |c| c.train.loss = Loss::Distribution),
            ("train.gradient_clip", |c| c.train.gradient_clip = Some(1.0)),
            ("train.ema", |c| c.train.ema = Some(0.25)),
            ("train.early_stop", |c| c.train.early_stop = Some(5)),
            ("train.on_nan", |c| c.train.on_nan = OnNan::HalveLearningRate),
            ("train.precision", |c| c.train.precision = ComputePrecision::Bf16),
        ]
    }

    /// One change for every field; the patterns name all fields, so that a new one cannot be left out here unseen.
    fn changes() -> Vec<Change> {
        let RunConfig {
            architecture: _,
            seed: _,
            fold: _,
            image,
            split,
            augment,
            head,
            train: _,
            evaluation,
            normalization: _,
            transfer: _,
        } = config();
        let ImageConfig { size: _, channels: _, fit: _, prepare: _ } = image;
        let SplitConfig { val: _, test: _, folds: _, repeats: _, seed: _, stratify: _, group: GroupBy::Patient, given: _ } = split;
        let AugmentConfig {
            rotate: _,
            translate: _,
            scale: _,
            flip: _,
            brightness: _,
            contrast: _,
            gamma: _,
            noise: _,
            invert: _,
            shear: _,
            elastic: _,
            blur: _,
            sharpen: _,
            tint: _,
            erase: _,
            balance: _,
            balance_to: _,
        } = augment;
        let HeadConfig { pool: _, hidden: _, dropout: _, sex: _, age_bins: _ } = head;
        let EvaluationConfig { accuracy_within_months: _, epoch: _, tta: _ } = evaluation;
        let mut changes: Vec<Change> = vec![
            ("architecture", |c| c.architecture = Architecture::Yolo { scale: YoloScale::N }),
            ("preset", |c| c.architecture = Architecture::Vit { preset: VitPreset::Tiny, patch_size: 16, drop_path: 0.0 }),
            ("patch_size", |c| c.architecture = Architecture::Vit { preset: VitPreset::Small, patch_size: 8, drop_path: 0.0 }),
            ("drop_path", |c| c.architecture = Architecture::Vit { preset: VitPreset::Small, patch_size: 16, drop_path: 0.1 }),
            ("seed", |c| c.seed = 4),
            ("fold", |c| c.fold = Some(0)),
            ("image.size.height", |c| c.image.size.height = 64),
            ("image.size.width", |c| c.image.size.width = 96),
            ("image.channels", |c| c.image.channels = Channels::Rgb),
            ("image.fit", |c| c.image.fit = Fit::Crop),
            ("split.val", |c| c.split.val = 0.3),
            ("split.test", |c| c.split.test = 0.0),
            ("split.folds", |c| c.split.folds = Some(5)),
            ("split.repeats", |c| c.split.repeats = 2),
            ("split.seed", |c| c.split.seed = 1),
            ("split.given", |c| c.split.given = GivenParts::Test),
            ("split.stratify", |c| c.split.stratify = vec![Stratum::Age]),
            ("augment.rotate", |c| c.augment.rotate = 0.25),
            ("augment.translate", |c| c.augment.translate = 0.25),
            ("augment.scale", |c| c.augment.scale = 0.25),
            ("augment.flip", |c| c.augment.flip = 0.25),
            ("augment.brightness", |c| c.augment.brightness = 0.25),
            ("augment.contrast", |c| c.augment.contrast = 0.25),
            ("augment.gamma", |c| c.augment.gamma = 0.25),
            ("augment.noise", |c| c.augment.noise = 0.25),
            ("augment.invert", |c| c.augment.invert = 0.25),
            ("augment.balance", |c| c.augment.balance = vec![Stratum::Sex]),
            ("augment.shear", |c| c.augment.shear = 0.25),
            ("augment.elastic", |c| c.augment.elastic = 0.25),
            ("augment.blur", |c| c.augment.blur = 0.25),
            ("augment.sharpen", |c| c.augment.sharpen = 0.25),
            ("augment.tint", |c| c.augment.tint = 0.25),
            ("augment.erase", |c| c.augment.erase = 0.25),
            ("augment.balance.to", |c| c.augment.balance_to = BalanceTo::Max),
            ("augment.balance.to, a number", |c| c.augment.balance_to = BalanceTo::Count(3)),
            ("head.pool", |c| c.head.pool = Pool::Avg),
            ("head.hidden", |c| c.head.hidden = vec![]),
            ("head.dropout", |c| c.head.dropout = 0.25),
            ("head.sex", |c| c.head.sex = true),
            ("head.age_bins", |c| c.head.age_bins = Some(100)),
            ("evaluation.accuracy_within_months", |c| c.evaluation.accuracy_within_months = 6.0),
            ("evaluation.epoch", |c| c.evaluation.epoch = ReportEpoch::Best),
            ("evaluation.tta", |c| c.evaluation.tta = Some(8)),
            ("normalization", |c| c.normalization = InputNormalization::Fixed { mean: vec![0.5], std: vec![0.5] }),
            ("weights", |c| c.transfer = Some(transfer())),
            ("weights, others", |c| c.transfer = Some(TransferConfig { sha256: Some("1f".to_owned()), ..transfer() })),
            ("freeze", |c| c.transfer = Some(TransferConfig { freeze: Freeze::Stem, ..transfer() })),
            ("unfreeze_at", |c| c.transfer = Some(TransferConfig { unfreeze_at: Some(3), ..transfer() })),
        ];
        changes.extend(changes_of_training());
        changes
    }

    #[test]
    fn an_id_is_the_same_for_good_unless_the_record_format_changes() {
        assert_eq!(run_id(&config(), "0123abcd"), "vit-s3-23ae3da02b");
        let fold = RunConfig { fold: Some(2), architecture: Architecture::EfficientnetV2S { drop_path: 0.2 }, ..config() };
        assert!(run_id(&fold, "0123abcd").starts_with("efficientnet_v2_s-s3-f2-"), "{}", run_id(&fold, "0123abcd"));
    }

    #[test]
    fn an_id_names_seed_and_fold() {
        let fold = RunConfig { fold: Some(12), seed: u64::MAX, architecture: Architecture::EfficientnetV2S { drop_path: 0.2 }, ..config() };
        assert_eq!(seed_and_fold(&run_id(&fold, "data")), Some((u64::MAX, Some(12))));
        assert_eq!(seed_and_fold(&run_id(&config(), "data")), Some((3, None)));
        for other in ["cnn", "cnn-s1", "cnn-x1-0123", "cnn-s1-2-0123", "cnn-s1-f2-0-0"] {
            assert_eq!(seed_and_fold(other), None, "{other}");
        }
    }

    #[test]
    fn every_setting_and_the_data_change_the_hash() {
        let hash = |config: &RunConfig, data| run_id(config, data).rsplit('-').next().expect("an id has a hash").to_owned();
        let mut seen = vec![("nothing", hash(&config(), "data")), ("data", hash(&config(), "other data"))];
        for (field, change) in changes().into_iter().chain(changes_of_steps()) {
            let mut changed = config();
            change(&mut changed);
            let hash = hash(&changed, "data");
            let twin = seen.iter().find(|(_, other)| *other == hash);
            assert!(twin.is_none(), "{field} gives the hash of {twin:?}");
            seen.push((field, hash));
        }
    }

    #[test]
    fn only_the_number_of_epochs_leaves_the_course_as_it_is() {
        let course = course_id(&config(), "data");
        assert_ne!(course, course_id(&config(), "other data"));
        for (field, change) in changes() {
            let mut changed = config();
            change(&mut changed);
            assert_eq!(course == course_id(&changed, "data"), field == "train.epochs", "{field}");
            assert_eq!(is_same_course(&config(), &changed), field == "train.epochs", "{field}");
        }
    }
}
