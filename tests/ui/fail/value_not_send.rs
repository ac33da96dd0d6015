use std::rc::Rc;

use larder::cached;

#[cached(key = "user:{id}", local)]
fn user(id: u64) -> Rc<u64> {
    Rc::new(id)
}

fn main() {}
