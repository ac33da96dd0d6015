use larder::cached;

struct Amount(u64);

#[cached(key = "price:{amount:>5}")]
fn price(amount: Amount) -> u64 {
    amount.0
}

fn main() {}
