use larder::cached;

fn size_key(factor: &usize) -> String {
    factor.to_string()
}

#[cached(key = size_key)]
fn size<T>(factor: usize) -> usize {
    factor * size_of::<T>()
}

fn main() {}
