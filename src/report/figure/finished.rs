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

/// What a chart hands over once both widths are drawn.
pub(super) struct Drawn<'a> {
    /// Already cleaned.
    pub words: &'a FigureWords,
    pub description: String,
    pub notes: Notes,
    pub table: FigureTable,
    pub full: Canvas,
    pub narrow: Canvas,
}

impl Drawn<'_> {
    /// Turns both canvases into SVG and joins the words.
    ///
    /// # Errors
    /// [`FigureError::Backend`] when plotters refuses to draw.
    pub(super) fn finish(self) -> Result<Figure, FigureError> {
        let frame = Frame { id: &self.words.id, title: &self.words.title, description: &self.description };
        Ok(Figure {
            svg: post::svg(&self.full, &frame)?,
            narrow_svg: post::svg(&self.narrow, &frame)?,
            id: self.words.id.clone(),
            title: self.words.title.clone(),
            subtitle: self.words.subtitle.clone(),
            caption: self.notes.after(&self.words.caption),
            description: self.description,
            table: self.table,
        })
    }
}
