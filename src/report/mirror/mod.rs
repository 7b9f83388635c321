//! What Traffic Mirroring copies, told: for people and as JSON, by itself or beside the answer to the question.

mod json;
mod text;

pub use json::{MirrorView, json, view};
pub use text::{lines, text};

use crate::analysis::mirror::Delivery;
use crate::model::TrafficMirrorSession;
use crate::packet::Cube;

/// What a session copies of each packet.
fn amount(session: &TrafficMirrorSession) -> String {
    match session.packet_length {
        Some(1) => "the first byte of each packet".to_owned(),
        Some(length) => format!("the first {length} bytes of each packet"),
        None => "whole packets".to_owned(),
    }
}

/// The copies' own packets, as they are sent.
fn flow(delivery: &Delivery) -> &[Cube] {
    delivery
        .finding
        .as_ref()
        .map_or(&[], |finding| finding.packets.as_slice())
}
