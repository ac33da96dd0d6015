//! What all handles of one store share.

use std::collections::HashMap;
use std::sync::Arc;

use super::errand::Tier;
use super::generations::Generations;
use super::sweep::Sweep;
use super::weights::Weights;
use crate::clock::Clock;
use crate::flight::Flights;
use crate::near::{Bound, KeyHash, Near, key_hash};
use crate::observer::{Observed, Observers};
use crate::sync::Mutex;
use crate::timeout::Timeout;

/// What an adapter says of the cache over it.
pub(crate) struct Setup {
    pub(crate) adapter: &'static str,
    /// `None`: nothing is ever stored, and so nothing shared.
    pub(crate) near: Option<Bound>,
    pub(crate) tier: Tier,
    pub(crate) defaults: Defaults,
    pub(crate) weights: Weights,
    pub(crate) clock: Clock,
}

/// What holds where an entry does not say otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Defaults {
    /// `None`: as the process says.
    pub(crate) timeout: Option<Timeout>,
    /// How long an expired entry can be revived.
    pub(crate) grace: Timeout,
}

impl Default for Defaults {
    fn default() -> Self {
        Self { timeout: None, grace: Timeout::from_secs(60) }
    }
}

pub(super) struct Core {
    pub(super) adapter: &'static str,
    pub(super) near: Option<Near>,
    /// Of keys, in all tables.
    pub(super) hash: KeyHash,
    /// Asked on each hit, as `near` is.
    pub(super) observers: Observers,
    pub(super) tier: Tier,
    pub(super) flights: Arc<Flights>,
    pub(super) generations: Generations,
    pub(super) defaults: Defaults,
    pub(super) weights: Weights,
    pub(super) clock: Clock,
    pub(super) sweep: Sweep,
    /// Numbered as they come.
    namespaces: Mutex<HashMap<Box<str>, u32>>,
}

impl Core {
    pub(super) fn new(setup: Setup) -> Arc<Self> {
        let Setup { adapter, near, tier, defaults, weights, clock } = setup;
        let core = Arc::new(Self {
            adapter,
            near: near.map(|bound| Near::new(bound, clock.clone())),
            hash: key_hash(),
            observers: Observers::default(),
            tier,
            flights: Arc::new(Flights::new(clock.clone())),
            generations: Generations::default(),
            defaults,
            weights,
            clock,
            sweep: Sweep::default(),
            namespaces: Mutex::default(),
        });
        let observed: Arc<dyn Observed> = Arc::clone(&core) as _;
        Observers::enlist(Arc::downgrade(&observed));
        core
    }

    /// Of all namespaces there are.
    pub(super) fn namespace_ids(&self) -> impl Iterator<Item = u32> + use<> {
        0..u32::try_from(self.namespaces.lock().len()).unwrap_or(u32::MAX)
    }

    pub(super) fn namespace_id(&self, name: &str) -> u32 {
        let mut namespaces = self.namespaces.lock();
        if let Some(&id) = namespaces.get(name) {
            return id;
        }
        let id = u32::try_from(namespaces.len()).expect("four billion namespaces do not fit in memory");
        namespaces.insert(name.into(), id);
        id
    }
}

impl Observed for Core {
    fn observers(&self) -> &Observers {
        &self.observers
    }
}
