//! Records: bytes are a miss or what they were sealed as, and one that was damaged is a miss.

use std::time::Duration;

use arbitrary::{Result, Unstructured};

use crate::adapter::layout;
use crate::record::{
    CodecId, Draft, Epochs, Expected, Head, KeyFingerprint, MAX_PAYLOAD, Meta, Outcome, Outer, decode,
};
use crate::timeout::Timeout;

/// Reads `bytes` as a record, and as a description of one that is sealed, read back and damaged.
pub fn record(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    let Ok(meta) = meta(&mut input) else { return };
    let expected = expected(&meta);
    let _ = decode(bytes, &expected);
    let Ok((deadline_ms, at, flip)) = input.arbitrary::<(u64, usize, u8)>() else { return };
    let head = Head::until(deadline_ms);
    let payload = input.take_rest();
    let mut draft = Draft::new();
    draft.bytes().extend_from_slice(payload);
    let mut sealed = draft.seal(head, &meta);

    let read = decode(&sealed, &expected).expect("what was sealed is read");
    assert_eq!((read.head, read.meta, read.payload), (head, meta, payload));

    let at = at % sealed.len();
    sealed[at] ^= flip.max(1);
    let damaged = decode(&sealed, &expected);
    if layout::DEADLINE.contains(&at) {
        // A store may write there.
        assert_eq!(damaged.map(|record| (record.meta, record.payload)), Ok((meta, payload)));
    } else if at == layout::FLAGS && flip.max(1) == layout::COUNTED {
        // A store that counts says so there; then it is a counter, or a miss.
        assert!(damaged.is_err() || meta.codec == CodecId::DECIMAL);
    } else {
        assert!(damaged.is_err(), "byte {at} was changed");
    }
    let cut = &sealed[..at];
    assert!(decode(cut, &expected).is_err(), "cut at {at}");
}

fn meta(input: &mut Unstructured<'_>) -> Result<Meta> {
    Ok(Meta {
        codec: CodecId(input.arbitrary()?),
        outcome: *input.choose(&[Outcome::Value, Outcome::Nothing, Outcome::Failed])?,
        outer: Outer { n_somes: input.int_in_range(0..=Outer::MOST)?, none: input.arbitrary()? },
        key: KeyFingerprint::of(&input.arbitrary::<[u8; 4]>()?),
        schema: input.arbitrary()?,
        epochs: Epochs { namespace: input.arbitrary()?, template: input.arbitrary()? },
        template: input.arbitrary()?,
        fresh_for: Timeout::from_millis(input.arbitrary()?),
        grace: Timeout::from_millis(input.arbitrary()?),
        computed_in: Duration::from_micros(input.arbitrary::<u32>()?.into()),
    })
}

/// A reader who expects just that.
fn expected(meta: &Meta) -> Expected {
    Expected {
        key: meta.key,
        codec: meta.codec,
        value: meta.schema,
        failed: Some(meta.schema),
        decimal: meta.schema,
        namespace_epoch: meta.epochs.namespace,
        template_epoch: Some(meta.epochs.template),
        max_payload: MAX_PAYLOAD,
    }
}
