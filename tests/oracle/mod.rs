//! The oracle: a second answer to whyhop's question, reached in the most naive way. It takes one concrete
//! packet, walks it hop by hop through a plain copy of the network, and then walks the one packet that
//! answers it.
//!
//! It was written from the AWS guides without reading `src/`, and must stay so: two answers are worth more
//! than one only while neither copies from the other. In doubt, look at the guides, then at both.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test program uses its own part of the oracle"
)]

pub mod edges;
mod filters;
pub mod generate;
pub mod network;
pub mod packet;
pub mod random;
mod routes;
pub mod sample;
pub mod simulate;
pub mod textbook;
mod walk;
pub mod yaml;
