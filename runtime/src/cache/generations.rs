//! The current generation of each template in each namespace.

use std::collections::HashMap;
use std::sync::Arc;

use crate::near::{Generation, KeyHash, key_hash};
use crate::sync::Mutex;

/// Grows with the templates of the program and the namespaces in use, not with the entries.
pub(super) struct Generations {
    current: Mutex<HashMap<Group, Arc<Generation>, KeyHash>>,
}

/// Entries that are cleared together: those of one template in one namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Group {
    pub(super) namespace: u32,
    pub(super) template: &'static str,
}

impl Default for Generations {
    fn default() -> Self {
        Self { current: Mutex::new(HashMap::with_hasher(key_hash())) }
    }
}

impl Generations {
    /// The generation that an entry computed from now on belongs to.
    pub(super) fn current(&self, group: Group) -> Arc<Generation> {
        let mut current = self.current.lock();
        let generation = current.entry(group).or_insert_with(|| Arc::new(Generation::new()));
        Arc::clone(generation)
    }

    /// Kills the current generation of the group: the whole clear.
    pub(super) fn renew(&self, group: Group) {
        if let Some(generation) = self.current.lock().remove(&group) {
            generation.kill();
        }
    }

    /// The same for all groups of a namespace.
    pub(super) fn renew_all(&self, namespace: u32) {
        self.current.lock().retain(|group, generation| {
            let stays = group.namespace != namespace;
            if !stays {
                generation.kill();
            }
            stays
        });
    }
}
