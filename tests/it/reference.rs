//! The references in `docs/` are made of the program itself: `BENCH_RUN_RENEW=1 cargo test reference` writes them anew.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use bench_run::cli::Cli;
use bench_run::plan::spec_schema;
use clap::CommandFactory;
use serde_json::{Map, Value};

/// The version in which a key was added, where its schema does not say `x-since`.
const FIRST: &str = "0.1.0";

const SPEC_BEGIN: &str = "# Every key of a spec

Made of the program's own types: `bench-run schema` prints the same as a JSON Schema, which editors complete from. How YAML is read, and
what is refused, is in [yaml.md](yaml.md); `plan --resolved` prints a spec with every value and where it comes from. A key that is not given has its
default; a dash means that there is none, or that it hangs on other values.

Ages in a spec are in the unit that the key names, sizes in pixels, and shares from 0 to 1. Paths are relative to the working folder, except `extends`, which is relative to its
file; `~` and `${NAME}` are read in them: see [paths.md](paths.md).
";

const COMMANDS_BEGIN: &str = "# Every command

What `bench-run help COMMAND` prints. Results go to standard output, all else to standard error.

| exit code | means |
| --- | --- |
| 0 | done |
| 1 | anything unexpected: a folder that cannot be written, a device that is not there |
| 2 | a bad command line or spec |
| 3 | bad data: an unreadable film, a label without a film, an age that is no number |
| 4 | some runs failed; the others are done and reported |
| 5 | a checked report is stale |
| 75 | interrupted; the same command goes on |
";

#[test]
fn the_reference_of_the_spec_is_that_of_the_program() {
    compare("docs/spec.md", &spec_reference(&spec_schema()));
}

#[test]
fn the_reference_of_the_commands_is_that_of_the_program() {
    compare("docs/commands.md", &command_reference());
}

fn compare(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("BENCH_RUN_RENEW").is_some() {
        fs::write(&path, made).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    let differing = found.lines().zip(made.lines()).find(|(found, made)| found != made);
    assert!(differing.is_none() && found.lines().count() == made.lines().count(), "{name} is stale, renew it: {differing:?}");
}

/// A schema with the definitions that it refers to.
struct Schemas<'a>(&'a Map<String, Value>);

fn spec_reference(schema: &Value) -> String {
    let schemas = Schemas(schema["$defs"].as_object().unwrap());
    let mut text = SPEC_BEGIN.to_owned();
    schemas.block(&mut text, "The spec itself", "", schema);
    let properties = schema["properties"].as_object().unwrap();
    for section in ["data", "image", "prepare", "split", "augment", "head", "train", "report"] {
        let block = schemas.target(&properties[section]);
        schemas.block(&mut text, &format!("`{section}`"), &format!("{section}."), &block);
    }
    schemas.block(&mut text, "An entry of `backbones`", "backbones[].NAME.", &schemas.0["BackboneSettings"]);
    text
}

