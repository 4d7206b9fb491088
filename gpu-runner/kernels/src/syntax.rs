//! The grammar of scene files: which statements there are, which fields each takes and within which limits. A line
//! is a statement name followed by fields, a field is a name followed by its values; the first field may be named
//! by the statement itself (`size 640 360`). `//` begins a comment. Nothing but bounded integers leaves this file.

use crate::fixed::ONE;
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};
use core::fmt;

/// The largest scene file, in bytes; it travels in a transaction.
pub const MAX_BYTES: usize = 64 * 1024;
/// The longest line, in bytes.
pub const MAX_LINE: usize = 400;

/// What is wrong with a scene and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SceneError {
    /// Line number, from 1.
    pub line: usize,
    /// Field or statement name.
    pub field: String,
    /// What was wrong and what to write instead.
    pub message: String,
}

impl SceneError {
    pub(crate) fn new(line: usize, field: &str, message: impl Into<String>) -> Self {
        Self { line, field: field.to_owned(), message: message.into() }
    }
}

impl fmt::Display for SceneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, field {}: {}", self.line, self.field, self.message)
    }
}

impl core::error::Error for SceneError {}

/// What a field's values are.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// So many whole numbers within limits.
    Whole(usize, i32, i32),
    /// So many decimals within limits in thousandths.
    Decimal(usize, i32, i32),
    /// So many colours `#rgb` or `#rrggbb`, each read as three linear channels.
    Colour(usize),
}

pub(crate) struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
}

pub(crate) struct Statement {
    pub name: &'static str,
    pub fields: &'static [Field],
    pub example: &'static str,
}

const fn must(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: true }
}

const fn may(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false }
}

const PLACE: Kind = Kind::Decimal(3, -1_000_000, 1_000_000);
const LENGTH: Kind = Kind::Decimal(1, 10, 1_000_000);
const SHARE: Kind = Kind::Decimal(1, 0, 1_000);
const BLEND: Field = may("blend", Kind::Decimal(1, 10, 4_000));
const MIRROR: Field = may("mirror", SHARE);
const COLOUR: Field = must("color", Kind::Colour(1));

pub(crate) const STATEMENTS: &[Statement] = &[
    Statement { name: "size", fields: &[must("size", Kind::Whole(2, 1, 4096))], example: "size 640 360" },
    Statement {
        name: "camera",
        fields: &[must("from", PLACE), must("look", PLACE), may("zoom", Kind::Decimal(1, 250, 16_000))],
        example: "camera from 0 2 6 look 0 1 0 zoom 1.6",
    },
    Statement { name: "sky", fields: &[must("sky", Kind::Colour(2))], example: "sky #3a6ea5 #dfe9f2" },
    Statement { name: "ambient", fields: &[must("ambient", Kind::Decimal(1, 0, 4_000))], example: "ambient 0.6" },
    Statement { name: "fog", fields: &[must("fog", Kind::Decimal(1, 1_000, 4_000_000))], example: "fog 80" },
    Statement {
        name: "light",
        fields: &[
            must("at", PLACE),
            COLOUR,
            may("power", Kind::Decimal(1, 0, 16_000)),
            may("soft", Kind::Decimal(1, 1_000, 64_000)),
        ],
        example: "light at 6 9 4 color #ffffff power 1.5 soft 8",
    },
    Statement {
        name: "sphere",
        fields: &[must("at", PLACE), must("radius", LENGTH), COLOUR, BLEND, MIRROR],
        example: "sphere at 0 1 0 radius 1 color #e04030",
    },
    Statement {
        name: "box",
        fields: &[
            must("at", PLACE),
            must("half", Kind::Decimal(3, 10, 1_000_000)),
            may("round", Kind::Decimal(1, 0, 100_000)),
            may("facing", Kind::Decimal(2, -1_000_000, 1_000_000)),
            COLOUR,
            BLEND,
            MIRROR,
        ],
        example: "box at 0 1 0 half 0.5 0.5 0.5 round 0.1 color #e04030",
    },
    Statement {
        name: "torus",
        fields: &[must("at", PLACE), must("ring", LENGTH), must("tube", LENGTH), COLOUR, BLEND, MIRROR],
        example: "torus at 0 0.3 0 ring 1 tube 0.3 color #e0b040",
    },
    Statement {
        name: "plane",
        fields: &[
            must("y", Kind::Decimal(1, -1_000_000, 1_000_000)),
            must("checker", Kind::Colour(2)),
            may("size", Kind::Decimal(1, 50, 1_000_000)),
            MIRROR,
        ],
        example: "plane y 0 checker #dddddd #555555 size 1",
    },
];

