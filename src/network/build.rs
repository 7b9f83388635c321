//! From a model to a network: places are reserved, then joined.

use super::component::{Component, Kind};
use super::graph::{Graph, Link, LinkId, NodeId};
use super::step::Direction;
use super::tunnel::{Tunnel, TunnelId};
use super::{Network, Owner};
use crate::code::ExplanationCode;
use crate::model::{
    Model, NetworkInterfaceId, ResourceId, RouteTableId, SubnetId, Tenants, TransitGatewayId, VpcId,
};
use crate::packet::{AddressSet, Cube};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::rc::Rc;

/// How packets that a route sends to a resource get there.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where they get to.
    pub node: NodeId,
    /// The subnet in which it stands, whose network ACL they meet first; none for a gateway of the VPC.
    pub subnet: Option<SubnetId>,
    /// Whether that network ACL is asked of packets from the same subnet as well.
    pub filtered_inside: bool,
    /// Whether packets come out of it as they went in, so that an edge route may lead to it though it has no public
    /// address: the endpoint of an inspection.
    pub transparent: bool,
    /// Why the route is a blackhole, if it is.
    pub blackhole: Option<String>,
}

impl Target {
    /// A gateway of the VPC.
    pub fn at(node: NodeId) -> Self {
        Self {
            node,
            subnet: None,
            filtered_inside: false,
            transparent: false,
            blackhole: None,
        }
    }

    /// Somebody in a subnet.
    pub fn inside(node: NodeId, subnet: &SubnetId) -> Self {
        Self {
            subnet: Some(subnet.clone()),
            ..Self::at(node)
        }
    }

    /// A blackhole, if there is a reason.
    #[must_use]
    pub fn unless(mut self, blackhole: Option<String>) -> Self {
        self.blackhole = blackhole;
        self
    }
}

/// Somebody in a subnet who takes packets: an interface behind its security groups, a NAT gateway.
#[derive(Debug, Clone)]
pub struct Resident {
    /// Where packets for it go.
    pub node: NodeId,
    /// Who it is, as questions know it.
    pub owner: NodeId,
    /// The addresses it has, or may have.
    pub addresses: AddressSet,
    /// Whether it has all of these, or one of them that is not known yet.
    pub known: bool,
}

/// A public IPv4 address and the private addresses that it stands for (one, unless it is not known which).
#[derive(Debug, Clone)]
pub struct Association {
    /// The public address.
    pub public: Ipv4Addr,
    /// The private address.
    pub private: AddressSet,
    /// Who has it.
    pub owner: ResourceId,
    /// Where packets for it go from the internet gateway; none: through the VPC, to the private address.
    pub entrance: Option<NodeId>,
    /// The owner's place, when its private address is not assigned yet: the public one is for its packets alone,
    /// whoever else may get the same private address.
    pub unassigned: Option<NodeId>,
}

impl Association {
    /// Whether it is for packets from, or to, a party of this place.
    pub fn is_for(&self, party: Option<NodeId>) -> bool {
        self.unassigned.is_none() || self.unassigned == party
    }
}

/// Packets that never begin at an interface, because what is behind it sends none such.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The packets.
    pub packets: Cube,
    /// The code that blames the interface.
    pub code: ExplanationCode,
    /// What is behind it, and what that does.
    pub message: String,
}

