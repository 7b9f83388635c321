//! `whyhop explain`.

use super::output::Screen;
use super::{Exit, Failure};
use crate::code::ExplanationCode;
use crate::model::{RULES, Severity, near};
use clap::Args;
use std::fmt::Write;

/// `whyhop explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code; all of them where left out.
    pub code: Option<String>,
}

/// Explains a code, or lists them all.
pub fn run(args: &ExplainArgs, screen: &Screen) -> Result<Exit, Failure> {
    let Some(code) = &args.code else {
        return screen.data(&list());
    };
    if let Some(code) = ExplanationCode::parse(code) {
        return screen.data(code.page());
    }
    if let Some(rule) = RULES.iter().find(|rule| rule.code.eq_ignore_ascii_case(code)) {
        let severity = if rule.severity == Severity::Error {
            "error"
        } else {
            "warning"
        };
        return screen.data(&format!(
            "# {}\n\nA model {severity}: {}.\n\n## Source\n\n{}\n",
            rule.code, rule.summary, rule.source
        ));
    }
    let known = ExplanationCode::ALL
        .iter()
        .map(|code| code.as_str())
        .chain(RULES.iter().map(|rule| rule.code));
    let hint = match near(&code.to_ascii_uppercase(), known) {
        Some(near) => format!("did you mean {near}?"),
        None => "whyhop explain lists every code".to_owned(),
    };
    Err(Failure::Question {
        message: format!("there is no code `{code}`"),
        hint: Some(hint),
    })
}

fn list() -> String {
    let mut text = String::new();
    for code in ExplanationCode::ALL {
        // Writing to a string cannot fail.
        _ = writeln!(text, "{:48} {}", code.as_str(), code.summary());
    }
    for rule in RULES {
        _ = writeln!(text, "{:48} {}", rule.code, rule.summary);
    }
    text
}
