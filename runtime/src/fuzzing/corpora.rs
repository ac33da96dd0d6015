//! What fuzzers have kept is run in every test: it reaches most of what they reach, in no time.

use std::fs;
use std::path::Path;

type Target = fn(&[u8]);

/// Each by the name of its corpus.
const TARGETS: [(&str, Target); 8] = [
    ("bincode", super::bincode),
    ("json", super::json),
    ("keys", super::keys),
    ("msgpack", super::msgpack),
    ("physical", super::physical),
    ("postcard", super::postcard),
    ("raw", super::raw),
    ("record", super::record),
];

#[test]
fn what_fuzzers_have_kept_holds() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(name);
        let corpus: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(!corpus.is_empty(), "{name} has no corpus");
        for file in corpus {
            target(&fs::read(file).unwrap());
        }
    }
}
