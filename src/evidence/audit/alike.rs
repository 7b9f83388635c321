//! Whom a model treats alike: what is judged for one of them holds for all.
//!
//! Interfaces are alike when nothing in the model tells them apart (`analysis::classes`), and so are addresses that nobody
//! has and no number of the model lies between ([`Atoms`]). A record names up to five of them: who recorded it, and whose
//! addresses it holds. Two records get the same answer when theirs are alike one by one, and where two of one record are the
//! same, those of the other are.

use super::atoms::{Atom, Atoms};
use super::names::Names;
use crate::analysis::EndpointClass;
use crate::model::{AddressSpec, Model, NetworkInterface, NetworkInterfaceId, Tenants};
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// An interface by its place in the model.
pub type Place = u32;
/// The addresses of a record: as the interface saw them, and in the packet's own header.
pub type Addresses = [Option<IpAddr>; 4];
/// How alike an address is, as a number: of which interfaces it is one, and which of theirs; else its atom.
pub type Seat = u64;

/// In a seat, what it is that is alike begins here; below it, which of an interface's addresses it is.
const LIKE_AT: u32 = 24;
const SLOT_AT: u32 = 8;
/// The place of those who are no interfaces.
const NOBODY: Place = Place::MAX;
/// Interfaces with more addresses are like nobody else.
const ADDRESSES_MAX: usize = 1 << 12;

/// The interfaces and addresses of a model by what they are alike in.
pub struct Alike<'m> {
    atoms: Atoms,
    ids: Vec<&'m str>,
    names: Names<'m>,
    classes: Vec<u32>,
    /// Which of its class an interface is, counted from 0.
    members: Vec<u32>,
    /// The addresses of an interface: its own in their order, then the public one.
    addresses: Vec<Vec<IpAddr>>,
    /// The seat of each atom, and whose address it is.
    atoms_are: Vec<(Seat, Place)>,
    /// The interfaces of a class, by which of its members they are.
    groups: FxHashMap<u32, Vec<Place>>,
}

/// Somebody in a record: an interface, or an address that none has.
#[derive(Debug, Clone, Copy)]
pub struct Who {
    seat: Seat,
    place: Place,
    address: u128,
}

/// Everybody in a record: who recorded it, then whose addresses it holds.
pub type Cast = [Who; 5];

impl Who {
    /// Nobody at all: the record has no such address.
    const NONE: Self = Self {
        seat: Seat::MAX,
        place: NOBODY,
        address: 0,
    };

    /// Whether there is anybody.
    #[inline]
    pub fn is_some(&self) -> bool {
        self.seat != Seat::MAX
    }

    /// What others have, too, who are like this one.
    #[inline]
    pub fn like(&self) -> u64 {
        self.seat >> LIKE_AT
    }

    /// Which of an interface's addresses is meant.
    pub fn slot(&self) -> usize {
        (self.seat >> SLOT_AT) as usize & ((1 << (LIKE_AT - SLOT_AT)) - 1)
    }

    /// The interface, if it is one.
    pub fn interface(&self) -> Option<Place> {
        (self.place != NOBODY).then_some(self.place)
    }

    /// Whether they are the same, of two that are alike.
    #[inline]
    pub fn is(&self, other: &Self) -> bool {
        self.place == other.place && (self.place != NOBODY || self.address == other.address)
    }
}

/// What a record's addresses are to the model.
pub struct Looks {
    /// Which atoms they are in; [`Atom::MAX`] where there is none.
    pub atoms: [Atom; 4],
    /// What they are alike in.
    pub seats: [Seat; 4],
}

impl<'m> Alike<'m> {
    /// Those of a model.
    pub fn of(model: &'m Model, classes: &[EndpointClass]) -> Self {
        let nat = model.nat_gateways.values().filter_map(|nat| nat.eni.as_ref());
        let ids = model.enis.keys().chain(nat).map(NetworkInterfaceId::as_str);
        let ids: Vec<&str> = ids.collect();
        let mut alike = Self {
            atoms: Atoms::of(model),
            names: Names::of(&ids),
            classes: Vec::new(),
            members: Vec::new(),
            addresses: model.enis.values().map(addresses).collect(),
            atoms_are: Vec::new(),
            groups: FxHashMap::default(),
            ids,
        };
        alike.addresses.resize(alike.ids.len(), Vec::new());
        let (owners, single) = alike.own(model);
        alike.sort(classes, &single);
        let atoms = (0..alike.atoms.count() as u64).zip(owners);
        let seat = |(atom, owner)| match owner {
            Some((place, slot)) => (alike.seat(place) | u64::from(slot) << SLOT_AT, place),
            None => (atom << LIKE_AT, NOBODY),
        };
        alike.atoms_are = atoms.map(seat).collect();
        alike
    }

