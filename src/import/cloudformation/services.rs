//! Databases, functions, clusters and groups of instances: each becomes the interfaces that it will have.

use super::hosts::gives_ipv6;
use super::resource::Resource;
use super::{Build, filters, word};
use crate::import::service::{Placement, place, vpc_of};
use crate::model::among_members;
use crate::model::{NetworkInterfaceId, OneOrMany, Service, SubnetId};

/// A type, our word for it, the blocks that say where it is, its subnets and its groups there.
struct Shape(
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static str,
);

const SHAPES: [Shape; 27] = [
    Shape(
        "AWS::Lambda::Function",
        "lambda",
        &["VpcConfig"],
        "SubnetIds",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::Serverless::Function",
        "lambda",
        &["VpcConfig"],
        "SubnetIds",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::EKS::Cluster",
        "eks-cluster",
        &["ResourcesVpcConfig"],
        "SubnetIds",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::OpenSearchService::Domain",
        "opensearch",
        &["VPCOptions"],
        "SubnetIds",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::Elasticsearch::Domain",
        "opensearch",
        &["VPCOptions"],
        "SubnetIds",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::MSK::Cluster",
        "msk",
        &["BrokerNodeGroupInfo"],
        "ClientSubnets",
        "SecurityGroups",
    ),
    Shape(
        "AWS::MSK::ServerlessCluster",
        "msk",
        &["VpcConfigs"],
        "SubnetIds",
        "SecurityGroups",
    ),
    Shape("AWS::AmazonMQ::Broker", "mq", &[], "SubnetIds", "SecurityGroups"),
    Shape("AWS::EFS::MountTarget", "efs", &[], "SubnetId", "SecurityGroups"),
    Shape(
        "AWS::FSx::FileSystem",
        "fsx",
        &[],
        "SubnetIds",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::MWAA::Environment",
        "mwaa",
        &["NetworkConfiguration"],
        "SubnetIds",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::AppRunner::VpcConnector",
        "apprunner",
        &[],
        "Subnets",
        "SecurityGroups",
    ),
    Shape(
        "AWS::CodeBuild::Project",
        "codebuild",
        &["VpcConfig"],
        "Subnets",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::ElastiCache::ServerlessCache",
        "elasticache",
        &[],
        "SubnetIds",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::RedshiftServerless::Workgroup",
        "redshift",
        &[],
        "SubnetIds",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::SageMaker::NotebookInstance",
        "sagemaker",
        &[],
        "SubnetId",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::Synthetics::Canary",
        "canary",
        &["VPCConfig"],
        "SubnetIds",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::Glue::Connection",
        "glue",
        &["ConnectionInput", "PhysicalConnectionRequirements"],
        "SubnetId",
        "SecurityGroupIdList",
    ),
    Shape("AWS::Cloud9::EnvironmentEC2", "cloud9", &[], "SubnetId", ""),
    Shape(
        "AWS::RDS::DBProxy",
        "rds-proxy",
        &[],
        "VpcSubnetIds",
        "VpcSecurityGroupIds",
    ),
    Shape(
        "AWS::EC2::InstanceConnectEndpoint",
        "instance-connect-endpoint",
        &[],
        "SubnetId",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::ApiGatewayV2::VpcLink",
        "vpc-link",
        &[],
        "SubnetIds",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::EMRServerless::Application",
        "emr-serverless",
        &["NetworkConfiguration"],
        "SubnetIds",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::Batch::ComputeEnvironment",
        "batch",
        &["ComputeResources"],
        "Subnets",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::Transfer::Server",
        "transfer",
        &["EndpointDetails"],
        "SubnetIds",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::OpenSearchServerless::VpcEndpoint",
        "opensearch",
        &[],
        "SubnetIds",
        "SecurityGroupIds",
    ),
    Shape(
        "AWS::KafkaConnect::Connector",
        "msk-connect",
        &["KafkaCluster", "ApacheKafkaCluster", "Vpc"],
        "Subnets",
        "SecurityGroups",
    ),
];

/// Services that name a subnet group: the type, our word, the property that names it, the groups, the type of subnet group and
/// the property that is its name.
struct Grouped(
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static str,
);

