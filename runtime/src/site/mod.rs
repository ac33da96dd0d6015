//! What is known of one annotated function: what the attribute says, and what has happened since.

mod counters;
mod directory;
mod stripe;

use std::time::Duration;

pub use counters::Stats;
pub use directory::FunctionName;

pub(crate) use counters::Counters;

use directory::Listing;

use crate::timeout::Timeout;

/// One annotated function, in a `static` that the attribute makes.
#[derive(Debug)]
pub struct Site {
    pub(crate) facts: Facts,
    pub(crate) counters: Counters,
    listing: Listing,
}

/// What the attribute says.
#[derive(Debug)]
pub struct Facts {
    pub(crate) name: &'static str,
    pub(crate) module: &'static str,
    /// The key template, its placeholders without their names; entries of one template are cleared together.
    pub(crate) template: &'static str,
    /// The named cache that it asks for, instead of the current one.
    pub(crate) adapter: Option<&'static str>,
    pub(crate) lifetimes: Lifetimes,
    /// How long a caller waits for another's computation before one more starts.
    pub(crate) wait: Duration,
    /// For far records; the near tier does not ask, as its entries never outlive the build.
    pub(crate) version: u32,
}

/// How long each kind of result is served. `None`: as long as the cache says for a value; not stored for the others.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lifetimes {
    pub(crate) value: Option<Timeout>,
    pub(crate) nothing: Option<Timeout>,
    pub(crate) failed: Option<Timeout>,
}

impl Facts {
    /// Those of the function `name` in `module`.
    pub const fn new(name: &'static str, module: &'static str, template: &'static str) -> Self {
        let lifetimes = Lifetimes { value: None, nothing: None, failed: None };
        let wait = Duration::from_secs(5);
        Self { name, module, template, adapter: None, lifetimes, wait, version: 0 }
    }

    /// `timeout = …`
    #[must_use]
    pub const fn timeout(mut self, timeout: Timeout) -> Self {
        self.lifetimes.value = Some(timeout);
        self
    }

    /// `none_timeout = …`
    #[must_use]
    pub const fn none_timeout(mut self, timeout: Timeout) -> Self {
        self.lifetimes.nothing = Some(timeout);
        self
    }

    /// `err_timeout = …`
    #[must_use]
    pub const fn err_timeout(mut self, timeout: Timeout) -> Self {
        self.lifetimes.failed = Some(timeout);
        self
    }

    /// `wait = …`
    #[must_use]
    pub const fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// `version = …`
    #[must_use]
    pub const fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// `adapter = …`
    #[must_use]
    pub const fn adapter(mut self, name: &'static str) -> Self {
        self.adapter = Some(name);
        self
    }
}

impl Site {
    /// A function of which nothing has happened yet.
    // The facts are built before, as they are small: the compiler interprets all of this once per function.
    pub const fn new(facts: Facts) -> Self {
        Self { facts, counters: Counters::new(), listing: Listing::new() }
    }

    /// What has happened so far.
    pub fn stats(&'static self) -> Stats {
        self.enlist();
        Stats { same_template: self.listing.elder(), ..self.counters.stats() }
    }
}
