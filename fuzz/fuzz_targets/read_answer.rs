//! Every reader of answers on any text: none panics, and numbers are finite.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mnemoscope::scoring::reading::{
    NumberLocale, NumberTarget, NumberUnit, read_date, read_direction, read_number, read_reconstruction, read_threshold,
};

fuzz_target!(|text: &str| {
    let targets = [
        NumberTarget { is_signed: true, ..NumberTarget::of(NumberUnit::Percent) },
        NumberTarget { scale: 1e9, absolute_above: Some(1e9), ..NumberTarget::of(NumberUnit::Usd) },
        NumberTarget { locale: NumberLocale::Eu, ..NumberTarget::of(NumberUnit::Index) },
    ];
    for target in &targets {
        assert!(read_number(text, target).value.is_none_or(f64::is_finite));
    }
    let _ = (read_date(text), read_direction(text), read_threshold(text), read_reconstruction(text));
});
