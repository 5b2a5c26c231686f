//! `card.md`: for pull requests, job summaries and READMEs. Tables and linked figures, at most 60 kB.

use crate::report::escape::{markdown, markdown_block};
use crate::report::figure::Align;
use crate::report::table::{Cell, Emphasis, Table};
use crate::report::{Card, ReportError};

/// Largest file, in bytes.
pub const MOST_BYTES: usize = 60_000;

/// What fits is kept in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// Never left out.
    Needed,
    /// Tables of measures.
    Main,
    /// Adjusted comparisons.
    Comparison,
    /// Texts of items.
    Item,
    /// Counts of every slice.
    Count,
    /// The head of a section: kept when a part of the section is.
    Head,
}

/// A part of the file.
struct Piece {
    weight: Weight,
    /// How it is named when it is left out.
    name: String,
    text: String,
}

/// The file. Parts that do not fit into [`MOST_BYTES`] are left out, texts of items first, and named at the end.
///
/// # Errors
/// [`ReportError::TooLarge`] when the verdict, the method and the list of figures alone are over the limit.
pub fn page(card: &Card) -> Result<String, ReportError> {
    let pieces = pieces(card);
    let always = |piece: &&Piece| matches!(piece.weight, Weight::Needed | Weight::Head);
    let needed: usize = pieces.iter().filter(always).map(|piece| piece.text.len()).sum();
    let names: usize = pieces.iter().map(|piece| piece.name.len() + 8).sum();
    // The list of what is left out must fit, too: room for all of it is kept free.
    let mut room = MOST_BYTES.checked_sub(needed + names + 200).ok_or(ReportError::TooLarge {
        file: "card.md",
        size_bytes: needed + names,
        limit_bytes: MOST_BYTES,
    })?;
    let mut is_kept = vec![true; pieces.len()];
    for weight in [Weight::Main, Weight::Comparison, Weight::Item, Weight::Count] {
        for (place, piece) in pieces.iter().enumerate().filter(|(_, piece)| piece.weight == weight) {
            is_kept[place] = piece.text.len() <= room;
            if is_kept[place] {
                room -= piece.text.len();
            }
        }
    }
    let mut out = String::new();
    let mut left_out = Vec::new();
    for (place, piece) in pieces.iter().enumerate() {
        let mut section =
            (place + 1..pieces.len()).take_while(|&next| !matches!(pieces[next].weight, Weight::Head | Weight::Needed));
        if piece.weight == Weight::Head && !section.any(|next| is_kept[next]) {
            continue;
        }
        if is_kept[place] {
            out.push_str(&piece.text);
        } else {
            left_out.push(piece.name.as_str());
        }
    }
    if !left_out.is_empty() {
        out.push_str(&format!(
            "\n_Left out to keep this file short; all of it is in card.html: {}._\n",
            left_out.join("; ")
        ));
    }
    Ok(out)
}

fn pieces(card: &Card) -> Vec<Piece> {
    let mut out = vec![needed(header(card)), needed(figures(card)), head("Tables")];
    out.extend(card.tables.iter().map(|table| table_piece(Weight::Main, table)));
    out.push(head("Slices"));
    out.extend(card.comparisons.iter().map(|table| table_piece(Weight::Comparison, table)));
    out.extend(card.counts.iter().map(|table| table_piece(Weight::Count, table)));
    out.push(head("Items worth reading"));
    for item in &card.items {
        out.push(Piece {
            weight: Weight::Item,
            name: format!("item {}", markdown(&item.item_id)),
            text: item_text(item),
        });
    }
    out.push(needed(list("Method", &card.methods)));
    out.push(needed(list("Limits", &card.limits)));
    let provenance: Vec<String> =
        card.provenance.iter().map(|(name, value)| format!("- {}: {}\n", markdown(name), markdown(value))).collect();
    let sources: Vec<String> = card.sources.iter().map(|source| format!("- Source: {}\n", markdown(source))).collect();
    out.push(needed(format!("\n## Provenance\n\n{}{}", provenance.concat(), sources.concat())));
    out
}

fn needed(text: String) -> Piece {
    Piece { weight: Weight::Needed, name: String::new(), text }
}

fn head(title: &str) -> Piece {
    Piece { weight: Weight::Head, name: String::new(), text: format!("\n## {title}\n") }
}

