//! `neighbor`: the text against texts close to it (Mattern et al. 2023).

use super::attack::{AttackError, AttackInput, AttackScore, finite, mean, target_logprobs};

pub(super) const ID: &str = "neighbor";

/// `mean l(text) - mean over neighbours of mean l(neighbour)`, in nats a token.
///
/// The mean over neighbours, as in the paper and in mink-plus-plus; mimir's driver takes the largest loss, see
/// [`compat::mimir_neighbor_driver`](super::compat::mimir_neighbor_driver).
///
/// # Errors
/// No neighbour, no scored token of the text or of a neighbour, or a log-probability that is not finite.
pub fn neighbor(input: &AttackInput<'_>) -> Result<AttackScore, AttackError> {
    let text = mean(&target_logprobs(ID, input.target)?);
    if input.extra.neighbors.is_empty() {
        return Err(AttackError::MissingPass {
            attack: ID,
            what: "texts close to it",
            remedy: "give some in the field `neighbors`, or leave this text out",
        });
    }
    let means = input.extra.neighbors.iter().map(|neighbor| {
        if neighbor.logprobs.is_empty() {
            return Err(AttackError::Unscorable { attack: ID });
        }
        Ok(mean(&finite(ID, "logprobs of a neighbour", &neighbor.logprobs)?))
    });
    let means = means.collect::<Result<Vec<f64>, AttackError>>()?;
    Ok(AttackScore::plain(text - mean(&means)))
}

#[cfg(test)]
mod tests {
    use super::super::attack::Extra;
    use super::super::attack::example::scores;
    use super::*;

    #[test]
    fn every_neighbour_weighs_the_same_however_long_it_is() {
        let target = scores(&[-1.0]);
        let neighbors = [scores(&[-2.0; 9]), scores(&[-4.0])];
        let extra = Extra { neighbors: &neighbors, ..Extra::default() };
        let input = AttackInput { extra, ..AttackInput::new("a", &target) };
        assert_eq!(neighbor(&input).map(|s| s.value), Ok(2.0));
    }

    #[test]
    fn a_text_without_neighbours_has_no_score() {
        let target = scores(&[-1.0]);
        let error = neighbor(&AttackInput::new("a", &target)).expect_err("none");
        assert_eq!(error.kind(), "missing_neighbors");
    }
}