const GROUPED: [Grouped; 10] = [
    Grouped(
        "AWS::RDS::DBCluster",
        "aurora",
        "DBSubnetGroupName",
        &["VpcSecurityGroupIds"],
        "AWS::RDS::DBSubnetGroup",
        "DBSubnetGroupName",
    ),
    Grouped(
        "AWS::RDS::DBInstance",
        "rds",
        "DBSubnetGroupName",
        &["VPCSecurityGroups"],
        "AWS::RDS::DBSubnetGroup",
        "DBSubnetGroupName",
    ),
    Grouped(
        "AWS::DocDB::DBCluster",
        "docdb",
        "DBSubnetGroupName",
        &["VpcSecurityGroupIds"],
        "AWS::DocDB::DBSubnetGroup",
        "DBSubnetGroupName",
    ),
    Grouped(
        "AWS::Neptune::DBCluster",
        "neptune",
        "DBSubnetGroupName",
        &["VpcSecurityGroupIds"],
        "AWS::Neptune::DBSubnetGroup",
        "DBSubnetGroupName",
    ),
    Grouped(
        "AWS::ElastiCache::CacheCluster",
        "elasticache",
        "CacheSubnetGroupName",
        &["VpcSecurityGroupIds"],
        "AWS::ElastiCache::SubnetGroup",
        "CacheSubnetGroupName",
    ),
    Grouped(
        "AWS::ElastiCache::ReplicationGroup",
        "elasticache",
        "CacheSubnetGroupName",
        &["SecurityGroupIds"],
        "AWS::ElastiCache::SubnetGroup",
        "CacheSubnetGroupName",
    ),
    Grouped(
        "AWS::Redshift::Cluster",
        "redshift",
        "ClusterSubnetGroupName",
        &["VpcSecurityGroupIds"],
        "AWS::Redshift::ClusterSubnetGroup",
        "ClusterSubnetGroupName",
    ),
    Grouped(
        "AWS::MemoryDB::Cluster",
        "memorydb",
        "SubnetGroupName",
        &["SecurityGroupIds"],
        "AWS::MemoryDB::SubnetGroup",
        "SubnetGroupName",
    ),
    Grouped(
        "AWS::DAX::Cluster",
        "dax",
        "SubnetGroupName",
        &["SecurityGroupIds"],
        "AWS::DAX::SubnetGroup",
        "SubnetGroupName",
    ),
    Grouped(
        "AWS::DMS::ReplicationInstance",
        "dms",
        "ReplicationSubnetGroupIdentifier",
        &["VpcSecurityGroupIds"],
        "AWS::DMS::ReplicationSubnetGroup",
        "ReplicationSubnetGroupIdentifier",
    ),
];

/// Properties that are a service's own name.
const NAMES: [&str; 14] = [
    "DBInstanceIdentifier",
    "DBClusterIdentifier",
    "ClusterIdentifier",
    "ClusterName",
    "FunctionName",
    "ServiceName",
    "DomainName",
    "BrokerName",
    "ReplicationGroupId",
    "AutoScalingGroupName",
    "NodegroupName",
    "ServerlessCacheName",
    "WorkgroupName",
    "Name",
];

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    for shape in SHAPES {
        for resource in build.of(shape.0) {
            shaped(build, resource, &shape);
        }
    }
    for grouped in GROUPED {
        for resource in build.of(grouped.0) {
            in_subnet_group(build, resource, &grouped);
        }
    }
    file_systems(build);
    resolvers(build);
}

/// A file system is reached at its mount targets.
fn file_systems(build: &mut Build<'_>) {
    for resource in build.of("AWS::EFS::FileSystem") {
        let mut enis = Vec::new();
        for target in build.of("AWS::EFS::MountTarget") {
            let own = build.one(target.block(), "FileSystemId");
            let placed = build.model.services.get(target.id.as_str());
            let placed = placed.filter(|_| own.as_deref() == Some(&resource.id));
            enis.extend(placed.into_iter().flat_map(|one| one.enis.0.clone()));
        }
        if enis.is_empty() {
            continue;
        }
        let (name, _) = super::labels(resource);
        let item = Service {
            name,
            kind: "efs".to_owned(),
            enis: OneOrMany(enis),
        };
        build.add("services", resource, item, |model| &mut model.services);
    }
}

/// The endpoints of Route 53 Resolver: each of its addresses is in a subnet.
fn resolvers(build: &mut Build<'_>) {
    for resource in build.of("AWS::Route53Resolver::ResolverEndpoint") {
        let block = resource.block();
        let addresses = block.blocks("IpAddresses").into_iter();
        let subnets = addresses.filter_map(|one| build.one(one, "SubnetId")).collect();
        let groups = build.many(block, "SecurityGroupIds");
        groups.iter().for_each(|id| filters::implied(build, id));
        put(build, resource, "resolver-endpoint", subnets, groups, false);
    }
}

