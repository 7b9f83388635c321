//! Network interfaces, instances and the public addresses of both.

use super::resource::{Block, Named, Resource, named};
use super::value::Value;
use super::{Build, filters, labels};
use crate::import::service::{any_of, public_address, vpc_of};
use crate::model::default_group;
use crate::model::{
    AddressSpec, Cidr, ElasticIp, Instance, InstanceId, InstanceState, NetworkInterface, NetworkInterfaceId,
    OneOrMany, SecurityGroupId, SubnetId, parse_address,
};

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    interfaces(build);
    for resource in build.of("AWS::EC2::Instance") {
        instance(build, resource);
    }
    attachments(build);
    for resource in build.of("AWS::EC2::EIP") {
        elastic(build, resource);
    }
}

/// The addresses that are written for an interface.
fn addresses(block: Block<'_>) -> OneOrMany<AddressSpec> {
    let mut found: Vec<AddressSpec> = Vec::new();
    let mut listed = block.blocks("PrivateIpAddresses");
    listed.sort_by_key(|one| one.truth("Primary") != Some(true));
    let listed = listed.into_iter().filter_map(|one| one.text("PrivateIpAddress"));
    let v6 = block.blocks("Ipv6Addresses").into_iter();
    let v6 = v6.filter_map(|one| one.text("Ipv6Address"));
    let texts = block.text("PrivateIpAddress").into_iter().chain(listed).chain(v6);
    for address in texts.filter_map(|text| parse_address(text).ok()) {
        if !found.contains(&AddressSpec::Known(address)) {
            found.push(AddressSpec::Known(address));
        }
    }
    OneOrMany(found)
}

/// The groups that a property names; where none does, the default one of the subnet's VPC.
pub fn groups(
    build: &mut Build<'_>,
    blocks: &[Block<'_>],
    keys: &[&str],
    subnet: &str,
) -> Vec<SecurityGroupId> {
    for block in blocks {
        for key in keys {
            let ids = build.many(*block, key);
            if !ids.is_empty() {
                ids.iter().for_each(|id| filters::implied(build, id));
                return ids.iter().map(|id| id.as_str().into()).collect();
            }
        }
    }
    let vpc = vpc_of(&build.model, &SubnetId::from(subnet));
    vpc.map(|vpc| default_group(&mut build.model, &vpc))
        .into_iter()
        .collect()
}

fn interfaces(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::NetworkInterface") {
        let block = resource.block();
        if !build.decided(
            resource,
            &["SourceDestCheck", "PrivateIpAddress", "PrivateIpAddresses"],
        ) {
            continue;
        }
        let Some(subnet) = build.one(block, "SubnetId") else {
            build.lost(resource, "its subnet is not told");
            continue;
        };
        let groups = groups(build, &[block], &["GroupSet"], &subnet);
        let (name, tags) = labels(resource);
        let item = NetworkInterface {
            name,
            description: block.text("Description").map(str::to_owned),
            tags,
            ..made(block, &subnet, groups)
        };
        build.add("enis", resource, item, |model| &mut model.enis);
    }
}

fn made(block: Block<'_>, subnet: &str, groups: Vec<SecurityGroupId>) -> NetworkInterface {
    let prefixes = [("Ipv4Prefixes", "Ipv4Prefix"), ("Ipv6Prefixes", "Ipv6Prefix")];
    let prefixes = prefixes.into_iter().flat_map(|(list, key)| {
        block
            .blocks(list)
            .into_iter()
            .filter_map(move |one| one.cidr(key))
    });
    NetworkInterface {
        ip: addresses(block),
        prefixes: OneOrMany(prefixes.collect::<Vec<Cidr>>()),
        source_dest_check: block.truth("SourceDestCheck").unwrap_or(true),
        ..NetworkInterface::unassigned(subnet.into(), groups)
    }
}