impl Schemas<'_> {
    /// A table of the keys of a block, the words that they take, and the blocks below it.
    fn block(&self, text: &mut String, title: &str, prefix: &str, block: &Value) {
        write!(text, "\n## {title}\n\n").unwrap();
        let name = prefix.trim_end_matches('.');
        let description = block["description"].as_str().filter(|_| !prefix.is_empty()).unwrap_or_default();
        // A type that serves one key alone is described by its name.
        let description = description.trim_start_matches(&format!("`{name}`")).trim_start_matches([':', '.', ',', ' ']);
        if !description.is_empty() {
            let mut letters = description.chars();
            let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
            write!(text, "{first}{}\n\n", letters.as_str()).unwrap();
        }
        text.push_str("| key | takes | default | says | since |\n| --- | --- | --- | --- | --- |\n");
        let empty = Map::new();
        let properties = block["properties"].as_object().unwrap_or(&empty);
        let mut meanings = String::new();
        let mut below: Vec<(&String, Value)> = Vec::new();
        for (key, property) in properties {
            let target = self.target(property);
            let default = property.get("default").filter(|default| !default.is_null());
            let default =
                default.map_or("—".to_owned(), |default| format!("`{}`", default.as_str().map_or(default.to_string(), str::to_owned)));
            let description = property["description"].as_str().or(target["description"].as_str()).unwrap_or_default().replace('|', "\\|");
            let since = property["x-since"].as_str().unwrap_or(FIRST);
            writeln!(text, "| `{prefix}{key}` | {} | {default} | {} | {since} |", self.takes(property), description.replace("\n\n", " "))
                .unwrap();
            meanings.push_str(&words(key, &target));
            // A section of an entry has the keys of the section of the spec.
            if target["properties"].is_object() && !prefix.is_empty() && !prefix.starts_with("backbones") {
                below.push((key, target));
            }
        }
        if !meanings.is_empty() {
            write!(text, "\n{meanings}").unwrap();
        }
        for (key, target) in below {
            self.block(text, &format!("`{prefix}{key}`"), &format!("{prefix}{key}."), &target);
        }
    }

    /// What a property refers to, past a choice between it and nothing.
    fn target(&self, property: &Value) -> Value {
        let choices = property["anyOf"].as_array().into_iter().flatten();
        let referred = choices.filter(|choice| choice["$ref"].is_string()).collect::<Vec<_>>();
        match referred.as_slice() {
            [one] => self.by_name(one).unwrap_or_else(|| property.clone()),
            _ => self.by_name(property).unwrap_or_else(|| property.clone()),
        }
    }

    fn by_name(&self, schema: &Value) -> Option<Value> {
        let name = schema["$ref"].as_str()?.rsplit('/').next()?;
        self.0.get(name).cloned()
    }

    /// The values that a schema takes, in words.
    fn takes(&self, schema: &Value) -> String {
        if let Some(target) = self.by_name(schema) {
            return self.takes(&target);
        }
        let choices = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
        if let Some(choices) = choices {
            let mut said: Vec<String> = choices.iter().filter(|choice| choice["type"] != "null").map(|choice| self.takes(choice)).collect();
            said.dedup();
            return said.join(" or ");
        }
        if let Some(word) = schema.get("const") {
            return format!("`{}`", word.as_str().map_or_else(|| word.to_string(), str::to_owned));
        }
        if let Some(words) = schema["enum"].as_array() {
            let words = words
                .iter()
                .filter(|word| !word.is_null())
                .map(|word| format!("`{}`", word.as_str().map_or_else(|| word.to_string(), str::to_owned)));
            return words.collect::<Vec<_>>().join(" or ");
        }
        let kinds: Vec<&str> = match &schema["type"] {
            Value::String(kind) => vec![kind],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        match kinds.iter().find(|kind| **kind != "null") {
            Some(&"integer") => format!("whole number{}", bounds(schema)),
            Some(&"number") => format!("number{}", bounds(schema)),
            Some(&"boolean") => "`true` or `false`".to_owned(),
            Some(&"string") => "text".to_owned(),
            Some(&"array") => format!("list of {}", self.takes(&schema["items"])),
            Some(&"object") => "block".to_owned(),
            _ => "anything".to_owned(),
        }
    }
}

/// The words of an enum with their meaning, as a list.
fn words(key: &str, target: &Value) -> String {
    let mut list = String::new();
    for choice in target["oneOf"].as_array().into_iter().flatten() {
        if let (Some(word), Some(description)) = (choice["const"].as_str(), choice["description"].as_str()) {
            writeln!(list, "- `{key}: {word}`: {}", description.replace('\n', " ")).unwrap();
        }
    }
    list
}

fn bounds(schema: &Value) -> String {
    let number = |key: &str| schema[key].as_f64().filter(|bound| *bound < f64::from(u32::MAX));
    let low = number("minimum").map(|low| format!("≥ {low}")).or(number("exclusiveMinimum").map(|low| format!("> {low}")));
    let high = number("maximum").map(|high| format!("≤ {high}")).or(number("exclusiveMaximum").map(|high| format!("< {high}")));
    let bounds: Vec<String> = low.into_iter().chain(high).collect();
    if bounds.is_empty() { String::new() } else { format!(" {}", bounds.join(" and ")) }
}

fn command_reference() -> String {
    let mut text = COMMANDS_BEGIN.to_owned();
    let mut program = Cli::command().term_width(110);
    program.build();
    write!(text, "\n## `bench-run`\n\n```text\n{}```\n", plain(&program.render_long_help().to_string())).unwrap();
    let commands: Vec<String> =
        program.get_subcommands().filter(|command| !command.is_hide_set()).map(|command| command.get_name().to_owned()).collect();
    for name in commands.iter().filter(|name| *name != "help") {
        let command = program.find_subcommand_mut(name).unwrap();
        write!(text, "\n## `bench-run {name}`\n\n```text\n{}```\n", plain(&command.render_long_help().to_string())).unwrap();
    }
    text
}

/// Without spaces at the ends of lines.
fn plain(help: &str) -> String {
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}
