//! How long a store may take, when it is given up, and how much may be in flight to it: what a cache can be told of that, and
//! what holds where it is told nothing.

use std::time::Duration;

use crate::config::{LIMIT_COUNTS, LIMIT_SPANS};
use crate::error::{Error, ErrorKind, Result};
use crate::timeout::Timeout;

/// The limits of one cache over far stores; each of several stores has them to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// On one request of a call.
    pub(crate) request: Duration,
    /// On all requests of a call. A little more than on one, so that it is that one which ends a request and tells the breaker.
    pub(crate) budget: Duration,
    /// The same two of a helper or a command, whose failure is seen.
    pub(crate) helper_request: Duration,
    pub(crate) helper_budget: Duration,
    /// So many failures in a row open the breaker.
    pub(crate) failures: u32,
    /// Four times as many requests within this time, half of them failed, do so too.
    pub(crate) window: Timeout,
    /// The longest pause between two attempts to reach a store that was given up.
    pub(crate) pause: Duration,
    /// So many reads may be in flight to one store, and as many writes.
    pub(crate) in_flight: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request: Duration::from_millis(250),
            budget: Duration::from_millis(280),
            helper_request: Duration::from_secs(1),
            helper_budget: Duration::from_millis(1_500),
            failures: 5,
            window: Timeout::from_secs(1),
            // Together with the longest attempt less than two seconds: so long, at most, after a store is back it is found to be.
            pause: Duration::from_millis(500),
            in_flight: 1_024,
        }
    }
}

/// What a cache was told of its limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LimitSettings {
    spans: [Option<Timeout>; LimitSettings::SPANS.len()],
    counts: [Option<u64>; LimitSettings::COUNTS.len()],
}

