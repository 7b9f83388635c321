//! What to change about an interface: its instance runs, its source/destination check is off.
//!
//! Commands: EC2 API, `StartInstances`, `ModifyNetworkInterfaceAttribute`. Read 2026-11-26.

use super::NAME;
use crate::code::ExplanationCode as Code;
use crate::model::{InstanceId, InstanceState, ResourceId};
use crate::network::edit::{Block, Edit, Proposal, Trouble, aws, reference, set, ticks};
use serde_json::json;

pub(super) fn opening(trouble: &Trouble<'_>) -> Vec<Proposal> {
    let own = trouble.author.kind == NAME;
    let edit = match trouble.code {
        Some(Code::BadState) if own => started(&trouble.author.id, trouble),
        Some(Code::BadStateRoute) => trouble.lost_by().and_then(|target| started(target, trouble)),
        Some(Code::EniSourceDestCheckRestriction) if own => unchecked(trouble),
        _ => None,
    };
    edit.map(Proposal::one).into_iter().collect()
}

/// The instance of an interface, or the one of this id, if it is stopped.
fn started(id: &ResourceId, trouble: &Trouble<'_>) -> Option<Edit> {
    let model = trouble.model;
    let of_interface = model.enis.get(id.as_str()).and_then(|eni| eni.instance.clone());
    let id = of_interface.unwrap_or_else(|| InstanceId::from(id));
    let instance = model.instances.get(&id)?;
    if instance.state != InstanceState::Stopped {
        return None;
    }
    let change = set("instances", &id, "state", [Some(json!(instance.state)), None]);
    let words = ["ec2", "start-instances", "--instance-ids", id.as_str()];
    let block = Block::new("aws_ec2_instance_state", &[id.as_str()])
        .with("instance_id", reference(id.as_str()))
        .with("state", ticks("running"));
    Some(Edit::new(change, vec![aws(words)], block.to_string()))
}

/// Only who is meant to forward: somebody's route leads to it.
fn unchecked(trouble: &Trouble<'_>) -> Option<Edit> {
    let model = trouble.model;
    let (id, eni) = model.enis.get_key_value(trouble.author.id.as_str())?;
    let means = |target: &ResourceId| {
        let instance = eni.instance.as_ref().map(|instance| instance.as_str());
        target.as_str() == id.as_str() || Some(target.as_str()) == instance
    };
    let mut routes = model.route_tables.values().flat_map(|table| &table.routes);
    if !eni.source_dest_check || !routes.any(|route| means(&route.target)) {
        return None;
    }
    let change = set("enis", id, "source_dest_check", [None, Some(json!(false))]);
    let words = [
        "ec2",
        "modify-network-interface-attribute",
        "--network-interface-id",
        id.as_str(),
        "--no-source-dest-check",
    ];
    let terraform = format!("# of {id}\nsource_dest_check = false");
    Some(Edit::new(change, vec![aws(words)], terraform))
}
