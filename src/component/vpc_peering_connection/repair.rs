//! What to change about a peering connection: that it is accepted (EC2 API, `AcceptVpcPeeringConnection`; read 2026-11-26).

use super::NAME;
use crate::model::{PeeringStatus, ResourceId};
use crate::network::edit::{Block, Edit, Proposal, Trouble, aws, reference, set};
use serde_json::json;

pub(super) fn opening(trouble: &Trouble<'_>) -> Vec<Proposal> {
    let own = Some(&trouble.author.id).filter(|_| trouble.author.kind == NAME);
    let edit = own
        .or_else(|| trouble.lost_by())
        .and_then(|id| accepted(id, trouble));
    edit.map(Proposal::one).into_iter().collect()
}

fn accepted(id: &ResourceId, trouble: &Trouble<'_>) -> Option<Edit> {
    let (id, peering) = trouble.model.peering_connections.get_key_value(id.as_str())?;
    if peering.status != PeeringStatus::PendingAcceptance {
        return None;
    }
    let change = set(
        "peering_connections",
        id,
        "status",
        [Some(json!(peering.status)), None],
    );
    let words = [
        "ec2",
        "accept-vpc-peering-connection",
        "--vpc-peering-connection-id",
        id.as_str(),
    ];
    let block = Block::new("aws_vpc_peering_connection_accepter", &[id.as_str()])
        .with("vpc_peering_connection_id", reference(id.as_str()))
        .with("auto_accept", "true");
    Some(Edit::new(change, vec![aws(words)], block.to_string()))
}
