//! Fills the gaps of each section of a spec: one function per section, from what is written to what is used.
//!
//! Every section is taken apart without `..`, so that a new key cannot be forgotten here.

use super::config::{
    Architecture, AugmentConfig, ComputePrecision, CsvColumns, DataConfig, GivenParts, HeadConfig, ImageConfig, InputNormalization,
    LabelledFilms, PlateauConfig, SourceConfig, SplitConfig, SplitFile, TrainConfig,
};
use super::defaults;
use super::expand::ReportConfig;
use super::prepare::PrepareConfig;
use super::statistics::ChannelStatistics;
use crate::backbone::registry;
use crate::spec::{
    AtLeast, AugmentSpec, BackboneEntry, BackboneName, BackboneSettings, Channels, CsvSource, DataSpec, FilenameSource, HandAtlasSource,
    HeadSpec, ImageSpec, Loss, Normalize, PhantomSource, Precision, ReportSpec, RsnaSource, Schedule, SplitSpec, TestTable, TrainSpec,
};

/// The one source, once the rules of the spec have held; none where it is missing or lacks a key.
pub(super) fn data(spec: &DataSpec, split: &SplitSpec) -> Option<DataConfig> {
    let DataSpec { phantom, rsna, hand_atlas, csv, filename, exclude, on_bad, allow_leaks } = spec;
    let source = if let Some(PhantomSource { count, seed }) = phantom {
        SourceConfig::Phantom { count: count.map_or(defaults::PHANTOM_COUNT, AtLeast::get), seed: seed.unwrap_or(defaults::PHANTOM_SEED) }
    } else if let Some(RsnaSource { images, labels, sheet, test }) = rsna {
        let films = LabelledFilms { images: images.clone()?, labels: labels.clone()?, sheet: sheet.clone() };
        let test = test_films(test.as_ref(), &films)?;
        SourceConfig::Rsna { films, test }
    } else if let Some(HandAtlasSource { root }) = hand_atlas {
        SourceConfig::HandAtlas { root: root.clone()? }
    } else if let Some(CsvSource { images, labels, sheet, id, age, unit, sex, group, race, test }) = csv {
        let columns = CsvColumns { id: id.clone(), age: age.clone(), sex: sex.clone(), group: group.clone(), race: race.clone() };
        let films = LabelledFilms { images: images.clone()?, labels: labels.clone()?, sheet: sheet.clone() };
        let test = test_films(test.as_ref(), &films)?;
        SourceConfig::Csv { films, columns, unit: (*unit)?, test }
    } else {
        let FilenameSource { root, pattern, unit } = filename.as_ref()?;
        SourceConfig::Filename { root: root.clone()?, pattern: pattern.clone()?.0, unit: (*unit)? }
    };
    let split = split.file.as_ref().map(|path| SplitFile { path: path.clone(), folds: folds(split) });
    Some(DataConfig {
        source,
        exclude: exclude.clone(),
        on_bad: on_bad.unwrap_or_default(),
        allow_leaks: allow_leaks.unwrap_or_default(),
        split,
    })
}

/// The films of the test part: none at all, or none because a key is missing.
#[allow(clippy::option_option, reason = "no table and a table that lacks a key are two things")]
fn test_films(table: Option<&TestTable>, films: &LabelledFilms) -> Option<Option<LabelledFilms>> {
    let Some(TestTable { images, labels, sheet }) = table else { return Some(None) };
    let images = images.clone().unwrap_or_else(|| films.images.clone());
    Some(Some(LabelledFilms { images, labels: labels.clone()?, sheet: sheet.clone() }))
}

fn folds(spec: &SplitSpec) -> Option<u32> {
    spec.folds.map(|folds| folds.get() as u32)
}

/// Which parts come with the films.
fn given_parts(spec: &SplitSpec, data: &DataSpec) -> GivenParts {
    let has_test_table =
        data.rsna.as_ref().is_some_and(|source| source.test.is_some()) || data.csv.as_ref().is_some_and(|source| source.test.is_some());
    match (&spec.file, has_test_table) {
        (Some(_), _) => GivenParts::All,
        (None, true) => GivenParts::Test,
        (None, false) => GivenParts::None,
    }
}

/// With folds there is no validation share, and no test part unless the spec asks for one; parts that come with the films have no
/// share of the others.
pub(super) fn split(spec: &SplitSpec, data: &DataSpec) -> SplitConfig {
    let SplitSpec { file: _, val, test, folds: _, repeats, seed, stratify, group } = spec;
    let default = defaults::split();
    let given = given_parts(spec, data);
    let default_val = if folds(spec).is_some() || given == GivenParts::All { 0.0 } else { default.val };
    let default_test = if folds(spec).is_some() || given != GivenParts::None { 0.0 } else { default.test };
    SplitConfig {
        val: val.map_or(default_val, f64::from),
        test: test.map_or(default_test, f64::from),
        folds: folds(spec),
        repeats: repeats.map_or(default.repeats, |repeats| repeats.get() as u32),
        seed: seed.unwrap_or(default.seed),
        stratify: stratify.clone().unwrap_or(default.stratify),
        group: group.unwrap_or(default.group),
        given,
    }
}

