//! The query that finds the records of some interfaces in a table of flow logs, for the engines that hold more of them than
//! one machine reads. Its result, saved as CSV, is read back like any other log.
//!
//! Columns are named as AWS names them there: with underscores
//! (<https://docs.aws.amazon.com/athena/latest/ug/vpc-flow-logs-create-table-statement.html>, read 2026-11-23). Hive
//! partitions are those of the paths in S3
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html>).

use super::coverage::home;
use super::format::Format;
use super::window::Window;
use crate::model::Model;
use std::collections::BTreeSet;

/// An SQL engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Amazon Athena.
    Athena,
    /// Trino.
    Trino,
    /// Spark SQL.
    Spark,
    /// DuckDB.
    DuckDb,
}

/// How a table is partitioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partitions {
    /// It is not, or nothing is to be said of it.
    None,
    /// By account, Region, year, month and day, as Hive-compatible paths are.
    Hive,
    /// By `date`, written 2026/11/23, as AWS's example for Athena is.
    Date,
}

/// A query to be written.
#[derive(Debug, Clone)]
pub struct Query<'a> {
    /// For which engine.
    pub dialect: Dialect,
    /// The table, or what stands for one.
    pub table: &'a str,
    /// Its partitions.
    pub partitions: Partitions,
    /// The interfaces.
    pub interfaces: &'a [&'a str],
    /// The time.
    pub window: Window,
}

/// The query: it asks for what a result needs, so that it can be read back, the fields of the default format. Further columns of the
/// table (`tcp_flags`, `pkt_srcaddr`, …) are named by `more`.
pub fn sql(query: &Query<'_>, more: &[&str], model: &Model) -> String {
    let quote = |name: &str| match query.dialect {
        Dialect::Spark => format!("`{name}`"),
        Dialect::Athena | Dialect::Trino | Dialect::DuckDb => format!("\"{name}\""),
    };
    let needed = Format::default();
    let names = needed.names.iter().map(AsRef::as_ref).chain(more.iter().copied());
    let columns: Vec<String> = names.map(|name| quote(&name.replace('-', "_"))).collect();
    let ids: BTreeSet<String> = query.interfaces.iter().map(|id| text(id)).collect();
    let ids: Vec<String> = ids.into_iter().collect();
    let mut conditions = vec![format!("{} IN ({})", quote("interface_id"), ids.join(", "))];
    if let Some(until) = query.window.until {
        conditions.push(format!("{} <= {until}", quote("start")));
    }
    if let Some(since) = query.window.since {
        conditions.push(format!("{} >= {since}", quote("end")));
    }
    conditions.extend(pruned(query, model, &quote));
    format!(
        "SELECT {}\nFROM {}\nWHERE {}\nORDER BY {}, {}\n",
        columns.join(", "),
        query.table,
        conditions.join("\n  AND "),
        quote("start"),
        quote("interface_id")
    )
}

/// What keeps the engine from opening other partitions.
fn pruned(query: &Query<'_>, model: &Model, quote: &dyn Fn(&str) -> String) -> Vec<String> {
    let day = |time: Option<u64>, pattern: &str| {
        let stamp = jiff::Timestamp::from_second(i64::try_from(time?).ok()?).ok()?;
        let day = jiff::tz::Offset::UTC.to_datetime(stamp).date();
        Some(text(&day.strftime(pattern).to_string()))
    };
    let (left, pattern) = match query.partitions {
        Partitions::None => return Vec::new(),
        Partitions::Date => (quote("date"), "%Y/%m/%d"),
        Partitions::Hive => {
            let parts = ["year", "month", "day"].map(quote);
            (
                format!("concat({}, '-', {}, '-', {})", parts[0], parts[1], parts[2]),
                "%Y-%m-%d",
            )
        }
    };
    let mut conditions = Vec::new();
    if query.partitions == Partitions::Hive {
        let (accounts, regions) = places(query.interfaces, model);
        for (column, values) in [("aws-account-id", accounts), ("aws-region", regions)] {
            if !values.is_empty() {
                let values: Vec<String> = values.into_iter().map(text).collect();
                conditions.push(format!("{} IN ({})", quote(column), values.join(", ")));
            }
        }
    }
    // A record may lie in the file of the day after it began.
    let since = day(query.window.since, pattern).map(|day| format!("{left} >= {day}"));
    let until = query.window.until.map(|until| until + 86_400);
    let until = day(until, pattern).map(|day| format!("{left} <= {day}"));
    conditions.extend(since);
    conditions.extend(until);
    conditions
}

/// The accounts and Regions of interfaces.
fn places<'m>(interfaces: &[&str], model: &'m Model) -> (BTreeSet<&'m str>, BTreeSet<&'m str>) {
    let vpcs = interfaces.iter().filter_map(|id| {
        let subnet = model.subnets.get(home(model, id)?)?;
        model.vpcs.get(&subnet.vpc)
    });
    let vpcs: Vec<_> = vpcs.collect();
    let accounts = vpcs.iter().filter_map(|vpc| vpc.account.as_deref()).collect();
    let regions = vpcs.iter().filter_map(|vpc| vpc.region.as_deref()).collect();
    (accounts, regions)
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}
