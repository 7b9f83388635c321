//! The functions that need nothing but their arguments. Source: CloudFormation Template Reference, Intrinsic functions.

use super::value::{Known, Value};
use crate::model::Span;
use ipnet::IpNet;

/// The most prefixes that `Fn::Cidr` gives.
const PREFIXES_MAX: usize = 256;
/// How many zones a Region is taken to have at most.
const ZONES: [char; 6] = ['a', 'b', 'c', 'd', 'e', 'f'];

/// What a function answers: a value, or why it is used wrongly.
pub type Answer = Result<Known, String>;

/// What is asked of arguments that hold something unknown: its name.
fn open(argument: &Value) -> Option<Known> {
    argument.open().map(Known::Unknown)
}

/// `Fn::Join: [delimiter, [values]]`.
pub fn join(argument: &Value) -> Answer {
    let [with, list] = argument.items() else {
        return Err("Fn::Join takes a delimiter and a list".to_owned());
    };
    let with = with.text().ok_or("the delimiter of Fn::Join is a text")?;
    // One value alone is itself, be it known or not.
    if let [one] = list.items() {
        return Ok(one.kind.clone());
    }
    let kinds: Vec<&Known> = list.items().iter().map(|item| &item.kind).collect();
    if let Some(resource) = arn_of(&kinds) {
        return Ok(resource);
    }
    if let Some(unknown) = open(argument) {
        return Ok(unknown);
    }
    let parts: Option<Vec<&str>> = list.items().iter().map(Value::text).collect();
    let parts = parts.ok_or("Fn::Join joins texts")?;
    Ok(Known::text(parts.join(with)))
}

/// The resource for which an ARN stands that ends with a reference to it: `arn:…:vpc/${Vpc}`, whatever its Region and account.
pub fn arn_of(parts: &[&Known]) -> Option<Known> {
    let [Known::Text(first), .., last] = parts else {
        return None;
    };
    let whole = matches!(last, Known::Attribute(attribute) if attribute.name.is_none());
    (first.starts_with("arn:") && whole).then(|| (*last).clone())
}

/// `Fn::Split: [delimiter, text]`.
pub fn split(argument: &Value) -> Answer {
    let [by, text] = argument.items() else {
        return Err("Fn::Split takes a delimiter and a text".to_owned());
    };
    let by = by
        .text()
        .filter(|by| !by.is_empty())
        .ok_or("the delimiter of Fn::Split is a text")?;
    match &text.kind {
        Known::Text(text) => Ok(Known::texts(argument.span, text.split(by).map(str::to_owned))),
        Known::Unknown(name) => Ok(Known::Unknown(name.clone())),
        Known::Attribute(attribute) => Ok(Known::Unknown(attribute.told())),
        _ => Err("Fn::Split splits a text".to_owned()),
    }
}

/// `Fn::Select: [index, list]`.
pub fn select(argument: &Value) -> Answer {
    let [index, list] = argument.items() else {
        return Err("Fn::Select takes an index and a list".to_owned());
    };
    let Some(index) = index.text() else {
        return open(index).ok_or_else(|| "the index of Fn::Select is a number".to_owned());
    };
    let place: usize = index
        .parse()
        .map_err(|_| format!("the index of Fn::Select is a number, and `{index}` is none"))?;
    match &list.kind {
        Known::Unknown(name) => Ok(Known::Unknown(format!("{name}[{place}]"))),
        Known::Attribute(attribute) => Ok(Known::Unknown(format!("{}[{place}]", attribute.told()))),
        _ => match list.items().get(place) {
            Some(item) => Ok(item.kind.clone()),
            None => Err(format!(
                "Fn::Select wants item {place} of a list of {}",
                list.items().len()
            )),
        },
    }
}

