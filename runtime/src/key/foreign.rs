//! `KeyPart` for types of other crates, each behind the feature of its crate's name. Only types whose `Display`
//! tells all values apart: not jiff's `Span` (1 s and 1000 ms read alike) and `Zoned` (which rounds odd offsets).

use super::{KeyPart, KeyWriter};

macro_rules! displayed {
    ($feature:literal: $($type:ty)*) => {$(
        #[cfg(feature = $feature)]
        impl KeyPart for $type {
            fn write_key(&self, key: &mut KeyWriter) {
                key.display(self);
            }
        }
    )*};
}

displayed!("uuid": uuid::Uuid);
displayed!("chrono": chrono::NaiveDate chrono::NaiveTime chrono::NaiveDateTime chrono::TimeDelta
    chrono::DateTime<chrono::Utc> chrono::DateTime<chrono::FixedOffset>);
displayed!("jiff": jiff::Timestamp jiff::SignedDuration
    jiff::civil::Date jiff::civil::Time jiff::civil::DateTime);
displayed!("time": time::Date time::Time time::PrimitiveDateTime time::OffsetDateTime time::UtcOffset time::Duration);
