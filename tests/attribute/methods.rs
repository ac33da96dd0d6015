//! Methods, by every receiver, and what stands in traits.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use larder::cached;

use crate::{check, check_async, fresh, tick_of};

#[derive(Clone)]
struct Shop {
    id: u64,
}

impl Shop {
    #[cached(key = "by-reference:{self.id}:{n}")]
    fn by_reference(&self, n: u64) -> u64 {
        tick_of(self.id + n)
    }

    #[cached(key = "by-value:{self.id}:{n}")]
    fn by_value(mut self, n: u64) -> u64 {
        self.id += 1;
        tick_of(self.id + n)
    }

    #[cached(key = "arc:{self.id}:{n}")]
    fn by_arc(self: Arc<Self>, n: u64) -> u64 {
        tick_of(self.id + n)
    }

    #[cached(key = "arc-reference:{self.id}:{n}")]
    fn by_arc_reference(self: &Arc<Self>, n: u64) -> u64 {
        tick_of(self.id + n)
    }

    #[cached(key = "box:{self.id}:{n}")]
    #[expect(clippy::boxed_local, reason = "this is what is tested")]
    fn by_box(self: Box<Self>, n: u64) -> u64 {
        tick_of(self.id + n)
    }

    #[cached(key = "rc:{self.id}:{n}")]
    fn by_rc(self: Rc<Self>, n: u64) -> u64 {
        tick_of(self.id + n)
    }

    #[cached(key = "pin:{self.id}:{n}")]
    fn by_pin(self: Pin<&Self>, n: u64) -> u64 {
        tick_of(self.id + n)
    }

    #[cached(key = "async-arc:{self.id}:{n}")]
    async fn async_by_arc(self: Arc<Self>, n: u64) -> u64 {
        tick_of(self.id + n)
    }

    #[cached(key = "async:{self.id}:{n}")]
    async fn async_by_reference(&self, n: u64) -> u64 {
        tick_of(self.id + n)
    }

    #[cached(skip(self))]
    fn skipped(&self, n: u64) -> u64 {
        tick_of(self.id + n)
    }

    #[cached(method)]
    fn associated(n: u64) -> u64 {
        tick_of(n)
    }

    #[cached(local)]
    fn open(id: u64) -> Self {
        Self { id: tick_of(id) }
    }

    #[cached(key = "timed:{n}", skip(self), timeout = self.id)]
    fn timed(&self, n: u64) -> u64 {
        tick_of(n)
    }

    #[cached(key = "named:{n}", skip(self), helpers = catalogue)]
    fn named(&self, n: u64) -> u64 {
        tick_of(n)
    }
}

#[test]
fn any_receiver_that_only_looks_is_a_part_of_the_key() {
    let shop = |id| Shop { id };
    check(|| shop(1).by_reference(1), || shop(2).by_reference(1));
    check(|| shop(1).by_value(1), || shop(2).by_value(1));
    check(|| Arc::new(shop(1)).by_arc(1), || Arc::new(shop(2)).by_arc(1));
    check(|| Arc::new(shop(1)).by_arc_reference(1), || Arc::new(shop(2)).by_arc_reference(1));
    check(|| Box::new(shop(1)).by_box(1), || Box::new(shop(2)).by_box(1));
    check(|| Rc::new(shop(1)).by_rc(1), || Rc::new(shop(2)).by_rc(1));
    check(|| Pin::new(&shop(1)).by_pin(1), || Pin::new(&shop(2)).by_pin(1));
    check_async(|| Arc::new(shop(1)).async_by_arc(1), || Arc::new(shop(2)).async_by_arc(1));
    check_async(async || shop(1).async_by_reference(1).await, async || shop(2).async_by_reference(1).await);
}

#[test]
fn a_skipped_receiver_is_no_part_of_the_key_and_helpers_go_without() {
    fresh(|| {
        let first = Shop { id: 1 }.skipped(5);
        assert_eq!(Shop { id: 2 }.skipped(5), first);
        assert_eq!(Shop::skipped_get(5).unwrap(), Some(first));
        assert_eq!(Shop::skipped_key(5).as_str(), "attribute::methods::Shop:skipped:5");
    });
}

#[test]
fn associated_functions_are_methods() {
    check(|| Shop::associated(1), || Shop::associated(2));
    check(|| Shop::open(1).id, || Shop::open(2).id);
    assert_eq!(Shop::associated_key(1).as_str(), "attribute::methods::Shop:associated:1");
}

#[test]
fn helpers_of_a_method_stand_beside_it() {
    fresh(|| {
        let shop = Shop { id: 1 };
        let first = shop.by_reference(7);
        assert_eq!(shop.by_reference_get(7).unwrap(), Some(first));
        assert!(shop.by_reference_update_timeout(7, 60).unwrap());
        assert!(shop.by_reference_timeout_left(7).unwrap().is_some());
        assert!(shop.by_reference_set(7, 5).unwrap());
        assert_eq!(shop.by_reference(7), 5);
        assert_ne!(shop.by_reference_refresh(7), 5);
        assert_ne!(shop.by_reference_uncached(7), shop.by_reference(7));
        assert!(shop.by_reference_clear(7).unwrap());
        assert!(!shop.by_reference_clear(7).unwrap());
        Shop::by_reference_clear_all().unwrap();
        assert!(Shop::by_reference_stats().computed > 0);
        assert_eq!(shop.by_reference_key(7).as_str(), "by-reference:1:7");
    });
}

