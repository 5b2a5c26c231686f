//! The ramp of heat maps: one blue hue from 0 to 1 in steps of equal lightness (CIE L*), away from the paper.
//!
//! On light paper larger values are darker, on dark paper they are lighter; words on a step are black or white, whichever is read better.

use super::palette::Entry;

/// Steps of the ramp.
pub(super) const STEPS: usize = 21;

/// Step by step from 0 to 1.
pub(super) const RAMP: [Entry; STEPS] = [
    ("--h0", "#EAF5FF", "#232B32"),
    ("--h1", "#DAECFB", "#27333D"),
    ("--h2", "#CBE2F7", "#2B3B48"),
    ("--h3", "#BCD8F2", "#2E4354"),
    ("--h4", "#ADCFED", "#324B60"),
    ("--h5", "#9EC5E8", "#36536D"),
    ("--h6", "#8FBCE3", "#395C79"),
    ("--h7", "#80B3DE", "#3D6586"),
    ("--h8", "#70A9D9", "#406E93"),
    ("--h9", "#61A0D4", "#4376A0"),
    ("--h10", "#5096CF", "#4780AE"),
    ("--h11", "#3F8DCA", "#4A89BC"),
    ("--h12", "#2B83C4", "#4D92C9"),
    ("--h13", "#1C7ABB", "#569BD4"),
    ("--h14", "#0A71B1", "#5FA5DE"),
    ("--h15", "#0067A5", "#68AEE8"),
    ("--h16", "#005E97", "#71B7F2"),
    ("--h17", "#005689", "#7BC1FC"),
    ("--h18", "#004D7C", "#8CCAFF"),
    ("--h19", "#00446F", "#A1D3FE"),
    ("--h20", "#013C62", "#B4DCFF"),
];

/// The last step on which words are white on dark paper, and the last on which they are black on light paper.
const LAST_FAINT: usize = 9;
const LAST_MIDDLE: usize = 12;

/// Words on faint, middle and strong steps.
pub(super) const ON_RAMP: [Entry; 3] = [
    ("--on-faint", "#000000", "#FFFFFF"),
    ("--on-middle", "#000000", "#000000"),
    ("--on-strong", "#FFFFFF", "#000000"),
];

/// The step of a value from 0 to 1; values outside get the nearest end.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=20 first")]
pub(super) fn step_of(share: f64) -> usize {
    (share.clamp(0.0, 1.0) * 20.0).round() as usize
}

/// What words on a step look like.
pub(super) fn words_on(step: usize) -> Entry {
    let [faint, middle, strong] = ON_RAMP;
    if step <= LAST_FAINT {
        faint
    } else if step <= LAST_MIDDLE {
        middle
    } else {
        strong
    }
}

#[cfg(test)]
mod tests {
    use super::super::palette::{contrast, luminance};
    use super::*;

    /// CIE 1976 lightness, 0 to 100.
    fn lightness(hex: &str) -> f64 {
        let y = luminance(hex).unwrap();
        if y > 0.008_856 { 116.0 * y.cbrt() - 16.0 } else { 903.3 * y }
    }

    #[test]
    fn the_steps_are_equally_far_apart_in_lightness() {
        for of in [|entry: &Entry| entry.1, |entry: &Entry| entry.2] {
            let all: Vec<f64> = RAMP.iter().map(|entry| lightness(of(entry))).collect();
            let mean = (all[STEPS - 1] - all[0]) / 20.0;
            assert!(all.windows(2).all(|pair| (pair[1] - pair[0] - mean).abs() < 0.6), "{all:?}");
        }
    }

    #[test]
    fn words_on_every_step_reach_four_and_a_half_to_one() {
        for (step, ground) in RAMP.iter().enumerate() {
            let words = words_on(step);
            let reached = contrast(words.1, ground.1).unwrap().min(contrast(words.2, ground.2).unwrap());
            assert!(reached >= 4.5, "step {step}: {reached}");
        }
    }

    #[test]
    fn values_outside_get_the_nearest_end() {
        assert_eq!([-1.0, 0.0, 0.024, 0.026, 0.5, 1.0, 7.0].map(step_of), [0, 0, 0, 1, 10, 20, 20]);
    }
}
