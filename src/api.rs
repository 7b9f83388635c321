//! The front door of the library: a model goes in, answers come out.

use crate::analysis::diff::{self, Diff};
use crate::analysis::mirror::{self, Mirror};
use crate::analysis::repair::{Goal, Repair, repair};
use crate::analysis::scope::{self, Access, Scope};
use crate::analysis::{
    Endpoint, EndpointClass, Finding, Ground, Index, Matrix, Members, Options, QuestionError, Resolver, ask,
    ask_between, classes, matrix, with_hypothetical,
};
use crate::check::{Answers, Checks, Job, Report};
use crate::component::KINDS;
use crate::evidence::{Audit, End, Logs, Uses, audit, uses};
use crate::model::{Diagnostics, Model, load_text};
use crate::network::{Network, Workspace};
use crate::packet::{AddressSet, PortSet};
use jiff::civil::Date;
use std::cell::{OnceCell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;

/// The most edges that the packet sets of earlier questions may hold before they are forgotten.
const EDGES_MAX: usize = 4_000_000;

/// A model, its network, and what was worked out of it so far.
pub struct Analysis {
    model: Model,
    network: Network,
    index: OnceCell<Index>,
    work: RefCell<Rc<Workspace>>,
}

impl Analysis {
    /// Builds the network of a model, with what AWS makes by itself for it.
    pub fn new(mut model: Model) -> Self {
        KINDS.iter().for_each(|kind| kind.expand(&mut model));
        let network = Network::build(&model, KINDS);
        Self {
            model,
            network,
            index: OnceCell::new(),
            work: RefCell::default(),
        }
    }

    /// Reads a model file's text and builds its network.
    pub fn from_text(name: &str, text: &str) -> Result<Self, Diagnostics> {
        load_text(name, text).map(|loaded| Self::new(loaded.model))
    }

    /// What the user wrote.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What it means.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Can `from` reach `to` with these packets?
    pub fn path(
        &self,
        from: &str,
        to: &str,
        packets: &str,
        options: &Options,
    ) -> Result<Finding, QuestionError> {
        if let Some(model) = with_hypothetical(&self.model, [from, to])? {
            return Self::new(model).ask([from, to, packets], options);
        }
        self.ask([from, to, packets], options)
    }

    /// What Traffic Mirroring copies of these packets, and whether the copies arrive.
    pub fn mirror(
        &self,
        from: &str,
        to: &str,
        packets: &str,
        options: &Options,
    ) -> Result<Mirror, QuestionError> {
        let ask = |of: &Self| of.on_ground(|ground| mirror::mirror(ground, [from, to, packets], options));
        match with_hypothetical(&self.model, [from, to])? {
            Some(model) => ask(&Self::new(model)),
            None => ask(self),
        }
    }

    /// Everybody's connections with these packets, by class.
    pub fn matrix(&self, packets: &str, options: &Options) -> Result<Matrix, QuestionError> {
        self.on_ground(|ground| matrix(ground, packets, options))
    }

    /// What would have to be changed for every packet to get through, or for none to.
    pub fn repair(&self, words: [&str; 3], options: &Options, goal: Goal) -> Result<Repair, QuestionError> {
        let hypothetical = with_hypothetical(&self.model, [words[0], words[1]])?;
        let model = hypothetical.as_ref().unwrap_or(&self.model);
        repair(model, words, options, goal, (KINDS, &build))
    }

    /// Asks everything that a check file expects, as of a day.
    pub fn check(
        &self,
        checks: &Checks,
        flow_logs: &[PathBuf],
        how: &Logs,
        today: Date,
    ) -> Result<Report, Diagnostics> {
        let job = Job {
            answers: self,
            flow_logs,
            how,
            today,
        };
        crate::check::run(job, checks)
    }

    /// Holds every record of flow logs against the model.
    pub fn audit(&self, logs: &[PathBuf], how: &Logs) -> Audit {
        audit(&self.model, &self.classes(), &self.asking(), logs, how)
    }

    /// The same, and what the rules were used for; the records are read twice.
    pub fn uses(&self, logs: &[PathBuf], how: &Logs) -> (Audit, Uses) {
        uses(&self.model, &self.classes(), &self.asking(), logs, how)
    }

    /// Whom the model treats alike.
    fn classes(&self) -> Vec<EndpointClass> {
        classes(&self.model, self.everybody())
    }

    /// Answers what audits ask.
    fn asking(&self) -> impl Fn(&End, &End) -> Option<Finding> {
        let options = Options {
            source_ports: Some(PortSet::all()),
            ..Options::default()
        };
        move |from, to| {
            let (sources, destinations) = (self.ends(from).ok()?, self.ends(to).ok()?);
            let ends = Members {
                words: [&from.whom, &to.whom],
                sources: &sources,
                destinations: &destinations,
            };
            self.between(ends, "all", &options).ok()
        }
    }

    /// The end of a connection that a record tells of: an interface, known by the address that is recorded.
    fn ends(&self, end: &End) -> Result<Vec<Endpoint>, QuestionError> {
        let Some(address) = end.address else {
            return self.endpoints(&end.whom);
        };
        let own = |ends: &Vec<Endpoint>| ends.iter().all(|one| one.resource.id.as_str() == end.whom);
        if let Some(ends) = self.endpoints(&address.to_string()).ok().filter(own) {
            return Ok(ends);
        }
        let mut ends = self.endpoints(&end.whom)?;
        for one in &mut ends {
            one.private = AddressSet::one(address);
            one.by_address = true;
            if address.is_ipv6() {
                one.public = AddressSet::one(address);
            }
        }
        Ok(ends)
    }

    fn ask(&self, words: [&str; 3], options: &Options) -> Result<Finding, QuestionError> {
        self.on_ground(|ground| ask(ground, words, options))
    }

    fn on_ground<T>(&self, ask: impl FnOnce(Ground<'_>) -> T) -> T {
        let index = self.index.get_or_init(|| Index::of(&self.model));
        ask(Ground {
            model: &self.model,
            network: &self.network,
            index,
            work: &self.workspace(),
        })
    }

    /// The workspace of earlier questions, or a new one when those have grown large.
    fn workspace(&self) -> Rc<Workspace> {
        if self.work.borrow().space.size().1 > EDGES_MAX {
            self.work.replace(Rc::default());
        }
        Rc::clone(&self.work.borrow())
    }
}

/// What gets through in one network and not in the other, and because of which changes of its model.
pub fn diff(old: Model, new: Model, packets: &str, options: &Options) -> Result<Diff, QuestionError> {
    diff::diff([old, new], packets, options, &build)
}

/// Lets somebody ask on the network of a model.
fn build(model: Model, ask: &mut dyn FnMut(Ground<'_>)) {
    Analysis::new(model).on_ground(&mut *ask);
}

impl Answers for Analysis {
    fn model(&self) -> &Model {
        &self.model
    }

    fn path(&self, [from, to, packets]: [&str; 3], options: &Options) -> Result<Finding, QuestionError> {
        self.path(from, to, packets, options)
    }

    fn endpoints(&self, text: &str) -> Result<Vec<Endpoint>, QuestionError> {
        self.on_ground(|ground| Resolver::new(ground.model, ground.network, ground.index).endpoints(text))
    }

    fn everybody(&self) -> Vec<Endpoint> {
        self.on_ground(|ground| Resolver::new(ground.model, ground.network, ground.index).everybody())
    }

    fn repair(&self, words: [&str; 3], options: &Options, goal: Goal) -> Result<Repair, QuestionError> {
        self.repair(words, options, goal)
    }

    fn access(&self, scope: &Scope, replies: bool) -> Result<Vec<Access>, QuestionError> {
        self.on_ground(|ground| scope::access(ground, scope, replies))
    }

    fn between(&self, ends: Members<'_>, packets: &str, options: &Options) -> Result<Finding, QuestionError> {
        self.on_ground(|ground| ask_between(ground, ends, packets, options))
    }
}
