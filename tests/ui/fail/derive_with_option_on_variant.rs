use larder::KeyPart;

#[derive(KeyPart)]
enum Page {
    #[key(skip)]
    First,
}

fn main() {}