impl LimitSettings {
    /// The names of those that are times.
    pub(crate) const SPANS: [&'static str; LIMIT_SPANS.len()] = LIMIT_SPANS;
    /// The names of those that are numbers.
    pub(crate) const COUNTS: [&'static str; LIMIT_COUNTS.len()] = LIMIT_COUNTS;

    const LONGEST: Timeout = Timeout::from_secs(600);
    const MOST: u64 = 1_000_000;

    /// Takes a time.
    ///
    /// # Errors
    /// `Config`, naming the setting, where no store could be used by it.
    pub(crate) fn set_span(&mut self, name: &'static str, value: Timeout) -> Result<()> {
        if value.is_zero() || value > Self::LONGEST {
            return Err(refused(format!("`{name}` is more than 0 and at most {} s", Self::LONGEST.as_millis() / 1000)));
        }
        if let Some(at) = Self::SPANS.iter().position(|known| *known == name) {
            self.spans[at] = Some(value);
        }
        Ok(())
    }

    /// Takes a number.
    ///
    /// # Errors
    /// As [`set_span`](Self::set_span).
    pub(crate) fn set_count(&mut self, name: &'static str, value: u64) -> Result<()> {
        if value == 0 || value > Self::MOST {
            return Err(refused(format!("`{name}` is a number from 1 to {}", Self::MOST)));
        }
        if let Some(at) = Self::COUNTS.iter().position(|known| *known == name) {
            self.counts[at] = Some(value);
        }
        Ok(())
    }

    /// Takes what a builder was told; wrong values are refused when it builds.
    pub(crate) fn note_span(&mut self, name: &'static str, value: Timeout) {
        if let Some(at) = Self::SPANS.iter().position(|known| *known == name) {
            self.spans[at] = Some(value);
        }
    }

    /// As `note_span`, for a number.
    pub(crate) fn note_count(&mut self, name: &'static str, value: u64) {
        if let Some(at) = Self::COUNTS.iter().position(|known| *known == name) {
            self.counts[at] = Some(value);
        }
    }

    /// Those of `others`, and where they say nothing its own.
    #[cfg(any(feature = "memcached", feature = "redis", feature = "sqlite"))]
    pub(crate) fn overruled_by(self, others: Self) -> Self {
        let mut both = self;
        both.spans.iter_mut().zip(others.spans).for_each(|(own, other)| *own = other.or(*own));
        both.counts.iter_mut().zip(others.counts).for_each(|(own, other)| *own = other.or(*own));
        both
    }

    /// What holds. A budget that was not set is no less than its request timeout and some, and a request timeout that was not
    /// set is no more than its budget.
    ///
    /// # Errors
    /// `Config`, naming the setting that makes no sense, or the two that do not go together.
    pub(crate) fn limits(&self) -> Result<Limits> {
        let mut checked = Self::default();
        for (name, value) in Self::SPANS.into_iter().zip(self.spans) {
            value.map_or(Ok(()), |value| checked.set_span(name, value))?;
        }
        for (name, value) in Self::COUNTS.into_iter().zip(self.counts) {
            value.map_or(Ok(()), |value| checked.set_count(name, value))?;
        }
        let usual = Limits::default();
        let [request, budget, helper_request, helper_budget, window, pause] =
            self.spans.map(|span| span.and_then(Timeout::as_duration));
        let [failures, in_flight] = self.counts;
        let calls = pair([("request_timeout", request), ("time_budget", budget)], [usual.request, usual.budget])?;
        let helpers = pair(
            [("helper_request_timeout", helper_request), ("helper_time_budget", helper_budget)],
            [usual.helper_request.max(calls[0]), usual.helper_budget.max(calls[1])],
        )?;
        Ok(Limits {
            request: calls[0],
            budget: calls[1],
            helper_request: helpers[0],
            helper_budget: helpers[1],
            failures: failures.map_or(usual.failures, |n| u32::try_from(n).unwrap_or(u32::MAX)),
            window: window.map_or(usual.window, Timeout::from),
            pause: pause.unwrap_or(usual.pause),
            in_flight: in_flight.map_or(usual.in_flight, |n| usize::try_from(n).unwrap_or(usize::MAX)),
        })
    }
}

/// A limit on one request and that on all of them.
fn pair(said: [(&str, Option<Duration>); 2], usual: [Duration; 2]) -> Result<[Duration; 2]> {
    let [(request_name, request), (budget_name, budget)] = said;
    match (request, budget) {
        (Some(request), Some(budget)) if request > budget => Err(refused(format!(
            "`{request_name}` ({} ms) is more than `{budget_name}` ({} ms), which is for all requests of one call",
            request.as_millis(),
            budget.as_millis()
        ))),
        (Some(request), Some(budget)) => Ok([request, budget]),
        (Some(request), None) => Ok([request, usual[1].max(request + (usual[1] - usual[0].min(usual[1])))]),
        (None, Some(budget)) => Ok([usual[0].min(budget), budget]),
        (None, None) => Ok(usual),
    }
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Config, format!("of the limits on a store, {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(spans: &[(&'static str, u64)], counts: &[(&'static str, u64)]) -> Result<Limits> {
        let mut settings = LimitSettings::default();
        spans.iter().for_each(|(name, ms)| settings.note_span(name, Timeout::from_millis(*ms)));
        counts.iter().for_each(|(name, n)| settings.note_count(name, *n));
        settings.limits()
    }

    #[test]
    fn what_is_not_said_is_as_it_always_was_and_follows_what_is() {
        assert_eq!(told(&[], &[]).unwrap(), Limits::default());
        let of = |spans: &[(&'static str, u64)]| {
            let limits = told(spans, &[]).unwrap();
            [limits.request, limits.budget, limits.helper_request, limits.helper_budget].map(|span| span.as_millis())
        };
        assert_eq!(of(&[("request_timeout", 1_000)]), [1_000, 1_030, 1_000, 1_500]);
        assert_eq!(of(&[("request_timeout", 100)]), [100, 280, 1_000, 1_500]);
        assert_eq!(of(&[("time_budget", 2_000)]), [250, 2_000, 1_000, 2_000]);
        assert_eq!(of(&[("time_budget", 100)]), [100, 100, 1_000, 1_500]);
        assert_eq!(of(&[("request_timeout", 3_000)]), [3_000, 3_030, 3_000, 3_030]);
        assert_eq!(of(&[("helper_request_timeout", 2_000)]), [250, 280, 2_000, 2_500]);
        let limits =
            told(&[("breaker_pause", 50), ("breaker_window", 7)], &[("breaker_failures", 2), ("max_in_flight", 3)]);
        let limits = limits.unwrap();
        assert_eq!((limits.failures, limits.in_flight, limits.window), (2, 3, Timeout::from_millis(7)));
        assert_eq!(limits.pause, Duration::from_millis(50));
    }

    #[test]
    fn a_limit_that_makes_no_sense_is_named() {
        for name in LimitSettings::SPANS {
            for wrong in [0, 600_001, u64::MAX] {
                let error = told(&[(name, wrong)], &[]).unwrap_err();
                assert!(error.kind() == ErrorKind::Config && error.to_string().contains(name), "{error}");
            }
        }
        for name in LimitSettings::COUNTS {
            for wrong in [0, 1_000_001] {
                assert!(told(&[], &[(name, wrong)]).unwrap_err().to_string().contains(name), "{name}");
            }
        }
        let error = told(&[("request_timeout", 300), ("time_budget", 200)], &[]).unwrap_err().to_string();
        assert!(error.contains("`request_timeout` (300 ms)") && error.contains("`time_budget` (200 ms)"), "{error}");
    }
}
