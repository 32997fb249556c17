//! The JSON Schema of a spec, for editors and for whoever checks specs with other programs.
//!
//! In: the types of the schema. Out: draft 2020-12, with the doc comments as descriptions and every bound that a value is held to.
//! What lies between two keys (such as `split.val` beside `split.folds`) is checked by the program alone. Types that are read by
//! code of their own say here what that code takes; a test holds the two against each other.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::prepare::{ClaheSpec, Tiles};
use super::schema::{BackboneEntry, BackboneName, BackboneSettings, BalanceTo, Channels, ImageSize, MatrixSpec, Patterns, Spec};
use super::validate::LONGEST_SIDE;
use super::values::{AtLeast, Fraction, Lean, NonNegative, Positive, Probability, ProperFraction, SpecName, WeightsSource};

/// The schema of a spec file, as JSON.
///
/// # Panics
/// Never: a schema of structs is a mapping.
pub fn json_schema() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.meta_schema = Some("https://json-schema.org/draft/2020-12/schema".into());
    let mut schema = settings.with_transform(Tidy).into_generator().into_root_schema_for::<Spec>();
    schema.insert("title".to_owned(), json!("bench-run spec"));
    schema.to_value()
}

/// Makes of Rust's types what a spec may hold: an empty block says as little as none, and bounds of Rust's numbers are no formats.
#[derive(Debug, Clone)]
struct Tidy;

impl Transform for Tidy {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else { return };
        object.remove("format");
        if object.get("default").is_some_and(Value::is_null) {
            object.remove("default");
        }
        if object.get("type") == Some(&json!("object")) && !object.contains_key("required") && !object.contains_key("minProperties") {
            object.insert("type".to_owned(), json!(["object", "null"]));
        }
        if let Some(Value::String(text)) = object.get_mut("description") {
            // Lines are broken where the source is; paragraphs stay.
            *text = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect::<Vec<_>>().join("\n\n");
        }
    }
}

/// Key paths with lists of values, and the lists of combinations; what the values may be is checked by the program alone.
fn matrix() -> Schema {
    let values = json!({ "type": "array", "minItems": 1 });
    let combinations =
        |what: &str| json!({ "type": ["array", "null"], "description": what, "items": { "type": "object", "minProperties": 1 } });
    json_schema!({
        "type": "object",
        "description": "Key paths with lists of values; every combination is a row of the table.",
        "properties": {
            "include": combinations("Further combinations, or further settings of those that they fit."),
            "exclude": combinations("Combinations that are left out."),
        },
        "patternProperties": { r"^(train|image|augment|prepare|head)(\.|$)": values, r"^backbones\.[^.]+\.": values },
        "additionalProperties": false,
    })
}

/// A schema that is written where it is used.
macro_rules! inline_schema {
    ($($type:ident = $schema:expr;)*) => {$(
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

inline_schema! {
    MatrixSpec = matrix();
    Positive = json_schema!({ "type": "number", "exclusiveMinimum": 0 });
    NonNegative = json_schema!({ "type": "number", "minimum": 0 });
    Lean = json_schema!({ "type": "number", "minimum": 0, "maximum": 60 });
    Fraction = json_schema!({ "type": "number", "minimum": 0, "exclusiveMaximum": 1 });
    ProperFraction = json_schema!({ "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1 });
    Probability = json_schema!({ "type": "number", "minimum": 0, "maximum": 1 });
    Tiles = json_schema!({ "type": "integer", "minimum": 1, "maximum": 64 });
    Channels = json_schema!({ "type": "integer", "enum": [1, 3] });
    SpecName = json_schema!({ "type": "string", "pattern": r"^[\p{Alphabetic}\p{N}_-][\p{Alphabetic}\p{N}._-]*$" });
    WeightsSource = json_schema!({ "type": "string", "pattern": WEIGHTS_PATTERN });
    Patterns = json_schema!({ "anyOf": [pattern_of_names(), { "type": "array", "items": pattern_of_names(), "minItems": 1 }] });
    BalanceTo = json_schema!({ "anyOf": [
        { "const": "mean", "description": "As often as classes have films on average: an epoch is as long as without balancing." },
        { "const": "max", "description": "As often as the largest class has films: no film is left out of an epoch." },
        { "type": "integer", "minimum": 1, "maximum": u32::MAX, "description": "So many films of each class." },
    ] });
    ImageSize = json_schema!({ "anyOf": [side(), {
        "type": "object",
        "properties": { "height": side(), "width": side() },
        "required": ["height", "width"],
        "additionalProperties": false,
    }] });
}

impl<const MIN: u64> JsonSchema for AtLeast<MIN> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("AtLeast{MIN}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": MIN, "maximum": u32::MAX })
    }
}

/// A safetensors file that is no name on a hub, or a repository of an owner.
const WEIGHTS_PATTERN: &str = r"^(hf:[A-Za-z0-9._-]+/[A-Za-z0-9._-]+(@[^/]+(/.+)?|/.+)?|(?!hf:)(.*/)?[^/]+\.safetensors)$";

fn side() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": LONGEST_SIDE })
}

/// A pattern of file names, which has an age.
fn pattern_of_names() -> Value {
    json!({ "type": "string", "pattern": r"\{age\}" })
}

/// `{clip_limit, tiles}`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
struct ClaheSettings {
    /// How often a level may occur in a tile, in multiples of what it would if all occurred equally often.
    clip_limit: Option<Positive>,
    /// Tiles in each direction.
    tiles: Option<Tiles>,
}

impl JsonSchema for ClaheSpec {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ClaheSpec".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let settings = generator.subschema_for::<ClaheSettings>();
        json_schema!({ "anyOf": [{ "type": "boolean" }, settings] })
    }
}

impl JsonSchema for BackboneEntry {
    fn schema_name() -> Cow<'static, str> {
        "BackboneEntry".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let name = generator.subschema_for::<BackboneName>();
        let settings = generator.subschema_for::<BackboneSettings>();
        let of = |backbone: BackboneName| (backbone.name().to_owned(), settings_of(backbone, &settings));
        let properties: serde_json::Map<String, Value> = BackboneName::ALL.into_iter().map(of).collect();
        json_schema!({
            "description": "A network by its name, or its name with settings of its own.",
            "anyOf": [
                name,
                {
                    "type": "object",
                    "properties": properties,
                    "additionalProperties": false,
                    "minProperties": 1,
                    "maxProperties": 1,
                },
            ],
        })
    }
}

/// The settings of an entry without those that belong to other networks.
fn settings_of(backbone: BackboneName, settings: &Schema) -> Value {
    let foreign = BackboneSettings::default().of_some_networks().into_iter().filter(|(_, _, owners)| !owners.contains(&backbone));
    let foreign: serde_json::Map<String, Value> = foreign.map(|(key, _, _)| (key.to_owned(), json!({ "type": "null" }))).collect();
    // Not beside the reference, where some editors would see these alone.
    let settings = json!({ "allOf": [settings, { "properties": foreign }] });
    json!({ "anyOf": [settings, { "type": "null" }] })
}
