//! Groups of instances: Auto Scaling groups, EKS's nodes and its pods on Fargate, and the target groups to which they are attached.

use super::Build;
use super::balancing::TARGETS;
use super::filters::GROUP;
use super::hosts::{maps_public, template};
use super::links;
use super::places::SUBNET;
use super::services::{put, target};
use super::view::View;
use crate::import::balancer::{self, aim};

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    scaling_groups(build);
    node_groups(build);
    later_targets(build);
}

fn scaling_groups(build: &mut Build<'_>) {
    for view in build.links.made(&["aws_autoscaling_group"]) {
        let subnets = build.texts(&view, "vpc_zone_identifier", SUBNET);
        let configuration = launch_configuration(build, &view);
        let template = template(build, &view).or(configuration);
        let block = template.and_then(|one| one.blocks("network_interfaces").into_iter().next());
        let groups = launched(build, [block, template]);
        let asked = [block, template].into_iter().flatten().find_map(|one| {
            let carrier = one.truth("associate_carrier_ip_address");
            one.truth("associate_public_ip_address").or(carrier)
        });
        let public =
            asked.unwrap_or_else(|| subnets.first().is_some_and(|subnet| maps_public(build, subnet)));
        let enis = put(build, &view, "auto-scaling-group", subnets, groups, public);
        for group in build.texts(&view, "target_group_arns", TARGETS) {
            target(build, &group, &enis, None);
        }
    }
}

/// The groups of a launch template: of its interface, and its own.
fn launched<'a>(build: &mut Build<'a>, places: [Option<View<'a>>; 2]) -> Vec<String> {
    let mut groups = Vec::new();
    for place in places.into_iter().flatten() {
        for key in ["security_groups", "vpc_security_group_ids"] {
            groups.extend(build.texts(&place, key, GROUP));
        }
    }
    groups
}

fn launch_configuration<'a>(build: &Build<'a>, view: &View<'a>) -> Option<View<'a>> {
    let kinds = &["aws_launch_configuration"];
    let id = build.links.one(view, "launch_configuration", kinds)?;
    let all = build.links.of(kinds);
    all.into_iter()
        .find(|one| one.owner.address == id.text() || one.text("name") == Some(id.text()))
}

/// Nodes carry the groups of their launch template, else the group that EKS makes for the cluster.
fn node_groups(build: &mut Build<'_>) {
    for view in build.links.made(&["aws_eks_node_group"]) {
        let subnets = build.texts(&view, "subnet_ids", SUBNET);
        let template = template(build, &view);
        let block = template.and_then(|one| one.blocks("network_interfaces").into_iter().next());
        let mut groups = launched(build, [block, template]);
        if groups.is_empty() {
            groups.push(nodes_group(build, &view));
        }
        put(build, &view, "eks-nodes", subnets, groups, false);
    }
    // Pods on Fargate carry the cluster's group (EKS guide, "Assign security groups to individual Pods").
    for view in build.links.made(&["aws_eks_fargate_profile"]) {
        let subnets = build.texts(&view, "subnet_ids", SUBNET);
        let groups = vec![nodes_group(build, &view)];
        put(build, &view, "eks-fargate", subnets, groups, false);
    }
}

/// The group of nodes that name none: that of their cluster, in which EKS put it.
fn nodes_group<'a>(build: &mut Build<'a>, view: &View<'a>) -> String {
    let wanted = build.links.one(view, "cluster_name", &["aws_eks_cluster"]);
    let clusters = build.links.of(&["aws_eks_cluster"]);
    let own = clusters.iter().find(|one| {
        wanted.as_ref().is_some_and(|wanted| {
            links::id(one.owner) == wanted.text() || one.text("name") == Some(wanted.text())
        })
    });
    own.map(|cluster| links::cluster_group(cluster.owner))
        .unwrap_or_else(|| {
            let id = format!("{}.cluster_security_group", view.owner.address);
            build.unknown(&id, "security-group", "EKS makes this group with the cluster");
            id
        })
}

/// Auto Scaling groups that are attached to target groups apart.
fn later_targets(build: &mut Build<'_>) {
    for view in build.links.of(&[
        "aws_autoscaling_attachment",
        "aws_autoscaling_traffic_source_attachment",
    ]) {
        let keys = ["lb_target_group_arn", "alb_target_group_arn"];
        let source = view.blocks("traffic_source").into_iter().next();
        let group = keys.iter().find_map(|key| build.one(&view, key, TARGETS));
        let group = group.or_else(|| build.one(&source?, "identifier", TARGETS));
        let kinds = &["aws_autoscaling_group", "aws_eks_node_group"];
        let Some(scaling) = build.links.one(&view, "autoscaling_group_name", kinds) else {
            continue;
        };
        let all = build.links.of(kinds);
        let found = all
            .iter()
            .find(|one| one.owner.address == scaling.text() || one.text("name") == Some(scaling.text()));
        let service = found.and_then(|one| build.model.services.get(one.owner.address.as_str()));
        let enis = service.map(|service| service.enis.0.clone());
        match (group, enis) {
            (Some(group), Some(enis)) => target(build, &group, &enis, None),
            (Some(group), None) => {
                let id = scaling.text();
                build.unknown(id, "auto-scaling-group", "the plan does not tell what is in it");
                aim(&mut build.model, &group, balancer::target(id, None));
            }
            _ => {}
        }
    }
}
