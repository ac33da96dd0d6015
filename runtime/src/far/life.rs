//! What of that which a store tells is alive: by the epochs that this process knows, or reads beside what it asks. Heads say of
//! which epochs an entry is; who acts by hand knows no template, and then they say whose epoch decides, too.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Far, Found, Journey, Place, journey, plain};
use crate::adapter::{CacheAdapter, EpochName, Fetched, Head, Living};
use crate::error::Result;

impl Far {
    /// What `question` about entries of one group comes to, and the epochs by which the answer is judged: where they are not
    /// known, they are asked for beside it, in the same trip.
    pub(super) async fn beside<T: Send + 'static>(
        &self,
        place: &Place,
        journey: &mut Journey,
        question: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<(T, Living)> {
        if let Some(living) = self.known(place) {
            return journey.trip(question).await.map(|answer| (answer, living));
        }
        let (adapter, group) = (journey.adapter(), Arc::clone(&place.group));
        let asked = self.epochs.ask(self.clock.now());
        let both = async move { journey::both(question, adapter.epochs(&group.names)).await };
        let (answer, epochs) = journey.trip(both).await?;
        Ok((answer, self.learn(place, &epochs, asked)))
    }

    /// The entry, if it is of living epochs.
    pub(super) async fn alive(
        &self,
        place: &Place,
        fetched: Fetched,
        living: Living,
        journey: &mut Journey,
    ) -> Result<Found> {
        if self.is_plain() {
            return Ok(Some((fetched, living)));
        }
        let Some(head) = fetched.head() else { return Ok(None) };
        let living = self.decide(place, &head, living, journey).await?;
        Ok(head.is_of(&living).then_some((fetched, living)))
    }

    /// Is, or was, the entry of this head one of living epochs?
    pub(super) async fn is_alive(
        &self,
        place: &Place,
        head: &Head,
        living: Living,
        journey: &mut Journey,
    ) -> Result<bool> {
        Ok(self.is_plain() || head.is_of(&self.decide(place, head, living, journey).await?))
    }

    /// Reads what is not known of the epochs that decide about these heads, on the shard of `place`, all in one trip.
    pub(super) async fn learn_templates(
        &self,
        place: &Place,
        heads: impl Iterator<Item = &Head>,
        living: &Living,
        journey: &mut Journey,
    ) -> Result<()> {
        let templates: BTreeSet<u64> = heads.filter(|head| head.is_open(living)).map(|head| head.template).collect();
        let now = self.clock.now();
        let names = templates.into_iter().map(|template| place.of_template(template));
        let names: Vec<_> = names.filter(|name| self.epochs.believed(name, now).is_none()).collect();
        if names.is_empty() { Ok(()) } else { self.read_epochs(names, journey).await.map(drop) }
    }

    /// The epochs by which the entry of `head` is judged: `living`, with that of its own template where it decides.
    pub(super) async fn decide(
        &self,
        place: &Place,
        head: &Head,
        living: Living,
        journey: &mut Journey,
    ) -> Result<Living> {
        if !head.is_open(&living) {
            return Ok(living);
        }
        let name = place.of_template(head.template);
        // Of what is still to be cleared nothing is alive.
        if self.undelivered.owes_epoch(&name) {
            return Ok(Living { template: Some(0), ..living });
        }
        let epoch = match self.epochs.believed(&name, self.clock.now()) {
            Some(epoch) => epoch,
            None => self.read_epoch(name, journey).await?,
        };
        Ok(Living { template: Some(epoch), ..living })
    }

    /// The same for who is going to put something in the place of the dead. What is of no epoch that is believed may be of one
    /// that is newer: then it is read.
    pub(super) async fn decide_now(
        &self,
        place: &Place,
        head: &Head,
        living: Living,
        journey: &mut Journey,
    ) -> Result<Living> {
        let decided = self.decide(place, head, living, journey).await?;
        if head.is_of(&decided) || decided.template == Some(0) {
            return Ok(decided);
        }
        let epoch = self.read_epoch(place.of_template(head.template), journey).await?;
        Ok(Living { template: Some(epoch), ..living })
    }

    /// Are the epochs of a place known and believed?
    pub(crate) fn knows_epochs(&self, place: &Place) -> bool {
        self.known(place).is_some()
    }

    /// The epochs of a place, if they are known and believed.
    pub(super) fn known(&self, place: &Place) -> Option<Living> {
        if self.is_plain() { Some(plain::LIVING) } else { place.group.living(self.clock.now()) }
    }

    /// The epochs of a place as the store has them now, read where they are not known.
    pub(crate) async fn living(&self, place: &Place, journey: &mut Journey) -> Result<Living> {
        match self.known(place) {
            Some(living) => Ok(living),
            None => self.living_now(place, journey).await,
        }
    }

    /// The same, read in any case.
    pub(crate) async fn living_now(&self, place: &Place, journey: &mut Journey) -> Result<Living> {
        if self.is_plain() {
            return Ok(plain::LIVING);
        }
        let (adapter, group) = (journey.adapter(), Arc::clone(&place.group));
        let asked = self.epochs.ask(self.clock.now());
        let epochs = journey.trip(async move { adapter.epochs(&group.names).await }).await?;
        Ok(self.learn(place, &epochs, asked))
    }

    pub(super) fn learn(&self, place: &Place, epochs: &[u64], asked: super::epochs::Asked) -> Living {
        self.epochs.learn(&place.group.names, epochs, asked);
        match *epochs {
            [namespace] => Living { namespace, template: None },
            [namespace, template] => Living { namespace, template: Some(template) },
            // An adapter that answers something else has told nothing.
            _ => Living { namespace: 0, template: Some(0) },
        }
    }

    async fn read_epoch(&self, name: EpochName, journey: &mut Journey) -> Result<u64> {
        let epochs = self.read_epochs(vec![name], journey).await?;
        Ok(epochs.first().copied().unwrap_or(0))
    }

    /// Epochs as the store has them now.
    async fn read_epochs(&self, names: Vec<EpochName>, journey: &mut Journey) -> Result<Vec<u64>> {
        let (adapter, asked, asked_names) = (journey.adapter(), self.epochs.ask(self.clock.now()), names.clone());
        let epochs = journey.trip(async move { adapter.epochs(&asked_names).await }).await?;
        self.epochs.learn(&names, &epochs, asked);
        Ok(epochs)
    }
}
