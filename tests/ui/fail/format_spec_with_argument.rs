use larder::cached;

#[cached(key = "price:{amount:.digits$}:{digits}")]
fn price(amount: f64, digits: usize) -> String {
    format!("{amount:.digits$}")
}

fn main() {}
