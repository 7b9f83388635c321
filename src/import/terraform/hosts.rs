//! Network interfaces, instances and the public addresses of both.

use super::filters::GROUP;
use super::gateways::ADDRESS;
use super::links::{self, Id};
use super::places::SUBNET;
use super::view::View;
use super::{Build, named};
use crate::import::service::{public_address, vpc_of};
use crate::model::default_group;
use crate::model::{
    AddressSpec, Cidr, ElasticIp, Instance, InstanceId, InstanceState, NetworkInterface, NetworkInterfaceId,
    OneOrMany, SecurityGroupId, SubnetId, parse_address,
};
use std::collections::BTreeMap;

/// A network interface.
pub const INTERFACE: &[&str] = &["aws_network_interface", "aws_instance"];
/// An instance.
pub const INSTANCE: &[&str] = &["aws_instance", "aws_spot_instance_request"];
const TEMPLATE: &[&str] = &["aws_launch_template"];

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    interfaces(build);
    instances(build);
    attachments(build);
    elastic(build);
}

fn known(view: &View<'_>) -> OneOrMany<AddressSpec> {
    let first = view.text("private_ip");
    let mut all: Vec<AddressSpec> = Vec::new();
    let lists = ["private_ips", "secondary_private_ips", "ipv6_addresses"]
        .into_iter()
        .flat_map(|key| view.texts(key));
    for spec in first
        .into_iter()
        .chain(lists)
        .filter_map(|text| parse_address(text).ok())
        .map(AddressSpec::Known)
    {
        if !all.contains(&spec) {
            all.push(spec);
        }
    }
    OneOrMany(all)
}

/// The addresses of an interface; where it gets IPv6 ones besides, any of its subnet.
fn addresses<'a>(build: &Build<'a>, view: &View<'a>, subnet: &str) -> OneOrMany<AddressSpec> {
    let mut all = known(view);
    let given = |spec: &AddressSpec, v6: bool| matches!(spec, AddressSpec::Known(ip) if ip.is_ipv6() == v6);
    let wanted = view.number("ipv6_address_count").is_some_and(|count| count > 0)
        || view.is_open("ipv6_addresses")
        || gives_ipv6(build, subnet);
    if all.iter().any(|spec| given(spec, true)) || !wanted || view.values_tell("arn") {
        return all;
    }
    let Some(place) = build.model.subnets.get(&SubnetId::from(subnet)) else {
        return all;
    };
    let v4 = all.iter().any(|spec| given(spec, false));
    let cidrs = place.cidr.iter().copied();
    all.0.extend(
        cidrs
            .filter(|cidr| cidr.net().addr().is_ipv6() || !v4)
            .map(AddressSpec::OneOf),
    );
    all
}

/// The groups of an interface; where none is named, the default one of its VPC.
pub fn groups<'a>(
    build: &mut Build<'a>,
    view: &View<'a>,
    arguments: &[&str],
    subnet: &str,
) -> Vec<SecurityGroupId> {
    for argument in arguments {
        let groups: Vec<SecurityGroupId> = build.many(view, argument, GROUP);
        if !groups.is_empty() {
            return groups;
        }
    }
    let vpc = vpc_of(&build.model, &SubnetId::from(subnet));
    vpc.map(|vpc| default_group(&mut build.model, &vpc))
        .into_iter()
        .collect()
}

