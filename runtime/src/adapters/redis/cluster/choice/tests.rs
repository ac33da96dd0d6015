//! Clusters whose nodes leave, come and answer late.

use std::ops::RangeInclusive;

use redis::Value;

use super::*;
use crate::adapters::redis::addresses::AddressMap;

fn at(port: u16) -> Address {
    ("10.0.0.1".into(), port)
}

/// A map in which each of these nodes has a slot.
fn map(nodes: &[u16]) -> SlotMap {
    let node = |node: u16| {
        let text = |text: String| Value::BulkString(text.into());
        Value::Array(vec![text(at(node).0), Value::Int(node.into()), text(format!("id {node}"))])
    };
    let ranges =
        nodes.iter().zip(0..).map(|(id, slot)| Value::Array(vec![Value::Int(slot), Value::Int(slot), node(*id)]));
    SlotMap::read(Value::Array(ranges.collect()), &at(0), &AddressMap::default()).unwrap()
}

fn told(from: u16, is_seed: bool, knowledge: (bool, u64), nodes: &[u16]) -> Told {
    Told { from: at(from), is_seed, knowledge, map: Arc::new(map(nodes)) }
}

/// The masters of the map that is chosen.
fn chosen(known: &[u16], told: &[Told]) -> Option<Vec<u16>> {
    let known = (!known.is_empty()).then(|| map(known));
    choose(known.as_ref(), told).map(|map| map.masters().iter().map(|(_, port)| *port).collect())
}

const OK: (bool, u64) = (true, 5);
const LATER: (bool, u64) = (true, 9);
const FAIL: (bool, u64) = (false, 5);

#[test]
fn a_node_that_has_left_for_another_cluster_takes_nobody_along() {
    // With a name of its own in the other cluster, or its old one, or as a replica there.
    for foreign in [&[13, 11, 12][..], &[3, 11, 12], &[11, 12], &[3, 11]] {
        let stray = told(3, false, LATER, foreign);
        assert_eq!(chosen(&[1, 2, 3], &[stray.clone(), told(1, false, OK, &[1, 2])]), Some(vec![1, 2]));
        assert_eq!(chosen(&[1, 2, 3], &[told(1, true, FAIL, &[1, 2]), stray.clone()]), Some(vec![1, 2]));
    }
    // Alone, it is not believed where it has another name.
    assert_eq!(chosen(&[1, 2, 3], &[told(3, false, LATER, &[11, 12])]), None);
}

#[test]
fn nodes_that_are_exchanged_one_after_the_other_are_followed() {
    let mut known = vec![1, 2, 3];
    for new in 4..20 {
        let mut next = known[1..].to_vec();
        next.push(new);
        assert_eq!(
            chosen(&known, &[told(new, false, LATER, &next), told(known[0], false, OK, &known)]),
            Some(next.clone())
        );
        known = next;
    }
    // One who has slept through some of it.
    assert_eq!(chosen(&[1, 2, 3], &[told(3, false, OK, &[3, 4, 5])]), Some(vec![3, 4, 5]));
}

#[test]
fn where_the_old_cluster_is_gone_the_seed_says_which_is_the_new_one() {
    assert_eq!(chosen(&[1, 2, 3], &[told(9, true, OK, &[7, 8, 9])]), Some(vec![7, 8, 9]));
    // As long as one of the old answers, it is that.
    assert_eq!(
        chosen(&[1, 2, 3], &[told(9, true, OK, &[7, 8, 9]), told(2, false, FAIL, &[1, 2, 3])]),
        Some(vec![1, 2, 3])
    );
    // Made anew where it was, and the seed is away.
    let anew = [1, 2].map(|from| told(from, false, OK, &[11, 12, 13]));
    assert_eq!(chosen(&[1, 2, 3], &anew), Some(vec![11, 12, 13]));
    assert_eq!(chosen(&[1, 2, 3], &anew[..1]), None);
}

#[test]
fn at_first_the_cluster_of_most_seeds_is_taken() {
    let told = [told(3, true, LATER, &[3, 11]), told(1, true, OK, &[1, 2]), told(2, true, OK, &[1, 2])];
    assert_eq!(chosen(&[], &told), Some(vec![1, 2]));
}

#[test]
fn of_one_cluster_who_knows_most_is_believed_and_what_others_know_is_kept() {
    let (old, new) = (told(1, false, OK, &[1, 2, 3]), told(2, false, LATER, &[1, 2, 4]));
    let map = choose(Some(&map(&[1, 2, 3])), &[old, new]).unwrap();
    assert!(map.names(&at(4)) && map.names(&at(3)) && !map.masters().contains(&&at(3)));
    assert!(map.ids().contains("id 3") && map.ids().contains("id 4"));
}

/// What is done at these times, in milliseconds, where `answers` come at others.
fn round(n_asked: usize, answers: &[(u64, Told)], times: RangeInclusive<u64>) -> Vec<(u64, Next)> {
    let (start, known) = (Instant::now(), map(&[1, 2, 3]));
    let after = |ms| start + Duration::from_millis(ms);
    let mut round = Round::new(start);
    round.n_silent = n_asked;
    let mut done = Vec::new();
    for ms in times {
        answers
            .iter()
            .filter(|(at, _)| *at == ms)
            .for_each(|(_, told)| round.answered(Some(&known), Some(told), after(ms)));
        let next = round.next(after(ms));
        if next == Next::AskOthers {
            (round.has_asked_others, round.n_silent) = (true, round.n_silent + 2);
        }
        if !matches!(next, Next::Wait(_)) {
            let is_end = next == Next::End;
            done.push((ms, next));
            if is_end {
                break;
            }
        }
    }
    done
}

#[test]
fn after_a_tenth_of_a_second_of_silence_others_are_asked() {
    let (ok, fail) = (|| told(1, false, OK, &[1, 2, 3]), || told(4, false, FAIL, &[1, 2, 3]));
    let times = || 0..=2_000;
    assert_eq!(round(3, &[(5, ok())], times()), [(35, Next::End)]);
    assert_eq!(round(3, &[], times()), [(100, Next::AskOthers), (1_000, Next::End)]);
    assert_eq!(round(3, &[(110, ok())], times()), [(100, Next::AskOthers), (140, Next::End)]);
    assert_eq!(round(3, &[(110, fail())], times()), [(100, Next::AskOthers), (410, Next::End)]);
    assert_eq!(round(1, &[(5, fail())], times())[0], (5, Next::AskOthers));
    // One of another cluster has said nothing.
    let foreign = told(3, false, LATER, &[11, 12]);
    assert_eq!(round(3, &[(5, foreign)], times()), [(100, Next::AskOthers), (1_000, Next::End)]);
}
