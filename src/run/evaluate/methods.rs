//! The method box: how the numbers were made, in sentences.

use super::compare::{intervals_used, percent, tests_used};
use super::subject::Subject;
use crate::record::Comparison;
use crate::report::metric_name::method_words;
use crate::report::number::count;
use crate::run::item_scores::ItemValue;
use crate::run::plan::Plan;
use crate::scoring::membership::{self, FLAG_K_FLOOR_APPLIED};
use crate::scoring::memory::headline::Headline;
use crate::statistics::GENERATOR;
use crate::suite::{ChoiceBy, ChoiceNormalisation, ChooseProbe, Multiplicity, NewlineStop, Probe};

/// Sentences in a fixed order; those that do not apply are left out.
pub(super) fn methods(plan: &Plan, subjects: &[Subject<'_>], comparisons: &[Comparison]) -> Vec<String> {
    let Some(first) = subjects.first() else { return Vec::new() };
    let level = percent(first.level());
    let mut out =
        vec![format!("Intervals are two-sided at {level} %; the item is the unit, repeats are averaged inside it.")];
    let tasks = |wanted: &dyn Fn(&Probe) -> bool| subjects.iter().filter(|subject| wanted(&subject.task.probe)).count();
    if tasks(&|probe| matches!(probe, Probe::Membership(_))) > 0 {
        out.extend(membership_sentences(plan, subjects));
    }
    for subject in subjects {
        if let Probe::Extract(probe) = &subject.task.probe {
            out.push(format!(
                "{}: the first {} tokens are the prompt, the next {} (or what the text has left) are compared; greedy \
                 decoding. exact_match asks for the same ids, rougeL_f is the F measure of the longest common subsequence \
                 of words. exact_match has Wilson intervals, means of other values BCa bootstrap intervals.",
                subject.task.id, probe.prefix_tokens, probe.suffix_tokens
            ));
        }
        if let Some(sentence) = of_probe(&subject.task.id, &subject.task.probe) {
            out.push(sentence);
        }
        if let Probe::Choose(probe) = &subject.task.probe {
            let error = if subject.is_clustered() {
                "Items of one person share a cluster: standard errors are CR1, t with clusters minus one degrees of freedom."
            } else {
                "Intervals are Wilson's."
            };
            out.push(format!(
                "{}: the choice with the highest summed log-likelihood is the answer, the first on ties. {}{error}",
                subject.task.id,
                choice_words(probe),
            ));
        }
    }
    if !comparisons.is_empty() {
        let adjustment = match first.plan.multiplicity {
            Multiplicity::Holm => "Holm",
            Multiplicity::BenjaminiHochberg => "Benjamini-Hochberg",
        };
        let tests: Vec<String> =
            tests_used(comparisons).into_iter().map(|(test, n)| format!("{} ({n})", method_words(test))).collect();
        let intervals: Vec<String> =
            intervals_used(comparisons).into_iter().map(|(way, n)| format!("{} ({n})", method_words(way))).collect();
        out.push(format!(
            "Comparisons are paired by item id. Tests: {}. Intervals of the differences: {}. p values are adjusted by {adjustment} over \
             the family of all {} comparisons of this card that have one (task x metric x copies). MDE is the smallest difference \
             found with 80 % power at 5 %.",
            tests.join(", "),
            intervals.join(", "),
            count(comparisons.iter().filter(|comparison| comparison.p_value.is_some()).count() as u64)
        ));
    }
    out.push(format!(
        "Random draws come from {GENERATOR}, one stream a quantity, derived from the seed; bootstrap resamples: {}. \
         {} repeat(s) of every item.",
        count(first.plan.resamples as u64),
        plan.n_epochs
    ));
    out.push(
        "An answer that is missing is an error, counted under run health; it is no zero and leaves no other item's number."
            .to_owned(),
    );
    out
}

/// How the other rules and the delimiter of a multiple-choice task work.
fn choice_words(probe: &ChooseProbe) -> String {
    let mut words = String::new();
    for rule in &probe.normalisation {
        words.push_str(match rule {
            ChoiceNormalisation::Sum => "",
            ChoiceNormalisation::PerCharacter => "acc_norm divides by the characters of the choice. ",
            ChoiceNormalisation::MutualInformation => {
                "acc_mutual_info takes off the log-likelihood of the choice behind the end-of-text token alone. "
            }
        });
    }
    if probe.delimiter.is_some() {
        words.push_str("An empty context is the end-of-text token. ");
    }
    words
}

/// The sentence for kinds that say all with their settings.
fn of_probe(task: &str, probe: &Probe) -> Option<String> {
    match probe {
        Probe::Verbatim(probe) => Some(format!(
            "{task}: the text of the first {} tokens, stripped, is the prompt; greedy decoding of up to {} tokens. Metrics \
             that end in _s{} compare the reply, cut in tokens anew, with the next tokens; the others the whole rest.",
            probe.prefix_tokens, probe.max_tokens, probe.suffix_tokens
        )),
        Probe::Likelihood(probe) => Some(format!(
            "{task}: summed log-likelihood of the text{}; a text that stands alone is scored behind the end-of-text token.",
            if probe.context.is_empty() { "" } else { " behind its context" }
        )),
        Probe::Generate(probe) => Some(format!(
            "{task}: greedy decoding of up to {} tokens{}; words are compared without case, punctuation and articles.",
            probe.max_tokens,
            if probe.stop.is_empty() { String::new() } else { format!(", up to one of {:?}", probe.stop) }
        )),
        Probe::Membership(_) | Probe::Extract(_) | Probe::Choose(_) => None,
        Probe::Chat(probe) => Some(format!(
            "{task}: prompt `{}` of the prompt file as one user message, the beginning of the answer glued behind; greedy decoding of up \
             to {} tokens, ended by the tokenizer's end of text, `<|eot_id|>`{}.",
            probe.wording,
            probe.max_tokens,
            match probe.newline_stop {
                NewlineStop::Upstream =>
                    ", or an entry of the vocabulary that is spelt as a line break (none in byte-level ones)",
                NewlineStop::Token => ", or the token of a line break where it is one token",
                NewlineStop::Text => ", or the first line break",
                NewlineStop::Off => "",
            }
        )),
        Probe::ChatChoose(probe) => Some(match probe.by {
            ChoiceBy::Letters => format!(
                "{task}: prompt `{}`; the likeliest of the letters by the last token of a space and the letter, the first of equals.",
                probe.wording
            ),
            ChoiceBy::Texts => format!(
                "{task}: prompt `{}`; summed log-probabilities of each answer behind a space{}.",
                probe.wording,
                if probe.ends { ", the end-of-text token among them" } else { "" }
            ),
        }),
        Probe::Memory(probe) => Some(format!(
            "{task}: the context is memorised in pieces of up to {} tokens (o200k_base), then frozen; each question is asked alone, with greedy \
             decoding of up to {} tokens; headline {}.",
            probe.chunk_tokens,
            probe.max_tokens,
            Headline::of(probe.family).metric()
        )),
        Probe::State(probe) => Some(format!(
            "{task}: the sessions are memorised in the order of time, then frozen; each question is asked alone, with greedy decoding of up to \
             {} tokens; {}.",
            probe.max_tokens,
            if probe.is_control {
                "nothing has changed in these histories"
            } else {
                "the judge reads the three answers of a scenario together"
            }
        )),
        Probe::Embed => Some(format!(
            "{task}: ridge regression of a series on embeddings of its name and date; every third year is held out whole, the penalty is chosen \
             by years of the others; placebos hold the name or the year back."
        )),
        Probe::Recall(probe) => Some(format!(
            "{task}: prompt `{}`; {} up to {} tokens, read strictly: a refusal and an answer that cannot be read are misses.",
            probe.wording,
            match probe.temperature {
                Some(temperature) => format!("drawn at temperature {temperature}, each answer from a seed of its own,"),
                None => "greedy decoding of".to_owned(),
            },
            probe.max_tokens
        )),
        Probe::Tokens(probe) => Some(match &probe.wording {
            None => format!(
                "{task}: token log-probabilities of the text as the tokenizer frames it, without a chat template."
            ),
            Some(wording) => format!(
                "{task}: token log-probabilities of the answer to prompt `{wording}`{}.",
                if probe.ends { ", the end-of-text token among them" } else { "" }
            ),
        }),
    }
}

fn membership_sentences(plan: &Plan, subjects: &[Subject<'_>]) -> Vec<String> {
    let mut out = vec![
        "Membership: higher scores mean more likely seen. Each dose is compared with the items at 0 copies. AUC has DeLong \
         intervals on the logit scale; where seen and unseen separate perfectly DeLong has no variance, and a heuristic \
         one-sided bound 1 - alpha^(1/n) of the smaller group stands in."
            .to_owned(),
        "At 0 copies the AUC sets one random half of the unseen items against the other half: it must lie at 0.5.".to_owned(),
        "TPR at a FPR is the highest rate whose FPR does not exceed the bound, on the full curve, with a stratified bootstrap \
         interval (Clopper-Pearson at the fixed threshold where the resamples agree). A bound below 1/n of the unseen items is \
         not resolvable and has no number."
            .to_owned(),
        "The blind baseline sees the text alone (bag of words by out-of-fold logistic regression, whose interval is widened by \
         the square root of 2 since out-of-fold scores share training texts; length, compressed length, latest year). \
         Where its interval excludes 0.5 the split itself is separable."
            .to_owned(),
    ];
    if subjects.iter().any(|subject| super::lottery::has_lots(subject)) {
        out.push(
            "Each seen item was drawn by lot from a group whose other items were not seen. beaten_controls is the mean over groups of the \
             share of those that it scores above (t interval over groups); its test counts lots and is exact, one-sided."
                .to_owned(),
        );
    }
    for subject in subjects {
        let Probe::Membership(probe) = &subject.task.probe else { continue };
        let names = probe.attacks.iter().filter_map(|id| membership::find(id));
        let formulas: Vec<String> = names.map(|attack| format!("{} = {}", attack.id, attack.formula)).collect();
        out.push(format!("{}: {}. Min-K keeps {} of the tokens.", subject.task.id, formulas.join("; "), probe.min_k));
        let needs_reference = |id: &&String| membership::find(id).is_some_and(|attack| attack.needs.reference_model);
        let left_out: Vec<&str> = probe.attacks.iter().filter(needs_reference).map(String::as_str).collect();
        if let (Some(reference), false) = (plan.reference(), left_out.is_empty()) {
            out.push(format!(
                "{}: {} reads {} as reference.",
                subject.task.id,
                left_out.join(", "),
                reference.shown_name
            ));
        } else if !left_out.is_empty() {
            out.push(format!(
                "{}: {} was not run: it needs a reference model, and neither --reference nor --baseline was given.",
                subject.task.id,
                left_out.join(", ")
            ));
        }
    }
    let is_floored = |item: &&ItemValue| item.flags.iter().any(|flag| flag == FLAG_K_FLOOR_APPLIED);
    let values =
        subjects.iter().flat_map(|subject| &subject.scores).flat_map(|scores| scores.metrics.values().flatten());
    let n_floored = values.filter(is_floored).count();
    if n_floored > 0 {
        out.push(format!(
            "{} item scores are of texts so short that the share of Min-K rounds to no token; they keep one (flag {FLAG_K_FLOOR_APPLIED}).",
            count(n_floored as u64)
        ));
    }
    out
}
