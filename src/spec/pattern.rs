//! Patterns of file names, such as `{id}-{age}-{sex}.jpg`.

const FIELDS: [&str; 6] = ["id", "age", "sex", "group", "race", "_"];

/// A pattern taken apart: text before the first field, then each field with the text behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilePattern {
    pub(crate) start: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl FilePattern {
    /// Takes a pattern apart.
    ///
    /// # Errors
    /// What is wrong with it: a fragment that goes before "in \"{id}\"".
    pub(crate) fn parse(pattern: &str) -> Result<Self, String> {
        let (start, mut rest) = pattern.split_at(pattern.find('{').unwrap_or(pattern.len()));
        let mut fields: Vec<(String, String)> = Vec::new();
        while let Some(inside) = rest.strip_prefix('{') {
            let (field, after) = inside.split_once('}').ok_or("a `{` without its `}`")?;
            let (text, next) = after.split_at(after.find('{').unwrap_or(after.len()));
            fields.push((check_field(field, &fields)?, text.to_owned()));
            rest = next;
        }
        if fields.iter().rev().skip(1).any(|(_, text)| text.is_empty()) {
            return Err("two fields without text between them".to_owned());
        }
        for needed in ["id", "age"] {
            if !fields.iter().any(|(field, _)| field == needed) {
                return Err(format!("no {{{needed}}}"));
            }
        }
        if pattern.contains('/') {
            return Err("a folder; the pattern is of file names alone".to_owned());
        }
        Ok(Self { start: start.to_owned(), fields })
    }

    /// Whether the names tell this of their films.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|(name, _)| name == field)
    }
}

fn check_field(field: &str, before: &[(String, String)]) -> Result<String, String> {
    if !FIELDS.contains(&field) {
        let nearest = FIELDS.iter().map(|name| (strsim::osa_distance(name, field), name)).min();
        let meant = nearest.filter(|(distance, name)| *distance <= 2 && *distance < name.len());
        let meant = meant.map(|(_, name)| format!("; did you mean {{{name}}}?"));
        let known = FIELDS.map(|name| format!("{{{name}}}")).join(", ");
        return Err(format!("unknown field {{{field}}} (known: {known}{})", meant.unwrap_or_default()));
    }
    if field != "_" && before.iter().any(|(other, _)| other == field) {
        return Err(format!("{{{field}}} twice"));
    }
    Ok(field.to_owned())
}
