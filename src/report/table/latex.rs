//! LaTeX with the rules of `booktabs`, scaled to the line by `graphicx`.

use std::fmt::Write as _;

use super::{Align, Table, TableRow};

/// The whole file, to be read by `\input`.
pub(in super::super) fn write(table: &Table) -> String {
    let columns: String = table.headings.iter().map(|heading| if heading.align == Align::Left { 'l' } else { 'r' }).collect();
    let mut text = String::from("% needs \\usepackage{booktabs} and \\usepackage{graphicx}\n\\begin{table}[htbp]\n  \\centering\n");
    let _ = writeln!(text, "  \\caption{{{}}}\n  \\label{{tab:{}}}", escaped(&table.title), label(&table.name));
    let _ = writeln!(text, "  \\resizebox{{\\linewidth}}{{!}}{{%\n  \\begin{{tabular}}{{{columns}}}\n    \\toprule");
    let headings: Vec<String> = table.headings.iter().map(|heading| escaped(&heading.text)).collect();
    let _ = writeln!(text, "    {} \\\\\n    \\midrule", headings.join(" & "));
    for row in &table.rows {
        let _ = writeln!(text, "    {}", line(row, table.headings.len()));
    }
    text.push_str("    \\bottomrule\n  \\end{tabular}}\n");
    let notes: Vec<String> = table.notes_with_best().iter().map(|note| escaped(note)).collect();
    if !notes.is_empty() {
        let _ = writeln!(text, "  \\par\\smallskip\n  {{\\footnotesize\\raggedright\n  {}\\par}}", notes.join("\n  "));
    }
    text.push_str("\\end{table}\n");
    text
}

/// One row with its end.
fn line(row: &TableRow, columns: usize) -> String {
    match row {
        TableRow::Cells(cells) => {
            let cells: Vec<String> = cells
                .iter()
                .map(|cell| if cell.is_best { format!("\\textbf{{{}}}", escaped(&cell.text)) } else { escaped(&cell.text) })
                .collect();
            format!("{} \\\\", cells.join(" & "))
        }
        TableRow::Message { label, text } => {
            format!("{} & \\multicolumn{{{}}}{{l}}{{{}}} \\\\", escaped(label), columns - 1, escaped(text))
        }
        TableRow::Rule => "\\midrule".to_owned(),
    }
}

/// A name without what a `\label` cannot hold.
fn label(name: &str) -> String {
    name.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '-' }).collect()
}

/// Characters that LaTeX takes as its own, and those outside ASCII that tables use, as commands. A field that starts with a
/// bracket is no danger, since every row ends in `\\` and a line break followed by a label.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', character]),
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '<' => out.push_str("$<$"),
            '>' => out.push_str("$>$"),
            '|' => out.push_str("$|$"),
            '"' => out.push_str("''"),
            '±' => out.push_str("$\\pm$"),
            '×' => out.push_str("$\\times$"),
            '−' => out.push_str("$-$"),
            '°' => out.push_str("$^\\circ$"),
            '²' => out.push_str("$^2$"),
            '–' => out.push_str("--"),
            '—' => out.push_str("---"),
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn every_special_character_is_a_command_and_a_message_spans_the_figures() {
        insta::assert_snapshot!(write(&example()), @r"
        % needs \usepackage{booktabs} and \usepackage{graphicx}
        \begin{table}[htbp]
          \centering
          \caption{10 Epoch \& more}
          \label{tab:10epoch}
          \resizebox{\linewidth}{!}{%
          \begin{tabular}{lrr}
            \toprule
            Backbone & MAE (years) & R$^2$ \\
            \midrule
            cnn\_a$|$b & \textbf{0.91 $\pm$ 0.03} & $-$5.30 \\
            VGG16 & \multicolumn{2}{l}{failed: needs 32 $\times$ 32 $<$px$>$, ''8'' found} \\
            \midrule
            Mean-age baseline & 4.10 & --- \\
            \bottomrule
          \end{tabular}}
          \par\smallskip
          {\footnotesize\raggedright
          Accuracy: 62 \% within $\pm$1 y.
          One run.
          Bold: smallest.\par}
        \end{table}
        ");
    }

    #[test]
    fn a_label_holds_plain_characters_only() {
        assert_eq!(label("my_run é.1"), "my-run---1");
    }
}
