//! Keys: two that differ in what they were made of are two, and each is text that speaks to no store.

use arbitrary::{Arbitrary, Unstructured};

use crate::adapter::{EpochName, StoreKey};
use crate::key::{Key, KeyPart};

/// Arguments of a function, of the kinds whose texts could be mistaken for each other's.
#[derive(Arbitrary, Clone, PartialEq)]
struct Arguments {
    name: String,
    maybe: Option<Option<String>>,
    list: Vec<(String, Option<u8>)>,
    number: i128,
    letter: char,
    bytes: Vec<u8>,
}

impl Arguments {
    fn key(&self) -> Key {
        Key::written(|key| {
            let Self { name, maybe, list, number, letter, bytes } = self;
            name.write_key(key);
            for part in [maybe as &dyn KeyPart, list, number, letter, bytes] {
                key.literal(":");
                part.write_key(key);
            }
        })
    }
}

/// Makes the keys of two lists of arguments.
pub fn keys(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    let Ok((one, mut other)) = input.arbitrary::<(Arguments, Arguments)>() else { return };
    check(&one, &other);
    // Unlike ones are easily told apart: they are made to differ by less and less.
    other.list.clone_from(&one.list);
    other.bytes.clone_from(&one.bytes);
    check(&one, &other);
    other.name.clone_from(&one.name);
    check(&one, &other);
    (other.number, other.letter) = (one.number, one.letter);
    check(&one, &other);
}

fn check(one: &Arguments, other: &Arguments) {
    let keys = (one.key(), other.key());
    assert_eq!(one == other, keys.0 == keys.1, "{keys:?}");
    is_physical(keys.0.as_str());
}

/// Makes physical keys of any namespace and any text.
pub fn physical(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    let Ok([one, other]) = input.arbitrary::<[(String, String); 2]>() else { return };
    let [(namespace, text), (other_namespace, other_text)] = [&one, &other];
    let key = StoreKey::new(namespace, text.as_str());
    is_physical(key.as_str());
    is_physical(StoreKey::plain(namespace, text.as_str()).as_str());
    assert!(key.as_str().starts_with(&StoreKey::prefix(namespace)));
    assert_eq!(one == other, key == StoreKey::new(other_namespace, other_text.as_str()), "{key:?}");
    let in_other = StoreKey::new(other_namespace, text.as_str());
    assert_eq!(namespace == other_namespace, key == in_other, "{key:?}");
    let epochs = [EpochName::namespace(0, namespace), EpochName::namespace(0, other_namespace)];
    assert_eq!(namespace == other_namespace, epochs[0] == epochs[1]);
    assert!(epochs[0].as_str().len() <= 200 && epochs[0].as_str().contains('!'));
}

fn is_physical(key: &str) {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"%:/|#_.~@+=,-".contains(&byte);
    assert!((1..=200).contains(&key.len()) && key.bytes().all(is_plain), "{key:?}");
}
