//! Flow logs: what VPC flow-log records say to an answer.

mod correlate;
mod coverage;
mod format;
mod predict;
mod read;
mod record;
mod window;
mod wrapped;

pub use correlate::{Crossing, Evidence, RecordView, State, correlate};
pub use format::Format;
pub use read::{Scan, Source, scan};
pub use record::{LogAction, Record};
pub use window::{Window, parse_time};
