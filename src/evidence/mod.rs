//! Flow logs: what VPC flow-log records say to an answer.

mod correlate;
mod coverage;
mod format;
mod predict;
mod read;
mod record;

pub use correlate::{Crossing, Evidence, RecordView, State, correlate};
pub use format::Format;
pub use read::{Scan, Source, scan};
pub use record::{LogAction, Record};
