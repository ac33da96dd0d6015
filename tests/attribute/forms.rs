//! Functions in all the forms that arguments and bodies take.

use larder::{Key, KeyPart, cached};

use crate::{check, fresh, tick, tick_of};

#[derive(Clone)]
struct Point {
    x: u64,
    y: u64,
}

struct Wrapped(u64);

#[cached]
fn by_name(id: u64) -> u64 {
    tick_of(id)
}

#[cached]
fn by_reference(name: &str) -> u64 {
    tick_of(name.len())
}

#[cached]
fn mutable(mut id: u64) -> u64 {
    id += 1;
    tick_of(id)
}

#[cached]
#[expect(clippy::toplevel_ref_arg, reason = "this is what is tested")]
fn by_ref_binding(ref name: String) -> u64 {
    tick_of(name.len())
}

#[cached]
fn tuple((a, mut b): (u64, u64)) -> u64 {
    b += 1;
    tick_of((a, b))
}

#[cached]
fn structure(Point { x, y: height }: Point) -> u64 {
    tick_of((x, height))
}

#[cached]
fn wrapped(Wrapped(inner): Wrapped) -> u64 {
    tick_of(inner)
}

#[cached]
fn behind_reference(&(a, b): &(u64, u64)) -> u64 {
    tick_of((a, b))
}

#[cached]
fn reference_inside((&a, b): (&u64, u64)) -> u64 {
    tick_of(a + b)
}

struct Borrowed<'a> {
    id: &'a u64,
}

#[cached]
fn reference_in_field(Borrowed { id: &id }: Borrowed<'_>) -> u64 {
    tick_of(id)
}

#[cached(key = "reference-inside:{a}:{b}", helpers = false)]
fn reference_inside_in_place((&a, b): (&u64, u64)) -> u64 {
    tick_of(a + b)
}

#[cached]
fn nested([first, (second, third)]: [(u64, u64); 2], (fourth, fifth): (u64, u64)) -> u64 {
    let (a, b) = first;
    tick_of(a + b + second + third + fourth + fifth)
}

#[cached]
fn at_binding(whole @ (a, _): (u64, u64)) -> u64 {
    tick_of(whole.1 + a)
}

#[cached(key = "width:{width}", skip(height))]
fn half_skipped((width, height): (u64, u64)) -> u64 {
    tick_of(width + height)
}

#[cached(skip(_))]
fn nameless(_: &str, id: u64, _: u8) -> u64 {
    tick_of(id)
}

#[cached(skip(log))]
fn skipping(log: &dyn Fn(u64), id: u64) -> u64 {
    log(id);
    tick()
}

#[cached(skip(fill))]
fn calling_back(fill: impl Fn(&mut Vec<u64>), id: u64) -> u64 {
    let mut filled = vec![id];
    fill(&mut filled);
    tick_of(filled)
}

#[cached]
fn impl_trait(name: impl KeyPart + AsRef<str> + Send) -> u64 {
    tick_of(name.as_ref().len())
}

#[cached]
fn r#match(r#type: u64) -> u64 {
    tick_of(r#type)
}

#[test]
fn an_argument_of_any_pattern_is_in_the_key_by_its_bindings() {
    check(|| by_name(1), || by_name(2));
    check(|| by_reference("a"), || by_reference("b"));
    check(|| mutable(1), || mutable(2));
    check(|| by_ref_binding("a".into()), || by_ref_binding("b".into()));
    check(|| tuple((1, 2)), || tuple((2, 1)));
    check(|| structure(Point { x: 1, y: 2 }), || structure(Point { x: 2, y: 1 }));
    check(|| wrapped(Wrapped(1)), || wrapped(Wrapped(2)));
    check(|| behind_reference(&(1, 2)), || behind_reference(&(1, 3)));
    check(|| reference_inside((&1, 2)), || reference_inside((&2, 2)));
    check(|| reference_in_field(Borrowed { id: &1 }), || reference_in_field(Borrowed { id: &2 }));
    check(|| reference_inside_in_place((&1, 2)), || reference_inside_in_place((&2, 2)));
    check(|| nested([(1, 2), (3, 4)], (5, 6)), || nested([(1, 2), (3, 4)], (5, 7)));
    check(|| at_binding((1, 2)), || at_binding((1, 3)));
    check(|| impl_trait("a"), || impl_trait(String::from("b")));
    check(|| r#match(1), || r#match(2));
}

#[test]
fn what_is_skipped_does_not_tell_calls_apart() {
    fresh(|| {
        assert_eq!(half_skipped((1, 2)), half_skipped((1, 3)));
        assert_eq!(nameless("a", 1, 0), nameless("b", 1, 9));
        assert_eq!(skipping(&|_| (), 1), skipping(&|_| (), 1));
        assert_eq!(calling_back(|filled| filled.push(1), 1), calling_back(Vec::clear, 1));
    });
    assert_eq!(nameless::key(7), Key::from("attribute::forms::nameless:7"));
}

#[cached]
fn nothing() -> u64 {
    tick()
}

#[test]
fn a_function_without_arguments_has_one_entry() {
    fresh(|| assert_eq!(nothing(), nothing()));
    assert_eq!(nothing::key().as_str(), "attribute::forms::nothing");
}

#[cached]
fn unit(id: u64) {
    assert!(id < 10 || tick() > 0);
}

#[test]
fn a_function_that_returns_nothing_runs_once() {
    fresh(|| {
        unit(1);
        assert_eq!(unit::get(1).unwrap(), Some(()));
    });
}

#[cached]
fn early(text: &str) -> Result<u64, std::num::ParseIntError> {
    if text.is_empty() {
        return Ok(0);
    }
    let number: u64 = text.parse()?;
    Ok(number + tick())
}

#[test]
fn a_body_may_return_early_and_use_the_question_mark() {
    fresh(|| {
        assert_eq!(early("").unwrap(), 0);
        assert_eq!(early("1").unwrap(), early("1").unwrap());
        assert!(early("x").is_err());
    });
}

#[cached]
fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

#[test]
fn recursion_computes_each_step_once() {
    fresh(|| {
        let before = fib::stats().computed;
        assert_eq!(fib(90), 2_880_067_194_370_816_120);
        assert_eq!(fib::stats().computed - before, 91);
    });
}

#[test]
fn a_function_inside_a_function_is_cached_apart_from_its_namesakes() {
    fn first() -> u64 {
        #[cached]
        fn inner(id: u64) -> u64 {
            tick_of(id)
        }
        assert_eq!(inner::get(1).unwrap(), None);
        inner(1)
    }
    fn second() -> u64 {
        #[cached]
        fn inner(id: u64) -> u64 {
            tick_of(id)
        }
        inner(1)
    }
    fresh(|| assert_ne!(first(), second()));
}

#[cached(helpers = false, key = "bare:{id}:{a}:{b}")]
fn without_helpers(mut id: u64, (a, mut b): (u64, u64)) -> Option<u64> {
    id += 1;
    b += a;
    if id == 1 {
        return None;
    }
    Some(tick_of(id + b))
}

#[test]
fn without_helpers_the_body_stays_in_place() {
    check(|| without_helpers(1, (2, 3)).unwrap(), || without_helpers(1, (2, 4)).unwrap());
    fresh(|| assert_eq!(without_helpers(0, (0, 0)), None));
}
