//! Databases, functions and clusters: each becomes the interfaces that it will have.

use super::Build;
use super::balancing::TARGETS;
use super::filters::GROUP;
use super::hosts::gives_ipv6;
use super::links;
use super::places::SUBNET;
use super::view::View;
use crate::import::balancer::{self, aim};
use crate::import::service::{Placement, place, vpc_of};
use crate::model::among_members;
use crate::model::{NetworkInterfaceId, OneOrMany, SecurityGroupId, Service, SubnetId};

/// A type, our word for it, the block that says where it is (empty: itself), its subnets and its groups there.
struct Shape(
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const SHAPES: [Shape; 31] = [
    Shape(
        "aws_lambda_function",
        "lambda",
        "vpc_config",
        "subnet_ids",
        "security_group_ids",
    ),
    Shape(
        "aws_ecs_service",
        "ecs-service",
        "network_configuration",
        "subnets",
        "security_groups",
    ),
    Shape(
        "aws_eks_cluster",
        "eks-cluster",
        "vpc_config",
        "subnet_ids",
        "security_group_ids",
    ),
    Shape(
        "aws_opensearch_domain",
        "opensearch",
        "vpc_options",
        "subnet_ids",
        "security_group_ids",
    ),
    Shape(
        "aws_elasticsearch_domain",
        "opensearch",
        "vpc_options",
        "subnet_ids",
        "security_group_ids",
    ),
    Shape(
        "aws_msk_cluster",
        "msk",
        "broker_node_group_info",
        "client_subnets",
        "security_groups",
    ),
    Shape(
        "aws_msk_serverless_cluster",
        "msk",
        "vpc_config",
        "subnet_ids",
        "security_group_ids",
    ),
    Shape("aws_mq_broker", "mq", "", "subnet_ids", "security_groups"),
    Shape("aws_efs_mount_target", "efs", "", "subnet_id", "security_groups"),
    Shape(
        "aws_emr_cluster",
        "emr",
        "ec2_attributes",
        "subnet_id",
        "emr_managed_master_security_group",
    ),
    Shape(
        "aws_mwaa_environment",
        "mwaa",
        "network_configuration",
        "subnet_ids",
        "security_group_ids",
    ),
    Shape(
        "aws_apprunner_vpc_connector",
        "apprunner",
        "",
        "subnets",
        "security_groups",
    ),
    Shape(
        "aws_codebuild_project",
        "codebuild",
        "vpc_config",
        "subnets",
        "security_group_ids",
    ),
    Shape(
        "aws_directory_service_directory",
        "directory",
        "vpc_settings",
        "subnet_ids",
        "security_group_id",
    ),
    Shape(
        "aws_db_proxy",
        "rds-proxy",
        "",
        "vpc_subnet_ids",
        "vpc_security_group_ids",
    ),
    Shape(
        "aws_elasticache_serverless_cache",
        "elasticache",
        "",
        "subnet_ids",
        "security_group_ids",
    ),
    Shape(
        "aws_redshiftserverless_workgroup",
        "redshift",
        "",
        "subnet_ids",
        "security_group_ids",
    ),
    Shape(
        "aws_ec2_instance_connect_endpoint",
        "instance-connect-endpoint",
        "",
        "subnet_id",
        "security_group_ids",
    ),
    Shape(
        "aws_fsx_lustre_file_system",
        "fsx",
        "",
        "subnet_ids",
        "security_group_ids",
    ),
    Shape(
        "aws_fsx_windows_file_system",
        "fsx",
        "",
        "subnet_ids",
        "security_group_ids",
    ),
    Shape(
        "aws_fsx_ontap_file_system",
        "fsx",
        "",
        "subnet_ids",
        "security_group_ids",
    ),
    Shape(
        "aws_fsx_openzfs_file_system",
        "fsx",
        "",
        "subnet_ids",
        "security_group_ids",
    ),
    Shape(
        "aws_sagemaker_notebook_instance",
        "sagemaker",
        "",
        "subnet_id",
        "security_groups",
    ),
    Shape(
        "aws_synthetics_canary",
        "canary",
        "vpc_config",
        "subnet_ids",
        "security_group_ids",
    ),
    Shape(
        "aws_glue_connection",
        "glue",
        "physical_connection_requirements",
        "subnet_id",
        "security_group_id_list",
    ),
    Shape(
        "aws_apigatewayv2_vpc_link",
        "vpc-link",
        "",
        "subnet_ids",
        "security_group_ids",
    ),
    Shape(
        "aws_batch_compute_environment",
        "batch",
        "compute_resources",
        "subnets",
        "security_group_ids",
    ),
    Shape(
        "aws_transfer_server",
        "transfer",
        "endpoint_details",
        "subnet_ids",
        "security_group_ids",
    ),
    Shape(
        "aws_emrserverless_application",
        "emr-serverless",
        "network_configuration",
        "subnet_ids",
        "security_group_ids",
    ),
    Shape(
        "aws_opensearchserverless_vpc_endpoint",
        "opensearch",
        "",
        "subnet_ids",
        "security_group_ids",
    ),
    Shape(
        "aws_grafana_workspace",
        "grafana",
        "vpc_configuration",
        "subnet_ids",
        "security_group_ids",
    ),
];

/// Services that name a subnet group: the type, our word, the argument that names it, the groups, the type of subnet group.
struct Grouped(
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const GROUPED: [Grouped; 10] = [
    Grouped(
        "aws_db_instance",
        "rds",
        "db_subnet_group_name",
        "vpc_security_group_ids",
        "aws_db_subnet_group",
    ),
    Grouped(
        "aws_rds_cluster",
        "aurora",
        "db_subnet_group_name",
        "vpc_security_group_ids",
        "aws_db_subnet_group",
    ),
    Grouped(
        "aws_docdb_cluster",
        "docdb",
        "db_subnet_group_name",
        "vpc_security_group_ids",
        "aws_docdb_subnet_group",
    ),
    Grouped(
        "aws_neptune_cluster",
        "neptune",
        "neptune_subnet_group_name",
        "vpc_security_group_ids",
        "aws_neptune_subnet_group",
    ),
    Grouped(
        "aws_elasticache_cluster",
        "elasticache",
        "subnet_group_name",
        "security_group_ids",
        "aws_elasticache_subnet_group",
    ),
    Grouped(
        "aws_elasticache_replication_group",
        "elasticache",
        "subnet_group_name",
        "security_group_ids",
        "aws_elasticache_subnet_group",
    ),
    Grouped(
        "aws_redshift_cluster",
        "redshift",
        "cluster_subnet_group_name",
        "vpc_security_group_ids",
        "aws_redshift_subnet_group",
    ),
    Grouped(
        "aws_dms_replication_instance",
        "dms",
        "replication_subnet_group_id",
        "vpc_security_group_ids",
        "aws_dms_replication_subnet_group",
    ),
    Grouped(
        "aws_memorydb_cluster",
        "memorydb",
        "subnet_group_name",
        "security_group_ids",
        "aws_memorydb_subnet_group",
    ),
    Grouped(
        "aws_dax_cluster",
        "dax",
        "subnet_group_name",
        "security_group_ids",
        "aws_dax_subnet_group",
    ),
];

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    for shape in SHAPES {
        shaped(build, &shape);
    }
    for grouped in GROUPED {
        in_subnet_groups(build, &grouped);
    }
    file_systems(build);
    resolvers(build);
}

/// A file system is reached at its mount targets.
fn file_systems(build: &mut Build<'_>) {
    for view in build.links.made(&["aws_efs_file_system"]) {
        let own = links::id(view.owner);
        let mut enis = Vec::new();
        for target in build.links.made(&["aws_efs_mount_target"]) {
            let of = build.one(&target, "file_system_id", &["aws_efs_file_system"]);
            let placed = build.model.services.get(target.owner.address.as_str());
            let placed = placed.filter(|_| of.as_ref() == Some(&own));
            enis.extend(placed.into_iter().flat_map(|one| one.enis.0.clone()));
        }
        if !enis.is_empty() {
            let item = Service {
                name: None,
                kind: "efs".to_owned(),
                enis: OneOrMany(enis),
            };
            build.add_as("services", &view.owner.address, item, |model| &mut model.services);
        }
    }
}

/// The endpoints of Route 53 Resolver: each of its addresses is in a subnet.
fn resolvers(build: &mut Build<'_>) {
    for view in build.links.made(&["aws_route53_resolver_endpoint"]) {
        let subnets = build.spread(&view, "ip_address", "subnet_id", SUBNET);
        let groups = build.texts(&view, "security_group_ids", GROUP);
        put(build, &view, "resolver-endpoint", subnets, groups, false);
    }
}

fn shaped(build: &mut Build<'_>, Shape(kind, word, block, subnets, groups): &Shape) {
    for view in build.links.made(&[kind]) {
        let inner = match *block {
            "" => Some(view),
            name => view.blocks(name).into_iter().next(),
        };
        let Some(inner) = inner else { continue };
        let mut places = build.texts(&inner, subnets, SUBNET);
        if places.is_empty() {
            places.extend(build.one(&inner, subnets, SUBNET));
        }
        let mut own = build.texts(&inner, groups, GROUP);
        if own.is_empty() {
            own.extend(build.one(&inner, groups, GROUP));
        }
        if *kind == "aws_eks_cluster" {
            own.extend(cluster_group(build, &view, &places));
        }
        let public = inner.truth("assign_public_ip") == Some(true);
        let enis = put(build, &view, word, places, own, public);
        for balanced in view.blocks("load_balancer") {
            let port = balanced
                .number("container_port")
                .and_then(|port| u16::try_from(port).ok());
            if let Some(group) = build.one(&balanced, "target_group_arn", TARGETS) {
                target(build, &group, &enis, port);
            }
        }
    }
}

/// The group that EKS makes with a cluster: its members talk to each other, and to everybody (EKS guide, "View Amazon EKS
/// security group requirements for clusters"). A state may tell what it has become.
fn cluster_group<'a>(build: &mut Build<'a>, view: &View<'a>, subnets: &[String]) -> Option<String> {
    let id = links::cluster_group(view.owner);
    if !build.model.security_groups.contains_key(id.as_str()) {
        let subnet = SubnetId::from(subnets.first()?.as_str());
        let vpc = vpc_of(&build.model, &subnet)?;
        let group = among_members(&vpc, &SecurityGroupId::from(id.as_str()));
        build.add_as("security_groups", &id, group, |model| &mut model.security_groups);
    }
    Some(id)
}

