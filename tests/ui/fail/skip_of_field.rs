use larder::cached;

struct Request {
    id: u64,
    trace: u64,
}

#[cached(key = "user:{request.id}", skip(request.trace))]
fn user(request: &Request) -> u64 {
    request.id + request.trace
}

fn main() {}
