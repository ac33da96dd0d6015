//! The limits on a store that a cache can be told: how long it may take, when it is given up, and how much may be in flight.

use super::CacheBuilder;
use crate::timeout::Timeout;

impl CacheBuilder {
    /// How long one request of a call may take before the call goes on without the store. Default 250 ms. For a store that is
    /// far away; raise [`time_budget`](Self::time_budget) with it.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use std::time::Duration;
    ///
    /// use larder::testing::MemoryAdapter;
    /// use larder::Cache;
    ///
    /// let far_away = || Cache::builder(MemoryAdapter::new()).request_timeout(Duration::from_millis(600));
    /// assert!(far_away().time_budget(2).build().is_ok());
    /// let error = far_away().time_budget(Duration::from_millis(500)).build().unwrap_err();
    /// assert!(error.to_string().contains("`request_timeout` (600 ms) is more than `time_budget` (500 ms)"));
    /// # }
    /// ```
    pub fn request_timeout(self, timeout: impl Into<Timeout>) -> Self {
        self.span("request_timeout", timeout.into())
    }

    /// How long a call may wait for its store in all: a hit makes one request, a call that computes and stores three. Default
    /// 280 ms, or 30 ms more than the `request_timeout` where that is raised alone.
    pub fn time_budget(self, budget: impl Into<Timeout>) -> Self {
        self.span("time_budget", budget.into())
    }

    /// As [`request_timeout`](Self::request_timeout), for helpers and commands by hand. Default 1 s, and no less than that of
    /// calls.
    pub fn helper_request_timeout(self, timeout: impl Into<Timeout>) -> Self {
        self.span("helper_request_timeout", timeout.into())
    }

    /// As [`time_budget`](Self::time_budget), for helpers and commands by hand. Default 1.5 s, and no less than that of calls.
    pub fn helper_time_budget(self, budget: impl Into<Timeout>) -> Self {
        self.span("helper_time_budget", budget.into())
    }

    /// So many failures in a row open the breaker, of reads or of writes: the store is asked nothing until it is back. Default 5.
    /// Of four times as many requests within [`breaker_window`](Self::breaker_window), half that fail do so too.
    pub fn breaker_failures(self, n_failures: u32) -> Self {
        self.count("breaker_failures", n_failures.into())
    }

    /// The time within which requests are counted. Default 1 s.
    pub fn breaker_window(self, window: impl Into<Timeout>) -> Self {
        self.span("breaker_window", window.into())
    }

    /// The longest pause between two attempts to reach a store that was given up; the first come sooner. Default 500 ms.
    pub fn breaker_pause(self, pause: impl Into<Timeout>) -> Self {
        self.span("breaker_pause", pause.into())
    }

    /// So many reads may be in flight to a store at once, and as many writes; each of several stores has places of its own.
    /// Default 1,024. Others wait for a place within their time; a call that gets none goes on without the store, and that is no
    /// failure of the store.
    pub fn max_in_flight(self, n_requests: u32) -> Self {
        self.count("max_in_flight", n_requests.into())
    }

    /// What a URL or a file says of them goes before what was said before.
    #[cfg(any(feature = "memcached", feature = "redis", feature = "sqlite"))]
    pub(crate) fn limits(mut self, limits: crate::layer::LimitSettings) -> Self {
        self.limits = self.limits.overruled_by(limits);
        self
    }

    fn span(mut self, name: &'static str, value: Timeout) -> Self {
        self.limits.note_span(name, value);
        self
    }

    fn count(mut self, name: &'static str, value: u64) -> Self {
        self.limits.note_count(name, value);
        self
    }
}
