use larder::{KeyPart, cached};

#[cached(key = "size:{value}")]
fn size<T: KeyPart>(value: T) -> usize {
    size_of_val(&value)
}

fn main() {}
