//! The targets of a load balancer's listeners: who they are, where, and what they see of the client.

use crate::model::{
    AddressSpec, LoadBalancer, LoadBalancerType, Model, NetworkInterface, NetworkInterfaceId, SubnetId,
    TargetDescription, TargetGroup, TargetGroupId, TargetHealth, TargetType, Tenants, VpcId,
};
use crate::network::{NodeId, TunnelId, Zone, zone_of};
use crate::packet::AddressSet;
use std::net::IpAddr;

/// A target, wherever a listener finds it.
pub(super) struct Target {
    pub(super) listener: usize,
    pub(super) group: TargetGroupId,
    pub(super) index: usize,
    pub(super) eni: Option<NetworkInterfaceId>,
    pub(super) node: Option<NodeId>,
    /// The address by which the group names it, where it does.
    pub(super) ip: Option<IpAddr>,
    /// Where it is; none: nobody knows.
    pub(super) address: Option<AddressSet>,
    pub(super) port: Option<u16>,
    pub(super) subnet: Option<SubnetId>,
    /// Its zone; none: nobody knows, or it is outside of the VPC, where nodes of every zone send to it.
    pub(super) zone: Zone,
    pub(super) preserved: bool,
    pub(super) cross_zone: bool,
    pub(super) health: TargetHealth,
    pub(super) health_check_port: Option<u16>,
    /// The flow of the health check.
    pub(super) check: Option<TunnelId>,
    /// Whether it is no interface at all: a function.
    pub(super) function: bool,
}

impl Target {
    /// Whether it is an address that is in no subnet of the load balancer's VPC. Only inside of it a client's address is preserved
    /// (Network Load Balancer guide, "Client IP preservation").
    pub(super) fn is_outside(&self) -> bool {
        self.ip.is_some() && self.subnet.is_none()
    }

    /// Whether it may get packets: one that is going or not in use gets none, not even where no other is healthy (Network Load
    /// Balancer guide, "Target health status").
    pub(super) fn in_use(&self) -> bool {
        !matches!(self.health, TargetHealth::Unused | TargetHealth::Draining)
    }
}

/// Every target of every listener.
pub(super) fn targets<'m, 't: 'm>(
    balancer: &'m LoadBalancer,
    model: &'m Model,
    tenants: &'m Tenants<'t>,
) -> impl Iterator<Item = Target> + 'm {
    let home = home(balancer, model);
    let listeners = balancer.listeners.iter().enumerate();
    let groups = listeners
        .flat_map(|(listener, described)| described.target_groups.iter().map(move |group| (listener, group)));
    groups.flat_map(move |(listener, id)| {
        let group = model.target_groups.get(id);
        let targets = group
            .into_iter()
            .flat_map(|group| group.targets.iter().enumerate().map(move |one| (group, one)));
        targets.flat_map(move |(group, (index, target))| {
            places((group, target), home, model, tenants)
                .into_iter()
                .map(move |spot| Target {
                    listener,
                    group: id.clone(),
                    index,
                    port: target.port.or(group.port),
                    zone: spot.subnet.as_ref().and_then(|subnet| zone_of(subnet, model)),
                    eni: spot.eni,
                    node: None,
                    ip: target.ip,
                    address: spot.address,
                    subnet: spot.subnet,
                    preserved: preserves(balancer, group),
                    cross_zone: crosses(balancer, group),
                    health: target.health,
                    health_check_port: group.health_check_port,
                    check: None,
                    function: group.kind == TargetType::Lambda,
                })
        })
    })
}

/// Whether targets see the client's address.
pub(super) fn preserves(balancer: &LoadBalancer, group: &TargetGroup) -> bool {
    if balancer.kind != LoadBalancerType::Network {
        return false;
    }
    let (_, udp) = group.protocol.transports();
    match group.kind {
        TargetType::Alb => true,
        _ if udp => true,
        TargetType::Instance => group.preserve_client_ip.unwrap_or(true),
        TargetType::Ip | TargetType::Lambda => group.preserve_client_ip.unwrap_or(false),
    }
}

fn crosses(balancer: &LoadBalancer, group: &TargetGroup) -> bool {
    let default = balancer.kind == LoadBalancerType::Application;
    group.cross_zone.or(balancer.cross_zone).unwrap_or(default)
}

/// Where a target is, as far as that is known.
#[derive(Default)]
struct Spot {
    pub(super) eni: Option<NetworkInterfaceId>,
    pub(super) address: Option<AddressSet>,
    pub(super) subnet: Option<SubnetId>,
}

impl Spot {
    pub(super) fn at((id, eni): (&NetworkInterfaceId, &NetworkInterface)) -> Self {
        Self {
            eni: Some(id.clone()),
            address: primary(eni),
            subnet: Some(eni.subnet.clone()),
        }
    }
}

/// The VPC of a load balancer.
fn home<'m>(balancer: &LoadBalancer, model: &'m Model) -> Option<&'m VpcId> {
    let nodes = balancer.enis.iter().filter_map(|id| model.enis.get(id));
    let subnets = balancer.subnets.iter().chain(nodes.map(|eni| &eni.subnet));
    let mut described = subnets.filter_map(|id| model.subnets.get(id));
    described.next().map(|subnet| &subnet.vpc)
}

/// The subnet of an address in a VPC. An address outside of it is registered for every zone (Elastic Load Balancing API,
/// `TargetDescription`, `AvailabilityZone`), whoever has it elsewhere.
fn subnet_of(ip: IpAddr, home: Option<&VpcId>, model: &Model, tenants: &Tenants<'_>) -> Option<SubnetId> {
    let inside = |id: &SubnetId| model.subnets.get(id).map(|subnet| &subnet.vpc) == home;
    let mut owners = tenants.at_address(ip).iter().map(|(_, eni)| &eni.subnet);
    let owned = owners.find(|id| inside(id)).cloned();
    owned.or_else(|| {
        let mut subnets = model.subnets.iter();
        let found = subnets.find(|(_, subnet)| Some(&subnet.vpc) == home && subnet.contains(ip));
        found.map(|(id, _)| id.clone())
    })
}

/// Where a target is; a load balancer is at each of its nodes.
fn places(
    (group, target): (&TargetGroup, &TargetDescription),
    home: Option<&VpcId>,
    model: &Model,
    tenants: &Tenants<'_>,
) -> Vec<Spot> {
    if let Some(ip) = target.ip {
        return vec![Spot {
            eni: None,
            address: Some(AddressSet::one(ip)),
            subnet: subnet_of(ip, home, model, tenants),
        }];
    }
    let Some(id) = &target.id else {
        return vec![Spot::default()];
    };
    if group.kind == TargetType::Alb {
        let balancer = model.load_balancers.get(id.as_str());
        let nodes = balancer.into_iter().flat_map(|balancer| balancer.enis.iter());
        return nodes
            .filter_map(|eni| model.enis.get_key_value(eni))
            .map(Spot::at)
            .collect();
    }
    let attached = tenants.of_instance(id.as_str()).iter().copied();
    let primary = attached.min_by_key(|(_, eni)| eni.device_index);
    let spot = model.enis.get_key_value(id.as_str()).or(primary).map(Spot::at);
    vec![spot.unwrap_or_default()]
}

/// The primary private address, where it is known.
fn primary(eni: &NetworkInterface) -> Option<AddressSet> {
    match eni.ip.iter().next()? {
        AddressSpec::Known(address) => Some(AddressSet::one(*address)),
        AddressSpec::OneOf(_) => None,
    }
}
