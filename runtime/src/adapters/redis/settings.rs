//! The settings that one server and a cluster have alike: methods of both builders, which have `settings`, `largest_entry` and
//! `tls`.

macro_rules! settings {
    ($builder:ident) => {
        impl $builder {
            /// The user to log in as, on each server; the servers' default user if only a password is given.
            pub fn user(mut self, user: impl Into<String>) -> Self {
                self.settings.user = Some(user.into());
                self
            }

            /// The password to log in with, on each server.
            pub fn password(mut self, password: impl Into<String>) -> Self {
                self.settings.password = Some(password.into());
                self
            }

            /// The largest entry that is stored, in bytes; 8 MiB by default. What another has put there and is larger is not read, and
            /// is absent. One connection to a server carries all its entries, so
            /// that a large one keeps others waiting. The results of annotated functions are stored up to 1 MiB, even where this
            /// is more.
            pub fn largest_entry(mut self, bytes: usize) -> Self {
                self.largest_entry = Some(bytes);
                self
            }

            /// Encrypts all connections, as a URL with `rediss` does. What is said here goes before the files that the URL names.
            ///
            /// The nodes of a cluster that are known by addresses need certificates for these; those that announce host names
            /// need certificates for those.
            #[cfg(feature = "redis-tls")]
            pub fn tls(mut self, tls: $crate::RedisTls) -> Self {
                self.tls = Some(tls);
                self
            }

            /// How many replicas must confirm what is cleared or set before it counts as that; 0 by default. Where fewer do within
            /// a second, the clear or the `set` answers [`NotReplicated`](crate::ErrorKind::NotReplicated). In a URL it is
            /// `?wait_replicas=1`.
            ///
            /// Replicas get what a master does a moment later: without this, a failover may bring back what was cleared or replaced
            /// just before, until its timeout; and with fewer than the master has replicas, as the page on replicas says. A second
            /// connection waits for them, for all who change something at once.
            pub fn wait_replicas(mut self, n_replicas: u32) -> Self {
                self.settings.wait_replicas = Some(n_replicas);
                self
            }

            /// Where servers are reached whose announced addresses lead nowhere from here, as behind NAT and in containers: pairs of
            /// what the nodes of a cluster, or sentinels, announce, and of what is connected to in its place. Both are `host:port`,
            /// or both `host` where ports are the same. In a URL it is `?address_map=172.17.0.2:6379=127.0.0.1:7001,…`.
            ///
            /// Over TLS a server needs a certificate for the name by which it is reached.
            pub fn address_map<A: Into<String>, R: Into<String>>(
                mut self,
                pairs: impl IntoIterator<Item = (A, R)>,
            ) -> Self {
                let pairs = pairs.into_iter().map(|(announced, reached)| (announced.into(), reached.into()));
                self.settings.address_map = Some(pairs.collect());
                self
            }

            /// What stands beside a URL and goes before what is in it.
            pub(in crate::adapters) fn settings(mut self, settings: $crate::adapters::redis::UrlSettings) -> Self {
                self.settings = settings.or(self.settings);
                self
            }
        }
    };
}

pub(super) use settings;
