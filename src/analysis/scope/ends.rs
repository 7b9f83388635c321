//! What the resource statements of a scope stand for in a network.
//!
//! Which resources a statement may name, and where: Network Access Analyzer guide, "Network Access Scopes" (read
//! 2026-11-23). The guide's own examples and AWS's samples also write `AWS::NetworkFirewall::Firewall` and
//! `AWS::EC2::NetworkInterface`, which its list lacks: they are taken. Besides: names, and `tag:KEY=VALUE` where AWS has
//! resource groups.

use super::ResourceStatement;
use crate::analysis::answer::Ground;
use crate::analysis::question::{Endpoint, QuestionError, Resolver};
use crate::model::{Model, near};
use crate::network::ResourceRef;
use crate::packet::AddressSet;
use std::cmp::Ordering;

/// Where a path begins or ends: somebody, and the gateway or connection at which AWS would have it begin or end.
#[derive(Debug, Clone)]
pub(super) struct End {
    pub endpoint: Endpoint,
    pub via: Option<String>,
}

impl End {
    /// Who it is.
    pub fn resource(&self) -> &ResourceRef {
        &self.endpoint.resource
    }

    /// What a finding calls it.
    pub fn called(&self) -> &str {
        self.resource().id.as_str()
    }

    /// Whether this, named in an exclusion, may be that.
    pub fn covers(&self, other: &Self) -> bool {
        self.resource() == other.resource()
    }

    fn key(&self) -> (&str, &Option<String>) {
        (self.resource().id.as_str(), &self.via)
    }
}

impl PartialEq for End {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for End {}

impl PartialOrd for End {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for End {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// What a word or type stands for.
enum Sort {
    /// Interfaces, or other ends of their own.
    Own,
    /// The internet, by this gateway.
    Internet,
    /// What is on premises, by this gateway.
    OnPremises,
    /// Anybody, by this connection.
    Between,
    /// Nothing that a path begins or ends at.
    OnTheWay,
}

/// The types that a statement may name: how AWS writes them, whose section they are, what they stand for.
const TYPES: &[(&str, &str, Sort)] = &[
    ("AWS::EC2::InternetGateway", "internet_gateways", Sort::Internet),
    ("AWS::EC2::VPNGateway", "vpn_gateways", Sort::OnPremises),
    ("AWS::EC2::NetworkInterface", "enis", Sort::Own),
    ("AWS::EC2::Instance", "instances", Sort::Own),
    ("AWS::EC2::Subnet", "subnets", Sort::Own),
    ("AWS::EC2::VPC", "vpcs", Sort::Own),
    ("AWS::EC2::SecurityGroup", "security_groups", Sort::Own),
    (
        "AWS::EC2::TransitGatewayAttachment",
        "transit_gateway_attachments",
        Sort::Between,
    ),
    (
        "AWS::EC2::VPCPeeringConnection",
        "peering_connections",
        Sort::Between,
    ),
    (
        "AWS::EC2::VPCEndpointService",
        "vpc_endpoint_services",
        Sort::Between,
    ),
    ("AWS::EC2::VPCEndpoint", "vpc_endpoints", Sort::Between),
    ("AWS::EC2::NatGateway", "nat_gateways", Sort::OnTheWay),
    (
        "AWS::NetworkFirewall::NetworkFirewall",
        "network_firewalls",
        Sort::OnTheWay,
    ),
    (
        "AWS::NetworkFirewall::Firewall",
        "network_firewalls",
        Sort::OnTheWay,
    ),
    (
        "AWS::ElasticLoadBalancing::LoadBalancer",
        "load_balancers",
        Sort::OnTheWay,
    ),
    (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "load_balancers",
        Sort::OnTheWay,
    ),
];

/// Reads the statements.
pub(super) struct Ends<'a> {
    ground: Ground<'a>,
    everybody: Vec<Endpoint>,
}

impl<'a> Ends<'a> {
    pub fn of(ground: Ground<'a>) -> Self {
        let resolver = Resolver::new(ground.model, ground.network, ground.index);
        Self {
            ground,
            everybody: resolver.everybody(),
        }
    }

