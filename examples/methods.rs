//! How are methods cached? The key says what of `self` matters, and the helpers are methods beside it.

use larder::cached;

struct Shop {
    city: String,
}

impl Shop {
    /// `{self.city}` tells the shops apart; without it, or `skip(self)`, this does not compile.
    #[cached(key = "price:{self.city}:{item}", timeout = 600)]
    fn price(&self, item: &str) -> Option<u32> {
        println!("  {} looks up the price of {item}", self.city);
        item.starts_with("tea").then_some(self.city.len() as u32 * 100)
    }
}

fn main() -> larder::Result<()> {
    let (oslo, lima) = (Shop { city: "Oslo".into() }, Shop { city: "Lima".into() });
    for _ in 0..2 {
        println!("{:?} {:?}", oslo.price("tea: green"), lima.price("tea: green"));
    }

    println!("one price changed in {}", oslo.city);
    oslo.price_clear("tea: green")?;
    println!("{:?} {:?}", oslo.price("tea: green"), lima.price("tea: green"));

    // A `None` is looked up again, unless the attribute has a `none_timeout`.
    println!("{:?} {:?}", oslo.price("coffee"), oslo.price("coffee"));
    Ok(())
}
