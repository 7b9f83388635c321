//! Whether a file is a template: its top-level keys say so, wherever they stand.

use super::repeat::LOOP;
use crate::import::File;
use saphyr_parser::{Event, Parser};

/// Whether a file is a template: it says the version of the format, or has Resources with types such as AWS::EC2::VPC.
pub fn is_template((_, bytes): &File) -> bool {
    let has = |word: &str| memchr::memmem::find(bytes, word.as_bytes()).is_some();
    let likely = has("AWSTemplateFormatVersion") || has("Resources") && has("AWS::");
    let text = || String::from_utf8_lossy(bytes);
    likely && top_level(text().trim_start_matches('\u{feff}'))
}

fn top_level(text: &str) -> bool {
    let mut depth = 0_usize;
    // For each open list or map: whether it is a map, and whether a key is due.
    let mut open: Vec<(bool, bool)> = Vec::new();
    let mut section = String::new();
    let mut key = String::new();
    for event in Parser::new_from_str(text) {
        // A template that is broken early on is still meant as one.
        let Ok((event, _)) = event else {
            return text.lines().take(50).any(|line| {
                line.trim_start_matches(['{', '"', ' ', '\t'])
                    .starts_with("AWSTemplateFormatVersion")
            });
        };
        let scalar = match &event {
            Event::Scalar(text, ..) => Some(text.as_ref()),
            _ => None,
        };
        let due = open.last().is_some_and(|(map, due)| *map && *due);
        if let (Some(text), true, 1) = (scalar, due, depth) {
            if text == "AWSTemplateFormatVersion" {
                return true;
            }
            text.clone_into(&mut section);
        }
        if let (Some(text), 2, "Resources") = (scalar, depth, section.as_str())
            && text.starts_with(LOOP)
        {
            return true;
        }
        if let (Some(text), 3, "Resources") = (scalar, depth, section.as_str()) {
            if !due && key == "Type" && (text.contains("::")) {
                return true;
            }
            text.clone_into(&mut key);
        }
        match event {
            Event::Scalar(..) | Event::Alias(_) => turn(&mut open),
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                open.push((matches!(event, Event::MappingStart(..)), true));
                depth += 1;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                open.pop();
                depth = depth.saturating_sub(1);
                turn(&mut open);
            }
            _ => {}
        }
        if depth > 100 {
            return false;
        }
    }
    false
}

/// A value is complete: after a key comes a value, after a value a key.
fn turn(open: &mut [(bool, bool)]) {
    if let Some((true, due)) = open.last_mut() {
        *due = !*due;
    }
}
