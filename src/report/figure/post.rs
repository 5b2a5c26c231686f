//! From display list to finished SVG: plotters draws it at four times the size, then its tags are
//! rewritten.
//!
//! plotters writes literal hex colours, knows no dash arrays and no CSS. So each kind of ink gets a
//! number, is drawn in the colour that *is* that number, and the number is replaced afterwards by
//! what the ink means: `stroke="var(--c1, #0072B2)" stroke-dasharray="28 16"`. Text content is
//! escaped by plotters and never holds a raw `"` or `<`, so tags can be told from text by line.

use super::FigureError;
use super::canvas::{Anchor, Canvas, Dash, Shape, Text};
use super::palette::Paint;
use super::text::escape;
use plotters::backend::SVGBackend;
use plotters::drawing::IntoDrawingArea;
use plotters::element::{Circle, PathElement, Polygon, Text as TextElement};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle};
use std::fmt::Write as _;

/// Drawn pixels for each screen pixel.
const OVERSAMPLING: f64 = 4.0;
/// plotters divides type sizes by this.
const PLOTTERS_TYPE_FACTOR: f64 = 1.24;
const FONTS: &str =
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Noto Sans', 'DejaVu Sans', sans-serif";
const SVG_NAMESPACE: &str = "http://www.w3.org/2000/svg";

/// What the SVG says about itself.
pub(super) struct Frame<'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub description: &'a str,
}

/// What a colour number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ink {
    paint: Paint,
    dash: Dash,
    has_halo: bool,
}

/// Inks in order of first use; the index is the colour plotters draws in.
#[derive(Debug, Default)]
struct Inkwell(Vec<Ink>);

impl Inkwell {
    fn colour(&mut self, ink: Ink) -> RGBColor {
        let index = self.0.iter().position(|&known| known == ink).unwrap_or_else(|| {
            self.0.push(ink);
            self.0.len() - 1
        });
        let [_, _, high, low] = u32::try_from(index).unwrap_or(0).to_be_bytes();
        RGBColor(0, high, low)
    }

    fn ink(&self, hex: &str) -> Option<Ink> {
        let index = usize::from_str_radix(hex.strip_prefix('#')?, 16).ok()?;
        self.0.get(index).copied()
    }
}

/// The canvas as a complete SVG element, ready for a page.
///
/// # Errors
/// [`FigureError::Backend`] when plotters refuses.
pub(super) fn svg(canvas: &Canvas, frame: &Frame<'_>) -> Result<String, FigureError> {
    let mut inkwell = Inkwell::default();
    let raw =
        plot(canvas, &mut inkwell).map_err(|message| FigureError::Backend { id: frame.id.to_owned(), message })?;
    Ok(rewrite(&raw, &inkwell, canvas, frame))
}

fn plot(canvas: &Canvas, inkwell: &mut Inkwell) -> Result<String, String> {
    let size = (drawn_size(canvas.width.px()), drawn_size(canvas.height));
    let mut raw = String::new();
    {
        let area = SVGBackend::with_string(&mut raw, size).into_drawing_area();
        for shape in &canvas.shapes {
            match shape {
                Shape::Path(points, stroke) => {
                    let ink = Ink { paint: stroke.paint, dash: stroke.dash, has_halo: false };
                    let style = ShapeStyle {
                        color: inkwell.colour(ink).mix(stroke.opacity),
                        filled: false,
                        stroke_width: drawn_size(stroke.width),
                    };
                    area.draw(&PathElement::new(drawn_points(points), style))
                }
                Shape::Polygon(points, paint, opacity) => {
                    let colour = inkwell.colour(plain(*paint)).mix(*opacity);
                    area.draw(&Polygon::new(drawn_points(points), colour.filled()))
                }
                Shape::Disc(centre, radius, paint) => {
                    let colour = inkwell.colour(plain(*paint));
                    let circle = Circle::new((drawn(centre.0), drawn(centre.1)), drawn_size(*radius), colour.filled());
                    area.draw(&circle)
                }
                Shape::Text(text) => {
                    let at = (drawn(text.at.0), drawn(text.at.1));
                    let style = text_style(text, inkwell);
                    area.draw(&TextElement::new(text.content.as_str(), at, style))
                }
            }
            .map_err(|error| error.to_string())?;
        }
        area.present().map_err(|error| error.to_string())?;
    }
    Ok(raw)
}

const fn plain(paint: Paint) -> Ink {
    Ink { paint, dash: Dash::Solid, has_halo: false }
}

fn text_style(text: &Text, inkwell: &mut Inkwell) -> TextStyle<'static> {
    let ink = Ink { has_halo: text.has_halo, ..plain(text.paint) };
    let anchor = match text.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let weight = if text.is_bold { FontStyle::Bold } else { FontStyle::Normal };
    TextStyle {
        font: FontDesc::new(FontFamily::SansSerif, text.size * OVERSAMPLING * PLOTTERS_TYPE_FACTOR, weight),
        color: inkwell.colour(ink).to_backend_color(),
        pos: Pos::new(anchor, VPos::Bottom),
    }
}