/// The values of one statement. Every field has its declared number of them.
pub(crate) struct Values {
    fields: Vec<(&'static str, Vec<i32>)>,
}

impl Values {
    pub fn get(&self, name: &str) -> Option<&[i32]> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, values)| values.as_slice())
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The first value of a field, or `default` when it was not given.
    pub fn one(&self, name: &str, default: i32) -> i32 {
        self.get(name).and_then(|values| values.first()).copied().unwrap_or(default)
    }
}

/// The statements of a scene in order, each with its line number.
pub(crate) fn parse(text: &str) -> Result<Vec<(usize, &'static Statement, Values)>, SceneError> {
    if text.len() > MAX_BYTES {
        return Err(SceneError::new(1, "scene", format!("must not be longer than {MAX_BYTES} bytes")));
    }
    let mut statements = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        if content.len() > MAX_LINE {
            return Err(SceneError::new(line, "line", format!("must not be longer than {MAX_LINE} bytes")));
        }
        if !content.bytes().all(|b| b == b'\t' || (b' '..=b'~').contains(&b)) {
            return Err(SceneError::new(
                line,
                "line",
                "must be printable ASCII: write comments and names without accents",
            ));
        }
        let content = content.split("//").next().unwrap_or_default();
        let mut words = content.split_ascii_whitespace().peekable();
        let Some(name) = words.peek().copied() else {
            continue;
        };
        let Some(statement) = STATEMENTS.iter().find(|s| s.name == name) else {
            let known = STATEMENTS.iter().map(|s| s.name).collect::<Vec<_>>().join(", ");
            return Err(SceneError::new(line, &clip(name), format!("is no statement: use one of {known}")));
        };
        // A statement whose first field has its own name gives the values at once.
        if statement.fields.first().is_none_or(|field| field.name != name) {
            words.next();
        }
        statements.push((line, statement, read_fields(line, statement, words)?));
    }
    Ok(statements)
}

fn read_fields<'a>(
    line: usize,
    statement: &'static Statement,
    mut words: impl Iterator<Item = &'a str>,
) -> Result<Values, SceneError> {
    let mut values = Values { fields: Vec::new() };
    while let Some(name) = words.next() {
        let Some(field) = statement.fields.iter().find(|f| f.name == name) else {
            let known = statement.fields.iter().map(|f| f.name).collect::<Vec<_>>().join(", ");
            return Err(SceneError::new(
                line,
                &clip(name),
                format!("is no field of {}: it takes {known}", statement.name),
            ));
        };
        if values.has(field.name) {
            return Err(SceneError::new(line, field.name, "is given twice: keep one"));
        }
        values.fields.push((field.name, read_values(line, field, &mut words)?));
    }
    match statement.fields.iter().find(|f| f.required && !values.has(f.name)) {
        Some(field) => {
            Err(SceneError::new(line, field.name, format!("is missing: write for instance `{}`", statement.example)))
        }
        None => Ok(values),
    }
}

fn read_values<'a>(
    line: usize,
    field: &Field,
    words: &mut impl Iterator<Item = &'a str>,
) -> Result<Vec<i32>, SceneError> {
    let (count, expected) = match field.kind {
        Kind::Whole(count, low, high) => (count, format!("a whole number from {low} to {high}")),
        Kind::Decimal(count, low, high) => {
            (count, format!("a number from {} to {} with at most six decimals", Thousandths(low), Thousandths(high)))
        }
        Kind::Colour(count) => (count, "a colour like #e04030".to_owned()),
    };
    let mut values = Vec::new();
    for place in 1..=count {
        let word = words.next().unwrap_or_default();
        let read = match field.kind {
            Kind::Whole(_, low, high) => word.parse().ok().filter(|v| (low..=high).contains(v)).map(|v| values.push(v)),
            Kind::Decimal(_, low, high) => {
                let limits = i64::from(low).saturating_mul(1_000)..=i64::from(high).saturating_mul(1_000);
                millionths(word).filter(|v| limits.contains(v)).map(|v| values.push(q16(v)))
            }
            Kind::Colour(_) => colour(word).map(|channels| values.extend(channels)),
        };
        if read.is_none() {
            let which = if count == 1 { String::new() } else { format!(" (value {place} of {count})") };
            let found = if word.is_empty() { "nothing".to_owned() } else { format!("`{}`", clip(word)) };
            return Err(SceneError::new(line, field.name, format!("must be {expected}{which}, found {found}")));
        }
    }
    Ok(values)
}

/// Up to seven digits, then perhaps a point and up to six more, as a whole number of millionths.
fn millionths(word: &str) -> Option<i64> {
    let (negative, digits) = word.strip_prefix('-').map_or((false, word), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if whole.is_empty() || whole.len() > 7 || fraction.is_empty() || fraction.len() > 6 {
        return None;
    }
    let padding = 6usize.saturating_sub(fraction.len());
    let all = whole.bytes().chain(fraction.bytes()).chain(core::iter::repeat_n(b'0', padding));
    let mut value = 0i64;
    for digit in all {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i64::from(digit.saturating_sub(b'0')))?;
    }
    Some(if negative { value.saturating_neg() } else { value })
}