fn header(card: &Card) -> String {
    let mut out =
        format!("# {}: {}\n\n**{}**\n", markdown(&card.title), markdown(&card.subject), markdown(&card.verdict));
    if !card.cautions.is_empty() {
        out.push_str("\n> **Before you rely on it**\n>\n");
        for caution in &card.cautions {
            out.push_str(&format!("> - {}\n", markdown(caution)));
        }
    }
    if !card.summary.is_empty() {
        out.push_str(&format!("\n{}\n", markdown(&card.summary)));
    }
    out.push_str("\n| | |\n|---|---|\n");
    for (name, value) in &card.facts {
        out.push_str(&format!("| {} | {} |\n", markdown(name), markdown(value)));
    }
    out.push_str(&table_text(&card.models));
    out
}

fn figures(card: &Card) -> String {
    let mut out = String::from("\n## Figures\n");
    for figure in &card.figures {
        out.push_str(&format!(
            "\n### {}\n\n{}\n\n![{}](figures/{}.svg)\n\n{}\n",
            markdown(&figure.title),
            markdown(&figure.subtitle),
            markdown(&figure.description),
            figure.id,
            markdown(&figure.caption),
        ));
    }
    for sentence in &card.absent_figures {
        out.push_str(&format!("\n{}\n", markdown(sentence)));
    }
    out
}

fn table_piece(weight: Weight, table: &Table) -> Piece {
    Piece { weight, name: markdown(&table.caption), text: table_text(table) }
}

/// A table under its caption, with its note.
#[must_use]
pub fn table_text(table: &Table) -> String {
    let mut out = format!("\n**{}**\n", markdown(&table.caption));
    if !table.is_empty() {
        let heads: Vec<String> = table.columns.iter().map(|column| markdown(&column.name)).collect();
        let rules: Vec<&str> = table
            .columns
            .iter()
            .map(|column| match column.align {
                Align::Left => "---",
                Align::Right => "---:",
            })
            .collect();
        out.push_str(&format!("\n| {} |\n| {} |\n", heads.join(" | "), rules.join(" | ")));
        for group in &table.groups {
            if !group.label.is_empty() && !group.rows.is_empty() {
                let empty = " |".repeat(table.columns.len().saturating_sub(1));
                out.push_str(&format!("| _{}_ |{empty}\n", markdown(&group.label)));
            }
            for row in &group.rows {
                let cells: Vec<String> = row.cells.iter().map(cell_text).collect();
                out.push_str(&format!("| {} |\n", cells.join(" | ")));
            }
        }
    }
    if !table.note.is_empty() {
        out.push_str(&format!("\n{}\n", markdown(&table.note)));
    }
    out
}

fn cell_text(cell: &Cell) -> String {
    let text = markdown(&cell.text);
    let marked = match cell.emphasis {
        Emphasis::Separated => format!("**{text}**"),
        Emphasis::Tied => format!("<ins>{text}</ins>"),
        Emphasis::None | Emphasis::Undefined => text,
    };
    if cell.aside.is_empty() { marked } else { format!("{marked} ({})", markdown(&cell.aside)) }
}

fn list(title: &str, sentences: &[String]) -> String {
    let lines: String = sentences.iter().map(|sentence| format!("- {}\n", markdown(sentence))).collect();
    if lines.is_empty() { String::new() } else { format!("\n## {title}\n\n{lines}") }
}

fn item_text(item: &crate::report::card::CardItem) -> String {
    let mut out = format!("\n### {} · {}", markdown(&item.item_id), markdown(&item.task));
    if !item.copies.is_empty() {
        out.push_str(&format!(" · {}", markdown(&item.copies)));
    }
    out.push_str(&format!("\n\n{}\n", markdown(&item.reason)));
    let mut block = |name: &str, text: &str| {
        if !text.is_empty() {
            out.push_str(&format!("\n{name}:\n\n{}", markdown_block(text)));
        }
    };
    block("Prompt", &item.prompt);
    block("Expected", &item.expected);
    for (model, answer) in &item.answers {
        block(&format!("Answer of {}", markdown(model)), answer);
    }
    let scores: String = item
        .scores
        .iter()
        .map(|(model, measure, value)| format!("- {}, {}: {}\n", markdown(model), markdown(measure), markdown(value)))
        .collect();
    if !scores.is_empty() {
        out.push_str(&format!("\nScores:\n\n{scores}"));
    }
    out
}
