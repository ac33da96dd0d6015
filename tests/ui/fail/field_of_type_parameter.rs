use larder::cached;

#[cached(key = "size:{T.size}")]
fn size<T>() -> usize {
    size_of::<T>()
}

fn main() {}
