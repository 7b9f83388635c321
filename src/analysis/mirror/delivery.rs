//! What becomes of copies: VXLAN from the source of a session to its target, walked like the packets of any question, one way.
//!
//! Copies leave past the security groups of the source. Whether the network ACL of the source's subnet is asked is not documented:
//! where nothing but that ACL is in the way, the answer is not known.

use crate::analysis::answer::{Ground, Members, Options, ask_between};
use crate::analysis::finding::{Action, Finding, Verdict};
use crate::analysis::question::{QuestionError, Resolver};
use crate::model::{ResourceId, TrafficMirrorSession, TrafficMirrorSessionId, VXLAN};
use crate::network::Direction;
use crate::packet::PortSet;

/// Whether copies arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Delivered {
    /// They do.
    Arrive,
    /// At some of the nodes of a load balancer, or for some of its picks.
    Partly,
    /// They are lost.
    Lost,
    /// The model does not say, or AWS does not.
    Unknown,
}

impl Delivered {
    /// `arrives`, `partly`, `lost` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arrive => "arrives",
            Self::Partly => "partly",
            Self::Lost => "lost",
            Self::Unknown => "unknown",
        }
    }
}

/// The way of a session's copies.
#[derive(Debug)]
pub struct Delivery {
    /// The session.
    pub session: TrafficMirrorSessionId,
    /// What it says.
    pub described: TrafficMirrorSession,
    /// Who takes the copies: an interface, a load balancer, an endpoint; none: nobody knows.
    pub taker: Option<ResourceId>,
    /// Whether they arrive.
    pub state: Delivered,
    /// Why that is not known.
    pub why: Option<String>,
    /// The answer to the question of their way, where it could be asked.
    pub finding: Option<Finding>,
}

/// Asks for the way of a session's copies.
pub fn deliver(ground: Ground<'_>, id: &TrafficMirrorSessionId) -> Option<Delivery> {
    let session = ground.model.traffic_mirror_sessions.get(id)?;
    let target = ground.model.traffic_mirror_targets.get(&session.target);
    let taker = target.and_then(|target| target.taker());
    let unknown = |why: String| Delivery {
        session: id.clone(),
        described: session.clone(),
        taker: taker.clone(),
        state: Delivered::Unknown,
        why: Some(why),
        finding: None,
    };
    let Some(whom) = &taker else {
        return Some(unknown(format!("the model does not describe {}", session.target)));
    };
    let finding = match walked(ground, id, whom) {
        Ok(finding) => finding,
        Err(error) => return Some(unknown(error.message)),
    };
    let (state, why) = judge(&finding, session);
    Some(Delivery {
        state,
        why,
        finding: Some(finding),
        ..unknown(String::new())
    })
}

fn walked(
    ground: Ground<'_>,
    id: &TrafficMirrorSessionId,
    whom: &ResourceId,
) -> Result<Finding, QuestionError> {
    let resolver = Resolver::new(ground.model, ground.network, ground.index);
    let (sources, destinations) = (
        resolver.endpoints(id.as_str())?,
        resolver.endpoints(whom.as_str())?,
    );
    let ends = Members {
        words: [id.as_str(), whom.as_str()],
        sources: &sources,
        destinations: &destinations,
    };
    // The source port is a hash of the packet within (Traffic Mirroring guide, "Traffic mirroring packet format").
    let options = Options {
        one_way: true,
        source_ports: Some(PortSet::all()),
        ..Options::default()
    };
    ask_between(ground, ends, &format!("udp/{VXLAN}"), &options)
}

fn judge(finding: &Finding, session: &TrafficMirrorSession) -> (Delivered, Option<String>) {
    let state = match finding.verdict {
        Verdict::Reachable => Delivered::Arrive,
        Verdict::PartlyReachable => Delivered::Partly,
        Verdict::Blocked => Delivered::Lost,
        Verdict::Unknown => Delivered::Unknown,
    };
    let lost = matches!(state, Delivered::Partly | Delivered::Lost);
    if lost && only_own_acl(finding) {
        let why = format!(
            "only the network ACL of the subnet of {} denies the copies, on their way out, and whether it is asked AWS does not say",
            session.source
        );
        return (Delivered::Unknown, Some(why));
    }
    (state, None)
}

/// Whether nothing drops the copies but the boundary of the subnet that they leave first.
fn only_own_acl(finding: &Finding) -> bool {
    let mut all = finding.paths.iter().flat_map(|path| {
        let hops = path.forward.hops.iter().enumerate();
        hops.filter(|(_, hop)| hop.action == Action::Drop)
            .map(move |(at, _)| (path, at))
    });
    let own = |(path, at): (&crate::analysis::finding::Path, usize)| {
        let hops = &path.forward.hops;
        let begins = |index: usize| index == 0 || hops[index].boundary;
        hops[at].boundary && hops[at].direction == Direction::Egress && (0..=at).all(begins)
    };
    all.all(own)
}