/// `Fn::Cidr: [block, count, bits]`: so many prefixes of a block, each with so many host bits.
pub fn cidr(argument: &Value) -> Answer {
    let (block, count, bits) = match argument.items() {
        [block, count] => (block, count, None),
        [block, count, bits] => (block, count, Some(bits)),
        _ => return Err("Fn::Cidr takes a block, a count and a number of host bits".to_owned()),
    };
    if let Some(unknown) = open(argument) {
        return Ok(unknown);
    }
    let text = block.text().unwrap_or_default();
    let net: IpNet = text
        .parse()
        .map_err(|_| format!("Fn::Cidr divides a CIDR, and `{text}` is none"))?;
    let number = |value: &Value| value.text().and_then(|text| text.trim().parse::<usize>().ok());
    let count = number(count)
        .filter(|count| (1..=PREFIXES_MAX).contains(count))
        .ok_or_else(|| format!("the count of Fn::Cidr is a number from 1 to {PREFIXES_MAX}"))?;
    let bits = match bits {
        None => 8,
        Some(bits) => number(bits).ok_or("the host bits of Fn::Cidr are a number")?,
    };
    let length = usize::from(net.max_prefix_len()).checked_sub(bits);
    let length = length.and_then(|length| u8::try_from(length).ok());
    let length = length.filter(|length| *length >= net.prefix_len());
    let prefixes = length.and_then(|length| net.trunc().subnets(length).ok());
    let prefixes: Vec<String> = prefixes
        .into_iter()
        .flatten()
        .take(count)
        .map(|prefix| prefix.to_string())
        .collect();
    if prefixes.len() < count {
        return Err(format!(
            "{net} does not hold {count} prefixes with {bits} host bits"
        ));
    }
    Ok(Known::texts(argument.span, prefixes))
}

/// `Fn::GetAZs`: the zones of a Region; of one that is not known, only that they differ.
pub fn zones(argument: &Value, region: Option<&str>) -> Known {
    let own = argument.text().filter(|region| !region.is_empty()).or(region);
    let region = own.unwrap_or("${AWS::Region}");
    Known::texts(argument.span, ZONES.map(|letter| format!("{region}{letter}")))
}

/// `Fn::Length`.
pub fn length(argument: &Value) -> Answer {
    match &argument.kind {
        Known::List(items) => Ok(Known::text(items.len().to_string())),
        Known::Unknown(_) | Known::Attribute(_) => {
            open(argument).ok_or_else(|| "Fn::Length counts a list".to_owned())
        }
        _ => Err("Fn::Length counts a list".to_owned()),
    }
}

/// `Fn::ToJsonString`.
pub fn to_json(argument: &Value) -> Known {
    open(argument).unwrap_or_else(|| Known::Text(json(argument, &|_| false).to_string()))
}

/// A value as JSON; texts that are numbers stay texts, but for these keys.
pub fn json(value: &Value, numbers: &dyn Fn(&str) -> bool) -> serde_json::Value {
    under("", value, numbers)
}

fn under(key: &str, value: &Value, numbers: &dyn Fn(&str) -> bool) -> serde_json::Value {
    match &value.kind {
        Known::Nothing => serde_json::Value::Null,
        Known::Text(text) => match text.parse::<u64>() {
            Ok(number) if numbers(key) => number.into(),
            _ => text.as_str().into(),
        },
        Known::List(items) => items.iter().map(|item| under(key, item, numbers)).collect(),
        Known::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| (key.clone(), under(key, value, numbers)));
            serde_json::Value::Object(entries.collect())
        }
        Known::Unknown(name) => name.as_str().into(),
        Known::Attribute(attribute) => match &attribute.name {
            None => attribute.resource.as_str().into(),
            Some(_) => attribute.told().into(),
        },
    }
}

/// `Fn::Base64`.
pub fn base64(argument: &Value) -> Answer {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if let Some(unknown) = open(argument) {
        return Ok(unknown);
    }
    let text = argument.text().ok_or("Fn::Base64 encodes a text")?;
    let mut encoded = String::new();
    for part in text.as_bytes().chunks(3) {
        let byte = |place: usize| u32::from(part.get(place).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place)) as usize & 63];
            encoded.push(if place <= part.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    Ok(Known::Text(encoded))
}

/// A value at a place.
pub fn at(span: Span, kind: Known) -> Value {
    Value { span, kind }
}
