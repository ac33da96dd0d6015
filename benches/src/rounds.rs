//! Turns and rounds: in each round every contender has one turn, always in the same order.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use tokio::runtime::{Builder, Runtime};

use crate::work::{Load, Question};

/// Calls of one thread in one turn: a few milliseconds, so that a round is over before the machine's mood changes.
const N_CALLS: u64 = 20_000;
const N_ROUNDS: usize = 101;

type AnswerAll = dyn Fn(&[Question]) + Sync;

/// One way to answer the questions.
pub struct Contender {
    /// What tables call it.
    pub name: &'static str,
    answer_all: Box<AnswerAll>,
}

impl Contender {
    /// One that answers all questions of a turn at once, on the thread that asks.
    pub fn new(name: &'static str, answer_all: impl Fn(&[Question]) + Sync + 'static) -> Self {
        Self { name, answer_all: Box::new(answer_all) }
    }

    /// A blocking function.
    pub fn of(name: &'static str, function: impl Fn(u64, &str) -> String + Sync + 'static) -> Self {
        Self::new(name, move |questions| {
            for Question { id, name } in questions {
                black_box(function(*id, name));
            }
        })
    }

    /// An async function.
    pub fn of_async(name: &'static str, function: impl AsyncFn(u64, &str) -> String + Sync + 'static) -> Self {
        thread_local! {
            static RUNTIME: Runtime = Builder::new_current_thread().enable_all().build().expect("there are files left");
        }
        Self::new(name, move |questions| {
            let answers = async {
                for Question { id, name } in questions {
                    black_box(function(*id, name).await);
                }
            };
            RUNTIME.with(|runtime| runtime.block_on(answers));
        })
    }

    /// Answers all questions, on this thread.
    pub fn answer_all(&self, questions: &[Question]) {
        (self.answer_all)(questions);
    }
}

/// What one contender took.
#[derive(Debug)]
pub struct Measured {
    pub(crate) name: &'static str,
    /// Nanoseconds per call in each round.
    rounds: Vec<f64>,
}

impl Measured {
    /// Nanoseconds per call.
    pub fn ns(&self) -> f64 {
        median(self.rounds.iter().copied())
    }

    /// How many times as long as `other` this took.
    pub fn ratio_to(&self, other: &Self) -> f64 {
        median(self.rounds.iter().zip(&other.rounds).map(|(own, other)| own / other))
    }

    /// How many nanoseconds longer than `other` this took.
    pub fn excess_over(&self, other: &Self) -> f64 {
        median(self.rounds.iter().zip(&other.rounds).map(|(own, other)| own - other))
    }
}

/// Measures all `contenders` under one load.
pub fn measure<const N: usize>(load: Load, contenders: &[Contender; N]) -> [Measured; N] {
    let questions = load.questions(N_CALLS);
    let mut measured = contenders.each_ref().map(|contender| Measured { name: contender.name, rounds: vec![] });
    for round in 0..=N_ROUNDS {
        for (contender, measured) in contenders.iter().zip(&mut measured) {
            let ns = turn(contender, &questions, load.n_threads());
            // The first round is there to warm caches, of both kinds.
            if round > 0 {
                measured.rounds.push(ns);
            }
        }
    }
    measured
}

/// Nanoseconds per call of each thread, all threads starting together.
fn turn(contender: &Contender, questions: &[Question], n_threads: usize) -> f64 {
    let start_line = Barrier::new(n_threads);
    let run = || {
        start_line.wait();
        let start = Instant::now();
        contender.answer_all(questions);
        start.elapsed().as_secs_f64() * 1e9 / questions.len() as f64
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..n_threads).map(|_| scope.spawn(run)).collect();
        let own = run();
        let others = others.into_iter().map(|other| other.join().expect("no contender panics"));
        (own + others.sum::<f64>()) / n_threads as f64
    })
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
