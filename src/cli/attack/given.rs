//! What the user gave besides the texts: the prefix of `recall`, the corpus of `dc_pdd`; and rows that contradict each other.

use std::collections::{BTreeMap, HashSet};
use std::io::BufRead;
use std::path::Path;

use serde::Serialize;

use super::choice::Chosen;
use super::code::Code;
use super::models::Models;
use crate::backend::{Backend, BackendError, TokenizerFacts};
use crate::cli::error::CliError;
use crate::cli::session::Session;
use crate::dataset::{JsonLines, LabelledRow, RowId, open_jsonl, text_rows};
use crate::digest::sha256_hex;
use crate::run::RunError;
use crate::scoring::membership::{Counting, ExtraPass, TokenFrequencies, compat, first_shot_kept};

/// Files that attacks read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Files<'a> {
    pub(super) recall_prefix: Option<&'a Path>,
    pub(super) dcpdd_corpus: Option<&'a Path>,
    pub(super) counting: Counting,
}

/// Everything that was read and prepared before the first request.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) prefix: Option<Prefix>,
    pub(super) corpus: Option<Corpus>,
    /// Positions of the model's context.
    pub(super) context: usize,
    hash: Option<String>,
}

/// Texts before each text.
#[derive(Debug)]
pub(super) struct Prefix {
    /// The kept shots without a separator, cut once.
    pub(super) ids: Vec<u32>,
    /// The same by mimir's rule, which fits them to the members alone; only where it is wanted.
    pub(super) mimir_ids: Vec<u32>,
    /// Texts of the file, kept or not: they are not evaluated.
    texts: HashSet<String>,
    settings: RecallSettings,
}

/// How common tokens are.
#[derive(Debug)]
pub(super) struct Corpus {
    pub(super) eos_id: u32,
    pub(super) frequencies: TokenFrequencies,
    /// By mimir's rule; only where it is wanted.
    pub(super) mimir: Option<TokenFrequencies>,
    settings: DcPddSettings,
}

/// How `recall` was set up; a part of the summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct RecallSettings {
    shots: usize,
    /// The last ones, where not all fit.
    shots_kept: usize,
    /// Tokens of all that stands before a text.
    prefix_tokens: usize,
    /// Mean length of the texts that the shots were fitted to.
    average_tokens: usize,
    /// Texts that are in the prefix, too.
    excluded: usize,
}

/// How `dc_pdd` was set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct DcPddSettings {
    corpus_texts: usize,
    counts: &'static str,
    table_len: usize,
}

impl Given {
    /// Reads what the chosen attacks need; an attack whose input will not do is left out, or refused if it was named.
    ///
    /// # Errors
    /// A file that cannot be read, or a named attack that cannot be run with it.
    pub(super) fn read(
        files: Files<'_>,
        models: &Models<'_>,
        rows: &[LabelledRow],
        chosen: &mut Chosen,
    ) -> Result<Self, CliError> {
        let target = models.target;
        let context = target.identity().context_length.and_then(|n| usize::try_from(n).ok()).unwrap_or(1024);
        let mut given = Self { context, ..Self::default() };
        let mut hashed = String::new();
        if let Some(path) = files.recall_prefix.filter(|_| chosen.needs_pass(ExtraPass::Prefixed)) {
            let shots = shots(path)?;
            match Prefix::fit(target, &shots, rows, context, chosen.wants(Code::Mimir)) {
                Ok(prefix) => {
                    // The shots that were not kept, too: they are not evaluated.
                    hashed.push_str(&format!("{shots:?}{:?}{:?}", prefix.ids, prefix.mimir_ids));
                    given.prefix = Some(prefix);
                }
                Err(reason) => chosen.drop(ExtraPass::Prefixed, &reason)?,
            }
        }
        if let Some(path) = files.dcpdd_corpus.filter(|_| chosen.needs_pass(ExtraPass::AfterEos)) {
            match target.tokenizer_facts().and_then(|facts| Some((facts, facts.eos_id?))) {
                Some((facts, eos_id)) => {
                    let corpus = Corpus::count(path, files.counting, target, facts, eos_id, chosen)?;
                    let mut counts: Vec<(u32, u64)> = corpus.frequencies.counts().collect();
                    counts.sort_unstable();
                    hashed.push_str(&format!("{counts:?}{}", corpus.settings.table_len));
                    given.corpus = Some(corpus);
                }
                None => {
                    let reason = "the checkpoint names no end-of-text token, which stands before each text; give it one in \
                                  tokenizer_config.json";
                    chosen.drop(ExtraPass::AfterEos, reason)?;
                }
            }
        }
        given.hash = (!hashed.is_empty()).then(|| sha256_hex(hashed.as_bytes()));
        Ok(given)
    }

