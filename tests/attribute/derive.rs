//! `#[derive(KeyPart)]`: different values, different keys.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use larder::{Key, KeyPart, KeyWriter};

#[derive(KeyPart)]
struct Named {
    id: u64,
    name: String,
    #[key(skip)]
    _trace: f64,
}

#[derive(KeyPart)]
struct Pair(String, String);

#[derive(KeyPart)]
struct Unit;

#[derive(KeyPart)]
enum Shape {
    Point,
    Circle(u64),
    Square { side: u64 },
    Named { r#type: &'static str, inner: Option<Box<Shape>> },
    Größe,
}

#[derive(KeyPart)]
struct Generic<'a, T: ?Sized, U, const N: usize>
where
    U: Clone,
{
    of: &'a T,
    many: [U; N],
    #[key(skip)]
    _mark: PhantomData<fn() -> f64>,
}

/// Whatever `T` is.
#[derive(KeyPart)]
struct Id<T> {
    id: u64,
    of: PhantomData<T>,
}

#[derive(KeyPart)]
struct Node<T> {
    value: T,
    next: Option<Box<Node<T>>>,
}

#[derive(KeyPart)]
enum Never {}

#[derive(KeyPart)]
#[key(crate = crate::derive::renamed)]
struct Renamed(u64);

mod renamed {
    pub(super) use larder::__private;
}

fn key(part: impl KeyPart) -> Key {
    let mut key = KeyWriter::new();
    part.write_key(&mut key);
    key.finish()
}

#[test]
fn a_struct_is_a_group_and_an_enum_its_variant_and_a_group() {
    let node = Node { value: 1, next: Some(Box::new(Node { value: 2, next: None })) };
    for (key, text) in [
        (key(Named { id: 7, name: "a,b".into(), _trace: 0.1 }), "%l7,a%2Cb,%."),
        (key(Pair("a".into(), String::new())), "%la,,%."),
        (key((Unit, Unit)), "%l,,%."),
        (key(Shape::Point), "Point"),
        (key(Shape::Circle(7)), "Circle%l7,%."),
        (key(Shape::Square { side: 7 }), "Square%l7,%."),
        (key(Shape::Named { r#type: "x", inner: Some(Box::new(Shape::Point)) }), "Named%lx,Point,%."),
        (key(Shape::Größe), "Gr%C3%B6%C3%9Fe"),
        (key(Generic { of: "x", many: [1_u8, 2], _mark: PhantomData }), "%lx,%l1,2,%.,%."),
        (key(Id { id: 7, of: PhantomData::<f64> }), "%l7,,%."),
        (key(node), "%l1,%l2,%n,%.,%."),
        (key(Renamed(7)), "%l7,%."),
        (key(None::<Never>), "%n"),
    ] {
        assert_eq!(key.as_str(), text);
    }
}

#[test]
fn different_values_never_share_a_key() {
    let texts = ["", ",", "a", "b", "%l", "%.", "a,b", ",,", "%n"];
    let mut seen = BTreeMap::new();
    for left in texts {
        for right in texts {
            let before = seen.insert(key(Pair(left.into(), right.into())).to_string(), (left, right));
            assert_eq!(before, None);
        }
    }
}
