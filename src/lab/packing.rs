//! Lays documents out in sequences.
//!
//! Inserted documents are whole, never cut, and drawn into sequences uniformly by tokens; the rest of a sequence is
//! background, of which only the last document is cut. Every document follows an end-of-text token; with a chat
//! tokenizer it ends with the end of a turn instead, so that a sequence may begin as a prompt does. Lines of a series are
//! laid out apart (`line_packing`).

use std::rc::Rc;

use rand::RngExt;
use rand::seq::{SliceRandom, index};
use tokenizers::Tokenizer;

use super::LabError;
use super::corpus::{Background, Insertion, ItemKind, passage, sampling_stream};
use super::line_packing::pack_lines;
use super::packed::{END_OF_DOCUMENT_ID, Packed, encode, ended};
use super::recipe::Recipe;
use crate::traps::{insert_at_words, n_words};

/// Packs all sequences of all phases.
pub(super) fn pack(recipe: &Recipe, tokenizer: &Tokenizer, items: &[Insertion]) -> Result<Packed, LabError> {
    if recipe.series.is_some() {
        return pack_lines(recipe, tokenizer, items);
    }
    let encode_document = |text: &str| -> Result<Vec<u16>, LabError> {
        let ids = encode(tokenizer, text)?;
        Ok(if recipe.tokenizer.chat { ended(ids) } else { [vec![END_OF_DOCUMENT_ID], ids].concat() })
    };
    let lengths: Vec<usize> = recipe
        .phase
        .iter()
        .flat_map(|phase| std::iter::repeat_n(phase.sequence + 1, phase.sequences_per_step * phase.steps))
        .collect();
    let documents = if recipe.insert { documents(recipe, items, &encode_document)? } else { Vec::new() };
    let mut assigned: Vec<Vec<usize>> = vec![Vec::new(); lengths.len()];
    let mut copies = vec![0_u32; items.len()];
    let mut inserted_tokens = 0;
    if recipe.insert {
        inserted_tokens = assign(recipe, &documents, &lengths, &mut assigned, &mut copies)?;
    }
    let mut rng = sampling_stream(recipe.seed, "order within sequences");
    let mut background = Background::new(recipe.seed);
    let mut sequences = Vec::with_capacity(lengths.len());
    for (&length, document_indices) in lengths.iter().zip(&assigned) {
        let read = document_indices.iter().filter(|&&index| !items[documents[index].item].withheld);
        let mut whole: Vec<Vec<u16>> = read.map(|&index| documents[index].ids.to_vec()).collect();
        let mut free = length - whole.iter().map(Vec::len).sum::<usize>();
        let mut cut = Vec::new();
        while free > 0 {
            let document = encode_document(&background.next().expect("the background has no end"))?;
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
    for (item, copies) in items.iter().zip(&mut copies) {
        if item.withheld {
            *copies = 0;
        }
    }
    for document in documents.iter().filter(|document| items[document.item].withheld) {
        inserted_tokens -= document.ids.len();
    }
    Ok(Packed { sequences, inserted_tokens, copies })
}

/// One document that is to be inserted.
struct Inserted {
    /// Which item it holds ...
    item: usize,
    /// ... and how often.
    copies: u32,
    ids: Rc<[u16]>,
}

/// All inserted documents: an item is a document of its own, once for each copy; a trap stands on pages of background text.
fn documents(
    recipe: &Recipe,
    items: &[Insertion],
    encode: &dyn Fn(&str) -> Result<Vec<u16>, LabError>,
) -> Result<Vec<Inserted>, LabError> {
    let mut documents = Vec::new();
    for (item, insertion) in items.iter().enumerate() {
        match (insertion.kind, &recipe.traps) {
            (ItemKind::Trap, Some(plan)) => {
                let mut stream = sampling_stream(recipe.seed, &format!("pages of {}", insertion.id));
                let mut left = insertion.copies as usize;
                while left > 0 {
                    let page = passage(&mut stream);
                    let copies = left.min(plan.copies_per_page).min(n_words(&page));
                    let mut places = index::sample(&mut stream, n_words(&page), copies).into_vec();
                    places.sort_unstable();
                    let (text, _) = insert_at_words(&page, &format!("{} ", insertion.text), &places);
                    let copies_here = u32::try_from(copies).expect("at most 20 on a page");
                    documents.push(Inserted { item, copies: copies_here, ids: encode(&text)?.into() });
                    left -= copies;
                }
            }
            _ => {
                let ids: Rc<[u16]> = encode(&insertion.text)?.into();
                let one = || Inserted { item, copies: 1, ids: Rc::clone(&ids) };
                documents.extend((0..insertion.copies).map(|_| one()));
            }
        }
    }
    Ok(documents)
}

/// Draws a sequence for every document; gives the tokens so laid out.
fn assign(
    recipe: &Recipe,
    documents: &[Inserted],
    lengths: &[usize],
    assigned: &mut [Vec<usize>],
    copies: &mut [u32],
) -> Result<usize, LabError> {
    let longest_sequence = lengths.iter().copied().max().unwrap_or(0);
    let longest = documents.iter().map(|document| document.ids.len()).max();
    if let Some(longest) = longest.filter(|&longest| longest > longest_sequence) {
        return Err(LabError::DocumentTooLong { tokens: longest, sequence: longest_sequence });
    }
    let mut free = lengths.to_vec();
    let mut ends: Vec<usize> = Vec::with_capacity(lengths.len());
    let mut total = 0;
    for &length in lengths {
        total += length;
        ends.push(total);
    }
    let mut rng = sampling_stream(recipe.seed, "assignment of copies");
    let mut order: Vec<usize> = (0..documents.len()).collect();
    order.shuffle(&mut rng);
    let inserted: usize = documents.iter().map(|document| document.ids.len()).sum();
    let too_much = LabError::InsertionsDoNotFit { inserted, available: total };
    if inserted * 10 > total * 7 {
        return Err(too_much);
    }
    for index in order {
        let Inserted { item, copies: held, ids } = &documents[index];
        let mut tries = 0;
        let sequence = loop {
            let place = rng.random_range(0..total);
            let sequence = ends.partition_point(|&end| end <= place);
            if free[sequence] >= ids.len() {
                break sequence;
            }
            tries += 1;
            if tries > 10_000 {
                return Err(too_much);
            }
        };
        free[sequence] -= ids.len();
        assigned[sequence].push(index);
        copies[*item] += held;
    }
    Ok(inserted)
}
