//! `metric`: written answers in, values or readings out, without a model.

use serde_json::{Value, json};

use crate::support::{Folder, json_lines, list};

fn number_row(id: &str, text: &str, target: &Value) -> Value {
    json!({"id": id, "prediction": text, "target": target})
}

#[test]
fn numbers_are_read_row_by_row_in_input_order() {
    let folder = Folder::new();
    let usd = json!({"name": "usd_bn", "unit": "usd", "scale": 1e9, "absolute_above": 1e9});
    let rows = [
        number_row("a", "It stood at $14.4 trillion.", &usd),
        number_row("b", "between 3 and 4%", &json!({"unit": "percent"})),
        json!({"id": "c", "text": "I don't know", "target": {"unit": "percent"}}),
        number_row("d", "{\"value\": 4.7, \"confidence\": 0.8}", &json!({"unit": "percent"})),
    ];
    folder.write("in.jsonl", json_lines(&rows));
    let ended = folder.run(&["metric", "read-number", "--in", "in.jsonl"]).with_code(0);
    let found = ended.rows();
    assert_eq!(found[0]["id"], "a");
    assert_eq!(
        (&found[0]["status"], &found[0]["value"], &found[0]["raw_value"]),
        (&json!("value"), &json!(14400.0), &json!(14.4))
    );
    assert_eq!((&found[1]["status"], &found[1]["low"], &found[1]["high"]), (&json!("range"), &json!(3.0), &json!(4.0)));
    assert_eq!((&found[2]["status"], &found[2]["value"]), (&json!("refusal"), &Value::Null));
    assert_eq!((&found[3]["confidence"], &found[3]["hedged"]), (&json!(0.8), &json!(false)));
    ended.telling(&["4 rows: 4 answered", "value 2"]);
}

#[test]
fn dates_directions_and_sides_are_read() {
    let folder = Folder::new();
    folder.write("in.jsonl", json_lines(&[json!({"id": 1, "prediction": "the third quarter of 2008"})]));
    let date = &folder.run(&["metric", "read-date", "--in", "in.jsonl"]).with_code(0).rows()[0];
    assert_eq!(
        date,
        &json!({"id": 1, "status": "date", "precision": "quarter", "start": "2008-07-01", "end": "2008-09-30", "confidence": null})
    );
    folder.write("in.jsonl", json_lines(&[json!({"id": 1, "prediction": "Answer: down"})]));
    assert_eq!(folder.run(&["metric", "read-direction", "--in", "in.jsonl"]).with_code(0).rows()[0]["answer"], "down");
    folder.write("in.jsonl", json_lines(&[json!({"id": 1, "prediction": "at or above"})]));
    assert_eq!(folder.run(&["metric", "read-threshold", "--in", "in.jsonl"]).with_code(0).rows()[0]["answer"], "above");
}

#[test]
fn metrics_of_pairs_have_values_and_the_undefined_are_errors_of_their_rows() {
    let folder = Folder::new();
    let rows = [
        json!({"id": 1, "prediction": "It was Orla Brandvik.", "references": ["Orla Brandvik"]}),
        json!({"id": 2, "prediction": "It was Orla Brandvik.", "references": ["the"]}),
        json!({"id": 3, "prediction": "Nobody", "reference": "Orla Brandvik"}),
    ];
    folder.write("in.jsonl", json_lines(&rows));
    let found = folder.run(&["metric", "contains_answer", "--in", "in.jsonl"]).with_code(3).rows();
    assert_eq!((&found[0]["value"], &found[2]["value"]), (&json!(1.0), &json!(0.0)));
    assert_eq!((&found[1]["id"], &found[1]["error"]["kind"]), (&json!(2), &json!("undefined")));
    folder.write("in.jsonl", json_lines(&rows[..1]));
    assert_eq!(folder.run(&["metric", "rougeL_recall", "--in", "in.jsonl"]).with_code(0).rows()[0]["value"], 1.0);
    assert_eq!(folder.run(&["metric", "refusal", "--in", "in.jsonl"]).with_code(0).rows()[0]["value"], 0.0);
}

#[test]
fn a_call_with_a_file_goes_on_and_reads_stdin() {
    let folder = Folder::new();
    let rows = json_lines(&[json!({"id": "x", "prediction": "2008-09-15"})]);
    let call = ["metric", "read-date", "--in", "-", "--out", "out.jsonl"];
    folder.run_with_input(&call, &rows).with_code(0);
    let first = folder.read("out.jsonl");
    folder.run_with_input(&call, &rows).with_code(0).telling(&["1 of them from the journal"]);
    assert_eq!(folder.read("out.jsonl"), first);
}

#[test]
fn bad_input_is_refused_with_file_line_and_field() {
    let folder = Folder::new();
    let refused = |content: &str, name: &str, words: &[&str]| {
        folder.write("in.jsonl", content);
        folder.run(&["metric", name, "--in", "in.jsonl"]).with_code(2).telling(words);
    };
    let good = "{\"id\": 1, \"prediction\": \"4.7\", \"target\": {\"unit\": \"percent\"}}\n";
    refused(&format!("{good}not JSON\n"), "read-number", &["in.jsonl", "line 2"]);
    refused(&format!("{good}{{\"id\": 2}}\n"), "read-number", &["in.jsonl", "line 2", "prediction"]);
    refused("{\"id\": 2, \"prediction\": \"4.7\"}\n", "read-number", &["line 1", "target", "missing"]);
    let furlong = "{\"id\": 2, \"prediction\": \"4.7\", \"target\": {\"unit\": \"furlong\"}}\n";
    refused(furlong, "read-number", &["line 1", "target.unit", "furlong", "percent", "count"]);
    refused(good, "answer_f1", &["line 1", "references", "missing"]);
    refused(good, "auc.loss", &["auc.loss", "needs all items"]);
    refused(good, "acc", &["acc", "needs the tokens of a model"]);
    refused(good, "read-numbers", &["no metric `read-numbers`", "did you mean `read-number`"]);
    folder.write("empty.jsonl", "");
    folder.run(&["metric", "refusal", "--in", "empty.jsonl"]).with_code(4);
}

#[test]
fn an_answer_of_ten_megabytes_is_read() {
    let folder = Folder::new();
    let text = format!("{}\nAnswer: 4.7%", "between 1 and ".repeat(700_000));
    folder.write("in.jsonl", json_lines(&[number_row("long", &text, &json!({"unit": "percent"}))]));
    assert_eq!(folder.run(&["metric", "read-number", "--in", "in.jsonl"]).with_code(0).rows()[0]["value"], 4.7);
}

#[test]
fn the_list_of_metrics_has_the_readers_and_describe_says_what_they_read() {
    let folder = Folder::new();
    let listed = folder.run(&["--json", "list", "metrics"]).with_code(0).json();
    assert!(list(&listed).iter().any(|row| row["metric"] == "read-number"));
    folder.run(&["metric", "read-number", "--describe"]).with_code(0).saying("absolute_above");
    folder.run(&["metric", "squad_f1", "--describe"]).with_code(0).saying("references");
}
