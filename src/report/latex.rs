//! Tables for papers: booktabs, no vertical lines, intervals in brackets.
//!
//! Needs the packages `booktabs` and, for the underlining of ties, nothing beyond LaTeX itself. Bold marks a value
//! that the chosen test separates from its rival; a tie is underlined on both sides.

use crate::report::Card;
use crate::report::escape::latex;
use crate::report::figure::Align;
use crate::report::table::{Cell, Emphasis, Row, Table};

/// One file for each table of the card that has rows: `(id, text)`, in order of the card.
#[must_use]
pub fn tables(card: &Card) -> Vec<(String, String)> {
    card.all_tables()
        .filter(|table| !table.is_empty())
        .map(|table| (table.id.clone(), table_text(&card.suite, table)))
        .collect()
}

/// One table as a float of its own.
#[must_use]
pub fn table_text(suite: &str, table: &Table) -> String {
    let alignment: String = table
        .columns
        .iter()
        .map(|column| match column.align {
            Align::Left => 'l',
            Align::Right => 'r',
        })
        .collect();
    let head: Vec<String> = table.columns.iter().map(|column| latex(&column.name)).collect();
    let mut out = format!(
        "% {} of suite {}; needs \\usepackage{{booktabs}}\n\\begin{{table}}\n\\centering\n\\caption{{{}.{}}}\n\
         \\label{{tab:{}-{}}}\n\\begin{{tabular}}{{@{{}}{alignment}@{{}}}}\n\\toprule\n{} \\\\\n\\midrule\n",
        comment(&table.caption),
        comment(suite),
        latex(table.caption.trim_end_matches('.')),
        if table.note.is_empty() { String::new() } else { format!(" {}", latex(&table.note)) },
        label(suite),
        table.id,
        head.join(" & "),
    );
    for (place, group) in table.groups.iter().filter(|group| !group.rows.is_empty()).enumerate() {
        if place > 0 {
            out.push_str("\\addlinespace\n");
        }
        if !group.label.is_empty() {
            out.push_str(&format!(
                "\\multicolumn{{{}}}{{@{{}}l}}{{\\textit{{{}}}}} \\\\\n",
                table.columns.len(),
                latex(&group.label)
            ));
        }
        for row in &group.rows {
            out.push_str(&row_text(row));
        }
    }
    out.push_str("\\bottomrule\n\\end{tabular}\n\\end{table}\n");
    out
}

fn row_text(row: &Row) -> String {
    let cells: Vec<String> = row.cells.iter().map(cell_text).collect();
    // A row that begins with a bracket would be read as the optional argument of the line break before it.
    let guard = if cells.first().is_some_and(|cell| cell.starts_with(['[', '*'])) { "{}" } else { "" };
    format!("{guard}{} \\\\\n", cells.join(" & "))
}

fn cell_text(cell: &Cell) -> String {
    let text = latex(&cell.text);
    let marked = match cell.emphasis {
        Emphasis::Separated => format!("\\textbf{{{text}}}"),
        Emphasis::Tied => format!("\\underline{{{text}}}"),
        Emphasis::None | Emphasis::Undefined => text,
    };
    if cell.aside.is_empty() { marked } else { format!("{marked} [{}]", latex(&cell.aside)) }
}

/// Text after a per-cent sign: one line is enough to be safe.
fn comment(text: &str) -> String {
    crate::report::escape::one_line(text)
}

/// A label takes letters, digits and hyphens only.
fn label(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn every_row_has_as_many_cells_as_the_head() {
        let card = fixture::card();
        let tables = tables(&card);
        assert!(tables.len() >= 8);
        for (id, text) in tables {
            let columns = text
                .lines()
                .find_map(|line| line.strip_prefix("\\begin{tabular}{@{}")?.strip_suffix("@{}}"))
                .map_or(0, str::len);
            for line in text.lines().filter(|line| line.ends_with("\\\\") && !line.starts_with("\\multicolumn")) {
                let cells = line.replace("\\&", "").matches('&').count() + 1;
                assert_eq!(cells, columns, "{id}: {line}");
            }
        }
    }

    #[test]
    fn braces_balance_and_no_special_character_is_bare() {
        for (id, text) in tables(&fixture::card()) {
            let plain = text.replace("\\{", "").replace("\\}", "");
            assert_eq!(plain.matches('{').count(), plain.matches('}').count(), "{id}");
            for line in text.lines().filter(|line| !line.starts_with('%')) {
                assert!(!line.replace("\\%", "").contains('%'), "{id}: {line}");
                assert!(!line.replace("\\_", "").contains('_'), "{id}: {line}");
                assert!(!line.replace("\\#", "").contains('#'), "{id}: {line}");
            }
        }
    }

    #[test]
    fn bold_and_underline_follow_the_test() {
        let texts: String = tables(&fixture::card()).into_iter().map(|(_, text)| text).collect();
        assert!(texts.contains("\\textbf{") && texts.contains("\\underline{"));
        assert!(texts.contains("\\toprule") && !texts.contains("\\hline") && !texts.contains('|'));
    }
}
