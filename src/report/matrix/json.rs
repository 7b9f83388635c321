//! `--format json`: versioned and stable; fields are added, never changed.

use super::super::slice::{Slice, slices};
use super::super::view::{Component, Everybody, pretty};
use super::Counts;
use crate::analysis::{Endpoint, EndpointClass, Flow, Matrix};
use crate::packet::Cube;
use serde::Serialize;

/// The version of the shape.
const SCHEMA: &str = "whyhop.matrix/1";

#[derive(Serialize)]
struct View<'a> {
    schema: &'static str,
    question: Everybody<'a>,
    counts: CountsView,
    classes: Vec<Vec<Component>>,
    flows: Vec<FlowView<'a>>,
}

#[derive(Serialize)]
struct CountsView {
    ends: usize,
    classes: usize,
    pairs: usize,
    connected: usize,
    unknown: usize,
}

/// `from` and `to` count classes from 0; the slices are as the two members of `between` send them.
#[derive(Serialize)]
struct FlowView<'a> {
    from: usize,
    to: usize,
    between: [&'a str; 2],
    verdict: &'static str,
    works: Vec<Slice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends: Vec<Slice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<Slice>,
}

/// The matrix as JSON. Pairs that are not there are blocked.
pub fn json(matrix: &Matrix) -> String {
    let counts = Counts::of(matrix);
    let view = View {
        schema: SCHEMA,
        question: Everybody {
            packets: &matrix.packets,
            source_ports: &matrix.source_ports,
            one_way: matrix.one_way,
        },
        counts: CountsView {
            ends: counts.ends,
            classes: counts.classes,
            pairs: counts.pairs,
            connected: counts.connected,
            unknown: counts.unknown,
        },
        classes: matrix
            .classes
            .iter()
            .map(|class| members(matrix, class))
            .collect(),
        flows: matrix.flows.iter().map(|flow| flow_view(matrix, flow)).collect(),
    };
    pretty(&view)
}

fn members(matrix: &Matrix, class: &EndpointClass) -> Vec<Component> {
    let member = |end: &Endpoint| Component::of(&end.resource, matrix.names.get(&end.resource.id));
    class.members.iter().map(member).collect()
}

fn flow_view<'a>(matrix: &Matrix, flow: &'a Flow) -> FlowView<'a> {
    let (from, to) = &flow.between;
    let told = |cubes: &[Cube]| slices(&matrix.work.space, cubes);
    FlowView {
        from: flow.from,
        to: flow.to,
        between: [from.resource.id.as_str(), to.resource.id.as_str()],
        verdict: flow.verdict.as_str(),
        works: told(&flow.works),
        depends: told(&flow.depends),
        unknown: told(&flow.unknown),
    }
}
