//! Suricata rules as text: the header is read exactly, the options are only cut apart.
//!
//! `action protocol source ports direction destination ports (keyword:settings; …)`, one rule a line (Suricata guide, "Rules
//! Format"). Addresses and ports may be `any`, a variable, negated, or a bracketed list of these; `@` names an IP set
//! reference of Network Firewall. What the options mean is the component's; here nothing is decided by them.

use super::value::parse_address;
use ipnet::IpNet;
use std::fmt;

/// The deepest nesting of lists that is read.
const DEPTH_MAX: usize = 16;

/// What a header says of one field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Expression<T> {
    /// `any`.
    #[default]
    Any,
    /// One value.
    One(T),
    /// `$NAME`, or `@NAME` for a reference.
    Variable(String),
    /// `!…`.
    Not(Box<Self>),
    /// `[…, …]`.
    List(Vec<Self>),
}

/// Addresses, as a header writes them.
pub type Addresses = Expression<IpNet>;
/// Ports, as a header writes them: the first and the last of a range.
pub type PortWords = Expression<(u16, u16)>;

/// A value that a header may hold.
pub trait Word: Sized {
    /// What it is called in a message.
    const WHAT: &'static str;
    /// Reads one.
    fn read(text: &str) -> Result<Self, String>;
    /// Writes one.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl Word for IpNet {
    const WHAT: &'static str = "an address";
    fn read(text: &str) -> Result<Self, String> {
        let net = if text.contains('/') {
            text.parse::<Self>().ok().map(|net| net.trunc())
        } else {
            parse_address(text).ok().map(Self::from)
        };
        net.ok_or_else(|| {
            format!("`{text}` is not an address, a CIDR, `any` or a variable such as $HOME_NET")
        })
    }
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Word for (u16, u16) {
    const WHAT: &'static str = "a port";
    fn read(text: &str) -> Result<Self, String> {
        let number = |text: &str, empty: u16| match text.trim() {
            "" => Some(empty),
            text => text.parse::<u16>().ok(),
        };
        let ends = match text.split_once(':').or_else(|| text.split_once('-')) {
            Some((low, high)) if !(low.trim().is_empty() && high.trim().is_empty()) => {
                number(low, 0).zip(number(high, u16::MAX))
            }
            Some(_) => None,
            None => text.parse::<u16>().ok().map(|port| (port, port)),
        };
        ends.filter(|(low, high)| low <= high)
            .ok_or_else(|| format!("`{text}` is not a port, a range such as 1024:65535, `any` or a variable"))
    }
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            (low, high) if low == high => write!(f, "{low}"),
            (low, high) => write!(f, "{low}:{high}"),
        }
    }
}

impl<T: Word> Expression<T> {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::nested(text.trim(), 0)
    }

    fn nested(text: &str, depth: usize) -> Result<Self, String> {
        if depth > DEPTH_MAX {
            return Err(format!("lists are nested more than {DEPTH_MAX} deep"));
        }
        if let Some(rest) = text.strip_prefix('!') {
            return Ok(Self::Not(Box::new(Self::nested(rest.trim_start(), depth + 1)?)));
        }
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner
                .strip_suffix(']')
                .ok_or_else(|| format!("`{text}` has no closing `]`"))?;
            let items = split(inner, ',');
            let items: Result<Vec<Self>, String> =
                items.map(|item| Self::nested(item.trim(), depth + 1)).collect();
            return items.map(Self::List);
        }
        match text.chars().next() {
            None => Err(format!("{} is missing", T::WHAT)),
            Some('$' | '@') if text.len() > 1 => Ok(Self::Variable(text.to_owned())),
            _ if text.eq_ignore_ascii_case("any") => Ok(Self::Any),
            _ => T::read(text).map(Self::One),
        }
    }
}

impl<T: Word> fmt::Display for Expression<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::One(value) => value.write(f),
            Self::Variable(name) => f.write_str(name),
            Self::Not(inner) => write!(f, "!{inner}"),
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str("]")
            }
        }
    }
}

/// Cuts a text at a sign that stands in no brackets, quotes or escape.
fn split(text: &str, sign: char) -> impl Iterator<Item = &str> {
    let mut cuts = vec![0];
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            _ if letter == sign && !quoted && depth == 0 => cuts.extend([at, at + sign.len_utf8()]),
            _ => {}
        }
    }
    cuts.push(text.len());
    let pairs: Vec<(usize, usize)> = cuts.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    pairs.into_iter().map(move |(from, to)| &text[from..to])
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuricataRule {
    /// What it does: `pass`, `drop`, `reject`, `alert`, in small letters.
    pub action: String,
    /// The protocol of the header, in small letters.
    pub protocol: String,
    /// The sources.
    pub source: Addresses,
    /// Their ports.
    pub source_ports: PortWords,
    /// Whether it is for packets of both directions (`<>`).
    pub both: bool,
    /// The destinations.
    pub destination: Addresses,
    /// Their ports.
    pub ports: PortWords,
    /// The options: keyword, and settings where it has some.
    pub options: Vec<(String, Option<String>)>,
    /// The line on which it begins, from 1.
    pub line: usize,
}

/// A line that is no rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRule {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// The rules of a text, and the lines that are none. Comments and empty lines are neither.
pub fn parse_rules(text: &str) -> (Vec<SuricataRule>, Vec<BadRule>) {
    let (mut rules, mut bad) = (Vec::new(), Vec::new());
    for (line, rule) in joined(text) {
        match parse_rule(rule.trim(), line) {
            Ok(rule) => rules.push(rule),
            Err(message) => bad.push(BadRule { line, message }),
        }
    }
    (rules, bad)
}