/// A network under construction. Kinds meet here, so that they need not know each other.
pub struct Builder<'m> {
    /// What the user wrote.
    pub model: &'m Model,
    /// Who is where in it.
    pub tenants: Rc<Tenants<'m>>,
    graph: Graph,
    places: FxHashMap<(&'static str, ResourceId), NodeId>,
    targets: FxHashMap<ResourceId, Target>,
    doors: FxHashMap<(ResourceId, SubnetId), Target>,
    fronts: FxHashMap<ResourceId, NodeId>,
    residents: FxHashMap<SubnetId, Vec<Resident>>,
    associations: BTreeMap<VpcId, Vec<Association>>,
    stand_ins: FxHashMap<NetworkInterfaceId, NodeId>,
    behind: FxHashMap<NetworkInterfaceId, NodeId>,
    recalls: BTreeMap<SubnetId, BTreeMap<NodeId, SubnetId>>,
    checked: BTreeMap<SubnetId, BTreeSet<NodeId>>,
    owners: BTreeMap<NodeId, Owner>,
    ends: FxHashMap<ResourceId, Vec<NodeId>>,
    served: BTreeMap<VpcId, Vec<(NodeId, AddressSet)>>,
    outside: Vec<(NodeId, AddressSet)>,
    refusals: BTreeMap<NetworkInterfaceId, Vec<Refusal>>,
    transit_ends: BTreeMap<TransitGatewayId, Vec<(NodeId, Cube)>>,
    tunnels: Vec<Tunnel>,
    main_tables: FxHashMap<VpcId, RouteTableId>,
    filters: u32,
}

impl<'m> Builder<'m> {
    fn new(model: &'m Model) -> Self {
        let main = model.route_tables.iter().filter(|(_, table)| table.main);
        Self {
            model,
            tenants: Rc::new(Tenants::of(model)),
            graph: Graph::default(),
            places: FxHashMap::default(),
            targets: FxHashMap::default(),
            doors: FxHashMap::default(),
            fronts: FxHashMap::default(),
            residents: FxHashMap::default(),
            associations: BTreeMap::new(),
            stand_ins: FxHashMap::default(),
            behind: FxHashMap::default(),
            recalls: BTreeMap::new(),
            checked: BTreeMap::new(),
            owners: BTreeMap::new(),
            ends: FxHashMap::default(),
            served: BTreeMap::new(),
            outside: Vec::new(),
            refusals: BTreeMap::new(),
            transit_ends: BTreeMap::new(),
            tunnels: Vec::new(),
            main_tables: main.map(|(id, table)| (table.vpc.clone(), id.clone())).collect(),
            filters: 0,
        }
    }

    /// The place of a kind's component for an item, reserved when first asked for.
    pub fn place(&mut self, kind: &'static str, id: impl Into<ResourceId>) -> NodeId {
        let graph = &mut self.graph;
        *self
            .places
            .entry((kind, id.into()))
            .or_insert_with(|| graph.reserve())
    }

    /// The place of a kind's component for an item, if it was reserved.
    pub fn find(&self, kind: &'static str, id: impl Into<ResourceId>) -> Option<NodeId> {
        self.places.get(&(kind, id.into())).copied()
    }

    /// Puts a component in its place.
    pub fn set(&mut self, node: NodeId, component: impl Component + 'static) {
        self.graph.set(node, Box::new(component));
    }

    /// Joins two components inside a VPC.
    pub fn link(&mut self, from: NodeId, to: NodeId, direction: Direction) -> LinkId {
        self.graph.link(
            from,
            to,
            Link {
                direction,
                from: None,
            },
        )
    }

    /// Joins two components, the packets leaving this VPC or entering it.
    pub fn link_from(&mut self, from: NodeId, to: NodeId, direction: Direction, vpc: &VpcId) -> LinkId {
        self.graph.link(
            from,
            to,
            Link {
                direction,
                from: Some(vpc.clone()),
            },
        )
    }

    /// A name for one more rule list.
    pub fn filter_owner(&mut self) -> u32 {
        self.filters += 1;
        self.filters
    }

    /// Says that routes may lead to this resource.
    pub fn offer_target(&mut self, id: impl Into<ResourceId>, target: Target) {
        self.targets.insert(id.into(), target);
    }

    /// Says that the routes of one subnet may lead to this resource in a way of their own.
    pub fn offer_target_from(&mut self, subnet: &SubnetId, id: impl Into<ResourceId>, target: Target) {
        self.doors.insert((id.into(), subnet.clone()), target);
    }