fn interfaces(build: &mut Build<'_>) {
    for view in build.links.made(&["aws_network_interface"]) {
        let Some(subnet) = build.one(&view, "subnet_id", SUBNET) else {
            build.lost(&view, "the plan does not tell its subnet");
            continue;
        };
        let groups = groups(build, &view, &["security_groups"], &subnet);
        let prefixes = ["ipv4_prefixes", "ipv6_prefixes"]
            .into_iter()
            .flat_map(|key| view.texts(key));
        let (name, tags) = named(&view);
        let attached = view.blocks("attachment");
        let instance = attached
            .first()
            .and_then(|block| build.one(block, "instance", INSTANCE));
        let index = attached.first().and_then(|block| block.number("device_index"));
        let item = NetworkInterface {
            name,
            ip: addresses(build, &view, &subnet),
            prefixes: OneOrMany(prefixes.filter_map(|text| Cidr::parse(text).ok()).collect()),
            source_dest_check: view.truth("source_dest_check").unwrap_or(true),
            instance: instance.as_deref().map(Into::into),
            device_index: index
                .and_then(|index| u32::try_from(index).ok())
                .unwrap_or_default(),
            description: view.text("description").map(str::to_owned),
            tags,
            ..NetworkInterface::unassigned(subnet.as_str().into(), groups)
        };
        build.add("enis", &view, item, |model| &mut model.enis);
    }
}

fn instances(build: &mut Build<'_>) {
    for view in build.links.made(INSTANCE) {
        let (name, tags) = named(&view);
        let state = match view.text("instance_state") {
            Some("stopped") => InstanceState::Stopped,
            Some("stopping") => InstanceState::Stopping,
            Some("terminated") => InstanceState::Terminated,
            Some("shutting-down") => InstanceState::ShuttingDown,
            _ => InstanceState::Running,
        };
        let item = Instance {
            name: name.clone(),
            state,
            tags,
        };
        let id = build.add("instances", &view, item, |model| &mut model.instances);
        let mut given = view.blocks("network_interface");
        given.extend(view.blocks("primary_network_interface"));
        let mut own = false;
        for block in &given {
            let Some(eni) = build.one(block, "network_interface_id", &["aws_network_interface"]) else {
                continue;
            };
            let index = block
                .number("device_index")
                .and_then(|index| u32::try_from(index).ok())
                .unwrap_or_default();
            own |= attach(build, &eni, &id, index);
        }
        if !own {
            primary(build, &view, &id);
        }
    }
}

fn attach(build: &mut Build<'_>, eni: &str, instance: &str, index: u32) -> bool {
    let Some(eni) = build.model.enis.get_mut(&NetworkInterfaceId::from(eni)) else {
        return false;
    };
    eni.instance = Some(InstanceId::from(instance));
    eni.device_index = index;
    index == 0
}

/// The interface that AWS makes with an instance, from its own arguments or from its launch template.
fn primary<'a>(build: &mut Build<'a>, view: &View<'a>, id: &str) {
    let template = template(build, view);
    let block = template.and_then(|template| template.blocks("network_interfaces").into_iter().next());
    let own = build.links.one(view, "subnet_id", SUBNET);
    let subnet = own.or_else(|| build.links.one(&block?, "subnet_id", SUBNET));
    let possible = match subnet {
        Some(Id::OneOf(_, among)) if described(build, &among) => among,
        Some(subnet) => vec![build.keep(subnet, SUBNET)],
        None => vec![undescribed(build, view)],
    };
    if let [_, _, ..] = possible.as_slice() {
        let why = "the plan does not tell in which of these subnets it will be, and answers are for each";
        build.note(format!("{}: {why}: {}", view.owner.address, possible.join(", ")));
    }
    for subnet in &possible {
        let alone = possible.len() == 1;
        primary_in(build, view, (template, block), (id, subnet, alone));
    }
}

/// Whether all of these are subnets that are described.
fn described(build: &Build<'_>, among: &[String]) -> bool {
    among
        .iter()
        .all(|id| build.model.subnets.contains_key(&SubnetId::from(id.as_str())))
}

