//! What entries weigh, where the near tier is bounded by weight.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::near::Slot;

type Weigh = Arc<dyn Fn(&(dyn Any + Send + Sync)) -> u64 + Send + Sync>;

/// By type of value. Not asked under any lock, as these are the user's functions.
#[derive(Clone, Default)]
pub(crate) struct Weights(HashMap<TypeId, Weigh>);

impl Weights {
    /// What an entry costs beside its key and its value: the slot's own words and the tables around it.
    const OVERHEAD: u64 = 128;

    pub(crate) fn add<T: Any>(&mut self, weigh: impl Fn(&T) -> u64 + Send + Sync + 'static) {
        let weigh = move |held: &(dyn Any + Send + Sync)| held.downcast_ref().map_or(0, &weigh);
        self.0.insert(TypeId::of::<T>(), Arc::new(weigh));
    }

    pub(crate) fn weigh(&self, n_key_bytes: usize, slot: &Slot) -> u64 {
        let held = slot.held();
        let value = match self.0.get(&held.type_id()) {
            Some(weigh) => weigh(held),
            None => size_of_val(held) as u64,
        };
        Self::OVERHEAD.saturating_add(n_key_bytes as u64).saturating_add(value)
    }
}

impl fmt::Debug for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Weights({} types)", self.0.len())
    }
}
