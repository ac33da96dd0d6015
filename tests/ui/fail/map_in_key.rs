use std::collections::HashMap;

use larder::cached;

#[cached(key = "total:{basket}")]
fn total(basket: HashMap<String, u64>) -> u64 {
    basket.values().sum()
}

fn main() {}
