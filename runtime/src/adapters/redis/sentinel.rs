//! Where the master is, as sentinels say: they are asked with each attempt to connect.

use std::collections::BTreeMap;
use std::time::Duration;

use redis::Value;
use redis::aio::ConnectionLike;
use tokio::time::timeout;

use super::access::Access;
use super::health::Health;
use super::link::Link;
use super::reply::{self, Failure};
use super::socket::{self, Target};
use super::url::Place;
use crate::adapter::join_all;
use crate::error::Error;

/// How long one sentinel may take; the others are asked at the same time.
const PATIENCE: Duration = Duration::from_millis(600);

/// Some sentinels, and what they know.
pub(super) struct Sentinels {
    pub(super) places: Vec<Place>,
    /// The name by which they know the master.
    pub(super) master: String,
    /// How to get into the sentinels.
    pub(super) own: Access,
    /// How to get into the master.
    pub(super) access: Access,
}

impl Sentinels {
    /// How errors call what they watch.
    pub(super) fn name(&self) -> String {
        format!(
            "the master `{}` of {}",
            self.master,
            self.places.iter().map(Place::to_string).collect::<Vec<_>>().join(", ")
        )
    }

    /// Where most of those that answer say that the master is: one that was cut off may not know yet.
    pub(super) async fn target(&self) -> Result<Target, Failure> {
        let told = join_all(self.places.iter().map(|place| timeout(PATIENCE, self.ask(place)))).await;
        let mut votes = BTreeMap::<(String, u16), usize>::new();
        let mut failure = Failure { attempted: "no sentinel answers".into(), cause: "none within 600 ms".into() };
        for told in told.into_iter().flatten() {
            match told {
                Ok(address) => *votes.entry(address).or_default() += 1,
                Err(error) => failure = error,
            }
        }
        let Some(((host, port), _)) = votes.into_iter().max_by_key(|(_, n_votes)| *n_votes) else {
            return Err(failure);
        };
        self.access.to(Place::Tcp(host, port)).map_err(|error| failed(&error))
    }

    async fn ask(&self, place: &Place) -> Result<(String, u16), Failure> {
        let (target, health) = (self.own.to(place.clone()).map_err(|error| failed(&error))?, Health::new());
        let mut connection = socket::open(&target, &health).await?;
        let mut question = redis::cmd("SENTINEL");
        question.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.master);
        let answer = connection.req_packed_command(&question).await;
        // It is not needed any more.
        health.give_up();
        let lost = |error| Failure { attempted: "a sentinel did not answer".into(), cause: reply::cause(&error) };
        address(answer.map_err(lost)?).map_err(|error| failed(&error))?.ok_or_else(|| Failure {
            attempted: format!("the sentinels know no master `{}`", self.master),
            cause: "the name stands behind the sentinels in the URL".into(),
        })
    }
}

/// Two texts, or nil for a name that is not known.
fn address(reply: Value) -> Result<Option<(String, u16)>, Error> {
    if matches!(reply, Value::Nil) {
        return Ok(None);
    }
    let [host, port] = reply::several(reply)?;
    let text = |reply| reply::bytes(reply).map(|text| text.and_then(|text| String::from_utf8(text).ok()));
    Ok(text(host)?.zip(text(port)?.and_then(|port| port.parse().ok())))
}

/// Gives up a connection to what is no master, or none any more.
pub(super) async fn check(link: &Link) -> Result<(), Failure> {
    let role = link.ask(&redis::cmd("ROLE")).await.and_then(reply::list).map_err(|error| failed(&error))?;
    if matches!(role.first(), Some(Value::BulkString(role)) if role == b"master") {
        return Ok(());
    }
    link.give_up();
    let cause = "the sentinels have not agreed on another yet, or have not told it".into();
    Err(Failure { attempted: "what the sentinels call the master is none".into(), cause })
}

fn failed(error: &Error) -> Failure {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    Failure { attempted: error.to_string(), cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sentinels_say_is_an_address_or_nothing() {
        let part = |text: &str| Value::BulkString(text.into());
        let told = address(Value::Array(vec![part("10.0.0.1"), part("6379")])).unwrap();
        assert_eq!(told, Some(("10.0.0.1".into(), 6379)));
        assert_eq!(address(Value::Nil).unwrap(), None);
        assert_eq!(address(Value::Array(vec![part("h"), part("port")])).unwrap(), None);
        assert!(address(Value::Int(1)).is_err());
    }
}
