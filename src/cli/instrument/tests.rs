//! The engine with an asker that counts.

use std::cell::Cell;
use std::fs;

use super::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    id: RowId,
    length: usize,
}

fn rows(texts: &[&str]) -> Vec<AskedRow> {
    let request = Request { command: "test", models: &[], options: &() };
    let id = |place: usize| RowId::Number(i64::try_from(place).unwrap());
    texts.iter().enumerate().map(|(place, text)| asked_row(&request, &id(place), text).unwrap()).collect()
}

/// A text with `bad` in it fails, one with `half` is answered in part. Counts what is asked.
fn answer(
    texts: &[&str],
    destination: &Destination,
    n_asked: &Cell<usize>,
    interrupt_after: Option<usize>,
) -> Result<(Answers<Line>, String), CliError> {
    let interrupted = AtomicBool::new(false);
    let watch = Watch { note: &|_| {}, bar: ProgressBar::hidden() };
    let rows = rows(texts);
    let mut printed = Vec::new();
    let mut ask = |places: &[usize]| {
        n_asked.set(n_asked.get() + places.len());
        if interrupt_after.is_some_and(|most| n_asked.get() >= most) {
            interrupted.store(true, Ordering::Relaxed);
        }
        let error = || RowError { kind: "scripted".into(), message: "m".into() };
        let outcomes = places
            .iter()
            .map(|&place| {
                let line = Line { id: rows[place].id.clone(), length: texts[place].len() };
                match texts[place] {
                    text if text.contains("bad") => Outcome::Failed(error()),
                    text if text.contains("half") => Outcome::Partial(line, error()),
                    _ => Outcome::Answered(line),
                }
            })
            .collect();
        Ok(outcomes)
    };
    let answers = answer_rows(&rows, destination, &mut printed, &watch, &mut |places, deliver| {
        in_portions(places, deliver, &interrupted, &mut ask)
    })?;
    Ok((answers, String::from_utf8(printed).unwrap()))
}

fn in_folder(folder: &tempfile::TempDir) -> Destination {
    Destination::new(Some(&folder.path().join("out.jsonl"))).unwrap()
}

