//! Whom a model treats alike: what is judged for one of them holds for all.
//!
//! Interfaces are alike when nothing in the model tells them apart (`analysis::classes`), and so are addresses that nobody
//! has and no number of the model lies between ([`Atoms`]). A record names up to five of them: who recorded it, and whose
//! addresses it holds. Two records get the same answer when theirs are alike one by one, and where two of one record are the
//! same, those of the other are.

use super::super::record::Record;
use super::atoms::{Atom, Atoms};
use crate::analysis::EndpointClass;
use crate::model::{AddressSpec, Model, NetworkInterface, NetworkInterfaceId, Tenants};
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// An interface by its place in the model.
pub type Place = u32;
/// The addresses of a record: as the interface saw them, and in the packet's own header.
pub type Addresses = [Option<IpAddr>; 4];
/// How alike an address is, as a number.
pub type Seat = u64;

/// Interfaces with more addresses are like nobody else.
const ADDRESSES_MAX: usize = 1 << 12;

/// The interfaces and addresses of a model by what they are alike in.
pub struct Alike<'m> {
    atoms: Atoms,
    ids: Vec<&'m str>,
    places: FxHashMap<&'m [u8], Place>,
    classes: Vec<u32>,
    /// Which of its class an interface is, counted from 0.
    members: Vec<u32>,
    /// The addresses of an interface: its own in their order, then the public one.
    addresses: Vec<Vec<IpAddr>>,
    /// Whose address an atom is, and which of its addresses.
    owners: FxHashMap<Atom, (Place, u32)>,
    sizes: FxHashMap<u32, u32>,
}

/// Somebody in a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Interface(Place, u32),
    Address(Atom, IpAddr),
}

/// Everybody in a record: who recorded it, then whose addresses it holds.
type Cast = [Option<Who>; 5];

impl<'m> Alike<'m> {
    /// Those of a model.
    pub fn of(model: &'m Model, classes: &[EndpointClass]) -> Self {
        let nat = model.nat_gateways.values().filter_map(|nat| nat.eni.as_ref());
        let ids = model.enis.keys().chain(nat).map(NetworkInterfaceId::as_str);
        let ids: Vec<&str> = ids.collect();
        let mut alike = Self {
            atoms: Atoms::of(model),
            places: ids.iter().map(|id| id.as_bytes()).zip(0..).collect(),
            classes: Vec::new(),
            members: Vec::new(),
            addresses: model.enis.values().map(addresses).collect(),
            owners: FxHashMap::default(),
            sizes: FxHashMap::default(),
            ids,
        };
        alike.addresses.resize(alike.ids.len(), Vec::new());
        let single = alike.own(model);
        alike.sort(classes, &single);
        alike
    }

    /// Files the addresses that one interface alone has, and says which interfaces have no others.
    fn own(&mut self, model: &Model) -> Vec<bool> {
        let tenants = Tenants::of(model);
        let mut public: FxHashMap<IpAddr, u32> = FxHashMap::default();
        for address in model.enis.values().filter_map(|eni| eni.public_ip) {
            *public.entry(address.into()).or_default() += 1;
        }
        let is_one = |address: &IpAddr| {
            let owners = tenants.at_address(*address).len() as u32;
            owners + public.get(address).copied().unwrap_or_default() == 1
        };
        let mut single = vec![false; self.ids.len()];
        for ((place, addresses), single) in (0..).zip(&self.addresses).zip(&mut single) {
            let some = addresses.iter().take(ADDRESSES_MAX);
            for (slot, address) in (0..).zip(some).filter(|(_, address)| is_one(address)) {
                self.owners.insert(self.atoms.address(*address), (place, slot));
            }
            *single = addresses.len() < ADDRESSES_MAX && addresses.iter().all(is_one);
        }
        single
    }

    fn sort(&mut self, classes: &[EndpointClass], single: &[bool]) {
        let mut of: Vec<Option<u32>> = vec![None; self.ids.len()];
        for (class, members) in (0..).zip(classes) {
            for end in &members.members {
                let place = self.places.get(end.resource.id.as_str().as_bytes()).copied();
                if let Some(place) = place.filter(|place| single[*place as usize]) {
                    of[place as usize].get_or_insert(class);
                }
            }
        }
        // Who is of no class is one of his own.
        let own = (classes.len() as u32..).zip(of);
        self.classes = own.map(|(own, class)| class.unwrap_or(own)).collect();
        for class in &self.classes {
            let size = self.sizes.entry(*class).or_default();
            self.members.push(*size);
            *size += 1;
        }
    }

    /// The place of an interface.
    #[inline]
    pub fn place(&self, id: &[u8]) -> Option<Place> {
        self.places.get(id).copied()
    }

