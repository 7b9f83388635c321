//! `whyhop validate`.

use super::args::ModelArgs;
use super::output::Screen;
use super::{Exit, Failure};

/// Checks a model: 0 without a word, 1 with warnings, 2 with errors.
pub fn run(args: &ModelArgs, screen: &Screen) -> Result<Exit, Failure> {
    let loaded = args.load()?;
    screen.diagnostics(&loaded.warnings);
    loaded.model.notes.iter().for_each(|note| screen.note(note));
    let model = &loaded.model;
    screen.data(&format!(
        "{} VPCs, {} subnets, {} network interfaces, {} security groups, {} network ACLs, {} route tables: {} {}\n",
        model.vpcs.len(),
        model.subnets.len(),
        model.enis.len(),
        model.security_groups.len(),
        model.nacls.len(),
        model.route_tables.len(),
        loaded.warnings.len(),
        if loaded.warnings.len() == 1 { "warning" } else { "warnings" },
    ))?;
    Ok(if loaded.warnings.is_empty() {
        Exit::Expected
    } else {
        Exit::Unexpected
    })
}