    pub(super) fn hash(&self) -> Option<&str> {
        self.hash.as_deref()
    }

    /// Whether a text is one of the prefix.
    pub(super) fn is_in_prefix(&self, text: &str) -> bool {
        self.prefix.as_ref().is_some_and(|prefix| prefix.texts.contains(text))
    }

    pub(super) fn recall_settings(&self) -> Option<RecallSettings> {
        self.prefix.as_ref().map(|prefix| prefix.settings.clone())
    }

    pub(super) fn dc_pdd_settings(&self) -> Option<DcPddSettings> {
        self.corpus.as_ref().map(|corpus| corpus.settings.clone())
    }

    pub(super) fn tell(&self, session: &Session) {
        let Some(prefix) = &self.prefix else { return };
        let RecallSettings { shots, shots_kept, excluded, .. } = prefix.settings;
        if shots_kept < shots {
            session.note(&format!(
                "recall: {shots_kept} of {shots} texts of the prefix fit into the context, the last ones"
            ));
        }
        if excluded > 0 {
            session.note(&format!("recall: {excluded} texts are in the prefix, too, and get no score of `recall`"));
        }
    }
}

/// The texts of a prefix, in file order.
fn shots(path: &Path) -> Result<Vec<String>, CliError> {
    let shown = path.display().to_string();
    let rows = text_rows(open_jsonl(path, &shown)?);
    let texts = rows.map(|row| Ok(row?.text)).collect::<Result<Vec<String>, CliError>>()?;
    if texts.is_empty() {
        let why = format!(
            "{shown} has no rows, but `recall` needs a text that is no member; check that it is the right file"
        );
        return Err(RunError::NoItem { why }.into());
    }
    Ok(texts)
}

/// Mean, cut to a whole number as published code does; 0 without a text.
fn average(lengths: &[usize]) -> usize {
    lengths.iter().sum::<usize>().checked_div(lengths.len()).unwrap_or(0)
}

impl Prefix {
    /// Fits the shots to the context, by the mean length of *all* texts that are evaluated: the labels have no say in it.
    fn fit(
        target: &dyn Backend,
        shots: &[String],
        rows: &[LabelledRow],
        context: usize,
        wants_mimir: bool,
    ) -> Result<Self, String> {
        let in_words = |error: BackendError| error.to_string();
        let texts: HashSet<String> = shots.iter().cloned().collect();
        let length = |text: &String| target.tokenize(text).map(|ids| ids.len()).map_err(in_words);
        let lengths = shots.iter().map(length).collect::<Result<Vec<usize>, String>>()?;
        let of_rows = |wanted: &dyn Fn(&LabelledRow) -> bool| -> Result<usize, String> {
            let wanted = rows.iter().filter(|row| wanted(row));
            Ok(average(&wanted.map(|row| length(&row.text)).collect::<Result<Vec<usize>, String>>()?))
        };
        let n_members = rows.iter().filter(|row| row.member && texts.contains(&row.text)).count();
        if n_members > 0 {
            return Err(format!(
                "{n_members} texts of the prefix are labelled as members in the input, which would turn the attack round; give texts that \
                 are no members"
            ));
        }
        let average_tokens = of_rows(&|row| !texts.contains(&row.text))?;
        let first = first_shot_kept(&lengths, average_tokens, context).map_err(|error| error.to_string())?;
        let joined = |first: usize| target.tokenize(&shots[first..].concat()).map_err(in_words);
        let ids = joined(first)?;
        if ids.is_empty() || ids.len() >= context {
            return Err(format!(
                "recall_prefix_too_long: the prefix has {} tokens, the context {context}; give other texts",
                ids.len()
            ));
        }
        let mimir_ids = match wants_mimir {
            // Upstream fits the shots to the members, which are scored first, and keeps all where none fits.
            true => joined(first_shot_kept(&lengths, of_rows(&|row| row.member)?, context).unwrap_or(0))?,
            false => Vec::new(),
        };
        let settings = RecallSettings {
            shots: shots.len(),
            shots_kept: shots.len() - first,
            prefix_tokens: ids.len(),
            average_tokens,
            excluded: rows.iter().filter(|row| texts.contains(&row.text)).count(),
        };
        Ok(Self { ids, mimir_ids, texts, settings })
    }
}

