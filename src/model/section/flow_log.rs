//! The sections of flow logs.

use super::super::sections::items;
use super::is_default;
use crate::model::id::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

items! {
    FlowLog: ;
}

sections! {
    /// A flow log.
    struct FlowLog {
        /// What it watches: a VPC, a subnet, a network interface, a transit gateway, …
        pub resource: ResourceId,
        /// Which traffic it records.
        #[serde(default, skip_serializing_if = "is_default")]
        pub traffic: TrafficType,
        /// Where it is delivered: s3, cloudwatch, firehose.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub destination: Option<String>,
        /// `default`, or AWS's LogFormat string.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub format: Option<String>,
        /// The longest aggregation interval in seconds: 60 or 600.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub aggregation: Option<u32>,
        /// When it was created (RFC 3339).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub created: Option<String>,
        /// Whether delivery works, as AWS says (SUCCESS, FAILED).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub delivery: Option<String>,
    }
}

words! {
    /// Which traffic a flow log records.
    enum TrafficType {
        /// Everything.
        #[default]
        All,
        /// What was let through.
        Accept,
        /// What was not.
        Reject,
    }
}
