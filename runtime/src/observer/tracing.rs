//! Commands as spans and events of the crate `tracing`.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::field::Empty;
use tracing::{Level, Span};

use super::{Event, Observer, Outcome};

/// Commands as spans and events of the crate [`tracing`], under the target `larder`.
///
/// Each command is a span `larder.command`, at level `DEBUG`, a child of the span in which its caller is. It is open as long as
/// the command takes and not entered meanwhile: what the caller's own function logs stands beside it. Its end is an event
/// `larder.end` in it, at `DEBUG`; at `WARN` where the store failed, or the caller's code panicked. Fields of both:
///
/// | field | |
/// |---|---|
/// | `command` | [`Command::as_str`](super::Command::as_str) |
/// | `function` | with its module; absent by hand |
/// | `adapter`, `namespace` | of the cache |
/// | `key`, `n_keys` | the key, if there is a single one; how many there are |
/// | `outcome`, `error` | [`Outcome::as_str`]; the kind of the error that the caller got, if it did |
/// | `took_us` | microseconds |
///
/// Where two functions share one key template there is an event `larder.same_template` at `WARN`, once, whether anything
/// observes or not: `function` and `elder`.
///
/// # Examples
/// ```
/// use larder::observer::{Tracing, observe};
///
/// // Keys may say more of people than a log should hold.
/// observe(Tracing::new().without_keys());
/// larder::set("tea", 1, 60)?;
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Debug)]
pub struct Tracing {
    with_keys: bool,
    /// Of the commands under way, by [`Event::id`]; those that the subscriber does not want are left out.
    spans: Mutex<HashMap<u64, Span>>,
}

impl Default for Tracing {
    fn default() -> Self {
        Self::new()
    }
}

impl Tracing {
    /// With keys.
    pub fn new() -> Self {
        Self { with_keys: true, spans: Mutex::default() }
    }

    /// Without the field `key`.
    #[must_use]
    pub fn without_keys(mut self) -> Self {
        self.with_keys = false;
        self
    }

    fn spans(&self) -> MutexGuard<'_, HashMap<u64, Span>> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A span or an event, with the fields that both have.
macro_rules! told {
    ($what:ident!($($head:tt)*), $self:ident, $event:ident, $($field:tt)*) => {
        tracing::$what!(
            $($head)*
            command = $event.command().as_str(),
            function = $event.function().map(tracing::field::display),
            adapter = $event.adapter(),
            namespace = $event.namespace(),
            key = $event.key().filter(|_| $self.with_keys),
            n_keys = $event.keys().len(),
            $($field)*
        )
    };
}

impl Observer for Tracing {
    fn before(&self, event: &Event<'_>) {
        let span = told!(
            span!(target: "larder", Level::DEBUG, "larder.command",),
            self,
            event,
            outcome = Empty,
            error = Empty,
            took_us = Empty
        );
        if !span.is_disabled() {
            self.spans().insert(event.id(), span);
        }
    }

    fn after(&self, event: &Event<'_>, outcome: Outcome, took: Duration) {
        // The lock is released before the subscriber, which is the user's code, has its turn.
        let span = self.spans().remove(&event.id()).unwrap_or_else(Span::none);
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let error = match outcome {
            Outcome::Failed(kind) => Some(tracing::field::debug(kind)),
            _ => None,
        };
        span.record("outcome", outcome.as_str()).record("took_us", took_us).record("error", &error);
        span.in_scope(|| match outcome {
            Outcome::Failed(_) | Outcome::StoreFailed | Outcome::Panicked => told!(
                event!(name: "larder.end", target: "larder", Level::WARN,),
                self,
                event,
                outcome = outcome.as_str(),
                error,
                took_us
            ),
            _ => told!(
                event!(name: "larder.end", target: "larder", Level::DEBUG,),
                self,
                event,
                outcome = outcome.as_str(),
                took_us
            ),
        });
    }
}
