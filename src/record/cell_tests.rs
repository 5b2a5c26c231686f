//! Tells how a cell lives, dies and is read back.

use super::super::answer::ChoiceScore;
use super::super::cell_reader::visit_cell;
use super::super::error::ReferenceFault;
use super::super::journal::read_journal;
use super::super::tokens::segment_path;
use super::*;
use crate::backend::{FinishReason, Generation, TokenScores};

const THREE: LikelihoodStorage = LikelihoodStorage::Segments { rows: NonZeroUsize::new(3).unwrap() };

fn key(item: usize) -> AnswerKey {
    AnswerKey { task: "t".into(), item: item.to_string(), epoch: 0 }
}

/// Awkward floats on purpose: minus zero, a subnormal, one that needs all nine digits.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "small numbers in a test")]
fn likelihood(item: usize) -> Answer {
    let vocab = item.is_multiple_of(2).then(|| vec![-9.5, f32::MIN_POSITIVE / 4.0, -11.25]);
    Answer::Likelihood(TokenScores {
        token_ids: vec![1, item as u32, 7, u32::MAX],
        first_scored: 1,
        // Both zeros in one column, which a dictionary that compares by `==` would merge.
        logprobs: vec![if item.is_multiple_of(2) { -0.0 } else { 0.0 }, -7.038_531e-26, -(item as f32) / 3.0],
        vocab_mean: vocab.clone(),
        vocab_std: vocab,
        is_argmax: vec![true, false, item.is_multiple_of(3)],
        n_windows: 1,
        wire: None,
    })
}

fn choices() -> Answer {
    let score = ChoiceScore { logprob: -(0.1 + 0.2), n_tokens: 2, n_characters: 5, is_greedy: true, alone: None };
    Answer::Choices { choices: vec![score, ChoiceScore { logprob: -1.0 / 3.0, ..score }] }
}

fn continuation() -> Answer {
    Answer::Continuation {
        generation: Generation {
            text: "line\u{2028}\n\"quoted\"".into(),
            token_ids: vec![3, 4],
            logprobs: vec![-0.0, -7.038_531e-26],
            n_prompt_tokens: 9,
            finish_reason: FinishReason::Length,
        },
        prompt: "p".into(),
        reference: "r".into(),
        reference_ids: vec![5],
    }
}

fn failure() -> Failure {
    Failure {
        kind: "scripted".into(),
        message: "m".into(),
        is_unscorable_item: false,
        attempts: None,
        status: None,
        body: None,
    }
}

fn open(path: &Path, storage: LikelihoodStorage) -> Cell {
    let (cell, notices) = Cell::open(path, storage, "0.1.0").unwrap();
    assert_eq!(notices, []);
    cell
}

fn append(cell: &mut Cell, item: usize, outcome: Outcome) {
    cell.append(key(item), format!("hash {item}"), outcome, 1.5, None).unwrap();
}

/// The bytes of every float, since `==` cannot tell `-0.0` from `0.0`.
fn bits(answer: &Answer) -> Vec<u32> {
    match answer {
        Answer::Likelihood(s) => [Some(&s.logprobs), s.vocab_mean.as_ref(), s.vocab_std.as_ref()]
            .into_iter()
            .flatten()
            .flatten()
            .map(|f| f.to_bits())
            .collect(),
        Answer::Continuation { generation, .. }
        | Answer::Verbatim { generation, .. }
        | Answer::Completion { generation, .. } => generation.logprobs.iter().map(|f| f.to_bits()).collect(),
        Answer::Remembered(answer) => answer.generation.logprobs.iter().map(|f| f.to_bits()).collect(),
        Answer::Choices { .. } | Answer::Letters { .. } | Answer::Text(_) | Answer::Embeddings { .. } => vec![],
    }
}

#[test]
fn every_kind_of_answer_comes_back_bit_for_bit_from_either_storage() {
    for storage in [THREE, LikelihoodStorage::Inline] {
        let folder = tempfile::tempdir().unwrap();
        let mut cell = open(folder.path(), storage);
        let answers = [likelihood(0), likelihood(1), choices(), continuation(), likelihood(2), likelihood(3)];
        for (item, answer) in answers.iter().enumerate() {
            append(&mut cell, item, Ok(answer.clone()));
        }
        append(&mut cell, 9, Err(failure()));
        let back = cell.read_all().unwrap();
        assert_eq!(back.len(), 7);
        for (item, answer) in answers.iter().enumerate() {
            let found = back[&key(item)].as_ref().unwrap();
            assert_eq!(found, answer);
            assert_eq!(bits(found), bits(answer), "{storage:?} item {item}");
        }
        assert_eq!(back[&key(9)], Err(failure()));
        let has_segments = folder.path().join(TOKENS_FOLDER).exists();
        assert_eq!(has_segments, storage == THREE);
    }
}

