//! Names that would hurt a store if they got through to it.

use super::checks;
use super::expect::{Outcome, same};
use super::store::Store;
use crate::adapter::EpochName;

checks! {
    Ordinary:
        strange_keys_are_told_apart
        strange_namespaces_are_told_apart
        strange_namespaces_have_epochs_of_their_own;
}

fn strange() -> Vec<String> {
    let mut names: Vec<_> = [
        "a",
        "A",
        "",
        " ",
        "  ",
        "a b",
        "a\r\nset b 0 0 1\r\nx",
        "\r\n",
        "\n",
        "\0",
        "a\0b",
        "\u{1}\u{7f}",
        "\u{2028}",
        "'; DROP TABLE entry; --",
        "\"",
        "'",
        "`",
        "\\",
        "%",
        "%%",
        "%s",
        "%e",
        "_",
        "*",
        "?",
        "[a]",
        "[^a]*",
        "a*",
        "{a}",
        "{}",
        "!",
        "a!epoch!",
        "!p",
        ":",
        "::",
        "a:b",
        "a::b",
        "a:",
        ":a",
        "/",
        "|",
        "#",
        "~",
        "$(id)",
        "..",
        "../a",
        "ключ",
        "é",
        "e\u{301}",
        "👩‍👩‍👧",
        "🫙",
        "\u{feff}a",
        "null",
        "None",
        "nil",
    ]
    .map(String::from)
    .to_vec();
    for length in [100, 150, 199, 200, 201, 250, 251, 300, 100_000] {
        names.push("x".repeat(length));
    }
    names.push(format!("{}y", "x".repeat(299)));
    names.push(format!("{}y", "x".repeat(99_999)));
    names
}

/// Each gets a payload of its own, and all are read back.
async fn told_apart(stores: &[(Store, String)]) -> Outcome {
    for (number, (store, name)) in stores.iter().enumerate() {
        store.put(&store.key(name), &store.entry(number.to_string())).await?;
    }
    let keys: Vec<_> = stores.iter().map(|(store, name)| store.key(name)).collect();
    for (number, (store, _)) in stores.iter().enumerate() {
        store.has(&keys[number], &store.entry(number.to_string()), &format!("{:?}", keys[number])).await?;
    }
    let (store, _) = &stores[0];
    let n_there = store.get_many(&keys).await?.iter().flatten().count();
    same(n_there, keys.len(), "got at once")?;
    let (half, rest) = keys.split_at(keys.len() / 2);
    same(store.remove(half).await?, vec![true; half.len()], "removed")?;
    same(store.get_many(half).await?, vec![None; half.len()], "those that were removed")?;
    same(store.get_many(rest).await?.iter().flatten().count(), rest.len(), "those that were not")?;
    for (number, key) in rest.iter().enumerate() {
        let (store, _) = &stores[half.len() + number];
        same(store.exists(key).await?, true, format_args!("exists of {key:?}"))?;
        same(store.remove(std::slice::from_ref(key)).await?, vec![true], format_args!("remove of {key:?}"))?;
        let token = store.permit(key).await?;
        same(store.fill(key, &store.entry("tea"), token).await?, true, format_args!("fill of {key:?}"))?;
        store.touch(key, store.unit(), store.unit()).await?;
        same(store.increment(key, 1).await.is_err(), true, format_args!("increment of text under {key:?}"))?;
        store.remove(std::slice::from_ref(key)).await?;
    }
    Ok(())
}

async fn strange_keys_are_told_apart(store: Store) -> Outcome {
    told_apart(&strange().into_iter().map(|name| (store.clone(), name)).collect::<Vec<_>>()).await
}

async fn strange_namespaces_are_told_apart(store: Store) -> Outcome {
    // As they are: what no other run may meet stands in the key.
    let key = store.namespace.to_string();
    told_apart(&strange().into_iter().map(|name| (store.beside(name), key.clone())).collect::<Vec<_>>()).await
}

async fn strange_namespaces_have_epochs_of_their_own(store: Store) -> Outcome {
    let names: Vec<_> =
        strange().iter().map(|name| EpochName::namespace(0, &format!("{name}{}", store.namespace))).collect();
    let mut epochs = store.epochs(&names).await?;
    same(&store.epochs(&names).await?, &epochs, "read a second time")?;
    let renewed = store.renew(&names[3]).await?;
    epochs[3] = renewed;
    same(&store.epochs(&names).await?, &epochs, "after one was renewed")?;
    epochs.sort_unstable();
    epochs.dedup();
    same(epochs.len(), names.len(), "epochs that differ")
}
