use larder::cached;

#[cached(key = "bits:{factor}")]
fn bits<const N: usize>(factor: usize) -> usize {
    factor * N
}

fn main() {}
