use larder::cached;

#[cached(key = "size:{factor}")]
fn size<T>(factor: usize) -> usize {
    factor * size_of::<T>()
}

fn main() {}
