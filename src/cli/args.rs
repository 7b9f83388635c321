//! What several commands take.

use super::Failure;
use crate::Options;
use crate::packet::parse_ports;
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Where the model is.
#[derive(Debug, Args)]
pub struct ModelArgs {
    /// A model file or a folder of them, a folder of `aws … describe-*` JSON, a Terraform plan or state, or a CloudFormation
    /// template.
    #[arg(short, long = "model", value_name = "PATH", required = true, num_args = 1..)]
    pub model: Vec<PathBuf>,
    #[command(flatten)]
    pub parameters: ParameterArgs,
}

/// With what CloudFormation templates are deployed.
#[derive(Debug, Args)]
pub struct ParameterArgs {
    /// A parameter of a CloudFormation template, as often as you like: `Environment=prod`, `AWS::Region=eu-west-1`.
    #[arg(long, value_name = "KEY=VALUE", value_parser = parameter)]
    pub parameter: Vec<(String, String)>,
}

impl ParameterArgs {
    /// The parameters; of one that is given twice the last counts.
    pub fn all(&self) -> BTreeMap<String, String> {
        self.parameter.iter().cloned().collect()
    }
}

impl ModelArgs {
    /// Reads the model.
    pub fn load(&self) -> Result<crate::model::Loaded, crate::model::Diagnostics> {
        crate::load_with(&self.model, &self.parameters.all())
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("a parameter is written KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// How much of a path is asked about.
#[derive(Debug, Args)]
pub struct AskArgs {
    /// Ask for arrival only.
    #[arg(long)]
    pub one_way: bool,
    /// The source ports of TCP and UDP; 1024-65535 where left out.
    #[arg(long, value_name = "P")]
    pub source_port: Option<String>,
}

impl AskArgs {
    /// As the library takes it.
    pub fn options(&self) -> Result<Options, Failure> {
        let ports = self.source_port.as_deref().map(parse_ports).transpose();
        Ok(Options {
            source_ports: ports.map_err(|error| Failure::Question {
                message: error.message,
                hint: Some(error.hint),
            })?,
            one_way: self.one_way,
            ..Options::default()
        })
    }
}

/// How flow logs are read.
#[derive(Debug, Args)]
pub struct ReadingArgs {
    /// Pass over records that end before this time: RFC 3339, a day (UTC), or Unix seconds.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<u64>,
    /// Pass over records that begin after this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub until: Option<u64>,
    /// What the fields of flow logs without a header line are: `${version} ${srcaddr} …`, as AWS calls them.
    #[arg(long, value_name = "FIELDS", value_parser = log_format)]
    pub log_format: Option<crate::evidence::Format>,
}

impl ReadingArgs {
    /// As the library takes it.
    pub fn logs(&self, watched: crate::evidence::Watched) -> crate::evidence::Logs {
        crate::evidence::Logs {
            window: crate::evidence::Window {
                since: self.since,
                until: self.until,
            },
            format: self.log_format.clone(),
            watched,
        }
    }

    /// Whether anything was said.
    pub fn is_given(&self) -> bool {
        self.since.is_some() || self.until.is_some() || self.log_format.is_some()
    }
}

/// The shape of an answer that people read, or programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// For people.
    Text,
    /// Versioned JSON.
    Json,
}

/// A time, as it is typed.
pub fn time(text: &str) -> Result<u64, String> {
    crate::evidence::parse_time(text)
        .ok_or_else(|| "not a time; write 2026-11-23T14:00:00Z, 2026-11-23 or Unix seconds".to_owned())
}

fn log_format(text: &str) -> Result<crate::evidence::Format, String> {
    crate::evidence::Format::from_log_format(text).ok_or_else(|| {
        "no field of a flow log is in it; write '${version} ${interface-id} ${srcaddr} …'".to_owned()
    })
}