fn instance<'a>(build: &mut Build<'a>, resource: &'a Resource) {
    let block = resource.block();
    if !build.decided(resource, &["SourceDestCheck", "PrivateIpAddress"]) {
        return;
    }
    let template = template(build, block);
    let listed = match block.blocks("NetworkInterfaces") {
        own if own.is_empty() => template
            .map(|data| data.blocks("NetworkInterfaces"))
            .unwrap_or_default(),
        own => own,
    };
    let (name, tags) = labels(resource);
    let item = Instance {
        name,
        state: InstanceState::Running,
        tags,
    };
    let mut enis = Vec::new();
    for (index, one) in listed.iter().enumerate() {
        let index = one
            .number("DeviceIndex")
            .unwrap_or(u32::try_from(index).unwrap_or_default());
        if let Some(id) = build.one(*one, "NetworkInterfaceId") {
            attach(build, &id, &resource.id, index);
            continue;
        }
        let Some(eni) = own_interface(build, &[*one, block], template, index) else {
            return;
        };
        enis.push((index, eni));
    }
    if listed.is_empty() {
        let Some(eni) = own_interface(build, &[block], template, 0) else {
            return;
        };
        enis.push((0, eni));
    }
    build.add("instances", resource, item, |model| &mut model.instances);
    for (index, mut eni) in enis {
        let id = match index {
            0 => format!("{}@eni", resource.id),
            _ => format!("{}@eni{index}", resource.id),
        };
        eni.source_dest_check = block.truth("SourceDestCheck").unwrap_or(true);
        eni.instance = Some(InstanceId::from(resource.id.as_str()));
        eni.device_index = index;
        build.add_as("enis", &id, resource, eni, |model| &mut model.enis);
    }
}

/// An interface that AWS makes with an instance, from its own properties or from its launch template; none where the
/// template does not tell enough, which is said of the instance.
fn own_interface(
    build: &mut Build<'_>,
    blocks: &[Block<'_>],
    template: Option<Block<'_>>,
    index: u32,
) -> Option<NetworkInterface> {
    let resource = blocks[0].of;
    let data = template.and_then(|data| data.blocks("NetworkInterfaces").into_iter().next());
    let all: Vec<Block<'_>> = blocks.iter().copied().chain(data).chain(template).collect();
    let subnet = all.iter().find_map(|block| build.one(*block, "SubnetId"));
    let subnet = subnet.unwrap_or_else(|| default_subnet(build));
    let keys = ["GroupSet", "Groups", "SecurityGroupIds", "SecurityGroups"];
    let groups = groups(build, &all, &keys, &subnet);
    let asked = all.iter().find_map(|block| asked_public(*block));
    let public = match asked {
        Some(value) => truth(value),
        None if index > 0 => Ok(false),
        None => maps_public(build, &subnet),
    };
    let public = match public {
        Ok(public) => public,
        Err(name) => {
            build.lost(
                resource,
                &format!("whether it has a public address hangs on {name}, which is not known"),
            );
            return None;
        }
    };
    let mut eni = made(blocks[0], &subnet, groups);
    if eni.ip.is_empty() && gives_ipv6(build, &subnet) {
        eni.ip = any_of(&build.model, &SubnetId::from(subnet.as_str()));
    }
    Some(NetworkInterface {
        public_ip: public.then(|| public_address(&build.model)).flatten(),
        ..eni
    })
}

/// What names no subnet stands in one of the Region's default VPC, which is in no template.
pub fn default_subnet(build: &mut Build<'_>) -> String {
    let id = "the default subnet";
    build.unknown(
        id,
        "subnet",
        "which subnet of the Region's default VPC it is, no template tells",
    );
    id.to_owned()
}

/// Whether a block asks for a public address, or in a Wavelength Zone for a carrier's.
pub fn asked_public<'a>(block: Block<'a>) -> Option<&'a Value> {
    let keys = ["AssociatePublicIpAddress", "AssociateCarrierIpAddress"];
    keys.iter().find_map(|key| block.get(key))
}

/// A truth, or the name of what is not known.
pub fn truth(value: &Value) -> Result<bool, String> {
    match value.open() {
        Some(name) => Err(name),
        None => Ok(value.text().is_some_and(|text| text.eq_ignore_ascii_case("true"))),
    }
}

/// Whether a subnet gives public addresses to what is launched in it. What is not described does not matter: it is unknown.
pub fn maps_public(build: &Build<'_>, subnet: &str) -> Result<bool, String> {
    let described = build.by_id.get(subnet);
    let written = described.and_then(|subnet| subnet.block().get("MapPublicIpOnLaunch"));
    written.map_or(Ok(false), truth)
}

