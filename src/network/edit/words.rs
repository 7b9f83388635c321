//! How an edit is said: a command of the AWS CLI, a block of Terraform.

use std::fmt::Write;

/// A command of the AWS CLI, its words quoted where a shell would read something else.
pub fn aws<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let plain = |text: &str| {
        let safe = |character: char| character.is_ascii_alphanumeric() || "-_./:=,@%+".contains(character);
        !text.is_empty() && text.chars().all(safe)
    };
    let word = |text: &str| match plain(text) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    };
    let words = std::iter::once("aws".to_owned()).chain(words.into_iter().map(word));
    words.collect::<Vec<_>>().join(" ")
}

/// A resource as Terraform's files name it: by its address where the model has that as its id, else by the id.
pub fn reference(id: &str) -> String {
    let address = ["aws_", "module.", "data."]
        .iter()
        .any(|start| id.starts_with(start));
    match address && id.contains('.') {
        true => format!("{id}.id"),
        false => ticks(id),
    }
}

/// Text in quotes, as Terraform and JSON write it.
pub fn ticks(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace("${", "$${")
}

/// A block of Terraform.
#[derive(Debug)]
pub struct Block {
    kind: &'static str,
    name: String,
    arguments: Vec<(&'static str, String)>,
}

impl Block {
    /// A resource, named after what it is for.
    pub fn new(kind: &'static str, name: &[&str]) -> Self {
        let word = |character: char| match character.is_ascii_alphanumeric() || character == '-' {
            true => character,
            false => '_',
        };
        let name: String = name.join("_").chars().map(word).collect();
        let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        Self {
            kind,
            name: if begins { name } else { format!("_{name}") },
            arguments: Vec::new(),
        }
    }

    /// With an argument, written as Terraform has it.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.arguments.push((key, value.into()));
        self
    }
}

impl std::fmt::Display for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = self.arguments.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
        writeln!(f, "resource \"{}\" \"{}\" {{", self.kind, self.name)?;
        for (key, value) in &self.arguments {
            writeln!(f, "  {key:width$} = {value}")?;
        }
        f.write_char('}')
    }
}
