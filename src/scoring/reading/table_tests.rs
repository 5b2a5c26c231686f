//! Answers in other words than the golden ones, each with the reading that the rules give by hand.

use super::*;

const PERCENT: NumberTarget = NumberTarget {
    unit: NumberUnit::Percent,
    scale: 1.0,
    is_signed: false,
    absolute_above: None,
    locale: NumberLocale::En,
};
const GROWTH: NumberTarget = NumberTarget { is_signed: true, ..PERCENT };
const INDEX: NumberTarget = NumberTarget { unit: NumberUnit::Index, ..PERCENT };
const INDEX_EU: NumberTarget = NumberTarget { locale: NumberLocale::Eu, ..INDEX };
const USD: NumberTarget = NumberTarget { unit: NumberUnit::Usd, ..PERCENT };
const USD_BN: NumberTarget = NumberTarget { scale: 1e9, absolute_above: Some(1e9), ..USD };
const PERSONS: NumberTarget =
    NumberTarget { unit: NumberUnit::Count, scale: 1e3, absolute_above: Some(1e7), ..PERCENT };
const HOUSES: NumberTarget = NumberTarget { absolute_above: Some(1e5), ..PERSONS };

/// A reading in short: the value, `low..high`, or the status; `~` in front where it is hedged.
fn short(text: &str, target: &NumberTarget) -> String {
    let reading = read_number(text, target);
    let hedge = if reading.is_hedged { "~" } else { "" };
    let number =
        |value: Option<f64>| value.map_or_else(String::new, |value| format!("{}", (value * 1e9).round() / 1e9));
    match reading.status {
        NumberStatus::Value => format!("{hedge}{}", number(reading.value)),
        NumberStatus::Range => format!("{hedge}{}..{}", number(reading.low), number(reading.high)),
        status => status.as_str().to_owned(),
    }
}

