//! What runs in numbers: the tasks of ECS services, Auto Scaling groups, the nodes of EKS clusters, and with which load
//! balancers they are registered.

use super::hosts::{asked_public, default_subnet, groups, maps_public, template, truth};
use super::resource::{Block, Resource};
use super::services::put;
use super::{Build, filters};
use crate::import::balancer::{aim, target};
use crate::model::{LoadBalancer, LoadBalancerId};

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    for resource in build.of("AWS::ECS::Service") {
        tasks(build, resource);
    }
    for resource in build.of("AWS::AutoScaling::AutoScalingGroup") {
        scaling_group(build, resource);
    }
    for resource in build.of("AWS::EKS::Nodegroup") {
        nodes(build, resource, "eks-nodes");
    }
    // Pods on Fargate carry the cluster's group (EKS guide, "Assign security groups to individual Pods").
    for resource in build.of("AWS::EKS::FargateProfile") {
        nodes(build, resource, "eks-fargate");
    }
}

/// The tasks of a service have interfaces of their own in the network mode awsvpc; in others they are reached at the host.
fn tasks(build: &mut Build<'_>, resource: &Resource) {
    let block = resource.block();
    let config = block.block("NetworkConfiguration").and_then(|config| {
        config
            .block("AwsvpcConfiguration")
            .or_else(|| config.block("awsvpcConfiguration"))
    });
    let mut enis = Vec::new();
    if let Some(config) = config {
        let subnets = build.many(config, "Subnets");
        let carried = build.many(config, "SecurityGroups");
        carried.iter().for_each(|id| filters::implied(build, id));
        if let Some(name) = config.open(&["AssignPublicIp"]) {
            let why = format!("whether it has public addresses hangs on {name}, which is not known");
            build.lost(resource, &why);
        } else {
            let public = config
                .text("AssignPublicIp")
                .is_some_and(|word| word.eq_ignore_ascii_case("ENABLED"));
            enis = put(build, resource, "ecs-service", subnets, carried, public);
        }
    }
    let ids = if enis.is_empty() {
        let why = "its tasks have the addresses of their hosts, and on which they run is not told";
        build.unknown(&resource.id, "ecs-service", why);
        vec![resource.id.clone()]
    } else {
        enis.iter().map(|eni| eni.as_str().to_owned()).collect()
    };
    for balanced in block.blocks("LoadBalancers") {
        let port = balanced.number("ContainerPort").filter(|_| !enis.is_empty());
        if let Some(group) = build.one(balanced, "TargetGroupArn") {
            ids.iter()
                .for_each(|id| aim(&mut build.model, &group, target(id, port)));
        }
        if let Some(balancer) = build.one(balanced, "LoadBalancerName") {
            register(build, &balancer, &ids);
        }
    }
}

/// Registers targets with a Classic Load Balancer.
fn register(build: &mut Build<'_>, balancer: &str, ids: &[String]) {
    let named = |(id, item): (&LoadBalancerId, &LoadBalancer)| {
        (id.as_str() == balancer || item.name.as_deref() == Some(balancer)).then(|| {
            item.listeners
                .iter()
                .flat_map(|one| one.target_groups.0.clone())
                .collect::<Vec<_>>()
        })
    };
    let groups = build
        .model
        .load_balancers
        .iter()
        .find_map(named)
        .unwrap_or_default();
    for group in groups {
        ids.iter()
            .for_each(|id| aim(&mut build.model, group.as_str(), target(id, None)));
    }
}

fn scaling_group<'a>(build: &mut Build<'a>, resource: &'a Resource) {
    let block = resource.block();
    let mut subnets = build.many(block, "VPCZoneIdentifier");
    let blocks = launched(build, block);
    if subnets.is_empty() {
        subnets.push(default_subnet(build));
    }
    let first = subnets[0].clone();
    let Some((carried, public)) = carried(build, resource, &blocks, &first) else {
        return;
    };
    let enis = put(build, resource, "auto-scaling-group", subnets, carried, public);
    let ids: Vec<String> = enis.iter().map(|eni| eni.as_str().to_owned()).collect();
    for group in build.many(block, "TargetGroupARNs") {
        ids.iter()
            .for_each(|id| aim(&mut build.model, &group, target(id, None)));
    }
    for balancer in build.many(block, "LoadBalancerNames") {
        register(build, &balancer, &ids);
    }
}

/// What a group launches its instances with: a launch template's data, or a launch configuration.
fn launched<'a>(build: &mut Build<'a>, block: Block<'a>) -> Vec<Block<'a>> {
    let data = template(build, block);
    let interface = data.and_then(|data| data.blocks("NetworkInterfaces").into_iter().next());
    let name = build.one(block, "LaunchConfigurationName");
    let mut all = build.of("AWS::AutoScaling::LaunchConfiguration");
    let configuration = name.and_then(|name| {
        all.find(|one| one.id == name || one.block().text("LaunchConfigurationName") == Some(&name))
    });
    let configuration = configuration.map(Resource::block);
    interface.into_iter().chain(data).chain(configuration).collect()
}

/// The groups of what is launched, and whether it has public addresses; none where that is not known.
fn carried(
    build: &mut Build<'_>,
    resource: &Resource,
    blocks: &[Block<'_>],
    subnet: &str,
) -> Option<(Vec<String>, bool)> {
    if blocks.is_empty() {
        build.lost(resource, "with what it launches its instances is not told");
        return None;
    }
    let keys = ["Groups", "SecurityGroupIds", "SecurityGroups"];
    let carried = groups(build, blocks, &keys, subnet);
    let asked = blocks.iter().find_map(|block| asked_public(*block));
    let public = asked.map_or_else(|| maps_public(build, subnet), truth);
    match public {
        Ok(public) => Some((carried.iter().map(ToString::to_string).collect(), public)),
        Err(name) => {
            let why = format!("whether it has public addresses hangs on {name}, which is not known");
            build.lost(resource, &why);
            None
        }
    }
}

/// Nodes carry the groups of their launch template, else the group that EKS makes for the cluster.
fn nodes<'a>(build: &mut Build<'a>, resource: &'a Resource, kind: &'static str) {
    let block = resource.block();
    let subnets = build.many(block, "Subnets");
    let blocks = launched(build, block);
    let own = node_groups(build, resource, &blocks);
    let mapped = subnets
        .first()
        .map_or(Ok(false), |subnet| maps_public(build, subnet));
    match mapped {
        Ok(public) => {
            put(build, resource, kind, subnets, own, public);
        }
        Err(name) => build.lost(
            resource,
            &format!("whether it has public addresses hangs on {name}, which is not known"),
        ),
    }
}

fn node_groups(build: &mut Build<'_>, resource: &Resource, blocks: &[Block<'_>]) -> Vec<String> {
    let keys = ["Groups", "SecurityGroupIds"];
    let mut own: Vec<String> = Vec::new();
    for place in blocks {
        for key in keys {
            if own.is_empty() {
                own = build.many(*place, key);
            }
        }
    }
    if own.is_empty() {
        let cluster = build.one(resource.block(), "ClusterName").unwrap_or_default();
        let mut all = build.of("AWS::EKS::Cluster");
        let found = all.find(|one| one.id == cluster || one.block().text("Name") == Some(&cluster));
        let id = format!(
            "{}.ClusterSecurityGroupId",
            found.map_or(cluster.as_str(), |one| &one.id)
        );
        if !build.model.security_groups.contains_key(id.as_str()) {
            build.unknown(&id, "security-group", "EKS makes this group with the cluster");
        }
        own.push(id);
    }
    own
}
