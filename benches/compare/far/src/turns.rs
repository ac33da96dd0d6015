//! Turns and pairs: contenders take turns of a fraction of a second, in an order that is turned round each time, and what
//! is reported of a ratio is the median over the rounds.

use std::time::Instant;

/// Enough for a median that one hiccup does not move.
const N_ROUNDS: usize = 9;

/// One way to answer.
pub struct Contender<'a> {
    name: String,
    turn: Box<dyn FnMut() + 'a>,
}

impl<'a> Contender<'a> {
    /// One whose turn is so many calls, whatever they are.
    pub fn new(name: impl Into<String>, turn: impl FnMut() + 'a) -> Self {
        Self { name: name.into(), turn: Box::new(turn) }
    }

    pub fn take_turn(&mut self) {
        (self.turn)();
    }
}

/// What one contender reached.
pub struct Measured {
    /// What tables call it.
    pub name: String,
    /// Calls per second in each round.
    rounds: Vec<f64>,
}

impl Measured {
    /// Calls per second.
    pub fn per_second(&self) -> f64 {
        median(self.rounds.iter().copied())
    }

    /// Nanoseconds per call.
    pub fn ns(&self) -> f64 {
        1e9 / self.per_second()
    }

    /// How many times as fast as `other` this was.
    pub fn ratio_to(&self, other: &Self) -> f64 {
        median(self.rounds.iter().zip(&other.rounds).map(|(own, other)| own / other))
    }

    /// How many nanoseconds a call took beyond those of `others`.
    pub fn excess_over(&self, others: &[&Self]) -> f64 {
        let ns = |round: usize, measured: &Self| 1e9 / measured.rounds[round];
        median((0..N_ROUNDS).map(|round| ns(round, self) - others.iter().map(|other| ns(round, other)).sum::<f64>()))
    }
}

/// Lets all take turns of `n_calls` calls, and prints what they reached.
pub fn measure<const N: usize>(title: &str, n_calls: u64, mut contenders: [Contender<'_>; N]) -> [Measured; N] {
    let mut rounds = [const { Vec::new() }; N];
    for round in 0..=N_ROUNDS {
        let mut order: [usize; N] = std::array::from_fn(|place| place);
        if round % 2 == 1 {
            order.reverse();
        }
        for contender in order {
            let start = Instant::now();
            contenders[contender].take_turn();
            // The first round is there to warm caches, of all kinds.
            if round > 0 {
                rounds[contender].push(n_calls as f64 / start.elapsed().as_secs_f64());
            }
        }
    }
    let mut names = contenders.into_iter().map(|contender| contender.name);
    let measured = rounds.map(|rounds| Measured { name: names.next().unwrap_or_default(), rounds });
    println!("\n{title:<66}{:>12}{:>10}", "per second", "ns");
    for row in &measured {
        println!("{:<66}{:>12.0}{:>10.0}", row.name, row.per_second(), row.ns());
    }
    measured
}

/// Prints a figure beside what it is to be at least, or at most.
pub fn judge(name: &str, figure: f64, target: Target) {
    let (is_met, text) = match target {
        Target::AtLeast(limit) => (figure >= limit, format!("at least {limit:.2}")),
        Target::AtMost(limit) => (figure <= limit, format!("at most {limit:.2}")),
        Target::Told => (true, String::new()),
    };
    let verdict = match (target, is_met) {
        (Target::Told, _) => "",
        (_, true) => "met",
        (_, false) => "MISSED",
    };
    println!("  {name:<64}{figure:>10.2}  {text:<16}{verdict}");
}

/// What a figure is measured against.
#[derive(Clone, Copy)]
pub enum Target {
    AtLeast(f64),
    AtMost(f64),
    /// Nothing: it is there to be read.
    Told,
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
