//! Walks a type by deserializing it from dummies, and notes what it asks for. One *round* makes one value; there are rounds
//! until each variant of each enum has been in one. Nothing but the type decides how it goes, so the same type gives the
//! same notes in every process.
//!
//! Types are told apart by the name that Rust gives them, which is known wherever an element or a field is asked for. In
//! one round each is opened once: a second time an `Option` is `None`, a list is empty and an enum is a variant that came
//! to an end before. So recursive types end, and wide ones do not explode.

use std::any::type_name;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_core::de::{self, DeserializeOwned};

use super::Digest;
use super::dummy::{Dummy, TEXTS};

/// How many questions are answered; a type that asks more is not seen whole.
const MOST_STEPS: usize = 20_000;
/// How many rounds there are: enums with more variants are not seen whole.
const MOST_ROUNDS: usize = 1000;
/// How deep dummies nest.
const MOST_DEPTH: usize = 100;

pub(super) struct Explorer<'a> {
    digest: RefCell<&'a mut Digest>,
    n_steps: Cell<usize>,
    /// The types that were opened in this round, with the layers inside of them.
    opened: RefCell<HashSet<(&'static str, usize)>>,
    enums: RefCell<HashMap<&'static str, Variants>>,
    /// Which dummy text each type is given: the first that did not make it fail.
    texts: RefCell<HashMap<&'static str, usize>>,
    /// The type that was given a text last in this round.
    last_text: Cell<Option<&'static str>>,
}

/// What is known of an enum's variants, by their index.
#[derive(Debug, Default)]
struct Variants {
    n: usize,
    /// How many were begun.
    n_tried: usize,
    /// How many were begun before this round.
    n_tried_before: usize,
    /// One that came to an end.
    leaf: Option<usize>,
    /// How many values of it are being made, one inside the other.
    n_open: usize,
    /// Was none begun in this round?
    is_first: bool,
    /// The one that was taken last after all were tried.
    turn: usize,
}

/// How a round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    Made,
    /// With no value, and it is worth another try.
    Again,
    Failed,
}

impl Variants {
    fn begin_round(&mut self) {
        self.n_open = 0;
        self.is_first = true;
        self.n_tried_before = self.n_tried;
    }
}

/// It goes no further here.
#[derive(Debug)]
pub(super) struct Unseen;

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not seen")
    }
}

impl std::error::Error for Unseen {}

impl de::Error for Unseen {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'a> Explorer<'a> {
    pub(super) fn new(digest: &'a mut Digest) -> Self {
        Self {
            digest: RefCell::new(digest),
            n_steps: Cell::new(0),
            opened: RefCell::default(),
            enums: RefCell::default(),
            texts: RefCell::default(),
            last_text: Cell::new(None),
        }
    }

    /// Notes all of `T` that it can; was that all?
    pub(super) fn explore<T: DeserializeOwned>(&self) -> bool {
        let mut is_seen = true;
        let mut n_idle = 0;
        for _ in 0..MOST_ROUNDS {
            let n_tried = self.n_tried();
            let round = self.round::<T>();
            if self.n_steps.get() > MOST_STEPS {
                return false;
            }
            is_seen &= round != Round::Failed;
            let is_idle = round != Round::Again && self.n_tried() == n_tried;
            n_idle = if is_idle { n_idle + 1 } else { 0 };
            if round != Round::Again && self.all_tried() || n_idle > self.n_variants() {
                return is_seen && self.all_tried();
            }
        }
        false
    }

    /// Makes one value.
    fn round<T: DeserializeOwned>(&self) -> Round {
        self.opened.borrow_mut().clear();
        self.enums.borrow_mut().values_mut().for_each(Variants::begin_round);
        self.last_text.set(None);
        self.note("round", 0);
        let dummy = Dummy { explorer: self, of: type_name::<T>(), layer: 0, depth: 0 };
        let made = catch_unwind(AssertUnwindSafe(|| T::deserialize(dummy).map(drop)));
        if let Ok(Ok(())) = made {
            return Round::Made;
        }
        self.note("failed", 0);
        if !self.next_text() {
            return Round::Failed;
        }
        // A text that did not please is no failure while there are others: the round is made again.
        self.enums.borrow_mut().values_mut().for_each(|variants| variants.n_tried = variants.n_tried_before);
        Round::Again
    }

    /// Notes one question, with a number that belongs to it.
    pub(super) fn note(&self, word: &str, number: usize) {
        let mut digest = self.digest.borrow_mut();
        digest.name(word);
        digest.number(number);
    }

    /// One question more, at that depth.
    pub(super) fn step(&self, word: &str, number: usize, depth: usize) -> Result<(), Unseen> {
        let n_steps = self.n_steps.get() + 1;
        self.n_steps.set(n_steps);
        if n_steps > MOST_STEPS || depth > MOST_DEPTH {
            return Err(Unseen);
        }
        self.note(word, number);
        Ok(())
    }

    /// Is it the first time in this round?
    pub(super) fn opens(&self, of: &'static str, layer: usize) -> bool {
        self.opened.borrow_mut().insert((of, layer))
    }

    /// The variant that a value of the enum is to have.
    pub(super) fn begin_variant(&self, of: &'static str, n: usize) -> Result<usize, Unseen> {
        let mut enums = self.enums.borrow_mut();
        let variants = enums.entry(of).or_default();
        variants.n = n;
        let is_first = std::mem::replace(&mut variants.is_first, false);
        let index = if variants.n_tried < n && (variants.n_open == 0 || variants.leaf.is_none()) {
            variants.n_tried += 1;
            variants.n_tried - 1
        } else if is_first {
            // All were tried, and behind one of them there may be an enum of which not all were.
            variants.turn = (variants.turn + 1) % n.max(1);
            variants.turn
        } else {
            variants.leaf.ok_or(Unseen)?
        };
        variants.n_open += 1;
        Ok(index)
    }

    /// The value that was begun has come to an end.
    pub(super) fn end_variant(&self, of: &'static str, index: usize) {
        if let Some(variants) = self.enums.borrow_mut().get_mut(of) {
            variants.n_open = variants.n_open.saturating_sub(1);
            // The first stays: it needed no other.
            variants.leaf.get_or_insert(index);
        }
    }

    /// The text that the type is to be given.
    pub(super) fn text(&self, of: &'static str) -> &'static str {
        self.last_text.set(Some(of));
        TEXTS[self.texts.borrow().get(of).copied().unwrap_or(0)]
    }

    /// Has the type that failed last another text to try?
    fn next_text(&self) -> bool {
        let Some(of) = self.last_text.get() else {
            return false;
        };
        let mut texts = self.texts.borrow_mut();
        let at = texts.entry(of).or_insert(0);
        if *at + 1 < TEXTS.len() {
            *at += 1;
            return true;
        }
        false
    }

    fn n_tried(&self) -> usize {
        self.enums.borrow().values().map(|variants| variants.n_tried).sum()
    }

    fn n_variants(&self) -> usize {
        self.enums.borrow().values().map(|variants| variants.n).sum()
    }

    fn all_tried(&self) -> bool {
        self.enums.borrow().values().all(|variants| variants.n_tried == variants.n)
    }
}
