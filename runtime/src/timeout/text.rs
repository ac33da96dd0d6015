//! Timeouts as people write them in settings, URLs and the environment: the forms that the attribute takes.

use std::str::FromStr;

use super::Timeout;
use crate::error::{Error, ErrorKind, Result};

/// Units, longest first, in milliseconds, each with what else it is called.
const UNITS: [(&str, &[&str], u64); 5] = [
    ("d", &["day", "days"], 86_400_000),
    ("h", &["hour", "hours"], 3_600_000),
    ("m", &["min", "mins", "minute", "minutes"], 60_000),
    ("s", &["sec", "secs", "second", "seconds"], 1_000),
    ("ms", &[], 1),
];

/// Whole seconds (`300`), numbers with units from larger to smaller (`5m`, `1h30m`, `250ms`), or `never`.
///
/// # Errors
/// [`ErrorKind::Config`] says which forms there are, and not what was written.
///
/// # Examples
/// ```
/// use larder::Timeout;
///
/// assert_eq!("1h 30m".parse::<Timeout>()?, Timeout::from_secs(5_400));
/// assert_eq!("90".parse::<Timeout>()?, Timeout::from_secs(90));
/// assert_eq!("never".parse::<Timeout>()?, Timeout::NEVER);
///
/// let error = "soon".parse::<Timeout>().unwrap_err();
/// assert_eq!(error.to_string(), "a timeout is seconds (`300`), numbers with units (`5m`, `1h30m`, `250ms`) or `never`");
/// # Ok::<(), larder::Error>(())
/// ```
impl FromStr for Timeout {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        if text == "never" {
            return Ok(Self::NEVER);
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
            // Digits fail by being too many alone.
            return Ok(text.parse().map_or(Self::NEVER, Self::from_secs));
        }
        let forms = "a timeout is seconds (`300`), numbers with units (`5m`, `1h30m`, `250ms`) or `never`";
        sum(text).map(Self::from_millis).ok_or_else(|| Error::new(ErrorKind::Config, forms))
    }
}

/// `1h30m` in milliseconds; past what 64 bits hold, never.
fn sum(text: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut smallest = u64::MAX;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, tail) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let tail = tail.trim_start();
        let end = tail.find(|c: char| c.is_ascii_digit() || c.is_whitespace()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let (.., factor) = UNITS.into_iter().find(|(name, others, _)| *name == unit || others.contains(&unit))?;
        if number.is_empty() || factor >= smallest {
            return None;
        }
        smallest = factor;
        total = total.saturating_add(number.parse().unwrap_or(u64::MAX).saturating_mul(factor));
        rest = tail.trim_start();
    }
    (smallest != u64::MAX).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::Timeout;

    #[test]
    fn a_text_is_seconds_or_a_sum_of_units() {
        for (text, ms) in [
            ("0", 0),
            ("60", 60_000),
            (" 5m ", 300_000),
            ("1h30m", 5_400_000),
            ("1 h 30 min", 5_400_000),
            ("2days", 172_800_000),
            ("250ms", 250),
            ("never", u64::MAX),
            ("99999999999999999999", u64::MAX),
            ("99999999999999999999d", u64::MAX),
        ] {
            assert_eq!(text.parse::<Timeout>().unwrap(), Timeout::from_millis(ms), "{text}");
        }
    }

    #[test]
    fn what_is_no_timeout_is_told_the_forms() {
        for text in ["", " ", "soon", "-1", "1.5h", "5 mon", "30m1h", "1m1m", "m", "1h30", "5 5", "٣s", "NEVER!"] {
            let error = text.parse::<Timeout>().expect_err(text).to_string();
            assert!(error.contains("`1h30m`"), "{text}");
        }
    }
}