/// The same in a subnet; where it may be in another as well, the interface is called by this one.
fn primary_in<'a>(
    build: &mut Build<'a>,
    view: &View<'a>,
    (template, block): (Option<View<'a>>, Option<View<'a>>),
    (id, subnet, alone): (&str, &str, bool),
) {
    let listed = ["vpc_security_group_ids", "security_groups"];
    let written = |view: &View<'a>| {
        listed
            .iter()
            .any(|key| !view.texts(key).is_empty() || view.is_open(key))
    };
    let source = [Some(*view), block, template]
        .into_iter()
        .flatten()
        .find(written)
        .unwrap_or(*view);
    let groups = groups(build, &source, &listed, subnet);
    let asked = view
        .truth("associate_public_ip_address")
        .or_else(|| block?.truth("associate_public_ip_address"))
        .or_else(|| block?.truth("associate_carrier_ip_address"));
    let public = view.text("public_ip").and_then(|text| text.parse().ok());
    let known_not = view.values_tell("public_ip");
    let wanted = !known_not && asked.unwrap_or_else(|| maps_public(build, subnet));
    let unnamed = match alone {
        true => format!("{id}@eni"),
        false => format!("{id}@{subnet}"),
    };
    let eni = view
        .text("primary_network_interface_id")
        .map_or(unnamed, str::to_owned);
    let item = NetworkInterface {
        ip: addresses(build, view, subnet),
        public_ip: public.or_else(|| wanted.then(|| build.public(view)).flatten()),
        source_dest_check: view.truth("source_dest_check").unwrap_or(true),
        instance: Some(id.into()),
        ..NetworkInterface::unassigned(subnet.into(), groups)
    };
    build.add_as("enis", &eni, item, |model| &mut model.enis);
}

/// A subnet that the plan does not tell, such as one of the Region's default VPC: known to be there, and nothing else.
fn undescribed(build: &mut Build<'_>, view: &View<'_>) -> String {
    let id = format!("{}.subnet_id", view.owner.address);
    let why = "its subnet is not in the plan (where none is given it is one of the Region's default VPC)";
    build.unknown(&id, "subnet", why);
    build.note(format!("{}: {why}", view.owner.address));
    id
}

/// Whether a subnet gives public addresses to what is launched in it.
pub fn maps_public(build: &Build<'_>, subnet: &str) -> bool {
    subnet_says(build, subnet, "map_public_ip_on_launch")
}

/// Whether a subnet gives IPv6 addresses to what is launched in it.
pub fn gives_ipv6(build: &Build<'_>, subnet: &str) -> bool {
    subnet_says(build, subnet, "assign_ipv6_address_on_creation")
}

fn subnet_says(build: &Build<'_>, subnet: &str, argument: &str) -> bool {
    let all = build.links.of(SUBNET);
    let own = all.iter().find(|view| links::id(view.owner) == subnet);
    own.is_some_and(|view| {
        let default = argument == "map_public_ip_on_launch" && view.owner.kind == "aws_default_subnet";
        view.truth(argument).unwrap_or(default)
    })
}

/// The launch template that a resource names.
pub fn template<'a>(build: &mut Build<'a>, view: &View<'a>) -> Option<View<'a>> {
    let block = view.blocks("launch_template").into_iter().next();
    let mixed = view.blocks("mixed_instances_policy").into_iter().next();
    let mixed = mixed.and_then(|mixed| mixed.blocks("launch_template").into_iter().next());
    let mixed = mixed.and_then(|one| one.blocks("launch_template_specification").into_iter().next());
    let block = block.or(mixed)?;
    let keys = ["id", "launch_template_id", "name", "launch_template_name"];
    let id = keys
        .iter()
        .find_map(|key| build.links.one(&block, key, TEMPLATE))?;
    let all = build.links.of(TEMPLATE);
    all.into_iter()
        .find(|one| links::id(one.owner) == id.text() || one.text("name") == Some(id.text()))
}

fn attachments(build: &mut Build<'_>) {
    for view in build.links.of(&["aws_network_interface_attachment"]) {
        let ends = (
            build.one(&view, "network_interface_id", &["aws_network_interface"]),
            build.one(&view, "instance_id", INSTANCE),
        );
        if let (Some(eni), Some(instance)) = ends {
            let index = view
                .number("device_index")
                .and_then(|index| u32::try_from(index).ok());
            attach(build, &eni, &instance, index.unwrap_or(1));
        }
    }
    for view in build.links.of(&["aws_network_interface_sg_attachment"]) {
        let ends = (
            build.one(&view, "network_interface_id", INTERFACE),
            build.one(&view, "security_group_id", GROUP),
        );
        let (Some(eni), Some(group)) = ends else { continue };
        let eni = interface_of(build, &eni).unwrap_or_else(|| eni.as_str().into());
        if let Some(eni) = build.model.enis.get_mut(&eni) {
            let group = SecurityGroupId::from(group.as_str());
            if !eni.security_groups.contains(&group) {
                eni.security_groups.push(group);
            }
        }
    }
}