/// Whether a subnet gives IPv6 addresses to what is launched in it.
pub fn gives_ipv6(build: &Build<'_>, subnet: &str) -> bool {
    let described = build.by_id.get(subnet);
    described.is_some_and(|subnet| subnet.block().truth("AssignIpv6AddressOnCreation") == Some(true))
}

/// The data of the launch template that a block names.
pub fn template<'a>(build: &mut Build<'a>, block: Block<'a>) -> Option<Block<'a>> {
    let own = block.block("LaunchTemplate");
    let mixed = || {
        let policy = block.block("MixedInstancesPolicy")?.block("LaunchTemplate")?;
        policy.block("LaunchTemplateSpecification")
    };
    let named_by = own.or_else(mixed)?;
    let keys = ["LaunchTemplateId", "LaunchTemplateName", "Id", "Name"];
    let id = keys.iter().find_map(|key| match named(named_by.get(key)?)? {
        Named::Id(id) => Some(id),
        Named::Unknown(_) => None,
    })?;
    let mut all = build.of("AWS::EC2::LaunchTemplate");
    let found = all.find(|one| one.id == id || one.block().text("LaunchTemplateName") == Some(&id));
    found?.block().block("LaunchTemplateData")
}

fn attach(build: &mut Build<'_>, eni: &str, instance: &str, index: u32) {
    if let Some(eni) = build.model.enis.get_mut(&NetworkInterfaceId::from(eni)) {
        eni.instance = Some(InstanceId::from(instance));
        eni.device_index = index;
    }
}

fn attachments(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::NetworkInterfaceAttachment") {
        let block = resource.block();
        let ends = (
            build.one(block, "NetworkInterfaceId"),
            build.one(block, "InstanceId"),
        );
        if let (Some(eni), Some(instance)) = ends {
            let index = block.number("DeviceIndex").unwrap_or(1);
            attach(build, &eni, &instance, index);
        }
    }
}

/// The primary interface of an instance.
pub fn interface_of(build: &Build<'_>, instance: &str) -> Option<NetworkInterfaceId> {
    let mut all = build.model.enis.iter();
    let own = all.find(|(_, eni)| {
        eni.device_index == 0 && eni.instance.as_ref().is_some_and(|id| id.as_str() == instance)
    });
    own.map(|(id, _)| id.clone())
}

/// An Elastic IP address, which belongs to whoever is associated with it; NAT gateways have their stand-ins already.
fn elastic(build: &mut Build<'_>, resource: &Resource) {
    let own = resource.id.as_str();
    let mut places = vec![resource];
    for apart in build.of("AWS::EC2::EIPAssociation") {
        let block = apart.block();
        let named = [build.one(block, "AllocationId"), build.one(block, "EIP")];
        if named.iter().flatten().any(|id| id == own) {
            places.push(apart);
        }
    }
    for place in places {
        let block = place.block();
        let direct = build.one(block, "NetworkInterfaceId");
        let direct = direct.map(|id| NetworkInterfaceId::from(id.as_str()));
        let host = build.one(block, "InstanceId");
        let eni = direct.or_else(|| interface_of(build, &host?));
        let Some(eni) = eni.filter(|eni| build.model.enis.contains_key(eni)) else {
            continue;
        };
        let doubt = place.doubt.as_ref().or(resource.doubt.as_ref());
        if let Some(condition) = doubt {
            hide(
                build,
                &eni,
                &format!("whether it has the address {own} hangs on {condition}, which is not known"),
            );
            return;
        }
        let Some(public_ip) = public_address(&build.model) else {
            return;
        };
        let (name, tags) = labels(resource);
        let item = ElasticIp {
            name,
            public_ip,
            eni: Some(eni),
            private_ip: block.number("PrivateIpAddress"),
            nat_gateway: None,
            tags,
        };
        build.add("elastic_ips", resource, item, |model| &mut model.elastic_ips);
        return;
    }
}

/// An interface of which too little is known, and the instance whose it is.
fn hide(build: &mut Build<'_>, eni: &NetworkInterfaceId, why: &str) {
    let item = build.model.enis.remove(eni);
    let instance = item.and_then(|item| item.instance);
    let ids = [Some(eni.as_str().to_owned()), instance.map(|id| id.to_string())];
    for id in ids.into_iter().flatten() {
        build.model.instances.remove(id.as_str());
        build.unknown(&id, "network-interface", why);
        build.note(format!("{id}: {why}"));
    }
}
