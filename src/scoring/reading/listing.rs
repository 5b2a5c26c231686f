//! The readers by name, for lists and the command line.

/// One reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    /// Name on the command line, e.g. `read-number`.
    pub name: &'static str,
    /// Fields of an input row.
    pub reads: &'static str,
    /// Fields of an output row.
    pub gives: &'static str,
    pub meaning: &'static str,
    /// Where the rules stand.
    pub reference: &'static str,
}

const RULES: &str = "this harness, suite economic-recall";
const PICKED: &str = "id, status (value, refusal, unparseable), answer, confidence";

/// All readers, in the order in which they are listed.
pub const READERS: &[Reader] = &[
    Reader {
        name: "read-number",
        reads: "id, prediction, target {unit: percent|usd|index|count, scale, signed, absolute_above, locale: en|eu}",
        gives: "id, status (value, range, refusal, unparseable), value, raw_value, low, high, confidence, hedged",
        meaning: "the number that an answer gives for a series, in the series' unit",
        reference: RULES,
    },
    Reader {
        name: "read-date",
        reads: "id, prediction",
        gives: "id, status (date, refusal, unparseable), precision (day, month, quarter, year), start, end, confidence",
        meaning: "the day, month, quarter or year that an answer names, as an interval of days",
        reference: RULES,
    },
    Reader {
        name: "read-direction",
        reads: "id, prediction",
        gives: PICKED,
        meaning: "whether an answer says up, down or unknown",
        reference: RULES,
    },
    Reader {
        name: "read-threshold",
        reads: "id, prediction",
        gives: PICKED,
        meaning: "whether an answer says above (or at) or below",
        reference: RULES,
    },
    Reader {
        name: "read-reconstruction",
        reads: "id, prediction",
        gives: "id, status (value, refusal, unparseable), company, ticker, quarter, year, confidence",
        meaning: "the firm, quarter and year that an answer finds behind a text",
        reference: RULES,
    },
];
