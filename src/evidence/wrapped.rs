//! Records inside JSON: what CloudWatch Logs, its subscriptions and Firehose wrap around them.
//!
//! `filter-log-events` and `get-log-events` print `{"events": [{"message": …}]}`
//! (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>), a subscription
//! delivers `{"logEvents": [{"message": …}]}`
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>), Firehose `{"message": …}`, one
//! after the other and with nothing between them
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-firehose.html>; all read 2026-11-23). They are told apart by
//! their keys. Nothing is kept but the message at hand.

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufReader, Read};

/// The longest string that is read; a message is some hundred bytes.
const STRING_MAX: usize = 1 << 20;

/// Hands on every message, until the bytes end or are no JSON.
pub fn messages(bytes: &mut dyn Read, sink: &mut dyn FnMut(&str)) -> io::Result<()> {
    let limited = BufReader::new(ShortStrings { bytes, run: 0 });
    let mut json = serde_json::Deserializer::from_reader(limited);
    loop {
        match json.end() {
            Ok(()) => return Ok(()),
            Err(error) if error.is_io() => return Err(error.into()),
            Err(_) => Wrapper(&mut *sink).deserialize(&mut json)?,
        }
    }
}

/// A reader that ends where a string would be too long to be held.
struct ShortStrings<'a> {
    bytes: &'a mut dyn Read,
    run: usize,
}

impl Read for ShortStrings<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.bytes.read(buffer)?;
        self.run = match memchr::memrchr(b'"', &buffer[..got]) {
            Some(place) => got - place,
            None => self.run + got,
        };
        if self.run > STRING_MAX {
            return Err(io::Error::other(format!(
                "a string of more than {STRING_MAX} bytes"
            )));
        }
        Ok(got)
    }
}

/// An object with a message, or with a list of such objects.
struct Wrapper<'a>(&'a mut dyn FnMut(&str));

impl<'de> DeserializeSeed<'de> for Wrapper<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Wrapper<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with `message`, `events` or `logEvents`, or a list of them")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            match key.as_ref() {
                "message" => (self.0)(&map.next_value::<String>()?),
                "events" | "logEvents" => map.next_value_seed(Wrapper(&mut *self.0))?,
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Wrapper(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Err(E::custom("a string where an object with records should be"))
    }
}

#[cfg(test)]
mod tests {
    use super::messages;

    fn read(text: &str) -> (Vec<String>, bool) {
        let mut found = Vec::new();
        let read = messages(&mut text.as_bytes(), &mut |message| {
            found.push(message.to_owned())
        });
        (found, read.is_ok())
    }

    #[test]
    fn every_wrapper_is_opened() {
        let events = r#"{"events": [{"logStreamName": "eni-a", "timestamp": 1, "message": "one"}, {"message": "two"}], "nextToken": "x"}"#;
        assert_eq!(read(events), (vec!["one".into(), "two".into()], true));
        let payload = r#"{"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "message": "one"}]}{"messageType": "CONTROL_MESSAGE", "logEvents": []}"#;
        assert_eq!(read(payload), (vec!["one".into()], true));
        let firehose = "{\"message\":\"one\"}{\"message\":\"two\"}\n{\"message\":\"three\"}\n";
        assert_eq!(
            read(firehose),
            (vec!["one".into(), "two".into(), "three".into()], true)
        );
    }

    #[test]
    fn what_came_before_a_mistake_was_read() {
        assert_eq!(
            read(r#"{"message": "one"}{"message": "tw"#),
            (vec!["one".into()], false)
        );
        assert_eq!(read(r#"{"message": "one"} 2 123"#), (vec!["one".into()], false));
        assert_eq!(read("[[[\"\"]]]"), (vec![], false));
        let long = format!("{{\"message\": \"{}\"}}", "x".repeat(3 << 20));
        assert_eq!(read(&long), (vec![], false));
        assert!(!read(&"[".repeat(100_000)).1);
    }
}
