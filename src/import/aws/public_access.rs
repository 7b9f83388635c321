//! VPC Block Public Access, from EC2's calls.

use super::Import;
use super::collect::Dump;
use crate::model::{BlockPublicAccess, BlockPublicAccessExclusion, BlockPublicAccessMode, ExclusionMode};

/// Brings the settings and the exclusions.
pub(super) fn bring(dump: &Dump, import: &mut Import) {
    for found in &dump.public_access {
        let options = &found.item;
        let mode = match options.internet_gateway_block_mode.as_deref() {
            None | Some("off") => BlockPublicAccessMode::Off,
            Some("block-ingress") => BlockPublicAccessMode::BlockIngress,
            // What is not known is taken for the strictest, and said.
            Some("block-bidirectional") => BlockPublicAccessMode::BlockBidirectional,
            Some(other) => {
                import.note(format!(
                    "VPC Block Public Access has the mode {other}, taken for block-bidirectional"
                ));
                BlockPublicAccessMode::BlockBidirectional
            }
        };
        let region = options
            .aws_region
            .clone()
            .or(found.region.as_deref().map(str::to_owned));
        let account = options.aws_account_id.clone();
        let words = ["bpa"]
            .into_iter()
            .chain(account.as_deref())
            .chain(region.as_deref());
        let id = words.collect::<Vec<_>>().join("-");
        let item = BlockPublicAccess {
            account,
            region,
            mode,
        };
        import.add("block_public_access", &found.file, &id, item, |model| {
            &mut model.block_public_access
        });
    }
    for found in &dump.public_access_exclusions {
        let exclusion = &found.item;
        let there = matches!(
            exclusion.state.as_deref(),
            None | Some("create-complete" | "update-complete")
        );
        let resource = exclusion
            .resource_arn
            .as_deref()
            .and_then(|arn| arn.rsplit('/').next());
        let Some(resource) = resource.filter(|_| there) else {
            continue;
        };
        let mode = match exclusion.internet_gateway_exclusion_mode.as_deref() {
            Some("allow-bidirectional") => ExclusionMode::AllowBidirectional,
            _ => ExclusionMode::AllowEgress,
        };
        let item = BlockPublicAccessExclusion {
            resource: resource.into(),
            mode,
        };
        import.add(
            "block_public_access_exclusions",
            &found.file,
            &exclusion.exclusion_id,
            item,
            |model| &mut model.block_public_access_exclusions,
        );
    }
}
