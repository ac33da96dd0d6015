//! Fifty tests, each on a runtime of its own, over one adapter that all of them share. A connection that lived on the
//! runtime of the first would be broken for the others.

use std::sync::OnceLock;

use larder::cached;
use larder_servers::{Redis, or_skip};

#[cached(key = "shared:{id}", timeout = 60)]
async fn value(id: u64) -> String {
    tokio::task::yield_now().await;
    format!("value {id}")
}

/// Set by whichever test comes first. `false` where there is no server.
fn is_set() -> bool {
    static SERVER: OnceLock<Option<Redis>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let server = or_skip(Redis::start())?;
        larder::adapter_set(server.url()).unwrap();
        Some(server)
    });
    server.is_some()
}

async fn check(number: u64) {
    if !is_set() {
        return;
    }
    // One of its own, which it computes, and one that all race for.
    for id in [number, 1_000] {
        assert_eq!(value(id).await, format!("value {id}"));
        assert_eq!(value::get(id).await.unwrap(), Some(format!("value {id}")));
    }
    assert!(value::clear(number).await.unwrap());
    assert_eq!(value::get(number).await.unwrap(), None);
}

macro_rules! tests {
    ($($flavor:literal: $($name:ident)*;)*) => {$($(
        #[tokio::test(flavor = $flavor)]
        async fn $name() {
            check(stringify!($name)[1..].parse().unwrap()).await;
        }
    )*)*};
}

tests! {
    "current_thread":
        t01 t02 t03 t04 t05 t06 t07 t08 t09 t10 t11 t12 t13 t14 t15 t16 t17 t18 t19 t20
        t21 t22 t23 t24 t25 t26 t27 t28 t29 t30;
    "multi_thread":
        t31 t32 t33 t34 t35 t36 t37 t38 t39 t40 t41 t42 t43 t44 t45 t46 t47 t48 t49 t50;
}