    /// Says that whatever goes between a VPC and this gateway of it passes another component.
    pub fn stand_before(&mut self, gateway: impl Into<ResourceId>, node: NodeId) {
        self.fronts.insert(gateway.into(), node);
    }

    /// The component that stands between a VPC and this gateway.
    pub fn before(&self, gateway: impl Into<ResourceId>) -> Option<NodeId> {
        self.fronts.get(&gateway.into()).copied()
    }

    /// The resource that a route of a subnet leads to.
    pub fn target_from(&self, subnet: Option<&SubnetId>, id: &ResourceId) -> Option<&Target> {
        let own = |subnet: &SubnetId| self.doors.get(&(id.clone(), subnet.clone()));
        subnet.and_then(own).or_else(|| self.targets.get(id))
    }

    /// The resource that a route leads to.
    pub fn target(&self, id: &ResourceId) -> Option<&Target> {
        self.targets.get(id)
    }

    /// Says that somebody in a subnet takes packets.
    pub fn reside(&mut self, subnet: &SubnetId, resident: Resident) {
        self.residents.entry(subnet.clone()).or_default().push(resident);
    }

    /// Who takes packets in a subnet.
    pub fn residents(&self, subnet: &SubnetId) -> &[Resident] {
        self.residents.get(subnet).map_or(&[], Vec::as_slice)
    }

    /// Says that a public address stands for a private one.
    pub fn associate(&mut self, vpc: &VpcId, association: Association) {
        self.associations
            .entry(vpc.clone())
            .or_default()
            .push(association);
    }

    /// The public addresses of a VPC.
    pub fn associations(&self, vpc: &VpcId) -> &[Association] {
        self.associations.get(vpc).map_or(&[], Vec::as_slice)
    }

    /// Says that an interface of the model is another component's own, such as a NAT gateway's.
    pub fn stand_in(&mut self, eni: &NetworkInterfaceId, node: NodeId) {
        self.stand_ins.insert(eni.clone(), node);
    }

    /// The component whose own interface this is, if it is one's.
    pub fn stands_for(&self, eni: &NetworkInterfaceId) -> Option<NodeId> {
        self.stand_ins.get(eni).copied()
    }

    /// Says that what an interface takes is handed to a component behind it, which sends through it as well.
    pub fn put_behind(&mut self, eni: &NetworkInterfaceId, node: NodeId) {
        self.behind.insert(eni.clone(), node);
    }

    /// The component behind an interface.
    pub fn behind(&self, eni: &NetworkInterfaceId) -> Option<NodeId> {
        self.behind.get(eni).copied()
    }

    /// Says that flow state may take replies out of a subnet back to an interface of another, past its route table.
    pub fn recall(&mut self, from: &SubnetId, entrance: NodeId, to: &SubnetId) {
        let recalls = self.recalls.entry(from.clone()).or_default();
        recalls.insert(entrance, to.clone());
    }

    /// Says that what a host of a subnet sends meets the subnet's network ACL on its way to a neighbour too.
    pub fn check_inside(&mut self, subnet: &SubnetId, host: NodeId) {
        self.checked.entry(subnet.clone()).or_default().insert(host);
    }

    /// The hosts of a subnet whose packets meet its network ACL on their way to neighbours.
    pub fn checked_inside(&self, subnet: &SubnetId) -> BTreeSet<NodeId> {
        self.checked.get(subnet).cloned().unwrap_or_default()
    }

    /// The place of a subnet's network ACL for those.
    pub fn inner_acl(&mut self, subnet: &SubnetId) -> NodeId {
        self.place("network-acl", format!("{subnet} inside").as_str())
    }

    /// The interfaces to which replies out of a subnet may be taken back, and their subnets.
    pub fn recalls(&self, from: &SubnetId) -> Vec<(NodeId, SubnetId)> {
        let recalls = self.recalls.get(from).into_iter().flatten();
        recalls.map(|(node, subnet)| (*node, subnet.clone())).collect()
    }