    fn resolver(&self) -> Resolver<'a> {
        Resolver::new(self.ground.model, self.ground.network, self.ground.index)
    }

    /// Anybody.
    pub fn everybody(&self) -> Vec<End> {
        self.by(None)
    }

    fn by(&self, via: Option<&str>) -> Vec<End> {
        let end = |endpoint: &Endpoint| End {
            endpoint: endpoint.clone(),
            via: via.map(str::to_owned),
        };
        self.everybody.iter().map(end).collect()
    }

    /// The ends that a statement names. A type that the network has none of stands for nobody; a resource that it does not
    /// have is a mistake.
    pub fn named(&self, statement: &ResourceStatement) -> Result<Vec<End>, QuestionError> {
        let mut ends = Vec::new();
        match statement {
            ResourceStatement::Types(types) => {
                for word in types {
                    let (_, section, sort) = known(word)?;
                    for id in ids(self.ground.model, section) {
                        ends.extend(self.one(&id, sort, word)?);
                    }
                }
            }
            ResourceStatement::Resources(words) => {
                for word in words {
                    let id = self.id(word);
                    match section_of(self.ground.model, &id) {
                        Some((_, _, sort)) => ends.extend(self.one(&id, sort, word)?),
                        None => ends.extend(self.others(&id)?),
                    }
                }
            }
        }
        let mut all: Vec<End> = Vec::new();
        for end in ends {
            if !all.contains(&end) {
                all.push(end);
            }
        }
        Ok(all)
    }

    fn one(&self, id: &str, sort: &Sort, word: &str) -> Result<Vec<End>, QuestionError> {
        match sort {
            Sort::Own => self.own(id),
            Sort::Internet => self.behind(id, "internet"),
            Sort::OnPremises => self.behind(id, "on-premises"),
            Sort::Between => {
                let own = self.own(id).unwrap_or_default();
                Ok(match own.is_empty() {
                    true => [self.by(Some(id)), self.services(id)].concat(),
                    false => own,
                })
            }
            Sort::OnTheWay => Err(QuestionError {
                message: format!("no path begins or ends at {word}"),
                hint: Some("name it in `ThroughResources`".to_owned()),
            }),
        }
    }

    /// What stands for ends of its own; a type's member that stands for none, such as a group that nobody carries, for
    /// nobody.
    fn own(&self, id: &str) -> Result<Vec<End>, QuestionError> {
        let ends = self.resolver().endpoints(id).unwrap_or_default().into_iter();
        // A gateway's own interface is no end of anything.
        let ends = ends.filter(|endpoint| endpoint.node.is_some());
        Ok(ends.map(|endpoint| End { endpoint, via: None }).collect())
    }

    fn others(&self, id: &str) -> Result<Vec<End>, QuestionError> {
        if id.starts_with("arn:") && id.contains(":group/") {
            return Err(QuestionError {
                message: format!("{id} is a resource group, and a model does not have these"),
                hint: Some("name what is in it, or write tag:KEY=VALUE".to_owned()),
            });
        }
        let ends = self.resolver().endpoints(id)?.into_iter();
        Ok(ends.map(|endpoint| End { endpoint, via: None }).collect())
    }

    fn behind(&self, gateway: &str, word: &str) -> Result<Vec<End>, QuestionError> {
        let ends = self.resolver().endpoints(word).unwrap_or_default().into_iter();
        let end = |endpoint| End {
            endpoint,
            via: Some(gateway.to_owned()),
        };
        Ok(ends.map(end).collect())
    }

    /// AWS's own services, which a gateway endpoint leads to.
    fn services(&self, endpoint: &str) -> Vec<End> {
        let services = self.ground.network.services();
        let end = |id: String| {
            let ends = self.resolver().endpoints(&id).unwrap_or_default().into_iter();
            ends.map(|one| End {
                endpoint: one,
                via: Some(endpoint.to_owned()),
            })
            .collect::<Vec<_>>()
        };
        services
            .flat_map(|(_, owner)| end(owner.resource.id.to_string()))
            .collect()
    }

