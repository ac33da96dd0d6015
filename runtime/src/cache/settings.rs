//! The settings that every cache has, whatever it is made of: methods of its builder, which has `defaults` and a `clock`.

macro_rules! settings {
    ($builder:ident { timeout: $timeout:literal, clock: $clock:literal }) => {
        impl $builder {
            #[doc = concat!("How long a value is served where its function does not say. By default as\n[`default_timeout`](crate::default_timeout) says, which is 300 s; ", $timeout)]
            pub fn timeout(mut self, timeout: impl Into<crate::timeout::Timeout>) -> Self {
                self.defaults.timeout = Some(timeout.into());
                self
            }

            /// How long past that an entry is kept so that `update_timeout` can revive it. Default 60 s; 0 switches it off. In
            /// memory it lasts while there is room: where a cache is nearly full, entries that were cleared go first, those in
            /// their grace next, and live ones last.
            pub fn grace(mut self, grace: impl Into<crate::timeout::Timeout>) -> Self {
                self.defaults.grace = grace.into();
                self
            }

            #[doc = concat!("Where deadlines and waits take their time from. ", $clock)]
            pub fn clock(mut self, clock: crate::clock::Clock) -> Self {
                self.clock = clock;
                self
            }
        }
    };
}

pub(crate) use settings;
