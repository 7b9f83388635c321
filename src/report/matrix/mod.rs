//! All pairs, told by class.

mod json;
mod text;

pub use json::json;
pub use text::text;

use crate::analysis::{Endpoint, Matrix, Verdict};

/// How many classes an answer is about, and how many pairs of them connect.
struct Counts {
    ends: usize,
    classes: usize,
    pairs: usize,
    connected: usize,
    unknown: usize,
}

impl Counts {
    fn of(matrix: &Matrix) -> Self {
        let several = |size: usize| size > 1;
        let sizes = || matrix.classes.iter().map(|class| class.members.len());
        let classes = matrix.classes.len();
        let unknown = |verdict: Verdict| verdict == Verdict::Unknown;
        let unknown = matrix.flows.iter().filter(|flow| unknown(flow.verdict)).count();
        Self {
            ends: sizes().sum(),
            classes,
            // A class of one has nobody to talk to within itself.
            pairs: classes * classes.saturating_sub(1) + sizes().filter(|size| several(*size)).count(),
            connected: matrix.flows.len() - unknown,
            unknown,
        }
    }
}

/// The name of a member, else its id.
fn called<'a>(matrix: &'a Matrix, end: &'a Endpoint) -> &'a str {
    let name = matrix.names.get(&end.resource.id);
    name.map_or(end.resource.id.as_str(), String::as_str)
}
