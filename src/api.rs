//! The front door of the library: a model goes in, answers come out.

use crate::analysis::{Finding, Index, Options, QuestionError, ask, with_hypothetical};
use crate::component::KINDS;
use crate::model::{Diagnostics, Model, load_text};
use crate::network::{Network, Workspace};
use std::cell::{OnceCell, RefCell};
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

    fn ask(&self, words: [&str; 3], options: &Options) -> Result<Finding, QuestionError> {
        let index = self.index.get_or_init(|| Index::of(&self.model));
        ask(
            &self.model,
            &self.network,
            index,
            &self.workspace(),
            words,
            options,
        )
    }

    /// The workspace of earlier questions, or a new one when those have grown large.
    fn workspace(&self) -> Rc<Workspace> {
        if self.work.borrow().space.size().1 > EDGES_MAX {
            self.work.replace(Rc::default());
        }
        Rc::clone(&self.work.borrow())
    }
}
