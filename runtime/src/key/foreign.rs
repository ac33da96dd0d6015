//! `KeyPart` for types of other crates, each behind the feature of its crate's name. Their `Display` is injective:
//! full precision, and the offset or zone where the type has one.

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
displayed!("jiff": jiff::Timestamp jiff::Zoned jiff::Span jiff::SignedDuration
    jiff::civil::Date jiff::civil::Time jiff::civil::DateTime);
displayed!("time": time::Date time::Time time::PrimitiveDateTime time::OffsetDateTime time::UtcOffset time::Duration);