    /// Says that Amazon itself answers at these addresses inside a VPC.
    pub fn serve(&mut self, vpc: &VpcId, node: NodeId, addresses: AddressSet) {
        self.served
            .entry(vpc.clone())
            .or_default()
            .push((node, addresses));
    }

    /// The addresses at which Amazon itself answers inside a VPC.
    pub fn served(&self, vpc: &VpcId) -> AddressSet {
        let served = self.served.get(vpc).into_iter().flatten();
        served.fold(AddressSet::empty(), |all, (_, some)| all.union(some))
    }

    /// Says that the internet's packets for these addresses go to a component of the model.
    pub fn settle_outside(&mut self, node: NodeId, addresses: AddressSet) {
        self.outside.push((node, addresses));
    }

    /// Who is out on the internet besides the gateways of VPCs, and at which addresses.
    pub fn outside(&self) -> &[(NodeId, AddressSet)] {
        &self.outside
    }

    /// Says that what is behind an interface of the model begins no such packets.
    pub fn never_begins(&mut self, eni: &NetworkInterfaceId, refusal: Refusal) {
        self.refusals.entry(eni.clone()).or_default().push(refusal);
    }

    /// What never begins at an interface, the first that fits decides.
    pub fn refusals(&self, eni: &NetworkInterfaceId) -> Vec<Refusal> {
        self.refusals.get(eni).cloned().unwrap_or_default()
    }

    /// Says that a transit gateway itself takes these packets.
    pub fn end_in_transit(&mut self, gateway: &TransitGatewayId, node: NodeId, packets: Cube) {
        self.transit_ends
            .entry(gateway.clone())
            .or_default()
            .push((node, packets));
    }

    /// What a transit gateway takes itself, and where.
    pub fn ends_in_transit(&self, gateway: &TransitGatewayId) -> Vec<(NodeId, Cube)> {
        self.transit_ends.get(gateway).cloned().unwrap_or_default()
    }

    /// One more tunnel.
    pub fn tunnel(&mut self, tunnel: Tunnel) -> TunnelId {
        let id = TunnelId(u32::try_from(self.tunnels.len()).unwrap_or(u32::MAX));
        self.tunnels.push(tunnel);
        id
    }

    /// Says that questions may begin or end here, and flow logs name it so.
    pub fn own(&mut self, node: NodeId, owner: Owner) {
        self.call(owner.resource.id.clone(), node);
        self.owners.insert(node, owner);
    }

    /// Says that questions mean this place, among others, by an id: such as a load balancer's for its interfaces.
    pub fn call(&mut self, id: impl Into<ResourceId>, node: NodeId) {
        let places = self.ends.entry(id.into()).or_default();
        if !places.contains(&node) {
            places.push(node);
        }
    }

    /// The route table that a subnet uses: its own, else the VPC's main one, if anybody wrote one.
    pub fn table_of(&self, subnet: &SubnetId) -> Option<RouteTableId> {
        let subnet = self.model.subnets.get(subnet)?;
        subnet
            .route_table
            .clone()
            .or_else(|| self.main_tables.get(&subnet.vpc).cloned())
    }
}

impl Network {
    /// Builds the network that a model describes.
    pub fn build(model: &Model, kinds: &[&dyn Kind]) -> Self {
        let mut builder = Builder::new(model);
        for kind in kinds {
            kind.declare(model, &mut builder);
        }
        for kind in kinds {
            kind.connect(model, &mut builder);
        }
        Self {
            graph: builder.graph,
            places: builder.places,
            owners: builder.owners,
            ends: builder.ends,
            served: builder.served,
            tunnels: builder.tunnels,
            names: model.names().map(|(id, name)| (id, name.to_owned())).collect(),
            sources: model.sources.clone(),
        }
    }
}
