//! Flow logs: what VPC flow-log records say to an answer.

mod audit;
mod capture;
mod correlate;
mod coverage;
mod crossing;
mod endless;
mod files;
mod format;
mod gather;
mod guard;
mod lines;
mod ocsf;
mod parquet;
mod predict;
mod read;
mod record;
mod row;
mod seen;
mod sessions;
mod show;
mod sight;
mod sought;
mod sql;
mod sum;
mod transit;
mod watch;
mod whose;
mod window;
mod word;
mod wrapped;

pub use audit::{
    Ask, Audit, Author, Drift, DriftKind, End, Group, Needed, Partly, Unused, UnusedRule, Uses, audit,
    unused, uses,
};
pub use correlate::{Evidence, correlate, recorders};
pub use crossing::{Crossing, RecordView, State};
pub use format::{Field, Format};
pub use gather::{Gather, Logs, Reading, Scan, Spot};
pub use guard::is_guarded;
pub use read::{read, read_bytes};
pub use record::{LogAction, Record};
pub use row::{Lost, Row};
pub use show::{Shown, flag_names, path_name, show};
pub use sight::{Sight, sights};
pub use sql::{Dialect, Partitions, Query, sql};
pub use watch::{Watch, Watched};
pub use whose::{recorder_like, whose};
pub use window::{Window, parse_time};
