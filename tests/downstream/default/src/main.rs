//! All that `larder` promises must come from `larder` alone: its macros may name no crate that only its authors have.
//! A derived struct wants serde as well; what serde knows by itself does not, nor does what stays `local`.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use larder::{KeyPart, cached};

#[derive(KeyPart)]
struct Place {
    city: String,
    floor: Option<i8>,
}

/// Knows nothing of serde.
#[derive(Clone, Debug, PartialEq)]
struct Weather {
    degrees: i8,
}

#[cached(key = "length:{text}", timeout = 60)]
fn length(text: &str) -> u64 {
    text.len() as u64
}

#[cached(key = "weather:{place}", local)]
async fn weather(place: Place) -> Result<Weather, std::num::TryFromIntError> {
    let degrees: i8 = place.city.len().try_into()?;
    Ok(Weather { degrees: degrees - place.floor.unwrap_or(0) })
}

struct Shop {
    tax: u64,
}

impl Shop {
    #[cached(key = "price:{self.tax}:{net}", timeout = "1h")]
    fn price(&self, net: u64) -> u64 {
        net + net * self.tax / 100
    }
}

fn main() -> larder::Result<()> {
    larder::adapter_set("memory")?;

    assert_eq!((length("four"), length("four")), (4, 4));
    assert_eq!((length::stats().computed, length::stats().hits), (1, 1));
    assert!(length::update_timeout("four", 5)? && length::clear("four")? && !length::clear("four")?);

    let place = || Place { city: "Ulaanbaatar".into(), floor: Some(3) };
    for _ in 0..2 {
        assert_eq!(finished(weather(place())).expect("a short name"), Weather { degrees: 8 });
    }
    assert_eq!(weather::stats().computed, 1);
    assert!(finished(weather::clear(place()))?);

    let shop = Shop { tax: 25 };
    assert_eq!((shop.price(100), shop.price_get(100)?), (125, Some(125)));
    Ok(())
}

/// What a future gives that never waits.
fn finished<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here waits"),
    }
}