#[test]
fn a_killed_session_repeats_the_open_segment_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut cell = open(folder.path(), THREE);
    for item in 0..5 {
        append(&mut cell, item, Ok(likelihood(item)));
    }
    append(&mut cell, 5, Ok(choices()));
    drop(cell);
    let mut cell = open(folder.path(), THREE);
    let done: Vec<_> = cell.done().keys().map(|k| k.item.as_str()).collect();
    assert_eq!(done, ["0", "1", "2", "5"]);
    assert_eq!(cell.done()[&key(5)], "hash 5");
    for item in 3..5 {
        append(&mut cell, item, Ok(likelihood(item)));
    }
    cell.finish(SessionEnd::Finished).unwrap();
    drop(cell);
    let back = read_cell(folder.path()).unwrap();
    assert_eq!(back.len(), 6);
    assert!((0..5).all(|item| back[&key(item)] == Ok(likelihood(item))));
}

#[test]
fn a_kill_at_any_byte_leaves_a_cell_that_reads_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut cell = open(folder.path(), THREE);
    for item in 0..6 {
        append(&mut cell, item, Ok(likelihood(item)));
    }
    cell.finish(SessionEnd::Finished).unwrap();
    drop(cell);
    let journal = folder.path().join(JOURNAL_FILE);
    let whole = fs::read(&journal).unwrap();
    let mut counts = Vec::new();
    for length in (0..=whole.len()).step_by(7) {
        fs::write(&journal, &whole[..length]).unwrap();
        let before = read_cell(folder.path()).unwrap();
        assert!(before.iter().all(|(k, o)| *o == Ok(likelihood(k.item.parse().unwrap()))), "cut at {length}");
        counts.push(before.len());
        let (cell, notices) = Cell::open(folder.path(), THREE, "0.1.0").unwrap();
        assert_eq!(cell.done().len(), before.len());
        let ends_whole = length == 0 || whole[length - 1] == b'\n';
        assert_eq!(notices.is_empty(), ends_whole, "cut at {length}");
    }
    assert!(counts.is_sorted() && counts.last() == Some(&6), "{counts:?}");
}

#[test]
fn a_segment_is_in_place_before_the_journal_speaks_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut cell = open(folder.path(), THREE);
    let tokens = folder.path().join(TOKENS_FOLDER);
    for item in 0..7 {
        append(&mut cell, item, Ok(likelihood(item)));
        read_journal(&folder.path().join(JOURNAL_FILE), &mut |_, event| {
            if let JournalEvent::SegmentClosed { segment, .. } = event {
                assert!(segment_path(&tokens, segment).is_file());
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(cell.done().len(), (item + 1) / 3 * 3, "an answer of the open segment is not done");
    }
}

#[test]
fn a_segment_that_cannot_be_written_leaves_no_line_and_loses_no_row() {
    let folder = tempfile::tempdir().unwrap();
    let mut cell = open(folder.path(), THREE);
    let tokens = folder.path().join(TOKENS_FOLDER);
    fs::write(&tokens, "in the way").unwrap();
    append(&mut cell, 0, Ok(likelihood(0)));
    append(&mut cell, 1, Ok(likelihood(1)));
    let error = cell.append(key(2), "h".into(), Ok(likelihood(2)), 1.0, None).unwrap_err();
    assert!(error.to_string().contains(TOKENS_FOLDER), "{error}");
    assert!(read_cell(folder.path()).unwrap().is_empty());
    fs::remove_file(&tokens).unwrap();
    assert_eq!(cell.read_all().unwrap().len(), 3);
}

#[test]
fn a_segment_without_its_lines_is_overwritten_by_the_next_session() {
    let folder = tempfile::tempdir().unwrap();
    let mut cell = open(folder.path(), THREE);
    for item in 0..3 {
        append(&mut cell, item, Ok(likelihood(item)));
    }
    drop(cell);
    // Killed between the rename and the first line: only `started` is in the journal.
    let journal = folder.path().join(JOURNAL_FILE);
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.lines().next().unwrap().to_owned() + "\n").unwrap();
    let mut cell = open(folder.path(), THREE);
    assert!(cell.done().is_empty());
    append(&mut cell, 8, Ok(likelihood(8)));
    assert_eq!(cell.read_all().unwrap(), BTreeMap::from([(key(8), Ok(likelihood(8)))]));
    assert_eq!(fs::read_dir(folder.path().join(TOKENS_FOLDER)).unwrap().count(), 1);
}

#[test]
fn the_last_outcome_of_a_key_wins_and_failures_are_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut cell = open(folder.path(), THREE);
    append(&mut cell, 0, Err(failure()));
    append(&mut cell, 1, Ok(choices()));
    append(&mut cell, 1, Err(failure()));
    assert_eq!(cell.failed().len(), 2);
    cell.finish(SessionEnd::Interrupted).unwrap();
    drop(cell);
    let mut cell = open(folder.path(), THREE);
    assert!(!cell.is_done(&key(0)) && !cell.is_done(&key(1)));
    append(&mut cell, 0, Ok(likelihood(0)));
    let back = cell.read_all().unwrap();
    assert_eq!(back, BTreeMap::from([(key(0), Ok(likelihood(0))), (key(1), Err(failure()))]));
    let mut n_visited = 0;
    visit_cell(folder.path(), &mut |_| n_visited += 1).unwrap();
    assert_eq!(n_visited, 2, "each key is visited once");
}