pub(super) fn augment(entry: &AugmentSpec, spec: &AugmentSpec) -> AugmentConfig {
    let AugmentSpec { rotate, translate, scale, shear, elastic, flip, blur, sharpen, brightness, contrast, gamma, .. } = entry;
    let AugmentSpec { tint, noise, invert, erase, balance, .. } = entry;
    let default = defaults::augment();
    let balance = balance.as_ref().or(spec.balance.as_ref());
    AugmentConfig {
        rotate: rotate.or(spec.rotate).map_or(default.rotate, f64::from),
        translate: translate.or(spec.translate).map_or(default.translate, f64::from),
        scale: scale.or(spec.scale).map_or(default.scale, f64::from),
        shear: shear.or(spec.shear).map_or(default.shear, f64::from),
        elastic: elastic.or(spec.elastic).map_or(default.elastic, f64::from),
        flip: flip.or(spec.flip).map_or(default.flip, f64::from),
        blur: blur.or(spec.blur).map_or(default.blur, f64::from),
        sharpen: sharpen.or(spec.sharpen).map_or(default.sharpen, f64::from),
        brightness: brightness.or(spec.brightness).map_or(default.brightness, f64::from),
        contrast: contrast.or(spec.contrast).map_or(default.contrast, f64::from),
        gamma: gamma.or(spec.gamma).map_or(default.gamma, f64::from),
        tint: tint.or(spec.tint).map_or(default.tint, f64::from),
        noise: noise.or(spec.noise).map_or(default.noise, f64::from),
        invert: invert.or(spec.invert).map_or(default.invert, f64::from),
        erase: erase.or(spec.erase).map_or(default.erase, f64::from),
        balance: balance.map_or(default.balance, |balance| balance.by.clone()),
        balance_to: balance.map_or(default.balance_to, |balance| balance.to),
    }
}

pub(super) fn report(spec: &ReportSpec) -> ReportConfig {
    let ReportSpec { unit, accuracy_within, epoch, tta, robustness, readme, page, tensorboard } = spec;
    let unit = unit.unwrap_or(defaults::REPORT_UNIT);
    ReportConfig {
        unit,
        accuracy_within: accuracy_within.map_or_else(|| defaults::accuracy_within(unit), f64::from),
        epoch: epoch.unwrap_or_default(),
        tta: tta.map(|views| views.get() as u32),
        robustness: robustness.unwrap_or_default(),
        readme: readme.clone(),
        page: page.unwrap_or_default(),
        tensorboard: tensorboard.unwrap_or(false),
    }
}

pub(super) fn image(entry: &ImageSpec, spec: &ImageSpec, prepare: PrepareConfig) -> ImageConfig {
    // How the channels are standardised is no matter of the film that is kept: see `normalization`.
    let ImageSpec { size, channels, fit, normalize: _ } = entry;
    let default = defaults::image();
    ImageConfig {
        size: size.or(spec.size).unwrap_or(default.size),
        channels: channels.or(spec.channels).unwrap_or(default.channels),
        fit: fit.or(spec.fit).unwrap_or(default.fit),
        prepare,
    }
}

/// What the spec asks for; where it leaves the choice, the numbers of the weights (`published`), or else the training part.
pub(super) fn normalization(
    entry: &ImageSpec,
    spec: &ImageSpec,
    channels: Channels,
    published: Option<&ChannelStatistics>,
) -> InputNormalization {
    let statistics = match entry.normalize.or(spec.normalize).unwrap_or_default() {
        Normalize::Auto => match published {
            Some(published) => published.clone(),
            None => return InputNormalization::TrainingPart,
        },
        Normalize::Training => return InputNormalization::TrainingPart,
        Normalize::Imagenet => ChannelStatistics::imagenet(),
        Normalize::Inception => ChannelStatistics::inception(),
        Normalize::None => ChannelStatistics::none(),
    };
    let ChannelStatistics { mean, std } = statistics.for_channels(channels);
    InputNormalization::Fixed { mean, std }
}

pub(super) fn head(entry: &HeadSpec, spec: &HeadSpec, name: BackboneName, loss: Loss) -> HeadConfig {
    let HeadSpec { pool, hidden, dropout, sex, age_bins } = entry;
    let default = registry::default_head(name);
    let widths = |hidden: &Vec<AtLeast<1>>| hidden.iter().map(|width| width.get() as u32).collect();
    HeadConfig {
        pool: pool.or(spec.pool).unwrap_or(default.pool),
        hidden: hidden.as_ref().or(spec.hidden.as_ref()).map_or(default.hidden, widths),
        dropout: dropout.or(spec.dropout).map_or(default.dropout, f64::from),
        sex: sex.or(spec.sex).unwrap_or(default.sex),
        age_bins: (loss == Loss::Distribution).then(|| age_bins.or(spec.age_bins).map_or(defaults::AGE_BINS, |bins| bins.get() as u32)),
    }
}

