//! Sequences as rows of the suite `copyright-traps`: upstream's column names, one file a length.

use serde_json::{Value, json};

use super::manifest::{Group, PrivateSequence};

/// A row: `seq_len`, `ppl_bucket` and `n_rep` are upstream's words (`trap_info`), `n_rep` 0 for a sequence that was not
/// published; `group` names the lottery that it took part in.
#[must_use]
pub fn trap_row(group: &Group<PrivateSequence>, sequence: &PrivateSequence, n_rep: u32) -> Value {
    json!({
        "id": sequence.seq_id, "text": sequence.text, "n_rep": n_rep, "seq_len": group.length,
        "ppl_bucket": group.ppl_low, "group": group.group_id,
    })
}

/// The file that a row belongs into, by its length: `traps_len_25.jsonl`.
#[must_use]
pub fn traps_file(row: &Value) -> String {
    format!("traps_len_{}.jsonl", row.get("seq_len").and_then(Value::as_u64).unwrap_or_default())
}