#[test]
fn unfinished_files_of_a_killed_session_are_removed_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join(TOKENS_FOLDER);
    fs::create_dir(&tokens).unwrap();
    fs::write(tokens.join(".000000.parquet.1-0.unfinished"), "half").unwrap();
    let (_, notices) = Cell::open(folder.path(), THREE, "0.1.0").unwrap();
    assert_eq!(notices, [CellNotice::UnfinishedFiles { folder: tokens.clone(), count: 1 }]);
    assert_eq!(fs::read_dir(&tokens).unwrap().count(), 0);
}

#[test]
fn a_segment_that_is_damaged_or_gone_is_told_and_not_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let mut cell = open(folder.path(), THREE);
    for item in 0..3 {
        append(&mut cell, item, Ok(likelihood(item)));
    }
    drop(cell);
    let path = segment_path(&folder.path().join(TOKENS_FOLDER), 0);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert!(matches!(read_cell(folder.path()), Err(RecordError::HashMismatch { .. })));
    fs::remove_file(&path).unwrap();
    let message = read_cell(folder.path()).unwrap_err().to_string();
    assert!(message.contains("000000.parquet"), "{message}");
}

#[test]
fn a_line_that_points_at_the_wrong_row_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut cell = open(folder.path(), THREE);
    for item in 0..3 {
        append(&mut cell, item, Ok(likelihood(item)));
    }
    drop(cell);
    let journal = folder.path().join(JOURNAL_FILE);
    let text = fs::read_to_string(&journal).unwrap();
    let cases = [
        (text.replacen("\"row\":0", "\"row\":1", 1), ReferenceFault::OtherAnswer),
        (text.replacen("\"row\":0", "\"row\":9", 1), ReferenceFault::RowMissing),
        (text.replacen("\"row\":0,\"segment\":0", "\"row\":0,\"segment\":5", 1), ReferenceFault::NeverClosed),
    ];
    for (changed, expected) in cases {
        assert_ne!(changed, text);
        fs::write(&journal, changed).unwrap();
        let error = read_cell(folder.path()).unwrap_err();
        assert!(matches!(error, RecordError::BadReference { fault, .. } if fault == expected), "{error}");
    }
}

#[test]
fn two_hundred_thousand_answers_are_read_in_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let mut cell = open(folder.path(), LikelihoodStorage::default());
    for item in 0..200_000 {
        let answer = if item % 2 == 0 { likelihood(item) } else { choices() };
        append(&mut cell, item, Ok(answer));
    }
    cell.finish(SessionEnd::Finished).unwrap();
    let start = std::time::Instant::now();
    let mut n_tokens = 0;
    visit_cell(folder.path(), &mut |recorded| {
        if let Ok(Answer::Likelihood(scores)) = recorded.outcome {
            n_tokens += scores.logprobs.len();
        }
    })
    .unwrap();
    assert_eq!(n_tokens, 300_000);
    println!("200,000 answers were read in {:?}", start.elapsed());
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
