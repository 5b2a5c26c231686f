//! Colours: Okabe-Ito in fixed order, a dark counterpart for each, and contrast to prove it.
//!
//! Orange and sky blue are darker than the original on light paper, where the originals reach only
//! 2.3:1 (marks need 3:1). Words in a series colour use a deeper tone (4.5:1). A page defines the
//! variables once ([`style_sheet`]); every drawn colour names its variable and carries the light
//! value as fallback.

use super::ramp::{self, ON_RAMP, RAMP, STEPS};

/// A colour by its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Paint {
    /// Line, marker or fill of a series, slot 0 to 6; larger slots start over.
    Mark(usize),
    /// Words in the colour of a series.
    Word(usize),
    /// Main text.
    Ink,
    /// Secondary text: ticks, notes, reference series.
    Quiet,
    /// Axis lines.
    Axis,
    /// Grid lines: decoration, deliberately faint.
    Grid,
    /// Areas behind marks: margin bands, zones without resolution. Decoration.
    Shade,
    /// The background.
    Paper,
    /// A step of the ramp of heat maps, 0 to 20; larger ones are the last.
    Heat(usize),
    /// Words on such a step.
    OnHeat(usize),
}

/// Number of series colours.
pub const SLOTS: usize = 7;

/// Variable name, light value, dark value.
pub(super) type Entry = (&'static str, &'static str, &'static str);

const MARKS: [Entry; SLOTS] = [
    ("--c1", "#0072B2", "#3D9FDF"), // blue
    ("--c2", "#D55E00", "#EC7A32"), // vermilion
    ("--c3", "#009E73", "#2DB88C"), // green
    ("--c4", "#CC79A7", "#D993B8"), // purple
    ("--c5", "#C38700", "#E69F00"), // orange, original E69F00
    ("--c6", "#1E9BE2", "#7CC7F0"), // sky, original 56B4E9
    ("--c7", "#000000", "#F2F2F2"), // black
];

const WORDS: [Entry; SLOTS] = [
    ("--c1-text", "#0068A3", "#5DB0E8"),
    ("--c2-text", "#A84800", "#F08A48"),
    ("--c3-text", "#007A59", "#3CC79B"),
    ("--c4-text", "#A63F78", "#E3A5C6"),
    ("--c5-text", "#8C6100", "#EDB02B"),
    ("--c6-text", "#156FA2", "#8DCFF3"),
    ("--c7-text", "#000000", "#F2F2F2"),
];

const INK: Entry = ("--ink", "#1A1A1A", "#E8E8E8");
const QUIET: Entry = ("--ink-quiet", "#5A5F66", "#A9AEB6");
const AXIS: Entry = ("--axis", "#787878", "#8A9099");
const GRID: Entry = ("--grid", "#E6E6E6", "#2F333B");
const SHADE: Entry = ("--shade", "#EFEFF1", "#24272E");
const PAPER: Entry = ("--paper", "#FFFFFF", "#16181D");

impl Paint {
    fn entry(self) -> Entry {
        match self {
            Self::Mark(slot) => MARKS[slot % SLOTS],
            Self::Word(slot) => WORDS[slot % SLOTS],
            Self::Ink => INK,
            Self::Quiet => QUIET,
            Self::Axis => AXIS,
            Self::Grid => GRID,
            Self::Shade => SHADE,
            Self::Paper => PAPER,
            Self::Heat(step) => RAMP[step.min(STEPS - 1)],
            Self::OnHeat(step) => ramp::words_on(step),
        }
    }

    /// `var(--c1, #0072B2)`: what goes into the SVG.
    #[must_use]
    pub fn css(self) -> String {
        let (variable, light, _) = self.entry();
        format!("var({variable}, {light})")
    }

    /// Hex value on light paper.
    #[must_use]
    pub fn light(self) -> &'static str {
        self.entry().1
    }

    /// Hex value on dark paper.
    #[must_use]
    pub fn dark(self) -> &'static str {
        self.entry().2
    }
}