/// Puts a service into subnets, with an interface in each.
pub fn put<'a>(
    build: &mut Build<'a>,
    view: &View<'a>,
    kind: &'static str,
    subnets: Vec<String>,
    groups: Vec<String>,
    public: bool,
) -> Vec<NetworkInterfaceId> {
    let given = [
        "identifier",
        "cluster_identifier",
        "function_name",
        "name",
        "cluster_id",
        "domain_name",
        "cluster_name",
    ];
    let tags = view.tags();
    let name = given
        .iter()
        .find_map(|key| view.text(key))
        .or(tags.get("Name").map(String::as_str));
    let name = name
        .filter(|name| build.model.names().all(|(_, other)| other != *name))
        .map(str::to_owned);
    let (mut subnets, mut groups) = (subnets, groups);
    for list in [&mut subnets, &mut groups] {
        list.sort();
        list.dedup();
    }
    let dual = subnets.iter().filter(|subnet| gives_ipv6(build, subnet));
    let placement = Placement {
        dual: dual.cloned().collect(),
        id: view.owner.address.clone(),
        name,
        kind,
        subnets,
        groups,
        public,
        tags,
    };
    place(&mut build.model, &placement)
}

fn in_subnet_groups(build: &mut Build<'_>, Grouped(kind, word, argument, groups, subnet_group): &Grouped) {
    for view in build.links.made(&[kind]) {
        let wanted = build.links.one(&view, argument, &[subnet_group]);
        let all = build.links.of(&[subnet_group]);
        let names = ["id", "name", "replication_subnet_group_id"];
        let found = all.iter().find(|one| {
            wanted.as_ref().is_some_and(|wanted| {
                one.owner.address == wanted.text()
                    || names.iter().any(|key| one.text(key) == Some(wanted.text()))
            })
        });
        let subnets = found
            .map(|one| build.texts(one, "subnet_ids", SUBNET))
            .unwrap_or_default();
        if subnets.is_empty() {
            build.unknown(
                &view.owner.address,
                kind,
                "the plan does not tell in which subnets it is",
            );
            continue;
        }
        let own = build.texts(&view, groups, GROUP);
        let public = view.truth("publicly_accessible") == Some(true) || public_member(build, &view);
        put(build, &view, word, subnets, own, public);
    }
}

/// Whether a cluster of databases has an instance with a public address.
fn public_member<'a>(build: &mut Build<'a>, cluster: &View<'a>) -> bool {
    let public = |view: &View<'_>| view.truth("publicly_accessible") == Some(true);
    let mut members = build
        .links
        .made(&["aws_rds_cluster_instance"])
        .into_iter()
        .filter(public);
    members.any(|member| {
        let of = build
            .links
            .one(&member, "cluster_identifier", &["aws_rds_cluster"]);
        of.is_some_and(|of| {
            of.text() == links::id(cluster.owner) || cluster.text("cluster_identifier") == Some(of.text())
        })
    })
}

/// Puts interfaces among the targets of a group.
pub fn target(build: &mut Build<'_>, group: &str, enis: &[NetworkInterfaceId], port: Option<u16>) {
    for eni in enis {
        aim(&mut build.model, group, balancer::target(eni.as_str(), port));
    }
}