    /// The id of an interface.
    pub fn id(&self, place: Place) -> &'m str {
        self.ids[place as usize]
    }

    /// The class of an interface, and which of its members it is.
    #[inline]
    pub fn class(&self, place: Place) -> (u32, u32) {
        (self.classes[place as usize], self.members[place as usize])
    }

    /// How many are of a class.
    pub fn size(&self, class: u32) -> u32 {
        self.sizes.get(&class).copied().unwrap_or_default()
    }

    /// The interfaces of a class, by which of its members they are.
    pub fn of_class(&self, class: u32) -> Vec<Place> {
        let places = (0..).zip(&self.classes);
        places
            .filter(|(_, of)| **of == class)
            .map(|(place, _)| place)
            .collect()
    }

    /// The atom of a port.
    #[inline]
    pub fn port(&self, port: u16) -> u16 {
        self.atoms.port(port)
    }

    /// The atom of an address.
    #[inline]
    pub fn atom(&self, address: IpAddr) -> Atom {
        self.atoms.address(address)
    }

    /// What the addresses of a record that an interface made are alike in.
    #[inline]
    pub fn seats(&self, recorder: Place, addresses: Addresses) -> [Seat; 4] {
        let cast = self.cast(recorder, addresses);
        let numbers = self.numbers(&cast);
        let mut seats = [Seat::MAX; 4];
        for (at, seat) in seats.iter_mut().enumerate() {
            let number = u64::from(numbers[at + 1]);
            match cast[at + 1] {
                Some(Who::Interface(place, slot)) => {
                    *seat = 1 << 63 | u64::from(self.class(place).0) << 24 | u64::from(slot) << 8 | number;
                }
                Some(Who::Address(atom, _)) => *seat = u64::from(atom) << 8 | number,
                None => {}
            }
        }
        seats
    }

    #[inline]
    fn cast(&self, recorder: Place, addresses: Addresses) -> Cast {
        let [a, b, c, d] = addresses.map(|address| {
            let address = address?;
            let atom = self.atoms.address(address);
            Some(match self.owners.get(&atom) {
                Some((place, slot)) => Who::Interface(*place, *slot),
                None => Who::Address(atom, address),
            })
        });
        [Some(Who::Interface(recorder, 0)), a, b, c, d]
    }

    /// Which of those that are alike each one is: the same ones have the same number.
    #[inline]
    fn numbers(&self, cast: &Cast) -> [u8; 5] {
        let mut numbers = [0; 5];
        for at in 1..cast.len() {
            let Some(who) = cast[at] else { continue };
            for before in 0..at {
                let Some(other) = cast[before].filter(|other| self.are_alike(who, *other)) else {
                    continue;
                };
                if is_same(who, other) {
                    numbers[at] = numbers[before];
                    break;
                }
                numbers[at] = numbers[at].max(numbers[before] + 1);
            }
        }
        numbers
    }

    #[inline]
    fn are_alike(&self, one: Who, other: Who) -> bool {
        match (one, other) {
            (Who::Interface(one, _), Who::Interface(other, _)) => self.class(one).0 == self.class(other).0,
            (Who::Address(one, _), Who::Address(other, _)) => one == other,
            _ => false,
        }
    }
}

#[inline]
fn is_same(one: Who, other: Who) -> bool {
    match (one, other) {
        (Who::Interface(one, _), Who::Interface(other, _)) => one == other,
        (one, other) => one == other,
    }
}

fn addresses(eni: &NetworkInterface) -> Vec<IpAddr> {
    let known = |spec: &AddressSpec| match spec {
        AddressSpec::Known(address) => Some(*address),
        AddressSpec::OneOf(_) => None,
    };
    let own = eni.ip.iter().filter_map(known);
    own.chain(eni.public_ip.map(IpAddr::V4)).collect()
}

/// Puts the first that are met in place of all that are like them, so that few questions answer for many records.
pub struct Doubles<'a> {
    alike: &'a Alike<'a>,
    interfaces: FxHashMap<u32, Vec<Place>>,
    addresses: FxHashMap<Atom, Vec<IpAddr>>,
}

impl<'a> Doubles<'a> {
    /// Nobody met yet.
    pub fn new(alike: &'a Alike<'a>) -> Self {
        Self {
            alike,
            interfaces: FxHashMap::default(),
            addresses: FxHashMap::default(),
        }
    }

    /// Puts them into a record.
    pub fn play(&mut self, record: &mut Record) {
        let recorder = record.interface.as_ref();
        let Some(recorder) = recorder.and_then(|id| self.alike.place(id.as_bytes())) else {
            return;
        };
        let cast = self.alike.cast(
            recorder,
            [
                record.source,
                record.destination,
                record.packet_source,
                record.packet_destination,
            ],
        );
        let numbers = self.alike.numbers(&cast);
        let [recorder, source, destination, packet_source, packet_destination] =
            [0, 1, 2, 3, 4].map(|at| cast[at].map(|who| self.double(who, usize::from(numbers[at]), &cast)));
        if let Some(Who::Interface(place, _)) = recorder {
            record.interface = Some(self.alike.id(place).to_owned());
        }
        record.source = self.address(source);
        record.destination = self.address(destination);
        record.packet_source = self.address(packet_source);
        record.packet_destination = self.address(packet_destination);
    }

    /// The one with this number of those like him.
    fn double(&mut self, who: Who, number: usize, cast: &Cast) -> Who {
        let others = cast.iter().flatten();
        let others = others.filter(|other| self.alike.are_alike(who, **other));
        match who {
            Who::Interface(place, slot) => {
                let met = self.interfaces.entry(self.alike.class(place).0).or_default();
                for other in others {
                    if let (Who::Interface(place, _), true) = (other, met.len() <= number)
                        && !met.contains(place)
                    {
                        met.push(*place);
                    }
                }
                Who::Interface(met.get(number).copied().unwrap_or(place), slot)
            }
            Who::Address(atom, address) => {
                let met = self.addresses.entry(atom).or_default();
                for other in others {
                    if let (Who::Address(_, address), true) = (other, met.len() <= number)
                        && !met.contains(address)
                    {
                        met.push(*address);
                    }
                }
                Who::Address(atom, met.get(number).copied().unwrap_or(address))
            }
        }
    }

    fn address(&self, who: Option<Who>) -> Option<IpAddr> {
        match who? {
            Who::Interface(place, slot) => {
                let addresses = &self.alike.addresses[place as usize];
                addresses.get(slot as usize).copied()
            }
            Who::Address(_, address) => Some(address),
        }
    }
}
