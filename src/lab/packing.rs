//! Lays documents out in sequences.
//!
//! Inserted documents are whole, never cut, and drawn into sequences uniformly by tokens; the rest of a sequence is
//! background, of which only the last document is cut. Every document follows an end-of-text token.

use rand::RngExt;
use rand::seq::SliceRandom;
use tokenizers::Tokenizer;

use super::LabError;
use super::corpus::{Background, Insertion, sampling_stream};
use super::recipe::Recipe;

/// Id of the end-of-text token in every tokenizer of the lab.
const END_OF_TEXT_ID: u16 = 0;

/// The training data in order.
#[derive(Debug)]
pub(super) struct Packed {
    /// `sequence + 1` ids each: inputs and, shifted by one, targets.
    pub(super) sequences: Vec<Vec<u16>>,
    /// Tokens that stand in inserted documents.
    pub(super) inserted_tokens: usize,
    /// Copies laid out per item, in item order: the truth that the manifest states.
    pub(super) copies: Vec<u32>,
}

/// Packs all sequences of all phases.
pub(super) fn pack(recipe: &Recipe, tokenizer: &Tokenizer, items: &[Insertion]) -> Result<Packed, LabError> {
    let encode = |text: &str| -> Result<Vec<u16>, LabError> {
        let encoding =
            tokenizer.encode(text, false).map_err(|error| LabError::Tokenizer { reason: error.to_string() })?;
        let mut ids = vec![END_OF_TEXT_ID];
        for &id in encoding.get_ids() {
            ids.push(u16::try_from(id).expect("a recipe allows at most 60,000 entries"));
        }
        Ok(ids)
    };
    let lengths: Vec<usize> = recipe
        .phase
        .iter()
        .flat_map(|phase| std::iter::repeat_n(phase.sequence + 1, phase.sequences_per_step * phase.steps))
        .collect();
    let encoded: Vec<Vec<u16>> = items.iter().map(|item| encode(&item.text)).collect::<Result<_, _>>()?;
    let mut assigned: Vec<Vec<usize>> = vec![Vec::new(); lengths.len()];
    let mut copies = vec![0_u32; items.len()];
    let mut inserted_tokens = 0;
    if recipe.insert {
        inserted_tokens = assign(recipe, items, &encoded, &lengths, &mut assigned, &mut copies)?;
    }
    let mut rng = sampling_stream(recipe.seed, "order within sequences");
    let mut background = Background::new(recipe.seed);
    let mut sequences = Vec::with_capacity(lengths.len());
    for (&length, item_indices) in lengths.iter().zip(&assigned) {
        let mut whole: Vec<Vec<u16>> = item_indices.iter().map(|&index| encoded[index].clone()).collect();
        let mut free = length - whole.iter().map(Vec::len).sum::<usize>();
        let mut cut = Vec::new();
        while free > 0 {
            let document = encode(&background.next().expect("the background has no end"))?;
            if document.len() <= free {
                free -= document.len();
                whole.push(document);
            } else {
                cut = document[..free].to_vec();
                free = 0;
            }
        }
        whole.shuffle(&mut rng);
        let mut sequence = whole.concat();
        sequence.extend(cut);
        sequences.push(sequence);
    }
    // Within a phase the order is already random: insertions were assigned by chance and the background has no order.
    Ok(Packed { sequences, inserted_tokens, copies })
}

/// Draws a sequence for every copy of every item; gives the tokens so laid out.
fn assign(
    recipe: &Recipe,
    items: &[Insertion],
    encoded: &[Vec<u16>],
    lengths: &[usize],
    assigned: &mut [Vec<usize>],
    copies: &mut [u32],
) -> Result<usize, LabError> {
    let shortest = lengths.iter().copied().min().unwrap_or(0);
    let inserted = items.iter().zip(encoded).filter(|(item, _)| item.copies > 0);
    if let Some(longest) = inserted.map(|(_, ids)| ids.len()).max().filter(|&longest| longest > shortest) {
        return Err(LabError::DocumentTooLong { tokens: longest, sequence: shortest });
    }
    let mut free = lengths.to_vec();
    let mut ends: Vec<usize> = Vec::with_capacity(lengths.len());
    let mut total = 0;
    for &length in lengths {
        total += length;
        ends.push(total);
    }
    let mut rng = sampling_stream(recipe.seed, "assignment of copies");
    let mut order: Vec<usize> =
        items.iter().enumerate().flat_map(|(index, item)| std::iter::repeat_n(index, item.copies as usize)).collect();
    order.shuffle(&mut rng);
    let inserted: usize = order.iter().map(|&index| encoded[index].len()).sum();
    let too_much = LabError::InsertionsDoNotFit { inserted, available: total };
    if inserted * 10 > total * 7 {
        return Err(too_much);
    }
    for index in order {
        let needed = encoded[index].len();
        let mut tries = 0;
        let sequence = loop {
            let place = rng.random_range(0..total);
            let sequence = ends.partition_point(|&end| end <= place);
            if free[sequence] >= needed {
                break sequence;
            }
            tries += 1;
            if tries > 10_000 {
                return Err(too_much);
            }
        };
        free[sequence] -= needed;
        assigned[sequence].push(index);
        copies[index] += 1;
    }
    Ok(inserted)
}
