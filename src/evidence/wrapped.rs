//! Records inside JSON: what CloudWatch Logs, its subscriptions and Firehose wrap around them.
//!
//! `filter-log-events` and `get-log-events` print `{"events": [{"message": …}]}`
//! (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>), a subscription
//! delivers `{"logEvents": [{"message": …}]}`
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>), Firehose `{"message": …}`, one
//! after the other and with nothing between them
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-firehose.html>; all read 2026-11-23). They are told apart by
//! their keys. Nothing is kept but the message at hand. Security Lake's events are read here as well (`ocsf`),
//! and the rows of a query's result, whose keys are the names of fields.

use super::format::Format;
use super::ocsf::Event;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufReader, Read};
use std::sync::Arc;

/// The longest string that is read; a message is some hundred bytes.
const STRING_MAX: usize = 1 << 20;

/// What is found in the JSON.
pub enum Message<'a> {
    /// A record as text.
    Text(&'a str),
    /// A record as an event of OCSF.
    Event(&'a Event),
    /// A record as the row of a query's result.
    Row(&'a [u8], &'a Arc<Format>),
}

/// Hands on every message, until the bytes end or are no JSON.
pub fn messages(bytes: &mut dyn Read, sink: &mut dyn FnMut(Message<'_>)) -> io::Result<()> {
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

/// An object with a message, or with a list of such objects, or an event.
struct Wrapper<'a>(&'a mut dyn FnMut(Message<'_>));

impl<'de> DeserializeSeed<'de> for Wrapper<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Wrapper<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "an object with `message`, `events` or `logEvents`, an event of OCSF, or a list of them",
        )
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut event, mut message, mut is_control) = (Event::default(), None, false);
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            match key.as_ref() {
                "message" => message = map.next_value::<Option<String>>()?,
                // A subscription's own words, whether its destination can be reached.
                "messageType" => {
                    is_control = map.next_value::<Option<String>>()?.as_deref() == Some("CONTROL_MESSAGE");
                }
                "logEvents" if is_control => _ = map.next_value::<IgnoredAny>()?,
                "events" | "logEvents" => map.next_value_seed(Wrapper(&mut *self.0))?,
                path => map.next_value_seed(Leaves {
                    path,
                    event: &mut event,
                })?,
            }
        }
        match message {
            _ if event.is_flow() => (self.0)(Message::Event(&event)),
            Some(message) => (self.0)(Message::Text(&message)),
            None => {
                if let Some((format, line)) = event.row() {
                    (self.0)(Message::Row(&line, &format));
                }
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

/// The values of an event, by their paths. Lists are passed over.
struct Leaves<'a> {
    path: &'a str,
    event: &'a mut Event,
}

impl<'de> DeserializeSeed<'de> for Leaves<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Leaves<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            let path = format!("{}.{key}", self.path);
            map.next_value_seed(Leaves {
                path: &path,
                event: &mut *self.event,
            })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.event.take_named(self.path, value);
        self.event.take(self.path, value);
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.visit_str(&value.to_string())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.visit_str(&value.to_string())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.event.take_named(self.path, "-");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Message, messages};

    fn read(text: &str) -> (Vec<String>, bool) {
        let mut found = Vec::new();
        let read = messages(&mut text.as_bytes(), &mut |message| match message {
            Message::Text(text) => found.push(text.to_owned()),
            Message::Event(event) => found.push(String::from_utf8_lossy(&event.line()).into_owned()),
            Message::Row(line, _) => found.push(String::from_utf8_lossy(line).into_owned()),
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
    fn rows_of_a_query_are_records() {
        let rows = "{\"interface_id\":\"eni-a\",\"srcaddr\":\"10.0.0.1\",\"dstport\":443,\"action\":\"ACCEPT\",\"tcp_flags\":null}\n{\"count\": 3}";
        assert_eq!(read(rows), (vec!["eni-a 10.0.0.1 443 ACCEPT -".into()], true));
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

    #[test]
    fn events_of_security_lake_are_records() {
        let event = r#"[{"class_uid": 4001, "cloud": {"account": {"uid": "123456789012"}, "region": "eu-west-1"},
            "connection_info": {"direction_id": 2, "boundary_id": 11, "protocol_num": 6, "tcp_flags": 3}, "action": "Denied", "action_id": 2,
            "src_endpoint": {"ip": "10.0.0.71", "port": 34210, "interface_uid": "eni-a", "vpc_uid": "vpc-a", "subnet_uid": null},
            "dst_endpoint": {"ip": "52.95.128.179", "port": 80, "svc_name": "S3"}, "status_code": "OK",
            "traffic": {"bytes": 471, "packets": 7}, "start_time": 1616729292000, "end_time": 1616729349000,
            "observables": [{"name": "src_endpoint.ip", "value": "x"}], "severity": "Informational"}]"#;
        let line = "eni-a 10.0.0.71 52.95.128.179 34210 80 6 7 471 1616729292000 1616729349000 REJECT OK 3 egress \
                    vpc-a - - - S3 123456789012 eu-west-1 8";
        assert_eq!(read(event), (vec![line.to_owned()], true));
    }
}