/// Adds a service. Where it is must be known, else it is lost.
pub fn put(
    build: &mut Build<'_>,
    resource: &Resource,
    kind: &'static str,
    subnets: Vec<String>,
    groups: Vec<String>,
    public: bool,
) -> Vec<NetworkInterfaceId> {
    let block = resource.block();
    let (label, tags) = super::labels(resource);
    let given = NAMES.iter().find_map(|key| block.text(key)).map(str::to_owned);
    let name = label
        .filter(|_| resource.path.is_some())
        .or(given)
        .or_else(|| block.tags().remove("Name"));
    let name = name.filter(|name| build.model.names().all(|(_, other)| other != name));
    let mut subnets = subnets;
    subnets.sort();
    subnets.dedup();
    if subnets.is_empty() {
        build.lost(resource, "its subnets are not told");
        return Vec::new();
    }
    let dual = subnets.iter().filter(|subnet| gives_ipv6(build, subnet));
    let placement = Placement {
        dual: dual.cloned().collect(),
        id: resource.id.clone(),
        name,
        kind,
        subnets,
        groups,
        public,
        tags,
    };
    let enis = place(&mut build.model, &placement);
    build
        .lines
        .item("services", &resource.id, &resource.file, resource.span);
    for eni in &enis {
        build
            .lines
            .item("enis", eni.as_str(), &resource.file, resource.span);
    }
    enis
}

fn shaped(build: &mut Build<'_>, resource: &Resource, Shape(kind, word, way, subnets, groups): &Shape) {
    let mut block = Some(resource.block());
    for key in *way {
        block = block.and_then(|block| block.blocks(key).into_iter().next());
    }
    // Without them it is not in a VPC.
    let Some(block) = block.filter(|block| {
        block.get(subnets).is_some() || block.value.open().is_some() && block.value.entries().is_empty()
    }) else {
        return;
    };
    if block.value.entries().is_empty() {
        build.lost(resource, "whether and where it is in a VPC is not known");
        return;
    }
    let places = build.many(block, subnets);
    let mut own = build.many(block, groups);
    own.iter().for_each(|id| filters::implied(build, id));
    if *kind == "AWS::EKS::Cluster" {
        own.extend(cluster_group(build, resource, &places));
    }
    put(build, resource, word, places, own, false);
}

/// The group that EKS makes for a cluster and its nodes: it lets them speak to each other (EKS guide, "View Amazon EKS
/// security group requirements for clusters").
fn cluster_group(build: &mut Build<'_>, resource: &Resource, subnets: &[String]) -> Option<String> {
    let id = format!("{}.ClusterSecurityGroupId", resource.id);
    let vpc = vpc_of(&build.model, &SubnetId::from(subnets.first()?.as_str()))?;
    let item = among_members(&vpc, &id.as_str().into());
    build.add_as("security_groups", &id, resource, item, |model| {
        &mut model.security_groups
    });
    Some(id)
}

fn in_subnet_group(
    build: &mut Build<'_>,
    resource: &Resource,
    Grouped(kind, own, key, groups, listed, name): &Grouped,
) {
    // An instance of a cluster is where the cluster is.
    let cluster = build
        .one(resource.block(), "DBClusterIdentifier")
        .filter(|_| *kind == "AWS::RDS::DBInstance");
    let cluster = cluster.and_then(|id| build.by_id.get(id.as_str()).copied());
    let holder = cluster
        .filter(|_| resource.block().get(key).is_none())
        .unwrap_or(resource);
    let found = build.one(holder.block(), key).and_then(|wanted| {
        let mut all = build.of(listed);
        all.find(|one| one.id == wanted || one.block().text(name) == Some(&wanted))
    });
    let subnets = found
        .map(|group| build.many(group.block(), "SubnetIds"))
        .unwrap_or_default();
    if subnets.is_empty() {
        let what = word(kind);
        build.lost(resource, &format!("the subnets of this {what} are not told"));
        return;
    }
    let mut carried: Vec<String> = groups
        .iter()
        .flat_map(|key| build.many(resource.block(), key))
        .collect();
    if let (true, Some(cluster)) = (carried.is_empty(), cluster) {
        carried = build.many(cluster.block(), "VpcSecurityGroupIds");
    }
    carried.iter().for_each(|id| filters::implied(build, id));
    match public(build, resource, own, &subnets) {
        Ok(public) => {
            put(build, resource, own, subnets, carried, public);
        }
        Err(name) => build.lost(
            resource,
            &format!("whether it is publicly accessible hangs on {name}, which is not known"),
        ),
    }
}

/// Whether a database has public addresses. Where nothing is said, an instance in a VPC with an internet gateway has them
/// (RDS API, CreateDBInstance, `PubliclyAccessible`).
fn public(build: &Build<'_>, resource: &Resource, own: &str, subnets: &[String]) -> Result<bool, String> {
    let block = resource.block();
    if let Some(name) = block.open(&["PubliclyAccessible"]) {
        return Err(name);
    }
    if let Some(told) = block.truth("PubliclyAccessible") {
        return Ok(told);
    }
    let vpc = subnets
        .first()
        .and_then(|subnet| vpc_of(&build.model, &SubnetId::from(subnet.as_str())));
    let mut gateways = build.model.internet_gateways.values();
    Ok(own == "rds" && vpc.is_some() && gateways.any(|gateway| gateway.vpc == vpc))
}