/// The primary interface of an instance.
pub fn interface_of(build: &Build<'_>, instance: &str) -> Option<NetworkInterfaceId> {
    let mut own = build
        .model
        .enis
        .iter()
        .filter(|(_, eni)| eni.instance.as_ref().is_some_and(|id| id.as_str() == instance));
    own.find(|(_, eni)| eni.device_index == 0)
        .map(|(id, _)| id.clone())
}

/// Gives a public address to every interface that the instance with an Elastic IP may have instead of this one.
fn everywhere(build: &mut Build<'_>, eni: Option<&NetworkInterfaceId>) {
    let found = eni.and_then(|id| build.model.enis.get(id));
    let instance = found
        .filter(|eni| eni.device_index == 0)
        .and_then(|eni| eni.instance.clone());
    let Some(instance) = instance else { return };
    let others = build.model.enis.iter().filter(|(id, other)| {
        Some(*id) != eni && other.instance.as_ref() == Some(&instance) && other.device_index == 0
    });
    let others: Vec<NetworkInterfaceId> = others.map(|(id, _)| id.clone()).collect();
    for id in others {
        let public = public_address(&build.model);
        if let Some(eni) = build.model.enis.get_mut(&id) {
            eni.public_ip = eni.public_ip.or(public);
        }
    }
}

/// Elastic IP addresses: with whom each is associated, by itself or by an association apart.
fn elastic(build: &mut Build<'_>) {
    let mut apart: BTreeMap<String, View<'_>> = BTreeMap::new();
    for view in build.links.of(&["aws_eip_association"]) {
        if let Some(id) = build.one(&view, "allocation_id", ADDRESS) {
            apart.insert(id, view);
        }
    }
    for view in build.links.made(ADDRESS) {
        let id = links::id(view.owner);
        let places = [Some(view), apart.get(&id).copied()];
        let mut eni = None;
        for place in places.into_iter().flatten() {
            let named = ["network_interface", "network_interface_id"];
            let direct = named
                .iter()
                .find_map(|key| build.one(&place, key, &["aws_network_interface"]));
            let host = ["instance", "instance_id"]
                .iter()
                .find_map(|key| build.one(&place, key, INSTANCE));
            let direct = direct.map(|id| NetworkInterfaceId::from(id.as_str()));
            eni = eni.or(direct).or_else(|| interface_of(build, &host?));
        }
        let known = view.text("public_ip").and_then(|text| text.parse().ok());
        let public = known.or_else(|| build.public(&view));
        let nat = build
            .model
            .nat_gateways
            .values()
            .any(|nat| known.is_some_and(|known| nat.public_ip.0.contains(&known)));
        everywhere(build, eni.as_ref());
        let told = eni
            .as_ref()
            .and_then(|eni| build.model.enis.get(eni))
            .is_some_and(|eni| eni.public_ip == public);
        let (Some(public), Some(eni), false, false) = (public, eni, nat, told) else {
            continue;
        };
        let private = ["associate_with_private_ip", "private_ip_address"].into_iter();
        let mut private = private.filter_map(|key| places.iter().flatten().find_map(|place| place.text(key)));
        let (name, tags) = named(&view);
        let private_ip = private.next().and_then(|text| text.parse().ok());
        let item = ElasticIp {
            name,
            public_ip: public,
            eni: Some(eni),
            private_ip,
            nat_gateway: None,
            tags,
        };
        build.add("elastic_ips", &view, item, |model| &mut model.elastic_ips);
    }
}