fn check(target: &NumberTarget, cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(text, expected)| short(text, target) != *expected)
        .map(|(text, expected)| format!("{text:?}: {} instead of {expected}", short(text, target)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn json_answers() {
    check(
        &PERCENT,
        &[
            (r#"{"Value": 6.1}"#, "6.1"),
            (r#"{"final_answer": "6.1 %"}"#, "6.1"),
            (r#"{"estimate": -0.2}"#, "-0.2"),
            (r#"{"forecast": 3, "result": 9}"#, "3"),
            (r#"{"value": null}"#, "refusal"),
            (r#"{"value": "n/a"}"#, "refusal"),
            (r#"{"value": ""}"#, "unparseable"),
            (r#"{"value": "   "}"#, "unparseable"),
            (r#"{"value": true}"#, "unparseable"),
            (r#"{"value": [6.1]}"#, "unparseable"),
            (r#"{"value": {"low": 1}}"#, "unparseable"),
            (r#"{"data": {"value": 6.1}}"#, "6.1"),
            (r#"{"rate": 6.1}"#, "6.1"),
            (r#"{"value": 6.1} {"value": 6.3}"#, "6.3"),
            (r#"{"value": 6.1} but {"note": 1}"#, "6.1"),
            (r#"{'value': 6.1, 'confidence': 0.8}"#, "6.1"),
            (r#"{"confidence": 0.8, "value": 6.1"#, "6.1"),
            (r#"{"value": "between 6 and 7"}"#, "6..7"),
            (r#"{"value": "6,1"}"#, "6.1"),
            (r#"{"value": 610, "unit": "basis points"}"#, "6.1"),
            (r#"{"value": "610", "units": "bps"}"#, "6.1"),
            (r#"{"value": "I don't have it, but about 6.1%"}"#, "~6.1"),
            (r#"{"value": 1e999}"#, "unparseable"),
            ("```json\n{\"answer\": \"6.1%\"}\n```", "6.1"),
            ("I think 9.9. {\"value\": \"\\ud800\"}", "9.9"),
        ],
    );
    check(
        &USD_BN,
        &[
            (r#"{"value": 21.5, "unit": "trillion dollars"}"#, "21500"),
            (r#"{"value": "21.5", "unit": "USD trillions"}"#, "21500"),
            (r#"{"value": "21.5 trillion", "unit": "billion"}"#, "21500"),
            (r#"{"value": 21500000, "units": "millions of USD"}"#, "21500"),
            (r#"{"value": 21500000000000}"#, "21500"),
            (r#"{"value": 21500.25, "unit": "USD"}"#, "21500.25"),
        ],
    );
}

#[test]
fn tags_and_boxes() {
    check(
        &PERCENT,
        &[
            ("There were 12 meetings.\nFinal Answer: 5.25%", "5.25"),
            ("**Estimate** = 5.25", "5.25"),
            ("Answer: 5.0\nFinal answer: 5.25", "5.25"),
            ("### Prediction:\n\n5.25 %\n", "5.25"),
            ("Value: **5.25**", "5.25"),
            ("> Forecast: 5.25 percent", "5.25"),
            ("Answer: unknown\nIt was 5.25% once.", "refusal"),
            ("Answer: I do not know", "refusal"),
            ("I cannot be exact.\nAnswer: 5.25%", "~5.25"),
            ("\\boxed{5.25}", "5.25"),
            ("\\boxed{4} no, \\boxed{5.25\\%}", "5.25"),
            ("$\\boxed{-5.25\\text{ percent}}$", "-5.25"),
            ("\\boxed{\\text{unknown}}", "refusal"),
            ("My answer: 5.25", "5.25"),
        ],
    );
    check(&INDEX, &[("\\boxed{13{,}324.6}", "13324.6"), ("Answer: \\(2.5 \\times 10^{3}\\)", "2500")]);
}

#[test]
fn separators_and_scripts() {
    check(
        &INDEX,
        &[
            ("27,463", "27463"),
            ("27.463,2", "27463.2"),
            ("1.027.463", "1027463"),
            ("27 463.2", "27"),
            ("27\u{202f}463.2", "27463.2"),
            ("27\u{2009}463,2", "27463.2"),
            ("27\u{2019}463.2", "27463.2"),
            ("3,45,678", "345678"),
            ("0,987", "0.987"),
            ("98,7", "98.7"),
            ("\u{ff12}\u{ff13}\u{ff11}\u{ff0e}\u{ff15}", "231.5"),
            ("231.5.", "231.5"),
            ("2.315e2", "231.5"),
            ("2.315E+02", "231.5"),
            ("2.315 x 10^2", "231.5"),
            ("2.315\u{b7}10\u{b2}", "231.5"),
            ("2.315 * 10^2", "231.5"),
            ("2.7k", "2700"),
            ("`231.5`", "231.5"),
            ("231.5\u{b9}", "231.5"),
        ],
    );
    check(
        &INDEX_EU,
        &[
            ("27.463", "27463"),
            ("27,463", "27.463"),
            ("27.463,25", "27463.25"),
            ("98.75", "98.75"),
            ("1.027.463", "1027463"),
        ],
    );
    check(
        &PERCENT,
        &[
            ("5\u{bc}%", "5.25"),
            ("5 \u{be} percent", "5.75"),
            ("\u{215b} of a percent", "0.125"),
            ("5 1/4 percent", "5.25"),
            ("5-3/8%", "5.375"),
            ("1/4 percent", "0.25"),
            ("5,25%", "5.25"),
            ("5.25pct", "5.25"),
            ("5.25 per cent", "5.25"),
            ("525bp", "5.25"),
            ("525 bps", "5.25"),
            (".25%", "0.25"),
            ("0.0525", "0.0525"),
        ],
    );
}

#[test]
fn signs() {
    check(
        &GROWTH,
        &[
            ("\u{2212}1.4%", "-1.4"),
            ("\u{2011}1.4%", "-1.4"),
            ("growth was \u{2014}1.4%", "-1.4"),
            ("negative 1.4 percent", "-1.4"),
            ("a negative 1.4%", "-1.4"),
            ("(1.4)%", "-1.4"),
            ("(1.4%)", "-1.4"),
            ("(1.4) percent", "-1.4"),
            ("Growth: (1.4)", "-1.4"),
            ("Real GDP declined at a 1.4 percent annual rate", "-1.4"),
            ("Output contracted by 1.4% in 2022Q1.", "-1.4"),
            ("The economy shrank 1.4%.", "-1.4"),
            ("It was down 1.4% on the quarter", "-1.4"),
            ("a 1.4% contraction", "-1.4"),
            ("GDP posted a 1.4% annualized drop", "-1.4"),
            ("GDP grew 2.6% after a decline of 0.6% before", "2.6"),
            ("After falling 0.6%, output rose 2.6%", "-0.6"),
            ("Growth slowed and fell to 2.6%", "2.6"),
            ("Growth fell to -2.6%", "-2.6"),
            ("Growth fell 0.5 percentage points to 2.1%", "2.1"),
            ("rate-1.4%", "1.4"),
            ("GDP growth of +2.6%", "2.6"),
            ("negative growth of 0.3%", "-0.3"),
            ("It fell between 1 and 2 percent", "-2..-1"),
            ("-2% to -1%", "-2..-1"),
        ],
    );
    check(&PERCENT, &[("It fell to 3.5%", "3.5"), ("It dropped by 0.2 points to 3.5%", "3.5"), ("minus 0.4%", "-0.4")]);
    check(
        &USD,
        &[("-$37.63", "-37.63"), ("($37.63)", "-37.63"), ("$-37.63", "-37.63"), ("minus $37.63 a barrel", "-37.63")],
    );
}

#[test]
fn dates_and_names_are_no_values() {
    check(
        &PERCENT,
        &[
            ("In April 2020 unemployment reached 14.7%.", "14.7"),
            ("On April 3, 2020 it was 4.4%", "4.4"),
            ("2020-04: 14.7", "14.7"),
            ("2020M04 = 14.7", "14.7"),
            ("Q2 2020: 13.0 percent", "13"),
            ("in 2Q20, 13.0 percent", "13"),
            ("the 2nd quarter of 2020 saw 13.0", "13"),
            ("3/15/2020: 0.25", "0.25"),
            ("15.03.2020: 0.25", "0.25"),
            ("The 3-month bill yielded 0.09%", "0.09"),
            ("the 30 year bond stood at 1.35", "1.35"),
            ("2-year 0.16, not the 10-year", "0.16"),
            ("U-6 was 22.9", "22.9"),
            ("M2 grew 18.2", "18.2"),
            ("the G20 average: 3.1", "3.1"),
            ("COVID-19 pushed it to 14.7", "14.7"),
            ("1) 14.7", "14.7"),
            ("2. The rate: 14.7", "14.7"),
            ("As Claude 3.5 Sonnet I recall 14.7%", "14.7"),
            ("Llama-3.1-70B says 14.7", "14.7"),
            ("On the 21st estimate it was 14.7", "14.7"),
            ("2019", "unparseable"),
            ("At 8:30 am they said 14.7", "14.7"),
            ("In the 1990s it was 5.6", "5.6"),
            ("Oct 2009: 10.0%", "10"),
            ("year 2009: 10.0", "10"),
        ],
    );
    check(
        &INDEX,
        &[
            ("The S&P 500 ended 2019 at 3,230.78.", "3230.78"),
            ("S&P500: 3230.78", "3230.78"),
            ("Standard & Poor's 500 stood at 3230.78", "3230.78"),
            ("FTSE 100 7,542.44", "7542.44"),
            ("The Nikkei 225 closed at 23,656.62", "23656.62"),
            ("Russell 2000: 1668.47", "1668.47"),
            ("Dow Jones 30 28538.44", "28538.44"),
            ("CPI-U (1982-84=100) was 256.974 in December 2019", "256.974"),
            ("256.974 (1982\u{2013}1984 = 100)", "256.974"),
            ("(2017=100) 109.5", "109.5"),
            ("Index 2012=100: 109.5", "109.5"),
            ("base year 2012, value 109.5", "109.5"),
            ("In 2019, the index was 256.974", "256.974"),
            ("2040", "2040"),
            ("The index was 2040", "2040"),
            ("The index stood at 1995 at the end of 2015", "1995"),
            ("July 20, 1987: 2487.8", "2487.8"),
            ("It rose 2% to 3,230.78", "3230.78"),
            ("up 25 points to 3230.78", "3230.78"),
            ("5%", "unparseable"),
        ],
    );
    check(
        &USD_BN,
        &[
            ("19,221.97 billion chained 2012 dollars", "19221.97"),
            ("19,221.97 in constant (2012) USD", "19221.97"),
            ("19.2 trillion (2012 dollars)", "19200"),
            ("$19.2tn", "19200"),
            ("US$ 19.2 trn", "19200"),
            ("USD 19,200 bn", "19200"),
            ("19,221,970 million", "19221.97"),
            ("19,221,970 (in millions)", "19221.97"),
            ("$19,221,970,000,000", "19221.97"),
            ("19221.97", "19221.97"),
            ("1.9e13", "19000"),
            ("GDP rose 2.1% to 19.2 trillion dollars", "19200"),
            ("-0.4 trillion", "-400"),
        ],
    );
}

#[test]
fn ranges_and_choices() {
    check(
        &PERCENT,
        &[
            ("from 3.5% to 3.7%", "3.7"),
            ("3.5 to 3.7%", "3.5..3.7"),
            ("3.5\u{2013}3.7", "3.5..3.7"),
            ("3.5% - 3.7%", "3.5..3.7"),
            ("between 3.7 and 3.5 percent", "3.5..3.7"),
            ("between about 3.5% and 3.7%", "3.5..3.7"),
            ("5 1/4 to 5 1/2 percent", "5.25..5.5"),
            ("5-1/4\u{2013}5-1/2%", "5.25..5.5"),
            ("3.6% \u{b1} 0.1%", "3.6"),
            ("3.6 +/- 0.1", "3.6"),
            ("3.6% plus or minus 0.1", "3.6"),
            ("rose 25 basis points to 1.75%", "1.75"),
            ("rose by 25 bp, to 1.75%", "1.75"),
            ("25 to 50 bp", "0.25..0.5"),
            ("It was 3.6%, up from 3.5%", "3.6"),
            ("Up from 3.5%, it hit 3.6%", "3.6"),
            ("3.6% versus 3.8% a year before", "3.6"),
            ("I recall 60 reports; the rate: 3.6%", "3.6"),
            ("\u{2248} 3.6", "3.6"),
            ("somewhere around 3.6, compared to 4.0", "3.6"),
        ],
    );
    check(
        &USD_BN,
        &[
            ("$14\u{2013}15 trillion", "14000..15000"),
            ("$900 billion to $1.1 trillion", "900..1100"),
            ("14 to 15", "14..15"),
        ],
    );
    check(
        &INDEX,
        &[
            ("between 250 and 260", "250..260"),
            ("2% to 260", "260"),
            ("250 or so", "250"),
            ("between 1900 and 2000", "1900..2000"),
        ],
    );
    check(
        &PERSONS,
        &[
            ("151.9 million", "151900"),
            ("151.9m", "151900"),
            ("151,900 thousand persons", "151900"),
            ("151,900,000", "151900"),
            ("151,900", "151900"),
            ("151 to 152 million jobs", "151000..152000"),
            ("about 151.9 mn", "151900"),
            ("up 1.4% to 151.9 million", "151900"),
            ("payrolls rose by 200,000 to 151.9 million", "151900"),
        ],
    );
    check(
        &HOUSES,
        &[("1.61 million units", "1610"), ("1,610,000", "1610"), ("1,610", "1610"), ("1610 thousand", "1610")],
    );
}

#[test]
fn refusals_hedges_and_nonsense() {
    check(
        &PERCENT,
        &[
            ("I don\u{2019}t know.", "refusal"),
            ("I do not have access to that figure.", "refusal"),
            ("Not available", "refusal"),
            ("no data", "refusal"),
            ("null", "refusal"),
            ("None", "refusal"),
            ("N/A.", "refusal"),
            ("\u{2014}", "refusal"),
            ("???", "refusal"),
            ("As an AI, I can't provide this.", "refusal"),
            ("That is after my knowledge cutoff of June 2024.", "refusal"),
            ("My knowledge cutoff is 2023", "refusal"),
            ("Unable to recall the value for 2019-03.", "refusal"),
            ("I cannot say with confidence: 0%", "refusal"),
            ("I'm not sure, but I think 3.6%", "~3.6"),
            ("I cannot verify it; the value was 3.6", "~3.6"),
            ("three point six", "unparseable"),
            ("Quite low.", "unparseable"),
            ("\t \n", "unparseable"),
            ("...", "unparseable"),
            ("The rate was not high", "unparseable"),
        ],
    );
    check(&INDEX, &[("My knowledge cutoff is 2023", "refusal"), ("I can't provide data for 2024", "refusal")]);
}

#[test]
fn stated_confidence() {
    for (text, expected) in [
        ("3.6% (confidence: 80%)", Some(0.8)),
        ("3.6%, confidence 0.8", Some(0.8)),
        ("I'm 80% sure it was 3.6%", Some(0.8)),
        ("With 80% confidence, 3.6%", Some(0.8)),
        ("Answer: 3.6%\nConfidence: 80/100", Some(0.8)),
        ("3.6. Confidence = 8/10", Some(0.8)),
        ("3.6 (very high confidence)", Some(0.9)),
        ("3.6, low confidence", Some(0.25)),
        ("3.6 - confidence: medium", Some(0.5)),
        ("3.6\nConfidence: very low", Some(0.1)),
        ("{\"value\": 3.6, \"confidence\": \"certain\"}", Some(1.0)),
        ("{\"value\": 3.6, \"Confidence\": 80}", Some(0.8)),
        ("{\"value\": 3.6, \"confidence\": -1}", None),
        ("{\"value\": 3.6, \"confidence\": 101}", None),
        ("{\"value\": 3.6, \"confidence\": null}", None),
        ("3.6", None),
        ("3.6, consumer confidence was high", None),
        ("3.6% (95% confidence interval 3.4% to 3.8%)", None),
    ] {
        let reading = read_number(text, &PERCENT);
        assert_eq!((reading.value, reading.confidence), (Some(3.6), expected), "{text}");
    }
}

#[test]
fn raw_values_stand_before_scale_and_unit() {
    let raw = |text, target| read_number(text, target).raw_value;
    assert_eq!(raw("-$0.4 trillion", &USD_BN), Some(-0.4));
    assert_eq!(raw("525 bp", &PERCENT), Some(525.0));
    assert_eq!(raw("151,900,000", &PERSONS), Some(151_900_000.0));
    assert_eq!(raw("It contracted 1.4%", &GROWTH), Some(-1.4));
    assert_eq!(raw("3 to 4%", &PERCENT), None);
}

#[test]
fn a_fraction_is_suspected_and_not_repaired() {
    assert_eq!(short("0.047", &PERCENT), "0.047");
    assert!(is_suspect_fraction(0.047, 4.7, 0.1, &PERCENT));
    assert!(!is_suspect_fraction(4.7, 4.7, 0.1, &PERCENT) && !is_suspect_fraction(0.047, 4.7, 0.1, &INDEX));
    assert!(!is_suspect_fraction(0.05, 0.06, 0.1, &PERCENT));
}
