//! A type that changed between two releases: what the old one wrote is a miss for the new one, or the right value; never a
//! wrong one. Codecs with names are asked to read it; for those without, the schema tells.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::*;
use crate::codec::schema::shape_of;

const NAMED: [Codec; 2] = [Codec::MSGPACK, Codec::JSON];

/// The versions of a type, each in a module of its own, so that all have the type's name.
macro_rules! versions {
    ($($version:ident { $($item:item)* })*) => {$(
        mod $version {
            use super::*;
            $(#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)] $item)*
        }
    )*};
}

versions! {
    old {
        pub(super) struct User { pub(super) id: u32, pub(super) age: u32, pub(super) name: String }
        pub(super) enum State { Off, On, Since(u32), Both { at: u32, by: u32 } }
        pub(super) struct Pair(pub(super) u32, pub(super) String);
        pub(super) struct Deep { pub(super) users: Vec<Option<(u8, State)>> }
    }
    gained {
        pub(super) struct User { pub(super) id: u32, pub(super) age: u32, pub(super) name: String, pub(super) town: String }
        pub(super) enum State { Off, Dim, On, Since(u32), Both { at: u32, by: u32 } }
        pub(super) struct Pair(pub(super) u32, pub(super) String, pub(super) u32);
    }
    gained_with_default {
        pub(super) struct User {
            pub(super) id: u32,
            #[serde(default)] pub(super) town: String,
            pub(super) age: u32,
            pub(super) name: String,
        }
    }
    lost {
        pub(super) struct User { pub(super) id: u32, pub(super) name: String }
        pub(super) enum State { On, Since(u32), Both { by: u32 } }
        pub(super) struct Pair(pub(super) u32);
    }
    renamed {
        pub(super) struct User { pub(super) id: u32, pub(super) years: u32, pub(super) name: String }
        pub(super) enum State { Out, On, From(u32), Both { at: u32, of: u32 } }
    }
    reordered {
        pub(super) struct User { pub(super) age: u32, pub(super) id: u32, pub(super) name: String }
        pub(super) enum State { On, Off, Both { by: u32, at: u32 }, Since(u32) }
        pub(super) struct Pair(pub(super) String, pub(super) u32);
    }
    retyped {
        pub(super) struct User { pub(super) id: i64, pub(super) age: Option<u8>, pub(super) name: Vec<u8> }
        pub(super) enum State { Off(u32), On { at: u32 }, Since(String), Both(u32, u32) }
        pub(super) struct Pair { pub(super) first: u32, pub(super) second: String }
        pub(super) struct Deep { pub(super) users: Vec<Option<(i8, State)>> }
    }
}

/// What `new` makes of what `old` wrote, where names are written; the same for all such codecs.
#[track_caller]
fn read<Old: Serialize, New: DeserializeOwned + PartialEq + Debug>(old: &Old) -> Option<New> {
    let mut read = NAMED.map(|codec| {
        let (payload, encoding) = written(codec, old).unwrap();
        codec.decode::<New>(&payload, encoding).ok()
    });
    assert_eq!(read[0], read[1]);
    read[0].take()
}

/// The shapes of two versions differ, so codecs without names take one for a stranger to the other.
#[track_caller]
fn apart<Old: DeserializeOwned, New: DeserializeOwned>() {
    let ((old, old_is_seen), (new, _)) = (shape_of::<Old>(), shape_of::<New>());
    assert_ne!(old, new);
    assert!(old_is_seen);
}

fn user() -> old::User {
    old::User { id: 7, age: 36, name: "Ada".into() }
}

fn states() -> [old::State; 4] {
    [old::State::Off, old::State::On, old::State::Since(7), old::State::Both { at: 1, by: 2 }]
}

/// Each state, read as another version's; in words, as the types differ.
fn states_as<New: DeserializeOwned + PartialEq + Debug>() -> Vec<String> {
    let words = |state: Option<New>| state.map_or("miss".into(), |state| format!("{state:?}"));
    states().iter().map(|state| words(read::<_, New>(state))).collect()
}

#[test]
fn a_gained_field_or_variant() {
    assert_eq!(read::<_, gained::User>(&user()), None);
    let with_default = gained_with_default::User { id: 7, town: String::new(), age: 36, name: "Ada".into() };
    assert_eq!(read(&user()), Some(with_default));
    assert_eq!(states_as::<gained::State>(), ["Off", "On", "Since(7)", "Both { at: 1, by: 2 }"]);
    assert_eq!(read::<_, gained::Pair>(&old::Pair(1, "one".into())), None);
    apart::<old::User, gained::User>();
    apart::<old::User, gained_with_default::User>();
    apart::<old::State, gained::State>();
    apart::<old::Pair, gained::Pair>();
}

#[test]
fn a_lost_field_or_variant() {
    assert_eq!(read(&user()), Some(lost::User { id: 7, name: "Ada".into() }));
    assert_eq!(states_as::<lost::State>(), ["miss", "On", "Since(7)", "Both { by: 2 }"]);
    assert_eq!(read::<_, lost::Pair>(&old::Pair(1, "one".into())), None);
    apart::<old::User, lost::User>();
    apart::<old::State, lost::State>();
    apart::<old::Pair, lost::Pair>();
}

#[test]
fn a_renamed_field_or_variant() {
    assert_eq!(read::<_, renamed::User>(&user()), None);
    assert_eq!(states_as::<renamed::State>(), ["miss", "On", "miss", "miss"]);
    apart::<old::User, renamed::User>();
    apart::<old::State, renamed::State>();
}

#[test]
fn reordered_fields_or_variants() {
    assert_eq!(read(&user()), Some(reordered::User { id: 7, age: 36, name: "Ada".into() }));
    assert_eq!(states_as::<reordered::State>(), ["Off", "On", "Since(7)", "Both { by: 2, at: 1 }"]);
    assert_eq!(read::<_, reordered::Pair>(&old::Pair(1, "one".into())), None);
    apart::<old::User, reordered::User>();
    apart::<old::State, reordered::State>();
    apart::<old::Pair, reordered::Pair>();
}

#[test]
fn retyped_fields_or_variants() {
    assert_eq!(read::<_, retyped::User>(&user()), None);
    assert_eq!(states_as::<retyped::State>(), ["miss", "miss", "miss", "miss"]);
    assert_eq!(read::<_, retyped::Pair>(&old::Pair(1, "one".into())), None, "a struct is not read by position");
    apart::<old::User, retyped::User>();
    apart::<old::State, retyped::State>();
    apart::<old::Pair, retyped::Pair>();
    apart::<old::Deep, retyped::Deep>();
}

/// What a number becomes of another type.
fn number<New: DeserializeOwned + PartialEq + Debug>(old: impl Serialize) -> Option<New> {
    read::<_, (New,)>(&(old,)).map(|(new,)| new)
}

#[test]
fn a_number_of_another_type_is_the_same_number_or_a_miss() {
    assert_eq!(number::<i32>(7_u64), Some(7));
    assert_eq!(number::<i32>(u64::MAX), None);
    assert_eq!(number::<u8>(-1), None);
    assert_eq!(number::<u128>(-1_i128), None);
    assert_eq!(number::<u128>(7_i128), Some(7));
    assert_eq!(number::<i128>(u128::from(u64::MAX) + 1), Some(1 << 64));
    assert_eq!(number::<u128>(7_u8), Some(7));
    assert_eq!(number::<f64>(7_u32), Some(7.0));
    assert_eq!(number::<u32>(7.0), None);
    assert_eq!(number::<bool>(1_u8), None);
    assert_eq!(number::<u8>(true), None);
    assert_eq!(number::<Option<u8>>(7_u8), Some(Some(7)));
    assert_eq!(number::<u8>(None::<u8>), None);
    assert_eq!(number::<String>(7), None);
    assert_eq!(number::<char>(7), None);
}

#[test]
fn a_number_is_never_taken_for_the_name_of_a_variant_or_field() {
    assert_eq!(number::<old::State>(1_u32), None);
    for codec in NAMED {
        let (payload, encoding) = written(codec, &vec![HashMap::from([(2_u32, 7_u32)])]).unwrap();
        assert!(codec.decode::<Vec<old::State>>(&payload, encoding).is_err(), "{codec:?}");
        let (payload, encoding) = written(codec, &BTreeMap::from([(0, 7), (1, 36)])).unwrap();
        assert!(codec.decode::<lost::User>(&payload, encoding).is_err(), "{codec:?}");
    }
}

#[test]
fn a_list_is_never_taken_for_a_struct() {
    for codec in NAMED {
        let (payload, encoding) = written(codec, &(7, 36, "Ada")).unwrap();
        assert!(codec.decode::<(u32, u32, String)>(&payload, encoding).is_ok());
        assert!(codec.decode::<old::User>(&payload, encoding).is_err(), "{codec:?}");
        let (payload, encoding) = written(codec, &HashMap::from([("Both", (1, 2))])).unwrap();
        assert!(codec.decode::<old::State>(&payload, encoding).is_err(), "{codec:?}");
    }
}
