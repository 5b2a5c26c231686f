//! Which of the given answers the model finds likeliest, and by how much.

use crate::record::ChoiceScore;
use crate::suite::ChoiceNormalisation;

/// The pick among the choices of one item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChoiceOutcome {
    /// Index of the choice with the highest score; the lowest index among equals.
    pub picked: usize,
    /// Whether the pick is the right answer.
    pub is_correct: bool,
    /// Score of the right answer minus the best score of a wrong one, in nats or nats a character.
    ///
    /// Above 0: picked with room to spare. 0: a tie, which the lowest index wins. Below 0: not picked.
    pub margin: f64,
}

impl ChoiceOutcome {
    /// 1.0 when the pick is right, else 0.0.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        f64::from(u8::from(self.is_correct))
    }
}

/// Why there is no pick.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ChoiceError {
    #[error("an item has {got} choices, but a pick needs at least 2; check `choices` in the data")]
    TooFewChoices { got: usize },
    #[error("the right answer is choice {answer}, but there are {n_choices}; check `answer` in the data")]
    AnswerOutOfRange { answer: usize, n_choices: usize },
    #[error("choice {index} has no character to divide by; check `choices` in the data or pick by `sum`")]
    NoCharacter { index: usize },
    #[error("choice {index} was not scored alone; run the task again")]
    NotAlone { index: usize },
    #[error("choice {index} has a log-likelihood that is not a finite number; check the checkpoint")]
    NonFinite { index: usize },
}

/// Picks among `choices` by `normalisation`, and compares with the right `answer`.
///
/// # Errors
/// Fewer than two choices, an answer that is none of them, a choice without a character (per-character rule only), or
/// a log-likelihood that is not finite.
pub fn pick(
    choices: &[ChoiceScore],
    answer: usize,
    normalisation: ChoiceNormalisation,
) -> Result<ChoiceOutcome, ChoiceError> {
    let n_choices = choices.len();
    if n_choices < 2 {
        return Err(ChoiceError::TooFewChoices { got: n_choices });
    }
    if answer >= n_choices {
        return Err(ChoiceError::AnswerOutOfRange { answer, n_choices });
    }
    let scores = choices
        .iter()
        .enumerate()
        .map(|(index, choice)| normalised(index, choice, normalisation))
        .collect::<Result<Vec<f64>, ChoiceError>>()?;
    let mut picked = 0;
    let mut best_wrong = f64::NEG_INFINITY;
    for (index, &score) in scores.iter().enumerate() {
        if score > scores[picked] {
            picked = index;
        }
        if index != answer {
            best_wrong = best_wrong.max(score);
        }
    }
    Ok(ChoiceOutcome { picked, is_correct: picked == answer, margin: scores[answer] - best_wrong })
}

fn normalised(index: usize, choice: &ChoiceScore, normalisation: ChoiceNormalisation) -> Result<f64, ChoiceError> {
    if !choice.logprob.is_finite() {
        return Err(ChoiceError::NonFinite { index });
    }
    match normalisation {
        ChoiceNormalisation::Sum => Ok(choice.logprob),
        ChoiceNormalisation::PerCharacter if choice.n_characters == 0 => Err(ChoiceError::NoCharacter { index }),
        ChoiceNormalisation::PerCharacter => Ok(choice.logprob / f64::from(choice.n_characters)),
        ChoiceNormalisation::MutualInformation => match choice.alone {
            Some(alone) if alone.is_finite() => Ok(choice.logprob - alone),
            Some(_) => Err(ChoiceError::NonFinite { index }),
            None => Err(ChoiceError::NotAlone { index }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(logprob: f64, n_characters: u32) -> ChoiceScore {
        ChoiceScore { logprob, n_tokens: 1, n_characters, is_greedy: false, alone: None }
    }

    #[test]
    fn the_two_rules_can_pick_differently() {
        let choices = [choice(-4.0, 2), choice(-6.0, 12)];
        let by_sum = pick(&choices, 0, ChoiceNormalisation::Sum).expect("two choices");
        assert_eq!((by_sum.picked, by_sum.is_correct, by_sum.margin), (0, true, 2.0));
        let by_character = pick(&choices, 0, ChoiceNormalisation::PerCharacter).expect("two choices");
        assert_eq!((by_character.picked, by_character.is_correct, by_character.margin), (1, false, -1.5));
        assert_eq!((by_sum.accuracy(), by_character.accuracy()), (1.0, 0.0));
    }

    #[test]
    fn mutual_information_takes_off_what_a_choice_has_alone() {
        let with = |logprob, alone| ChoiceScore { alone: Some(alone), ..choice(logprob, 1) };
        let choices = [with(-4.0, -3.0), with(-5.0, -9.0)];
        let informed = pick(&choices, 1, ChoiceNormalisation::MutualInformation).expect("two choices");
        assert_eq!((informed.picked, informed.margin), (1, 5.0));
        let not_alone = pick(&[choice(-1.0, 1), choice(-2.0, 1)], 0, ChoiceNormalisation::MutualInformation);
        assert_eq!(not_alone, Err(ChoiceError::NotAlone { index: 0 }));
    }

    #[test]
    fn ties_go_to_the_lowest_index() {
        let choices = [choice(-5.0, 1), choice(-3.0, 1), choice(-3.0, 1)];
        let last = pick(&choices, 2, ChoiceNormalisation::Sum).expect("three choices");
        assert_eq!((last.picked, last.is_correct, last.margin), (1, false, 0.0));
    }

    #[test]
    fn items_that_cannot_be_judged_are_errors() {
        let two = [choice(-1.0, 0), choice(f64::NAN, 1)];
        assert_eq!(pick(&two[..1], 0, ChoiceNormalisation::Sum), Err(ChoiceError::TooFewChoices { got: 1 }));
        let out_of_range = Err(ChoiceError::AnswerOutOfRange { answer: 2, n_choices: 2 });
        assert_eq!(pick(&two, 2, ChoiceNormalisation::Sum), out_of_range);
        assert_eq!(pick(&two, 0, ChoiceNormalisation::PerCharacter), Err(ChoiceError::NoCharacter { index: 0 }));
        assert_eq!(pick(&two, 0, ChoiceNormalisation::Sum), Err(ChoiceError::NonFinite { index: 1 }));
    }
}
