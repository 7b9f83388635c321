//! `whyhop validate`.

use super::args::{ModelArgs, Shape};
use super::output::Screen;
use super::{Exit, Failure};
use crate::model::{Census, Loaded};
use crate::report;
use clap::Args;

/// `whyhop validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// Where the model is.
    #[command(flatten)]
    pub model: ModelArgs,
    /// What goes to standard output.
    #[arg(long, value_enum, default_value_t = Shape::Text)]
    pub format: Shape,
}

/// Checks a model: 0 without a word, 1 with warnings, 2 with errors. Of what others wrote it tells what became of each resource.
pub fn run(args: &ValidateArgs, screen: &Screen) -> Result<Exit, Failure> {
    let loaded = args.model.load()?;
    match args.format {
        Shape::Text => text(&loaded, screen)?,
        Shape::Json => screen.data(&report::validation_json(&loaded))?,
    };
    Ok(if loaded.warnings.is_empty() {
        Exit::Expected
    } else {
        Exit::Unexpected
    })
}

fn text(loaded: &Loaded, screen: &Screen) -> Result<Exit, Failure> {
    screen.diagnostics(&loaded.warnings);
    loaded.model.notes.iter().for_each(|note| screen.note(note));
    let model = &loaded.model;
    let mut page = format!(
        "{} VPCs, {} subnets, {} network interfaces, {} security groups, {} network ACLs, {} route tables: {} {}\n",
        model.vpcs.len(),
        model.subnets.len(),
        model.enis.len(),
        model.security_groups.len(),
        model.nacls.len(),
        model.route_tables.len(),
        loaded.warnings.len(),
        if loaded.warnings.len() == 1 {
            "warning"
        } else {
            "warnings"
        },
    );
    page.push_str(&loaded.census.as_ref().map(table).unwrap_or_default());
    screen.data(&page)
}

/// What became of the resources: how many, and which types.
fn table(census: &Census) -> String {
    let seen = census.seen();
    let word = if seen == 1 { "resource" } else { "resources" };
    let mut page = format!("{seen} {word} in what was imported\n");
    for (words, counts) in census.groups() {
        let count = crate::model::census::total(counts);
        page.push_str(&format!("{count:>6} {words}\n"));
        for (kind, count) in counts {
            page.push_str(&format!("{count:>13} {kind}\n"));
        }
    }
    page
}