fn entries() -> impl Iterator<Item = Entry> {
    MARKS.into_iter().chain(WORDS).chain([INK, QUIET, AXIS, GRID, SHADE, PAPER]).chain(RAMP).chain(ON_RAMP)
}

/// The variables alone: `:root{...}` for light, a media query for dark, light again in print.
///
/// `:root[data-theme=dark]` and `[data-theme=light]` override the system's wish, for pages with a switch.
#[must_use]
pub fn variables() -> String {
    let light: String = entries().map(|(name, hex, _)| format!("{name}:{hex};")).collect();
    let dark: String = entries().map(|(name, _, hex)| format!("{name}:{hex};")).collect();
    format!(
        ":root{{{light}}}\n\
         @media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n\
         @media screen{{:root[data-theme=dark]{{{dark}}}}}\n"
    )
}

/// Everything a page needs: [`variables`] and the switch between the two widths.
///
/// Expects `<div class="figure-drawing"><div class="figure-full">..</div><div
/// class="figure-narrow">..</div></div>`. The switch looks at the width of the column, not of the
/// window; below 660 px the wide drawing's 12 px type would fall under 11 px.
#[must_use]
pub fn style_sheet() -> String {
    format!(
        "{}.figure-drawing{{container-type:inline-size;max-width:720px}}\n\
         .figure-full{{display:none}}\n\
         .figure-narrow{{max-width:480px;margin:0 auto}}\n\
         @container (min-width:660px){{.figure-full{{display:block}}.figure-narrow{{display:none}}}}\n",
        variables()
    )
}

/// WCAG contrast of two `#RRGGBB` colours, 1 to 21; `None` when one isn't of that form.
#[must_use]
pub fn contrast(one: &str, other: &str) -> Option<f64> {
    let (a, b) = (luminance(one)?, luminance(other)?);
    Some((a.max(b) + 0.05) / (a.min(b) + 0.05))
}

/// WCAG 2 relative luminance.
pub(super) fn luminance(hex: &str) -> Option<f64> {
    let digits = hex.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let channel = |at: usize| {
        let byte = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
        let part = f64::from(byte) / 255.0;
        Some(if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) })
    };
    Some(0.2126 * channel(0)? + 0.7152 * channel(2)? + 0.0722 * channel(4)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowest_contrast(paint: Paint, ground: Paint) -> f64 {
        let light = contrast(paint.light(), ground.light()).unwrap();
        let dark = contrast(paint.dark(), ground.dark()).unwrap();
        light.min(dark)
    }

    #[test]
    fn marks_reach_three_to_one_on_both_papers() {
        for slot in 0..SLOTS {
            let reached = lowest_contrast(Paint::Mark(slot), Paint::Paper);
            assert!(reached >= 3.0, "slot {slot}: {reached}");
        }
        assert!(lowest_contrast(Paint::Axis, Paint::Paper) >= 3.0);
    }

    #[test]
    fn words_reach_four_and_a_half_to_one_on_paper_and_on_shade() {
        let words = (0..SLOTS).map(Paint::Word);
        for paint in words.chain([Paint::Ink, Paint::Quiet]) {
            for ground in [Paint::Paper, Paint::Shade] {
                let reached = lowest_contrast(paint, ground);
                assert!(reached >= 4.5, "{paint:?} on {ground:?}: {reached}");
            }
        }
    }

    #[test]
    fn contrast_knows_the_extremes_and_refuses_nonsense() {
        assert!((contrast("#000000", "#FFFFFF").unwrap() - 21.0).abs() < 1e-9);
        assert_eq!(contrast("black", "#FFFFFF"), None);
        assert_eq!(contrast("#ééé", "#FFFFFF"), None);
    }

    #[test]
    fn the_style_sheet_defines_every_variable_twice() {
        let css = style_sheet();
        for (name, _, _) in entries() {
            assert!(css.matches(&format!("{name}:")).count() >= 2, "{name}");
        }
    }
}