/// Lines that hold something, with those that a backslash carries on.
fn joined(text: &str) -> Vec<(usize, String)> {
    let mut whole: Vec<(usize, String)> = Vec::new();
    let mut carried = false;
    for (index, line) in text.lines().enumerate() {
        let (text, more) = match line.trim_end().strip_suffix('\\') {
            Some(text) => (text, true),
            None => (line, false),
        };
        match whole.last_mut().filter(|_| carried) {
            Some((_, so_far)) => so_far.push_str(text),
            None => whole.push((index + 1, text.to_owned())),
        }
        carried = more;
    }
    whole.retain(|(_, text)| !text.trim().is_empty() && !text.trim_start().starts_with('#'));
    whole
}

fn parse_rule(text: &str, line: usize) -> Result<SuricataRule, String> {
    let (header, options) = match text.split_once('(') {
        Some((header, options)) => (
            header,
            options
                .trim_end()
                .strip_suffix(')')
                .ok_or("the options have no closing `)`")?,
        ),
        None => (text, ""),
    };
    let words: Vec<&str> = words(header);
    let [action, protocol, source, source_ports, arrow, destination, ports] = words.as_slice() else {
        return Err(format!(
            "a rule begins with action, protocol, source, ports, direction, destination and ports: 7 words, not {}",
            words.len()
        ));
    };
    let action = action.to_ascii_lowercase();
    if !["pass", "drop", "reject", "alert"].contains(&action.as_str()) {
        return Err(format!("`{action}` is not pass, drop, reject or alert"));
    }
    let both = match *arrow {
        "->" => false,
        "<>" => true,
        other => return Err(format!("`{other}` is not a direction: -> or <>")),
    };
    Ok(SuricataRule {
        action,
        protocol: protocol.to_ascii_lowercase(),
        source: Addresses::parse(source)?,
        source_ports: PortWords::parse(source_ports)?,
        both,
        destination: Addresses::parse(destination)?,
        ports: PortWords::parse(ports)?,
        options: parse_options(options),
        line,
    })
}

/// The words of a header; a bracketed list is one, whatever blanks it holds.
fn words(header: &str) -> Vec<&str> {
    split(header, ' ')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect()
}

/// Options, cut at the semicolons that are neither quoted nor escaped.
pub fn parse_options(text: &str) -> Vec<(String, Option<String>)> {
    let option = |text: &str| {
        let (keyword, settings) = match text.split_once(':') {
            Some((keyword, settings)) => (keyword, Some(settings.trim().to_owned())),
            None => (text, None),
        };
        (keyword.trim().to_ascii_lowercase(), settings)
    };
    split_options(text)
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(option)
        .collect()
}

/// As [`split`] at semicolons; brackets mean nothing in options.
fn split_options(text: &str) -> impl Iterator<Item = &str> {
    let mut begin = 0;
    let (mut quoted, mut escaped) = (false, false);
    let mut parts = Vec::new();
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => {
                parts.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    parts.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> SuricataRule {
        let (mut rules, bad) = parse_rules(text);
        assert_eq!(bad, []);
        assert_eq!(rules.len(), 1);
        rules.remove(0)
    }

    #[test]
    fn a_header_is_read_word_by_word() {
        let rule = one(
            r#"drop tcp $HOME_NET any -> [10.0.0.0/8, !10.1.0.0/16] [80,1024:] (msg:"a; (b)"; sid:7; rev:1;)"#,
        );
        assert_eq!((rule.action.as_str(), rule.protocol.as_str()), ("drop", "tcp"));
        assert_eq!(rule.source.to_string(), "$HOME_NET");
        assert_eq!(rule.destination.to_string(), "[10.0.0.0/8,!10.1.0.0/16]");
        assert_eq!(rule.ports.to_string(), "[80,1024:65535]");
        assert_eq!(rule.options[0], ("msg".to_owned(), Some("\"a; (b)\"".to_owned())));
        assert_eq!(rule.options.len(), 3);
    }

    #[test]
    fn comments_are_left_out_and_lines_go_on() {
        let (rules, bad) =
            parse_rules("# alert nothing\n\npass ip any any <> \\\n  any any (sid:1;)\nnonsense\n");
        assert_eq!((rules.len(), rules[0].line, rules[0].both), (1, 3, true));
        assert_eq!(bad[0].line, 5);
    }

    #[test]
    fn what_is_no_header_is_said() {
        for (text, wrong) in [
            ("pass tcp any any -> any 99999", "not a port"),
            ("pass tcp any any -> any 90:80", "not a port"),
            ("pass tcp 10.0.0.300 any -> any any", "not an address"),
            ("pass tcp [10.0.0.1 any -> any any", "7 words"),
            ("pass tcp any any >> any any", "direction"),
            ("permit tcp any any -> any any", "not pass"),
            ("pass tcp any any -> any any (sid:1;", "closing"),
        ] {
            let (_, bad) = parse_rules(text);
            assert!(bad[0].message.contains(wrong), "{text}: {}", bad[0].message);
        }
        let deep = format!("pass ip {}any{} any -> any any", "[".repeat(99), "]".repeat(99));
        assert!(parse_rules(&deep).1[0].message.contains("deep"));
    }
}
