//! Names of models with their marks above a drawing, where direct labels have no room or no place.

use super::canvas::{Anchor, Canvas};
use super::part::ModelPart;
use super::text;

/// Draws them from `top` down in as many lines as they need; gives the lower edge.
pub(super) fn draw<'m>(canvas: &mut Canvas, models: impl Iterator<Item = (&'m str, ModelPart)>, top: f64) -> f64 {
    let size = canvas.width.type_px();
    let page = canvas.width.px();
    let (mut x, mut y) = (1.0, top + 0.6 * size);
    for (name, part) in models {
        let style = part.style();
        let name = text::cut(name, size, canvas.width.pick(220.0, page - 20.0));
        let needed = 13.0 + text::width(&name, size);
        if x > 1.0 && x + needed > page - 2.0 {
            (x, y) = (1.0, y + 1.45 * size);
        }
        canvas.marker((x + 5.0, y), style.marker, 4.5, style.mark);
        canvas.text((x + 13.0, y + 0.36 * size), Anchor::Start, style.word, name);
        x += needed + 18.0;
    }
    y + 0.7 * size
}
