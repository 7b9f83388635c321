//! What passes between two ends in the packet notation: what of the packets asked about is not passed is left out, what
//! goes without saying is not said.

use super::slice::{addresses, icmp_types, ports, protocols, single, some};
use crate::packet::{AddressSet, Cube, Family, PortSet, ProtocolSet};

/// The packets in words, a line for each pair of sets of addresses: `tcp/22, tcp/443 from 198.51.100.0/24`. `whole` is all
/// that was asked about, whose addresses and source ports need not be told.
pub fn lines(cubes: &[Cube], whole: &[Cube]) -> Vec<String> {
    let mut lines: Vec<(String, Vec<&Cube>)> = Vec::new();
    for cube in cubes {
        let ends = ends(cube, whole);
        match lines.iter_mut().find(|(known, _)| *known == ends) {
            Some((_, of)) => of.push(cube),
            None => lines.push((ends, vec![cube])),
        }
    }
    let line = |(ends, cubes): (String, Vec<&Cube>)| format!("{}{ends}", services(&cubes).join(", "));
    lines.into_iter().map(line).collect()
}

/// `tcp/443`; `all`; `all but tcp and udp` where that is shorter.
fn services(cubes: &[&Cube]) -> Vec<String> {
    let (whole, parts): (Vec<&Cube>, Vec<&Cube>) =
        cubes.iter().partition(|cube| cube.destination_ports.is_all());
    let whole = whole
        .iter()
        .fold(ProtocolSet::empty(), |all, cube| all.union(&cube.protocols));
    let others = whole.complement();
    let mut services = match others.ranges() {
        [] => vec!["all".to_owned()],
        some if some.len() < whole.ranges().len() => {
            vec![format!("all but {}", names(&others).join(" and "))]
        }
        _ => names(&whole),
    };
    for cube in parts {
        let ports = match single(cube) {
            Some(protocol) if protocol.is_icmp() => icmp_types(&cube.destination_ports),
            _ => ports(&cube.destination_ports),
        };
        services.extend(
            names(&cube.protocols)
                .iter()
                .map(|name| format!("{name}/{ports}")),
        );
    }
    services
}

fn names(set: &ProtocolSet) -> Vec<String> {
    if set.is_empty() {
        return Vec::new();
    }
    let only = Cube {
        protocols: set.clone(),
        ..Cube::all()
    };
    protocols(&only).split(',').map(str::to_owned).collect()
}

/// For which addresses and source ports, where it is not for all that were asked about.
fn ends(cube: &Cube, whole: &[Cube]) -> String {
    let all = |of: fn(&Cube) -> &AddressSet| {
        whole
            .iter()
            .fold(AddressSet::empty(), |all, cube| all.union(of(cube)))
    };
    let (sources, destinations) = (all(|cube| &cube.sources), all(|cube| &cube.destinations));
    let mut text = String::new();
    let within = |family| {
        let family = AddressSet::family(family);
        cube.sources == sources.intersect(&family) && cube.destinations == destinations.intersect(&family)
    };
    if cube.sources == sources && cube.destinations == destinations {
    } else if within(Family::V4) {
        text.push_str(" over IPv4");
    } else if within(Family::V6) {
        text.push_str(" over IPv6");
    } else {
        if cube.sources != sources {
            text.push_str(&format!(" from {}", some(&addresses(&cube.sources))));
        }
        if cube.destinations != destinations {
            text.push_str(&format!(" to {}", some(&addresses(&cube.destinations))));
        }
    }
    let asked = whole
        .iter()
        .filter(|asked| asked.protocols.contains(6) || asked.protocols.contains(17));
    let clients = asked.fold(PortSet::empty(), |all, cube| all.union(&cube.source_ports));
    if !cube.source_ports.is_all() && cube.source_ports != clients {
        text.push_str(&format!(" with source ports {}", ports(&cube.source_ports)));
    }
    text
}
