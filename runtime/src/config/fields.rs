//! The settings of one cache. Who makes it takes those that it knows, by name and type; what is left in the end is known to
//! nobody, and the names that were asked for are what could have been written.

use super::{Fault, Value, nearest, shown};
use crate::timeout::Timeout;

#[derive(Default)]
pub(crate) struct Fields {
    left: Vec<(String, Value)>,
    asked: Vec<&'static str>,
}

type Taken<T> = Result<Option<T>, Fault>;

impl Fields {
    /// No settings at all.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    pub(crate) fn new(given: Vec<(String, Value)>) -> Self {
        Self { left: given, asked: Vec::new() }
    }

    /// A name or an address.
    pub(crate) fn text(&mut self, name: &'static str) -> Taken<String> {
        self.take(name, "a text", Value::text)
    }

    /// Several of them, or one.
    #[cfg(any(feature = "memcached", feature = "redis"))]
    pub(crate) fn texts(&mut self, name: &'static str) -> Taken<Vec<String>> {
        self.take(name, "a list of at least one text", |value| match value {
            Value::List(values) if values.is_empty() => None,
            Value::List(values) => values.into_iter().map(Value::text).collect(),
            value => value.text().map(|text| vec![text]),
        })
    }

    /// Names, in their order and each once; one of them may stand there alone.
    pub(crate) fn names(&mut self, name: &'static str) -> Taken<Vec<String>> {
        let names = self.take(name, "a list of names", |value| match value {
            Value::Text(one) => Some(vec![one]),
            Value::List(values) => values.into_iter().map(Value::text).collect(),
            _ => None,
        })?;
        for (at, one) in names.iter().flatten().enumerate() {
            if names.iter().flatten().take(at).any(|other| other.eq_ignore_ascii_case(one)) {
                return Err(Fault::of(&format!("{name}[{at}]"), "this is there twice"));
            }
        }
        Ok(names)
    }

    /// A whole number that `T` holds.
    pub(crate) fn number<T: TryFrom<u64>>(&mut self, name: &'static str) -> Taken<T> {
        let number = self.take(name, "a whole number", whole)?;
        let fits = |number| T::try_from(number).map_err(|_| Fault::of(name, "the number is too large"));
        number.map(fits).transpose()
    }

    /// A bound on what is stored.
    pub(crate) fn limit<T: TryFrom<u64> + Default + PartialEq>(&mut self, name: &'static str) -> Taken<T> {
        let limit = self.number::<T>(name)?;
        if limit.as_ref().is_some_and(|limit| *limit == T::default()) {
            return Err(Fault::of(name, "0 stores nothing: write `adapter = \"null\"` for that"));
        }
        Ok(limit)
    }

    /// How long; 0 included.
    pub(crate) fn span(&mut self, name: &'static str) -> Taken<Timeout> {
        const FORMS: &str = "seconds (300), a text with units (\"5m\", \"1h30m\", \"250ms\") or \"never\"";
        self.take(name, FORMS, |value| match value {
            Value::Number(seconds) => Some(Timeout::from_secs(seconds)),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        })
    }

    /// How long, and not 0.
    pub(crate) fn timeout(&mut self, name: &'static str) -> Taken<Timeout> {
        let timeout = self.span(name)?;
        if timeout.is_some_and(Timeout::is_zero) {
            return Err(Fault::of(name, "0 keeps nothing: write `adapter = \"null\"` for that"));
        }
        Ok(timeout)
    }

    fn take<T>(&mut self, name: &'static str, form: &str, read: impl FnOnce(Value) -> Option<T>) -> Taken<T> {
        self.asked.push(name);
        let Some(at) = self.left.iter().position(|(given, _)| given == name) else { return Ok(None) };
        let (_, value) = self.left.remove(at);
        match read(value) {
            Some(taken) => Ok(Some(taken)),
            None => Err(Fault::of(name, format_args!("this takes {form}"))),
        }
    }

    /// Has all been taken? `store` is the one that would have known it.
    pub(crate) fn finish(self, store: &str) -> Result<(), Fault> {
        let Self { left, asked } = self;
        let Some((name, _)) = left.first() else { return Ok(()) };
        let hint = nearest(name, asked.iter().copied());
        let hint = hint.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let message = format!("a cache over `{store}` has no such setting: it has {}{hint}", asked.join(", "));
        Err(Fault::of(shown(name), message))
    }
}

fn whole(value: Value) -> Option<u64> {
    match value {
        Value::Number(number) => Some(number),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, Value};
    use crate::config::Fault;
    use crate::timeout::Timeout;

    fn fields(given: &[(&str, Value)]) -> Fields {
        Fields::new(given.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    fn said(fault: Fault) -> String {
        fault.of_cache("x").to_string()
    }

    #[test]
    fn what_is_asked_for_is_taken_and_the_rest_refused() {
        let mut given =
            fields(&[("port", Value::Text("80".into())), ("grace", Value::Number(5)), ("por", Value::Other)]);
        assert_eq!(given.number::<u16>("port").unwrap(), Some(80));
        assert_eq!(given.span("grace").unwrap(), Some(Timeout::from_secs(5)));
        let fault = given.finish("pantry").unwrap_err();
        assert_eq!(
            said(fault),
            "x.por: a cache over `pantry` has no such setting: it has port, grace; did you mean `port`?"
        );
        assert!(fields(&[]).finish("pantry").is_ok());
    }

    #[test]
    fn a_name_that_may_be_a_secret_is_not_shown() {
        let fault = fields(&[("redis://:hunter2@h", Value::Other)]).finish("pantry").unwrap_err();
        assert!(said(fault).starts_with("x.…: "));
    }
}
