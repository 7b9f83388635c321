//! What to change about a transit gateway attachment: its route table, its acceptance, the zones in which it stands.
//!
//! Commands: EC2 API, `AssociateTransitGatewayRouteTable`, `AcceptTransitGatewayVpcAttachment`,
//! `AcceptTransitGatewayPeeringAttachment`, `ModifyTransitGatewayVpcAttachment`. Read 2026-11-26.

use super::NAME;
use crate::code::ExplanationCode as Code;
use crate::model::{
    AttachmentState, Model, SubnetId, TransitGatewayAttachment, TransitGatewayAttachmentId,
    TransitGatewayRouteTableId,
};
use crate::network::edit::{Block, Edit, Proposal, Trouble, aws, reference, set};
use crate::network::zone_of;
use serde_json::json;

const SECTION: &str = "transit_gateway_attachments";

pub(super) fn opening(trouble: &Trouble<'_>) -> Vec<Proposal> {
    let model = trouble.model;
    let entry = model
        .transit_gateway_attachments
        .get_key_value(trouble.author.id.as_str());
    let Some((id, attachment)) = entry.filter(|_| trouble.author.kind == NAME) else {
        return Vec::new();
    };
    let edits: Vec<Edit> = match trouble.code {
        Some(Code::TgwAttachMissingTgwRtbAssociation) => {
            let tables = model.transit_gateway_route_tables.iter();
            let own = tables.filter(|(_, table)| table.transit_gateway == attachment.transit_gateway);
            own.map(|(table, _)| associated(id, attachment, table)).collect()
        }
        Some(Code::BadStateAttachment) => accepted(id, attachment).into_iter().collect(),
        Some(Code::TgwRouteAzRestriction) => {
            let subnets = uncovered(attachment, model).into_iter();
            subnets.map(|subnet| extended(id, attachment, subnet)).collect()
        }
        _ => Vec::new(),
    };
    edits.into_iter().map(Proposal::one).collect()
}

fn associated(
    id: &TransitGatewayAttachmentId,
    attachment: &TransitGatewayAttachment,
    table: &TransitGatewayRouteTableId,
) -> Edit {
    let before = attachment.route_table.as_ref().map(|table| json!(table));
    let mut changes = vec![set(SECTION, id, "route_table", [before, Some(json!(table))])];
    if attachment.unassociated {
        changes.push(set(SECTION, id, "unassociated", [Some(json!(true)), None]));
    }
    let words = [
        "ec2",
        "associate-transit-gateway-route-table",
        "--transit-gateway-route-table-id",
        table.as_str(),
        "--transit-gateway-attachment-id",
        id.as_str(),
    ];
    let kind = "aws_ec2_transit_gateway_route_table_association";
    let block = Block::new(kind, &[id.as_str(), table.as_str()])
        .with("transit_gateway_attachment_id", reference(id.as_str()))
        .with("transit_gateway_route_table_id", reference(table.as_str()));
    Edit {
        changes,
        aws: vec![aws(words)],
        terraform: block.to_string(),
    }
}

fn accepted(id: &TransitGatewayAttachmentId, attachment: &TransitGatewayAttachment) -> Option<Edit> {
    if attachment.state != AttachmentState::PendingAcceptance {
        return None;
    }
    let (call, kind) = match attachment.peer {
        Some(_) => (
            "accept-transit-gateway-peering-attachment",
            "aws_ec2_transit_gateway_peering_attachment_accepter",
        ),
        None => (
            "accept-transit-gateway-vpc-attachment",
            "aws_ec2_transit_gateway_vpc_attachment_accepter",
        ),
    };
    let words = ["ec2", call, "--transit-gateway-attachment-id", id.as_str()];
    let block =
        Block::new(kind, &[id.as_str()]).with("transit_gateway_attachment_id", reference(id.as_str()));
    let change = set(SECTION, id, "state", [Some(json!(attachment.state)), None]);
    Some(Edit::new(change, vec![aws(words)], block.to_string()))
}

/// One subnet of the VPC for each zone in which the attachment has none: of several the first with the fewest tenants.
fn uncovered<'m>(attachment: &TransitGatewayAttachment, model: &'m Model) -> Vec<&'m SubnetId> {
    let covered: Vec<_> = attachment
        .subnets
        .iter()
        .map(|subnet| zone_of(subnet, model))
        .collect();
    let own = model.subnets.iter().filter(|(_, subnet)| {
        Some(&subnet.vpc) == attachment.vpc.as_ref() && subnet.az.is_some() && !covered.contains(&subnet.az)
    });
    let tenants = |id: &SubnetId| model.enis.values().filter(|eni| eni.subnet == *id).count();
    let mut found: Vec<(&Option<String>, &SubnetId)> = own.map(|(id, subnet)| (&subnet.az, id)).collect();
    found.sort_by_key(|(zone, id)| (*zone, tenants(id), *id));
    found.dedup_by_key(|(zone, _)| *zone);
    found.into_iter().map(|(_, id)| id).collect()
}

fn extended(
    id: &TransitGatewayAttachmentId,
    attachment: &TransitGatewayAttachment,
    subnet: &SubnetId,
) -> Edit {
    let mut subnets = attachment.subnets.clone();
    subnets.0.push(subnet.clone());
    let change = set(
        SECTION,
        id,
        "subnets",
        [Some(json!(attachment.subnets)), Some(json!(subnets))],
    );
    let words = [
        "ec2",
        "modify-transit-gateway-vpc-attachment",
        "--transit-gateway-attachment-id",
        id.as_str(),
        "--add-subnet-ids",
        subnet.as_str(),
    ];
    let all: Vec<String> = subnets.iter().map(|subnet| reference(subnet.as_str())).collect();
    let terraform = format!("# of {id}\nsubnet_ids = [{}]", all.join(", "));
    Edit::new(change, vec![aws(words)], terraform)
}
