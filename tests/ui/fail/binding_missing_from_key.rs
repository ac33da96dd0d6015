use larder::cached;

#[cached(key = "area:{width}")]
fn area((width, height): (u64, u64)) -> u64 {
    width * height
}

fn main() {}