    /// The addresses that one interface alone has, by their atoms: whose, and which of its own; and which interfaces have no
    /// others.
    fn own(&self, model: &Model) -> (Vec<Option<(Place, u32)>>, Vec<bool>) {
        let tenants = Tenants::of(model);
        let mut public: FxHashMap<IpAddr, u32> = FxHashMap::default();
        for address in model.enis.values().filter_map(|eni| eni.public_ip) {
            *public.entry(address.into()).or_default() += 1;
        }
        let is_one = |address: &IpAddr| {
            let owners = tenants.at_address(*address).len() as u32;
            owners + public.get(address).copied().unwrap_or_default() == 1
        };
        let mut owners = vec![None; self.atoms.count()];
        let mut single = vec![false; self.ids.len()];
        for ((place, addresses), single) in (0..).zip(&self.addresses).zip(&mut single) {
            let some = addresses.iter().take(ADDRESSES_MAX);
            for (slot, address) in (0..).zip(some).filter(|(_, address)| is_one(address)) {
                owners[self.atoms.address(*address) as usize] = Some((place, slot));
            }
            *single = addresses.len() < ADDRESSES_MAX && addresses.iter().all(is_one);
        }
        (owners, single)
    }

    fn sort(&mut self, classes: &[EndpointClass], single: &[bool]) {
        let mut of: Vec<Option<u32>> = vec![None; self.ids.len()];
        for (class, members) in (0..).zip(classes) {
            for end in &members.members {
                let place = self.names.place(end.resource.id.as_str().as_bytes());
                if let Some(place) = place.filter(|place| single[*place as usize]) {
                    of[place as usize].get_or_insert(class);
                }
            }
        }
        // Who is of no class is one of his own.
        let own = (classes.len() as u32..).zip(of);
        self.classes = own.map(|(own, class)| class.unwrap_or(own)).collect();
        for (place, class) in (0..).zip(&self.classes) {
            let group = self.groups.entry(*class).or_default();
            self.members.push(group.len() as u32);
            group.push(place);
        }
    }

    /// The place of an interface.
    #[inline]
    pub fn place(&self, id: &[u8]) -> Option<Place> {
        self.names.place(id)
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

    /// The interfaces of a class, by which of its members they are.
    pub fn of_class(&self, class: u32) -> &[Place] {
        self.groups.get(&class).map_or(&[], Vec::as_slice)
    }

    /// The atom of a port.
    #[inline]
    pub fn port(&self, port: u16) -> u16 {
        self.atoms.port(port)
    }

    /// An interface of a class, whichever of its addresses is meant.
    #[inline]
    fn seat(&self, place: Place) -> Seat {
        1 << 63 | u64::from(self.class(place).0) << LIKE_AT
    }

    /// What the addresses of a record that an interface made are to the model.
    #[inline]
    pub fn looks(&self, recorder: Place, addresses: Addresses) -> Looks {
        let (mut cast, mut atoms) = ([Who::NONE; 5], [Atom::MAX; 4]);
        self.fill(recorder, addresses, (&mut cast, &mut atoms));
        let numbers = numbers(&cast);
        let mut seats = [Seat::MAX; 4];
        for at in 0..4 {
            seats[at] = cast[at + 1].seat | u64::from(numbers[at + 1]);
        }
        Looks { atoms, seats }
    }

    /// Who is in a record.
    pub fn cast(&self, recorder: Place, addresses: Addresses) -> Cast {
        let mut cast = [Who::NONE; 5];
        self.fill(recorder, addresses, (&mut cast, &mut [Atom::MAX; 4]));
        cast
    }

    /// Says who is in a record, and the atoms of its addresses; where they are, since both are too large to be carried about.
    #[inline]
    fn fill(&self, recorder: Place, addresses: Addresses, (cast, atoms): (&mut Cast, &mut [Atom; 4])) {
        cast[0].seat = self.seat(recorder);
        cast[0].place = recorder;
        for at in 0..4 {
            let Some(address) = addresses[at] else { continue };
            let atom = self.atoms.address(address);
            let (seat, place) = self.atoms_are[atom as usize];
            atoms[at] = atom;
            cast[at + 1] = Who {
                seat,
                place,
                address: match address {
                    IpAddr::V4(address) => u32::from(address).into(),
                    IpAddr::V6(address) => address.into(),
                },
            };
        }
    }

    /// The address of an interface.
    pub fn address(&self, place: Place, slot: usize) -> Option<IpAddr> {
        self.addresses.get(place as usize)?.get(slot).copied()
    }
}

/// Which of those that are alike each one is: the same ones have the same number.
#[inline]
pub fn numbers(cast: &Cast) -> [u8; 5] {
    let mut numbers = [0; 5];
    for at in 1..cast.len() {
        if !cast[at].is_some() {
            continue;
        }
        for before in 0..at {
            if cast[at].like() != cast[before].like() {
                continue;
            }
            if cast[at].is(&cast[before]) {
                numbers[at] = numbers[before];
                break;
            }
            numbers[at] = numbers[at].max(numbers[before] + 1);
        }
    }
    numbers
}

fn addresses(eni: &NetworkInterface) -> Vec<IpAddr> {
    let known = |spec: &AddressSpec| match spec {
        AddressSpec::Known(address) => Some(*address),
        AddressSpec::OneOf(_) => None,
    };
    let own = eni.ip.iter().filter_map(known);
    own.chain(eni.public_ip.map(IpAddr::V4)).collect()
}
