//! From values to pixels: linear and logarithmic, nothing in between.

/// A mapping from a range of values to a range of pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    is_log: bool,
    from: f64,
    to: f64,
    start_px: f64,
    end_px: f64,
}

impl Scale {
    /// Equal steps for equal differences.
    pub(super) fn linear((from, to): (f64, f64), (start_px, end_px): (f64, f64)) -> Self {
        Self { is_log: false, from, to, start_px, end_px }
    }

    /// Equal steps for equal ratios. Zero has no place here: charts give it a panel of its own.
    pub(super) fn log((from, to): (f64, f64), (start_px, end_px): (f64, f64)) -> Self {
        Self {
            is_log: true,
            from: from.max(f64::MIN_POSITIVE).ln(),
            to: to.max(f64::MIN_POSITIVE).ln(),
            start_px,
            end_px,
        }
    }

    /// Pixel of a value. A range of one single value maps to the middle. Values outside the range
    /// land outside the pixels; on a log scale everything up to 0 lands on the start.
    pub(super) fn at(&self, value: f64) -> f64 {
        let value = if !self.is_log {
            value
        } else if value > 0.0 {
            value.ln()
        } else {
            return self.start_px;
        };
        let length = self.to - self.from;
        let share = if length.abs() < f64::MIN_POSITIVE { 0.5 } else { (value - self.from) / length };
        self.start_px + share * (self.end_px - self.start_px)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doublings_are_equally_far_apart_on_a_log_scale() {
        let scale = Scale::log((1.0, 256.0), (0.0, 80.0));
        assert!((scale.at(2.0) - 10.0).abs() < 1e-9);
        assert!((scale.at(64.0) - 60.0).abs() < 1e-9);
    }

    #[test]
    fn a_range_of_one_value_maps_to_the_middle() {
        assert!((Scale::log((4.0, 4.0), (0.0, 80.0)).at(4.0) - 40.0).abs() < 1e-9);
        assert!((Scale::linear((0.5, 0.5), (10.0, 20.0)).at(0.5) - 15.0).abs() < 1e-9);
    }
}
