//! Payloads of every size and byte.

use super::checks;
use super::expect::{Outcome, Why, expect, is_record};
use super::store::Store;
use crate::adapter::{Entry, StoreKey, layout};
use crate::error::ErrorKind;

checks! {
    Ordinary:
        payloads_of_every_short_length_come_back
        every_byte_comes_back
        a_mebibyte_comes_back
        the_largest_entry_fits_and_no_larger_does_harm;
}

/// What no sane store is asked to keep in one entry, so that one without a limit need not.
const ABSURD: usize = 16 << 20;

/// Every way in and every way out.
async fn round_trip(store: &Store, key: &StoreKey, entry: &Entry) -> Outcome {
    let n_bytes = entry.record.len();
    store.put(key, entry).await?;
    store.has(key, entry, &format!("{n_bytes} bytes by put")).await?;
    store.remove(std::slice::from_ref(key)).await?;
    let token = store.permit(key).await?;
    expect(store.fill(key, entry, token).await?, format_args!("a fill of {n_bytes} bytes is refused"))?;
    store.has(key, entry, &format!("{n_bytes} bytes by fill")).await?;
    let touched = store.touch(key, entry.timeout, entry.grace).await?;
    let is_whole = touched.is_some_and(|fetched| is_record(&fetched, &entry.record));
    expect(is_whole, format_args!("touch hands out other than the {n_bytes} bytes"))?;
    store.put_many(vec![(key.clone(), entry.clone())]).await?;
    let many = store.get_many(std::slice::from_ref(key)).await?;
    let is_whole = many.first().and_then(Option::as_ref).is_some_and(|fetched| is_record(fetched, &entry.record));
    expect(is_whole, format_args!("get_many hands out other than the {n_bytes} bytes"))
}

async fn payloads_of_every_short_length_come_back(store: Store) -> Outcome {
    let key = store.key("key");
    for length in (0..=70).chain([127, 128, 255, 256, 257, 1023, 1024, 4095, 4096, 4097, 65_535, 65_536, 65_537]) {
        let entry = store.entry(vec![b'0' + (length % 10) as u8; length]);
        store.put(&key, &entry).await?;
        store.has(&key, &entry, &format!("a payload of {length} bytes")).await?;
    }
    Ok(())
}

async fn every_byte_comes_back(store: Store) -> Outcome {
    let key = store.key("key");
    let all: Vec<u8> = (0..=255).collect();
    let backwards: Vec<u8> = all.iter().rev().copied().collect();
    let lines = b"\r\nEND\r\nVA 5\r\n$-1\r\n*2\r\n\r\n\0\0\0".to_vec();
    for payload in [all.repeat(3), backwards, lines, vec![0; 100], vec![0xFF; 100], b"\r\n".repeat(100)] {
        round_trip(&store, &key, &store.entry(payload)).await?;
    }
    Ok(())
}

async fn a_mebibyte_comes_back(store: Store) -> Outcome {
    let length = (1 << 20).min(store.capability().largest_entry - layout::PAYLOAD);
    let payload: Vec<u8> = (0..length).map(|at| (at.wrapping_mul(2_654_435_761) >> 7) as u8).collect();
    round_trip(&store, &store.key("key"), &store.entry(payload)).await
}

async fn the_largest_entry_fits_and_no_larger_does_harm(store: Store) -> Outcome {
    let largest = store.capability().largest_entry;
    if largest > ABSURD {
        return Ok(());
    }
    let [key, other] = store.keys();
    let of = |n_bytes: usize| store.entry(vec![b'x'; n_bytes - layout::PAYLOAD]);
    round_trip(&store, &key, &of(largest)).await?;
    let small = store.entry("small");
    for n_bytes in [largest + 1, largest * 2] {
        store.put(&key, &small).await?;
        let attempts = [
            store.put(&key, &of(n_bytes)).await,
            store.put_if_absent(&other, &of(n_bytes)).await,
            store.put_many(vec![(other.clone(), of(n_bytes))]).await.map(|()| true),
        ];
        for attempt in attempts {
            match attempt {
                Err(error) if error.kind() == ErrorKind::TooLarge => {}
                other => return Err(Why::new(format_args!("{n_bytes} bytes, more than {largest}: {other:?}"))),
            }
        }
        store.has(&key, &small, "what stood there before it was refused").await?;
        store.has_nothing(&other, "where it was refused").await?;
    }
    round_trip(&store, &other, &small).await
}
