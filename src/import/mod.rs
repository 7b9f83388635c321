//! Other people's files in: what `aws … describe-*` prints, what Terraform plans, and CloudFormation templates become a model.

pub mod aws;
mod balancer;
mod carrier;
pub mod cloudformation;
pub mod core_network;
mod mirror;
mod rule;
pub mod service;
pub mod terraform;

use crate::model::{
    Diagnostic, Diagnostics, Excerpt, InternetGateway, Location, Model, ResourceId, RouteState, Tags, VpcId,
    harmless,
};
use std::sync::Arc;

/// A file: its name, and what it holds.
pub type File = (Arc<str>, Vec<u8>);

/// How much of a long line is shown, before what is meant and after it.
const SHOWN: (usize, usize) = (60, 60);

/// A mistake of a whole file that is not ours to check.
fn broken(file: &str, message: String) -> Diagnostic {
    let location = Location::file(file);
    let at = Excerpt {
        location,
        text: String::new(),
        span: (0, 0),
    };
    Diagnostic::error("IMPORT_BROKEN_FILE", message).at(Some(at))
}

/// What JSON's reader says of a file: what is wrong, and where.
fn broken_json((file, bytes): (&str, &[u8]), before: &str, error: &serde_json::Error) -> Diagnostic {
    let told = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = format!("{before}: {}", told.trim_end_matches(place.as_str()));
    let number = |value: usize| u32::try_from(value).ok();
    let location = Location {
        file: file.into(),
        line: number(error.line()),
        column: number(error.column().max(1)),
        resource: None,
    };
    let line = bytes
        .split(|byte| *byte == b'\n')
        .nth(error.line().saturating_sub(1))
        .unwrap_or_default();
    let column = error.column().saturating_sub(1).min(line.len());
    let window = &line[column.saturating_sub(SHOWN.0)..(column + SHOWN.1).min(line.len())];
    let text: String = String::from_utf8_lossy(window).chars().map(harmless).collect();
    let start = column.min(SHOWN.0);
    let start = (start..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len());
    let end = text[start..]
        .chars()
        .next()
        .map_or(start, |first| start + first.len_utf8());
    let at = Excerpt {
        location,
        text,
        span: (start, end),
    };
    Diagnostic::error("IMPORT_BROKEN_FILE", message).at(Some(at))
}

/// Adds the internet gateways that nobody described and that a route leads to: such a gateway is attached to the VPC of the
/// route table. EC2 refuses any other ("route table … and network gateway … belong to different networks"; EC2 API,
/// `CreateRoute`), and its ids say what it is (EC2 guide, "Resource IDs").
fn gateways_of_routes(model: &mut Model) {
    let routes = model.route_tables.values().flat_map(|table| {
        let targets = table
            .routes
            .iter()
            .filter(|route| route.state == RouteState::Active);
        targets.map(|route| (route.target.clone(), table.vpc.clone()))
    });
    let edges = model.route_tables.values().flat_map(|table| {
        let gateways = table.gateway.iter();
        gateways.map(|gateway| (gateway.clone(), table.vpc.clone()))
    });
    let named: Vec<(ResourceId, VpcId)> = routes.chain(edges).collect();
    for (id, vpc) in named
        .into_iter()
        .filter(|(id, _)| id.as_str().starts_with("igw-"))
    {
        let mut gateways = model.internet_gateways.values();
        if gateways.all(|gateway| gateway.vpc.as_ref() != Some(&vpc)) {
            let gateway = InternetGateway {
                name: None,
                vpc: Some(vpc),
                tags: Tags::new(),
            };
            model
                .internet_gateways
                .entry(id.as_str().into())
                .or_insert(gateway);
        }
    }
}

/// All mistakes, if there are any.
fn settle<T>(value: T, mistakes: Vec<Diagnostic>) -> Result<T, Diagnostics> {
    if mistakes.is_empty() {
        Ok(value)
    } else {
        Err(Diagnostics(mistakes))
    }
}