fn written(folder: &tempfile::TempDir) -> Vec<Value> {
    let text = fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn lines_stand_in_the_order_of_the_input_and_failed_ones_in_their_place() {
    let n_asked = Cell::new(0);
    let (answers, printed) = answer(&["a", "bad", "abc", "half"], &Destination::Stdout, &n_asked, None).unwrap();
    let wanted = "{\"id\":0,\"length\":1}\n\
                  {\"id\":1,\"error\":{\"kind\":\"scripted\",\"message\":\"m\"}}\n\
                  {\"id\":2,\"length\":3}\n\
                  {\"id\":3,\"length\":4,\"error\":{\"kind\":\"scripted\",\"message\":\"m\"}}\n";
    assert_eq!(printed, wanted);
    assert_eq!((answers.end.clone(), answers.n_failed()), (End::Complete, 2));
    assert_eq!(answers.words(4, &Destination::Stdout), "4 rows: 2 answered, 2 in error: scripted 2");
    let folder = tempfile::tempdir().unwrap();
    let (_, printed) = answer(&["a", "bad", "abc", "half"], &in_folder(&folder), &n_asked, None).unwrap();
    assert_eq!(printed, "", "machine output goes to the file alone");
    assert_eq!(fs::read_to_string(folder.path().join("out.jsonl")).unwrap(), wanted);
}

#[test]
fn the_same_call_again_asks_only_what_failed() {
    let (folder, n_asked) = (tempfile::tempdir().unwrap(), Cell::new(0));
    answer(&["a", "bad", "abc", "half"], &in_folder(&folder), &n_asked, None).unwrap();
    let first = fs::read(folder.path().join("out.jsonl")).unwrap();
    n_asked.set(0);
    let (answers, _) = answer(&["a", "bad", "abc", "half"], &in_folder(&folder), &n_asked, None).unwrap();
    assert_eq!((n_asked.get(), answers.n_reused), (2, 2));
    assert_eq!(fs::read(folder.path().join("out.jsonl")).unwrap(), first);
}

#[test]
fn a_changed_text_is_asked_again_and_the_others_are_not() {
    let (folder, n_asked) = (tempfile::tempdir().unwrap(), Cell::new(0));
    answer(&["a", "b", "c"], &in_folder(&folder), &n_asked, None).unwrap();
    n_asked.set(0);
    answer(&["a", "bbb", "c"], &in_folder(&folder), &n_asked, None).unwrap();
    assert_eq!(n_asked.get(), 1);
    assert_eq!(written(&folder)[1]["length"], 3);
}

#[test]
fn an_interrupted_call_goes_on_where_it_stopped() {
    let (folder, n_asked) = (tempfile::tempdir().unwrap(), Cell::new(0));
    let texts = ["abcd"; 100];
    let destination = in_folder(&folder);
    let (answers, _) = answer(&texts, &destination, &n_asked, Some(40)).unwrap();
    assert_eq!((answers.end.clone(), answers.outcomes.len()), (End::Interrupted, 64));
    assert!(answers.words(100, &destination).contains("the same call again goes on"));
    assert!(!folder.path().join("out.jsonl").exists(), "half an output is no output");
    let (answers, _) = answer(&texts, &destination, &n_asked, None).unwrap();
    assert_eq!((answers.end.clone(), answers.n_reused, n_asked.get()), (End::Complete, 64, 100));
    let ids: Vec<i64> = written(&folder).iter().map(|line| line["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, (0..100).collect::<Vec<i64>>());
}

#[test]
fn a_torn_journal_line_costs_one_row() {
    let (folder, n_asked) = (tempfile::tempdir().unwrap(), Cell::new(0));
    answer(&["a", "b", "c"], &in_folder(&folder), &n_asked, None).unwrap();
    let journal = folder.path().join("out.jsonl.journal.jsonl");
    let bytes = fs::read(&journal).unwrap();
    fs::write(&journal, &bytes[..bytes.len() - 5]).unwrap();
    n_asked.set(0);
    let (answers, _) = answer(&["a", "b", "c"], &in_folder(&folder), &n_asked, None).unwrap();
    assert_eq!((n_asked.get(), answers.n_reused), (1, 2));
    assert_eq!(fs::read(&journal).unwrap(), bytes);
}

#[test]
fn a_file_that_this_command_did_not_write_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    fs::write(&path, "mine").unwrap();
    let error = Destination::new(Some(&path)).unwrap_err().to_string();
    assert!(error.contains("there already") && error.contains("--out"), "{error}");
    assert_eq!(Destination::new(None).unwrap(), Destination::Stdout);
}

#[test]
fn a_reader_that_leaves_ends_the_work() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let interrupted = AtomicBool::new(false);
    let watch = Watch { note: &|_| {}, bar: ProgressBar::hidden() };
    let rows = rows(&["a"; 100]);
    let mut n_asked = 0;
    let mut ask = |places: &[usize]| {
        n_asked += places.len();
        let line = |&place: &usize| Outcome::Answered(Line { id: rows[place].id.clone(), length: 0 });
        Ok(places.iter().map(line).collect())
    };
    let answers = answer_rows::<Line>(&rows, &Destination::Stdout, &mut Closed, &watch, &mut |places, deliver| {
        in_portions(places, deliver, &interrupted, &mut ask)
    });
    assert_eq!((answers.unwrap().end, n_asked), (End::NobodyReads, 32));
}

#[test]
fn answers_that_a_model_owes_are_errors_of_their_rows() {
    let interrupted = AtomicBool::new(false);
    let watch = Watch { note: &|_| {}, bar: ProgressBar::hidden() };
    let rows = rows(&["a", "b"]);
    let answers = answer_rows::<Line>(&rows, &Destination::Stdout, &mut Vec::new(), &watch, &mut |places, deliver| {
        in_portions(places, deliver, &interrupted, &mut |_| {
            Ok(vec![Outcome::Answered(Line { id: RowId::Number(0), length: 1 })])
        })
    });
    assert!(matches!(&answers.unwrap().outcomes[1], Outcome::Failed(error) if error.kind == "not_answered"));
}

#[test]
fn another_option_model_or_command_is_another_request() {
    fn identity(weights: Option<&str>, name: &str) -> ModelIdentity {
        ModelIdentity {
            name: name.into(),
            backend: "scripted".into(),
            architecture: None,
            revision: None,
            weights_sha256: weights.map(Into::into),
            tokenizer_sha256: None,
            chat_sha256: None,
            dtype: None,
            device: "none".into(),
            n_parameters: None,
            context_length: None,
            bos: "auto".into(),
        }
    }
    let hash = |command, identity: &ModelIdentity, option: u32| {
        let request = Request { command, models: &[identity], options: &option };
        asked_row(&request, &RowId::Number(1), &"text").unwrap().hash
    };
    let base = hash("a", &identity(Some("w"), "here"), 1);
    assert_eq!(base, hash("a", &identity(Some("w"), "moved"), 1), "the place of the weights does not matter");
    assert_ne!(base, hash("b", &identity(Some("w"), "here"), 1));
    assert_ne!(base, hash("a", &identity(Some("v"), "here"), 1));
    assert_ne!(base, hash("a", &identity(Some("w"), "here"), 2));
    assert_ne!(hash("a", &identity(None, "x"), 1), hash("a", &identity(None, "y"), 1));
}
