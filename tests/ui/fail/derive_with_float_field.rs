use larder::KeyPart;

#[derive(KeyPart)]
struct Price {
    amount: f64,
}

fn main() {}