fn drawn_points(points: &[(f64, f64)]) -> Vec<(i32, i32)> {
    points.iter().map(|&(x, y)| (drawn(x), drawn(y))).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to what an i32 holds; NaN becomes 0")]
fn drawn(px: f64) -> i32 {
    (px * OVERSAMPLING).round().clamp(-1e6, 1e6) as i32
}

fn drawn_size(px: f64) -> u32 {
    u32::try_from(drawn(px)).unwrap_or(0).max(1)
}

/// Line by line: opening tag, text, closing tag, or a whole element.
fn rewrite(raw: &str, inkwell: &Inkwell, canvas: &Canvas, frame: &Frame<'_>) -> String {
    let mut out = head(canvas, frame);
    for line in raw.lines() {
        if line.starts_with("<svg ") || line == "</svg>" || line.is_empty() {
            continue;
        }
        if let Some(tag) = line.strip_prefix('<').filter(|tag| !tag.starts_with('/')) {
            rewrite_tag(&mut out, tag, inkwell);
        } else {
            out.push_str(line);
        }
        if line.ends_with("/>") || line.starts_with("</") {
            out.push('\n');
        }
    }
    out.push_str("</svg>\n");
    out
}

fn head(canvas: &Canvas, frame: &Frame<'_>) -> String {
    let (name, max_width) = canvas.width.pick(("full", 720), ("narrow", 480));
    let id = frame.id;
    let mut out = String::new();
    // Writing to a String can't fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"{SVG_NAMESPACE}\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\" \
         role=\"img\" aria-labelledby=\"{id}-{name}-title {id}-{name}-desc\" \
         font-family=\"{FONTS}\" stroke-linejoin=\"round\" \
         style=\"width:100%;max-width:{max_width}px;height:auto;font-variant-numeric:tabular-nums\">",
        canvas.width.px(),
        canvas.height.round(),
        drawn_size(canvas.width.px()),
        drawn_size(canvas.height.round()),
    );
    let _ = writeln!(
        out,
        "<title id=\"{id}-{name}-title\">{}</title>\n<desc id=\"{id}-{name}-desc\">{}</desc>",
        escape(frame.title),
        escape(frame.description)
    );
    out
}

/// `tag` is `name attr="value" ...` and ends in `>` or `/>`.
fn rewrite_tag(out: &mut String, tag: &str, inkwell: &Inkwell) {
    let (body, end) = match tag.strip_suffix("/>") {
        Some(body) => (body, "/>"),
        None => (tag.strip_suffix('>').unwrap_or(tag), ">"),
    };
    let (name, attributes) = body.split_once(' ').unwrap_or((body, ""));
    out.push('<');
    out.push_str(name);
    for attribute in attributes.split_inclusive("\" ") {
        let Some((key, value)) = attribute.trim_end().split_once('=') else {
            continue;
        };
        let value = value.trim_matches('"');
        match (key, value) {
            ("opacity", "1") | ("dy" | "font-family", _) | ("stroke", "none") => {}
            ("stroke-width", _) if name == "circle" => {}
            ("font-size", size) => {
                let size: f64 = size.parse().unwrap_or(12.0 * OVERSAMPLING);
                let _ = write!(out, " font-size=\"{}\"", size.round());
            }
            ("fill" | "stroke", hex) => write_ink(out, key, hex, inkwell),
            _ => {
                let _ = write!(out, " {key}=\"{}\"", value.trim_end());
            }
        }
    }
    out.push_str(end);
}

fn write_ink(out: &mut String, key: &str, hex: &str, inkwell: &Inkwell) {
    let Some(ink) = inkwell.ink(hex) else {
        let _ = write!(out, " {key}=\"{hex}\"");
        return;
    };
    let _ = write!(out, " {key}=\"{}\"", ink.paint.css());
    let pattern = ink.dash.pattern();
    if key == "stroke" && !pattern.is_empty() {
        let lengths: Vec<String> = pattern.iter().map(|&px| (f64::from(px) * OVERSAMPLING).to_string()).collect();
        let _ = write!(out, " stroke-dasharray=\"{}\"", lengths.join(" "));
    }
    if key == "fill" && ink.has_halo {
        let _ = write!(
            out,
            " stroke=\"{}\" stroke-width=\"{}\" paint-order=\"stroke\"",
            Paint::Paper.css(),
            3.0 * OVERSAMPLING
        );
    }
}

/// The SVG with `style` and a rectangle in the paper colour right after its description.
pub(super) fn with_background(svg: &str, style: &str) -> String {
    let ground = format!("</desc>\n{style}<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>", Paint::Paper.css());
    svg.replacen("</desc>", &ground, 1)
}

/// Every `var(--name, #HEX)` replaced by its `#HEX`.
pub(super) fn literal_colours(svg: &str) -> String {
    let mut out = String::with_capacity(svg.len());
    let mut rest = svg;
    while let Some((before, after)) = rest.split_once("=\"var(--") {
        out.push_str(before);
        out.push_str("=\"");
        let (reference, tail) = after.split_once(')').unwrap_or((after, ""));
        out.push_str(reference.split_once(", ").map_or("", |(_, hex)| hex));
        rest = tail;
    }
    out.push_str(rest);
    out
}
