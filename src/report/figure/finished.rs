//! [`Figure`]: a drawing with everything a page needs around it.

use super::canvas::Canvas;
use super::palette;
use super::post::{self, Frame};
use super::words::Notes;
use super::{FigureError, FigureTable, FigureWords};
use serde::Serialize;

/// A finished figure. Text fields are plain text: the page escapes them; `svg` and `narrow_svg`
/// are complete, escaped SVG elements that go into the page as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// Unique on the page; also the stem of every id inside the two SVGs.
    pub id: String,
    /// The finding. Not drawn in the SVG: the page sets it as a heading.
    pub title: String,
    /// The measure.
    pub subtitle: String,
    /// The caller's caption, then what the figure itself has to say (points dropped, range widened).
    pub caption: String,
    /// The sentences a blind reader needs; also the `<desc>` of the SVGs.
    pub description: String,
    /// For columns of 660 px and more; drawn for 720 px.
    pub svg: String,
    /// For narrower columns; drawn for 360 px.
    pub narrow_svg: String,
    /// The same numbers.
    pub table: FigureTable,
}

impl Figure {
    /// The wide drawing as a file of its own: brings its palette for both colour schemes and a background.
    #[must_use]
    pub fn standalone_svg(&self) -> String {
        let style = format!("<style>{}</style>", palette::variables());
        post::with_background(&self.svg, &style)
    }

    /// The wide drawing with plain hex colours on white, for converters that know no CSS variables.
    #[must_use]
    pub fn paper_svg(&self) -> String {
        post::literal_colours(&post::with_background(&self.svg, ""))
    }
}

/// Turns the drawings, for full and narrow columns, into SVG and joins the words, which are cleaned already.
///
/// # Errors
/// [`FigureError::Backend`] when plotters refuses to draw.
pub(super) fn finish(
    words: &FigureWords,
    notes: &Notes,
    description: String,
    table: FigureTable,
    [full, narrow]: [Canvas; 2],
) -> Result<Figure, FigureError> {
    let frame = Frame { id: &words.id, title: &words.title, description: &description };
    Ok(Figure {
        svg: post::svg(&full, &frame)?,
        narrow_svg: post::svg(&narrow, &frame)?,
        id: words.id.clone(),
        title: words.title.clone(),
        subtitle: words.subtitle.clone(),
        caption: notes.after(&words.caption),
        description,
        table,
    })
}