    /// The ids of what a way crosses: any of these.
    pub fn crossed(&self, statement: &ResourceStatement) -> Result<Vec<String>, QuestionError> {
        match statement {
            ResourceStatement::Types(types) => {
                let sections = types
                    .iter()
                    .map(|word| known(word).map(|(_, section, _)| *section));
                let sections: Vec<&str> = sections.collect::<Result<_, _>>()?;
                Ok(sections
                    .iter()
                    .flat_map(|section| ids(self.ground.model, section))
                    .collect())
            }
            ResourceStatement::Resources(words) => words.iter().map(|word| self.crossing(word)).collect(),
        }
    }

    fn crossing(&self, word: &str) -> Result<String, QuestionError> {
        let id = self.id(word);
        if self.ground.model.contains(&id) {
            return Ok(id);
        }
        match self.ground.index.names.get(&id).map(Vec::as_slice) {
            Some([one]) => Ok(one.to_string()),
            _ => Err(QuestionError {
                message: format!("nothing in the model is called `{word}`"),
                hint: self.near(&id).map(|near| format!("did you mean {near}?")),
            }),
        }
    }

    /// What a way may cross and is called most like this.
    fn near(&self, word: &str) -> Option<String> {
        let model = self.ground.model;
        let ids: Vec<String> = TYPES
            .iter()
            .flat_map(|(_, section, _)| ids(model, section))
            .collect();
        let names = self.ground.index.names.keys().chain(&ids);
        near(word, names.map(String::as_str)).map(str::to_owned)
    }

    /// The id that a word means: itself, or the end of an ARN.
    fn id(&self, word: &str) -> String {
        let model = self.ground.model;
        let tail = word.rsplit_once('/').map_or(word, |(_, tail)| tail);
        match word.starts_with("arn:") && !model.contains(word) && model.contains(tail) {
            true => tail.to_owned(),
            false => word.to_owned(),
        }
    }

    /// The addresses of a prefix list.
    pub fn prefixes(&self, word: &str) -> Result<AddressSet, QuestionError> {
        let id = self.id(word);
        let found = self.ground.model.prefix_lists.get(id.as_str());
        let list = found.ok_or_else(|| QuestionError {
            message: format!("the model has no prefix list `{word}`"),
            hint: near(&id, self.ground.model.prefix_lists.keys().map(|id| id.as_str()))
                .map(|near| format!("did you mean {near}?")),
        })?;
        Ok(AddressSet::from_cidrs(list.entries.iter().map(|cidr| cidr.0)))
    }
}

fn known(word: &str) -> Result<&'static (&'static str, &'static str, Sort), QuestionError> {
    let found = TYPES.iter().find(|(name, ..)| name.eq_ignore_ascii_case(word));
    found.ok_or_else(|| QuestionError {
        message: format!("`{word}` is no type of resource that a scope may name"),
        hint: near(word, TYPES.iter().map(|(name, ..)| *name)).map(|near| format!("did you mean {near}?")),
    })
}

/// The ids of a section.
fn ids(model: &Model, section: &str) -> Vec<String> {
    macro_rules! of {
        ($($section:ident)*) => {
            match section {
                $(stringify!($section) => model.$section.keys().map(|id| id.as_str().to_owned()).collect(),)*
                _ => Vec::new(),
            }
        };
    }
    of!(internet_gateways vpn_gateways enis instances subnets vpcs security_groups transit_gateway_attachments
        peering_connections vpc_endpoint_services vpc_endpoints nat_gateways network_firewalls load_balancers)
}

/// What an id of the model is, where it is of a type that a scope may name.
fn section_of(model: &Model, id: &str) -> Option<&'static (&'static str, &'static str, Sort)> {
    TYPES
        .iter()
        .find(|(_, section, _)| ids(model, section).iter().any(|known| known == id))
}
