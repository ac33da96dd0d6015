use larder::cached;

#[cached(key = "price:{amount:%d}")]
fn price(amount: f64) -> String {
    amount.to_string()
}

fn main() {}
