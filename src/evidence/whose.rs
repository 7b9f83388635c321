//! Whose records a word means: an interface, an attachment of a transit gateway or a NAT gateway by id or by name, and an
//! instance, which has interfaces.

use crate::model::{Model, near};
use std::collections::BTreeSet;

/// Those who record what a word of the model names; none, if it names nothing that records.
pub fn whose(model: &Model, word: &str) -> BTreeSet<String> {
    let named = model.names().filter(|(_, name)| *name == word);
    let ids = named.map(|(id, _)| id.to_string()).chain([word.to_owned()]);
    ids.flat_map(|id| recorders(model, &id)).collect()
}

fn recorders(model: &Model, id: &str) -> Vec<String> {
    if model.enis.contains_key(id) || model.transit_gateway_attachments.contains_key(id) {
        return vec![id.to_owned()];
    }
    // A zonal one's records are its interface's, a regional one's its own.
    if let Some(nat) = model.nat_gateways.get(id) {
        let eni = nat.eni.iter().map(ToString::to_string);
        return eni.chain([id.to_owned()]).collect();
    }
    let own = model.enis.iter();
    let own = own.filter(|(_, eni)| {
        eni.instance
            .as_ref()
            .is_some_and(|instance| instance.as_str() == id)
    });
    own.map(|(id, _)| id.to_string()).collect()
}

/// What records and is called most like a word.
pub fn recorder_like<'m>(model: &'m Model, word: &str) -> Option<&'m str> {
    let ids = model.enis.keys().map(|id| id.as_str());
    let ids = ids.chain(model.transit_gateway_attachments.keys().map(|id| id.as_str()));
    let ids = ids.chain(model.nat_gateways.keys().map(|id| id.as_str()));
    let ids = ids.chain(model.instances.keys().map(|id| id.as_str()));
    let names = model
        .names()
        .filter(|(id, _)| !recorders(model, id.as_str()).is_empty());
    let names: Vec<&str> = names.map(|(_, name)| name).collect();
    near(word, ids.chain(names))
}