/// The nearest Q16.16 number; halves away from zero.
fn q16(millionths: i64) -> i32 {
    let size = (millionths.saturating_abs().saturating_mul(i64::from(ONE)).saturating_add(500_000) / 1_000_000) as i32;
    if millionths < 0 { size.saturating_neg() } else { size }
}

/// Three linear channels in Q16.16: the square of the written value, as the display applies a root of two.
fn colour(word: &str) -> Option<[i32; 3]> {
    let digits = word.strip_prefix('#')?;
    let nibble = |b: u8| (b as char).to_digit(16);
    let linear =
        |v: u32| (u64::from(v.saturating_mul(v)).saturating_mul(65_536).saturating_add(32_512) / 65_025) as i32;
    let mut channels = [0; 3];
    match digits.len() {
        3 => {
            for (channel, digit) in channels.iter_mut().zip(digits.bytes()) {
                *channel = linear(nibble(digit)?.saturating_mul(17));
            }
        }
        6 => {
            for (channel, pair) in channels.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
                let [high, low] = *pair else { return None };
                *channel = linear(nibble(high)?.saturating_mul(16).saturating_add(nibble(low)?));
            }
        }
        _ => return None,
    }
    Some(channels)
}

fn clip(word: &str) -> String {
    word.chars().take(24).collect()
}

/// Shows a limit in thousandths as a decimal.
struct Thousandths(i32);

impl fmt::Display for Thousandths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        match size % 1_000 {
            0 => write!(f, "{sign}{}", size / 1_000),
            rest => f.write_str(format!("{sign}{}.{rest:03}", size / 1_000).trim_end_matches('0')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

    #[test]
    fn decimals() {
        let q = |word| millionths(word).map(q16);
        for (word, value) in [
            ("0", 0),
            ("1", 65_536),
            ("-1", -65_536),
            ("0.5", 32_768),
            ("-0.25", -16_384),
            ("007.0", 458_752),
            ("0.000015", 1),
            ("0.000007", 0),
            ("0.000008", 1),
            ("-0.000008", -1),
            ("1000", 65_536_000),
            ("3.141593", 205_887),
        ] {
            assert_eq!(q(word), Some(value), "{word}");
        }
        for word in
            ["", "-", ".", "1.", ".5", "+1", "1e3", "--1", "1.0000000", "12345678", "0x1", "1.2.3", "1,5", "\u{661}"]
        {
            assert_eq!(q(word), None, "{word}");
        }
    }

    #[test]
    fn colours() {
        assert_eq!(colour("#ffffff"), Some([65_536; 3]));
        assert_eq!(colour("#fff"), Some([65_536; 3]));
        assert_eq!(colour("#000000"), Some([0; 3]));
        assert_eq!(colour("#808080"), Some([16_513; 3]));
        for word in ["", "#", "#ff", "#fffff", "#fffffff", "ffffff", "#gggggg", "#\u{e9}\u{e9}\u{e9}"] {
            assert_eq!(colour(word), None, "{word}");
        }
        for v in 0..=255u32 {
            let word = format!("#{v:02x}{v:02X}00");
            let nearest = (f64::from(v) / 255.0).powi(2) * 65_536.0;
            let read = f64::from(colour(&word).unwrap()[0]);
            assert!((read - nearest).abs() <= 0.5, "{v}: {read} {nearest}");
        }
    }

    #[test]
    fn limits_are_shown_as_decimals() {
        let shown = [10, -1_000_000, 250, 1_001, 64_000].map(|v| Thousandths(v).to_string());
        assert_eq!(shown, ["0.01", "-1000", "0.25", "1.001", "64"]);
    }

    #[test]
    fn examples_of_the_schema_parse() {
        for statement in STATEMENTS {
            let (_, parsed, _) = &parse(statement.example).unwrap()[0];
            assert_eq!(parsed.name, statement.name);
        }
    }

    proptest! {
        #[test]
        fn every_decimal_is_the_nearest(v in -1_000_000_000i64..=1_000_000_000) {
            let word = format!("{}{}.{:06}", if v < 0 { "-" } else { "" }, v.abs() / 1_000_000, v.abs() % 1_000_000);
            prop_assert_eq!(millionths(&word), Some(v));
            let error = (i128::from(q16(v)) * 1_000_000 - i128::from(v) * 65_536).abs();
            prop_assert!(error * 2 <= 1_000_000);
        }
    }
}