#[test]
fn what_a_timeout_reads_is_taken_by_set_though_skipped() {
    fresh(|| {
        assert!(Shop { id: 60 }.timed_set(1, 5).unwrap());
        assert_eq!(Shop { id: 60 }.timed(1), 5);
        assert_eq!(Shop::timed_get(1).unwrap(), Some(5));
    });
}

#[test]
fn helpers_take_another_name() {
    fresh(|| {
        Shop { id: 1 }.named(1);
        assert!(Shop::catalogue_clear(1).unwrap());
    });
}

struct Store<T>(T);

impl<T: Clone + Send + Sync + 'static> Store<T> {
    #[cached(skip(self))]
    fn of_type(&self, n: u64) -> u64 {
        let _ = &self.0;
        tick_of(n)
    }

    #[cached(key = "last:{Self}:{n}", skip(self), local)]
    fn last(&self, n: u64) -> Option<T> {
        (n > 0).then(|| self.0.clone())
    }
}

#[test]
fn the_key_of_a_method_holds_the_type_that_it_is_on() {
    check(|| Store(1_u8).of_type(1), || Store("x").of_type(1));
    fresh(|| {
        assert_eq!(Store(1_u8).last(1), Some(1));
        assert_eq!(Store("x").last(1), Some("x"));
    });
}

trait Prices {
    fn price(&self, id: u64) -> u64;
    async fn price_async(&self, id: u64) -> Result<u64, std::num::ParseIntError>;
    fn price_future(&self, id: u64) -> impl Future<Output = u64> + Send;
    fn defaulted(&self, id: u64) -> u64
    where
        Self: Sized,
    {
        tick_of(id)
    }
}

impl Prices for Shop {
    #[cached(key = "price:{self.id}:{id}", helpers = false)]
    fn price(&self, mut id: u64) -> u64 {
        id += 1;
        if id == 0 {
            return 0;
        }
        tick_of(self.id + id)
    }

    #[cached(key = "price-async:{self.id}:{id}", helpers = false)]
    async fn price_async(&self, mut id: u64) -> Result<u64, std::num::ParseIntError> {
        id += 1;
        if id == 1 {
            return "0".parse();
        }
        let _: u64 = "0".parse()?;
        Ok(tick_of(self.id + id))
    }

    #[cached(key = "price-future:{self.id}:{id}", helpers = false)]
    fn price_future(&self, id: u64) -> impl Future<Output = u64> + Send {
        let id = id + self.id;
        async move { tick_of(id) }
    }

    #[cached(key = "defaulted:{self.id}:{id}", helpers = false)]
    fn defaulted(&self, id: u64) -> u64 {
        tick_of(id)
    }
}

#[test]
fn trait_implementations_are_cached_in_place() {
    let shop = |id| Shop { id };
    check(|| shop(1).price(1), || shop(2).price(1));
    check(|| shop(1).defaulted(1), || shop(1).defaulted(2));
    check_async(async || shop(1).price_async(1).await.unwrap(), async || shop(1).price_async(2).await.unwrap());
    check_async(async || shop(1).price_future(1).await, async || shop(1).price_future(2).await);
    crate::fresh_async(async { assert_eq!(shop(1).price_async(0).await, Ok(0)) });
}

impl Shop {
    #[cached(key = "moved:{self.id}", helpers = false)]
    fn moved(mut self) -> u64 {
        self.id += 1;
        tick_of(self.id)
    }

    #[cached(key = "moved-async:{self.id}", helpers = false)]
    async fn moved_async(mut self: Box<Self>) -> u64 {
        self.id += 1;
        tick_of(self.id)
    }
}

#[test]
fn in_place_a_method_may_change_its_own_self() {
    let shop = |id| Shop { id };
    check(|| shop(1).moved(), || shop(2).moved());
    check_async(|| Box::new(shop(1)).moved_async(), || Box::new(shop(2)).moved_async());
}

#[async_trait::async_trait]
trait Stock {
    async fn stock(&self, id: u64) -> Option<u64>;
}

#[async_trait::async_trait]
impl Stock for Shop {
    #[cached(key = "stock:{self.id}:{id}", helpers = false)]
    async fn stock(&self, id: u64) -> Option<u64> {
        if id == 0 {
            return None;
        }
        Some(tick_of(self.id + id))
    }
}

#[test]
fn another_attribute_may_have_boxed_the_future() {
    let shop: Arc<dyn Stock + Send + Sync> = Arc::new(Shop { id: 1 });
    check_async(async || shop.stock(1).await.unwrap(), async || shop.stock(2).await.unwrap());
}