pub(super) fn train(entry: &TrainSpec, spec: &TrainSpec, precision_of: &dyn Fn(Precision) -> ComputePrecision) -> TrainConfig {
    let TrainSpec {
        epochs,
        batch_size,
        micro_batch_size,
        optimizer,
        learning_rate,
        find_lr,
        backbone_learning_rate,
        weight_decay,
        schedule,
        plateau_patience,
        plateau_factor,
        warmup_epochs,
        loss,
        gradient_clip,
        ema,
        early_stop,
        precision,
        on_nan,
    } = entry;
    let default = defaults::train(precision_of(precision.or(spec.precision).unwrap_or_default()));
    let schedule = schedule.or(spec.schedule).unwrap_or(default.schedule);
    let finds_rate = find_lr.or(spec.find_lr).unwrap_or(default.find_lr);
    let plateau = || PlateauConfig {
        patience: plateau_patience.or(spec.plateau_patience).map_or(defaults::PLATEAU.patience, |epochs| epochs.get() as u32),
        factor: plateau_factor.or(spec.plateau_factor).map_or(defaults::PLATEAU.factor, f64::from),
    };
    TrainConfig {
        epochs: epochs.or(spec.epochs).map_or(default.epochs, |epochs| epochs.get() as u32),
        batch_size: batch_size.or(spec.batch_size).map_or(default.batch_size, |size| size.get() as u32),
        micro_batch_size: micro_batch_size
            .or(spec.micro_batch_size)
            .map_or(default.micro_batch_size, |given| given.map(|size| size.get() as u32)),
        optimizer: optimizer.or(spec.optimizer).unwrap_or(default.optimizer),
        // A rate that is found makes the one that is given say nothing, and what says nothing is in no id.
        learning_rate: learning_rate.or(spec.learning_rate).filter(|_| !finds_rate).map_or(default.learning_rate, f64::from),
        find_lr: finds_rate,
        backbone_learning_rate: backbone_learning_rate
            .or(spec.backbone_learning_rate)
            .map_or(default.backbone_learning_rate, |given| given.map(f64::from)),
        weight_decay: weight_decay.or(spec.weight_decay).map_or(default.weight_decay, f64::from),
        schedule,
        plateau: (schedule == Schedule::Plateau).then(plateau),
        warmup_epochs: warmup_epochs.or(spec.warmup_epochs).map_or(default.warmup_epochs, f64::from),
        loss: loss.or(spec.loss).unwrap_or(default.loss),
        gradient_clip: gradient_clip.or(spec.gradient_clip).map_or(default.gradient_clip, |given| given.map(f64::from)),
        ema: ema.or(spec.ema).map_or(default.ema, |given| given.map(f64::from)),
        early_stop: early_stop.or(spec.early_stop).map_or(default.early_stop, |given| given.map(|epochs| epochs.get() as u32)),
        precision: default.precision,
        on_nan: on_nan.or(spec.on_nan).unwrap_or(default.on_nan),
    }
}

pub(super) fn architecture(entry: &BackboneEntry) -> Architecture {
    let BackboneSettings {
        preset,
        patch_size,
        scale,
        kind,
        drop_path,
        label: _,
        weights: _,
        freeze: _,
        unfreeze_at: _,
        image: _,
        prepare: _,
        augment: _,
        head: _,
        train: _,
    } = &entry.settings;
    match entry.name {
        BackboneName::Vgg16 => Architecture::Vgg16,
        BackboneName::Vgg19 => Architecture::Vgg19,
        BackboneName::Resnet50 => Architecture::Resnet50,
        BackboneName::EfficientnetV2S => {
            Architecture::EfficientnetV2S { drop_path: drop_path.map_or(defaults::EFFICIENTNET_DROP_PATH, f64::from) }
        }
        BackboneName::Vit => Architecture::Vit {
            preset: preset.unwrap_or_default(),
            patch_size: patch_size.map_or(defaults::VIT_PATCH_SIZE, |side| side.get() as u32),
            drop_path: drop_path.map_or(defaults::VIT_DROP_PATH, f64::from),
        },
        BackboneName::Unet => Architecture::Unet,
        BackboneName::Cnn => Architecture::Cnn,
        BackboneName::Attention => Architecture::Attention { kind: kind.unwrap_or_default() },
        BackboneName::Yolo => Architecture::Yolo { scale: scale.unwrap_or_default() },
        BackboneName::CervicalCnn => Architecture::CervicalCnn,
    }
}
