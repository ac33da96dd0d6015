use larder::KeyPart;

#[derive(KeyPart)]
struct Page {
    number: u32,
    #[key(skp)]
    trace: f64,
}

fn main() {}
