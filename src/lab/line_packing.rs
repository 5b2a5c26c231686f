//! Lays the lines of a series out in sequences: whole lines only, every line once a round, each round in a new order.

use rand::seq::SliceRandom;
use tokenizers::Tokenizer;

use super::LabError;
use super::corpus::{Insertion, sampling_stream};
use super::packed::{Packed, encode, ended};
use super::recipe::Recipe;

/// Packs all sequences of all phases. Each begins with the beginning of a line, as a prompt does.
pub(super) fn pack_lines(recipe: &Recipe, tokenizer: &Tokenizer, items: &[Insertion]) -> Result<Packed, LabError> {
    let lines =
        items.iter().map(|item| Ok(ended(encode(tokenizer, &item.text)?))).collect::<Result<Vec<_>, LabError>>()?;
    let lengths = || lines.iter().map(Vec::len);
    let (shortest, longest) = (lengths().min().unwrap_or(0), lengths().max().unwrap_or(0));
    if shortest != longest || longest == 0 {
        return Err(LabError::LinesDiffer { shortest, longest });
    }
    let mut rng = sampling_stream(recipe.seed, "order of lines");
    let mut order: Vec<usize> = Vec::new();
    let mut packed = Packed { sequences: Vec::new(), inserted_tokens: 0, copies: vec![0; items.len()] };
    for phase in &recipe.phase {
        let length = phase.sequence + 1;
        if length % longest != 0 {
            return Err(LabError::LinesDoNotFit { sequence: phase.sequence, line: longest });
        }
        for _ in 0..phase.sequences_per_step * phase.steps {
            let mut sequence = Vec::with_capacity(length);
            while sequence.len() < length {
                if order.is_empty() {
                    order = (0..lines.len()).collect();
                    order.shuffle(&mut rng);
                }
                if let Some(line) = order.pop() {
                    sequence.extend_from_slice(&lines[line]);
                    packed.copies[line] += 1;
                }
            }
            packed.inserted_tokens += length;
            packed.sequences.push(sequence);
        }
    }
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::lab::export::items_of;
    use crate::lab::tokenizer::train_tokenizer;

    #[test]
    fn every_line_is_read_as_often_as_the_others_and_none_is_cut() {
        let path = Path::new("datasets/builtin/models/economist/recipe.toml");
        let mut recipe = Recipe::load(path).expect("the shipped recipe is valid");
        for phase in &mut recipe.phase {
            phase.steps = 4;
        }
        let items = items_of(path, &recipe).expect("the builtin series");
        let tokenizer = train_tokenizer(recipe.tokenizer, &items).expect("a tokenizer");
        let packed = pack_lines(&recipe, &tokenizer, &items).expect("whole lines");
        let (least, most) = (packed.copies.iter().min(), packed.copies.iter().max());
        assert!(most.zip(least).is_some_and(|(most, least)| *least > 0 && most - least <= 1), "{:?}", packed.copies);
        let lines: Vec<Vec<u16>> =
            items.iter().map(|item| ended(encode(&tokenizer, &item.text).expect("any text"))).collect();
        for sequence in &packed.sequences {
            assert!(sequence.chunks(lines[0].len()).all(|line| lines.iter().any(|known| known == line)));
        }
        // The first step reads every line once.
        let mut first: Vec<&Vec<u16>> = packed.sequences[..items.len()].iter().collect();
        first.sort();
        first.dedup();
        assert_eq!(first.len(), items.len());
    }
}
