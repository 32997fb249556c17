//! One table, written in six ways: for the terminal, as Markdown, as CSV, as JSON, as LaTeX and as HTML. In come cells that are text already;
//! out goes text, ending in a line feed.

pub(super) mod csv;
pub(super) mod html;
pub(super) mod json;
pub(super) mod latex;
pub(super) mod markdown;
pub(super) mod terminal;

/// A table with all its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    /// Letters, digits and dashes, for references to it.
    pub(super) name: String,
    /// Its heading.
    pub(super) title: String,
    /// One per column.
    pub(super) headings: Vec<Heading>,
    /// From top to bottom.
    pub(super) rows: Vec<TableRow>,
    /// Sentences under it.
    pub(super) notes: Vec<String>,
    /// What the cells in bold are, for formats that have bold.
    pub(super) best: Option<String>,
}

/// The top of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    pub(super) text: String,
    pub(super) align: Align,
}

/// Where a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// One line of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TableRow {
    /// One cell per column.
    Cells(Vec<Cell>),
    /// A label and, in place of all figures, a sentence.
    Message { label: String, text: String },
    /// What follows is of another kind; a line where the format has lines.
    Rule,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    /// Whether it is the best of its column.
    pub(super) is_best: bool,
}

impl Table {
    /// The notes, with what bold means as the last.
    fn notes_with_best(&self) -> Vec<String> {
        let best = self.best.iter().map(|best| format!("Bold: {best}."));
        self.notes.iter().cloned().chain(best).collect()
    }
}

impl Heading {
    pub(super) fn left(text: impl Into<String>) -> Self {
        Self { text: text.into(), align: Align::Left }
    }

    pub(super) fn right(text: impl Into<String>) -> Self {
        Self { text: text.into(), align: Align::Right }
    }
}

impl Cell {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_best: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind of row, and every character that some format treats as its own.
    pub(super) fn example() -> Table {
        let best = Cell { text: "0.91 ± 0.03".into(), is_best: true };
        Table {
            name: "10epoch".into(),
            title: "10 Epoch & more".into(),
            headings: vec![Heading::left("Backbone"), Heading::right("MAE (years)"), Heading::right("R²")],
            rows: vec![
                TableRow::Cells(vec![Cell::plain("cnn_a|b"), best, Cell::plain("−5.30")]),
                TableRow::Message { label: "VGG16".into(), text: "failed: needs 32 × 32 <px>, \"8\" found".into() },
                TableRow::Rule,
                TableRow::Cells(vec![Cell::plain("Mean-age baseline"), Cell::plain("4.10"), Cell::plain("—")]),
            ],
            notes: vec!["Accuracy: 62 % within ±1 y.".into(), "One run.".into()],
            best: Some("smallest".into()),
        }
    }
}
