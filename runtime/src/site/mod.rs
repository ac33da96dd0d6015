//! What is known of one annotated function: what the attribute says, and what has happened since.

mod counters;
mod directory;
#[cfg(feature = "tracing")]
mod report;
#[cfg(not(feature = "tracing"))]
#[path = "unreported.rs"]
mod report;
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
    /// How long a caller waits for another's computation before one more starts, whatever that does. Left out, it depends on
    /// whether that gets on.
    pub(crate) wait: Option<Duration>,
    /// For far records; the near tier does not ask, as its entries never outlive the build.
    pub(crate) version: u32,
    /// Results stay in this process.
    pub(crate) local: bool,
    /// How values are written for a far store, instead of as the cache says.
    pub(crate) codec: Option<&'static str>,
    /// How long an expired entry can be revived, instead of as the cache says.
    pub(crate) grace: Option<Timeout>,
}

/// How long each kind of result is served. `None`: as long as the cache says for a value; not stored for the others.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lifetimes {
    pub(crate) value: Option<Timeout>,
    pub(crate) nothing: Option<Timeout>,
    pub(crate) failed: Option<Timeout>,
}

const UNSAID: Lifetimes = Lifetimes { value: None, nothing: None, failed: None };

/// What holds where the attribute says nothing.
const NAMELESS: Facts = Facts {
    name: "",
    module: "",
    template: "",
    adapter: None,
    lifetimes: UNSAID,
    wait: None,
    version: 0,
    local: false,
    codec: None,
    grace: None,
};

impl Facts {
    /// Those of the function `name` in `module`.
    pub const fn new(name: &'static str, module: &'static str, template: &'static str) -> Self {
        Self { name, module, template, ..NAMELESS }
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
        self.wait = Some(wait);
        self
    }

    /// `version = …`
    #[must_use]
    pub const fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// `local`
    #[must_use]
    pub const fn local(mut self) -> Self {
        self.local = true;
        self
    }

    /// `codec = …`
    #[must_use]
    pub const fn codec(mut self, name: &'static str) -> Self {
        self.codec = Some(name);
        self
    }

    /// `grace = …`
    #[must_use]
    pub const fn grace(mut self, grace: Timeout) -> Self {
        self.grace = Some(grace);
        self
    }

    /// `adapter = …`
    #[must_use]
    pub const fn adapter(mut self, name: &'static str) -> Self {
        self.adapter = Some(name);
        self
    }
}

/// What has happened to a function whose program has just started: evaluated once, and copied into each site.
#[expect(clippy::declare_interior_mutable_const, reason = "sites begin as copies of it, and none is read before")]
const NOTHING_YET: (Counters, Listing) = (Counters::new(), Listing::new());

impl Site {
    /// A function with these facts.
    pub const fn new(facts: Facts) -> Self {
        let (counters, listing) = NOTHING_YET;
        Self { facts, counters, listing }
    }

    /// One of which the attribute says no more than a timeout, which is most of them. The compiler interprets this for each
    /// function, so it is one call.
    pub const fn timed(name: &'static str, module: &'static str, template: &'static str, ms: u64) -> Self {
        let lifetimes = Lifetimes { value: Some(Timeout::from_millis(ms)), ..UNSAID };
        Self::new(Facts { name, module, template, lifetimes, ..NAMELESS })
    }

    /// What has happened so far.
    pub fn stats(&'static self) -> Stats {
        Stats { same_template: self.elder(), ..self.counters.stats() }
    }
}