impl Corpus {
    fn count(
        path: &Path,
        counting: Counting,
        target: &dyn Backend,
        facts: TokenizerFacts,
        eos_id: u32,
        chosen: &Chosen,
    ) -> Result<Self, CliError> {
        let mut frequencies = TokenFrequencies::new(facts.n_ids);
        let mut mimir = chosen.wants(Code::Mimir).then(|| TokenFrequencies::new(compat::mimir_table_len(&facts)));
        let mut corpus_texts = 0;
        for text in corpus_texts_of(path)? {
            let ids = target.tokenize(&text?).map_err(|error| CliError::Usage {
                message: format!("{}: text {} of the corpus: {error}", path.display(), corpus_texts + 1),
            })?;
            frequencies.add(&ids, counting);
            if let Some(mimir) = &mut mimir {
                mimir.add(&ids, Counting::Documents);
            }
            corpus_texts += 1;
        }
        if corpus_texts == 0 {
            let why = format!("{} has no texts; check that it is the right file", path.display());
            return Err(RunError::NoItem { why }.into());
        }
        let counts = match counting {
            Counting::Documents => "document",
            Counting::Tokens => "token",
        };
        Ok(Self {
            eos_id,
            frequencies,
            mimir,
            settings: DcPddSettings { corpus_texts, counts, table_len: facts.n_ids },
        })
    }
}

/// Texts of a corpus, one at a time: JSON lines where the first line is an object, else a text a line; `.gz` is unpacked.
fn corpus_texts_of(path: &Path) -> Result<Box<dyn Iterator<Item = Result<String, CliError>>>, CliError> {
    let shown = path.display().to_string();
    let mut lines = open_jsonl(path, &shown)?.into_reader();
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| CliError::Io { path: path.clone(), source }
    };
    let is_json = lines.fill_buf().map_err(io(path))?.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if is_json {
        let rows = JsonLines::new(&shown, lines);
        return Ok(Box::new(rows.map(|row| Ok(row?.text("text")?.to_owned()))));
    }
    let fault = io(path);
    let texts = lines.lines().map(move |line| line.map_err(&fault));
    Ok(Box::new(texts.filter(|line| line.as_ref().map_or(true, |text| !text.trim().is_empty()))))
}

/// One text under both labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Contradiction {
    members: Vec<RowId>,
    non_members: Vec<RowId>,
}

/// Texts that stand in the input as members and as non-members, in the order of their first row. Such rows are scored, but
/// have no part in any AUC.
pub(super) fn contradictions(rows: &[LabelledRow]) -> Vec<Contradiction> {
    let mut by_text: BTreeMap<&str, (usize, Contradiction)> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        let fresh = || (place, Contradiction { members: Vec::new(), non_members: Vec::new() });
        let (_, found) = by_text.entry(&row.text).or_insert_with(fresh);
        if row.member { &mut found.members } else { &mut found.non_members }.push(row.id.clone());
    }
    let mut found: Vec<(usize, Contradiction)> =
        by_text.into_values().filter(|(_, found)| !found.members.is_empty() && !found.non_members.is_empty()).collect();
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, found)| found).collect()
}

impl Contradiction {
    pub(super) fn words(&self) -> String {
        let list = |ids: &[RowId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        format!(
            "one text is a member in {} and none in {}: these rows are scored, but have no part in the summary",
            list(&self.members),
            list(&self.non_members)
        )
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &RowId> {
        self.members.iter().chain(&self.non_members)
    }
}
