//! Quantities as SDL writes them: durations, sizes, cores and decimal amounts. All are exact.

use super::{Result, SdlError, document::Cursor, limits};

/// Milliseconds of `500ms`, `30s`, `5m`, `6h` or `2d`; `None` for anything else, for 0, and beyond 64 bits.
pub fn duration_ms(text: &str) -> Option<u64> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(split);
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<u64>().ok().filter(|n| *n > 0)?.checked_mul(unit_ms)
}

/// A duration in blocks, rounded up.
pub fn blocks(at: &Cursor, block_ms: u32) -> Result<u32> {
    if block_ms == 0 {
        return Err(SdlError::NoBlockTime);
    }
    let blocks = duration_ms(at.text()?).map(|ms| ms.div_ceil(u64::from(block_ms)));
    blocks
        .and_then(|blocks| u32::try_from(blocks).ok())
        .ok_or_else(|| at.error("is not a duration: write a number above 0 and ms, s, m, h or d, as 5m"))
}

/// What is wrong with a decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimal {
    NotANumber,
    TooFine,
    TooLarge,
}

/// A number without sign or exponent, times ten to the power of `places`, exactly.
pub fn decimal(text: &str, places: usize) -> std::result::Result<u128, Decimal> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(Decimal::NotANumber);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > places {
        return Err(Decimal::TooFine);
    }
    format!("{whole}{fraction:0<places$}").parse().map_err(|_| Decimal::TooLarge)
}

/// Thousandths of a core: `500m`, `0.5`, `8`.
pub fn milli_cores(at: &Cursor) -> Result<u64> {
    let text = at.text()?;
    let milli = match text.strip_suffix('m') {
        Some(milli) => decimal(milli, 0),
        None => decimal(text, 3),
    };
    let (least, most) = limits::MILLI_CORES;
    let milli = milli.ok().and_then(|milli| u64::try_from(milli).ok()).filter(|milli| (least..=most).contains(milli));
    milli.ok_or_else(|| at.error("is not a number of cores, as 8, 0.5 or 500m: write 10m to 384, no finer than 1m"))
}

/// Bytes within bounds, both included: `64Gi`, `1.5Gi`, `500M`, or a plain number.
pub fn bytes(at: &Cursor, (least, most): (u64, u64)) -> Result<u64> {
    let bytes = whole_bytes(at)?;
    match (least..=most).contains(&bytes) {
        true => Ok(bytes),
        false => Err(at.error(&format!("must be {}Mi to {}Ti, not {bytes} bytes", least >> 20, most >> 40))),
    }
}

fn whole_bytes(at: &Cursor) -> Result<u64> {
    let text = at.text()?;
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let wrong =
        || at.error("is not a size above 0 in whole bytes: write a number and Ki, Mi, Gi, Ti, Pi or Ei, as 64Gi");
    let unit: u128 = match unit {
        "" => 1,
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        "P" => 1_000_000_000_000_000,
        "E" => 1_000_000_000_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        "Pi" => 1 << 50,
        "Ei" => 1 << 60,
        _ => return Err(wrong()),
    };
    const PLACES: usize = 9;
    let scale = 10u128.pow(PLACES as u32);
    let scaled = decimal(number, PLACES).ok().and_then(|n| n.checked_mul(unit)).filter(|n| n % scale == 0);
    scaled.and_then(|n| u64::try_from(n / scale).ok()).filter(|n| *n > 0).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        for (text, places, value) in
            [("1", 6, 1_000_000), ("0.000001", 6, 1), ("12.50", 1, 125), ("007.10", 2, 710), ("1.000", 0, 1)]
        {
            assert_eq!(decimal(text, places), Ok(value), "{text}");
        }
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1_000", "1.2.3", "٣"] {
            assert_eq!(decimal(text, 6), Err(Decimal::NotANumber), "{text}");
        }
        assert_eq!(decimal("0.0000001", 6), Err(Decimal::TooFine));
        assert_eq!(decimal(&u128::MAX.to_string(), 0), Ok(u128::MAX));
        assert_eq!(decimal(&u128::MAX.to_string(), 1), Err(Decimal::TooLarge));
    }
}
