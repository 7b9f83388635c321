//! The read-only calls that collect what is modelled: what they are, and as a script for a shell.

/// Of [`CALLS`] those whose absence is worth a word: the others matter only where something names what they tell, and
/// then it is unknown.
pub const EXPECTED: usize = 14;

/// The read-only calls that collect what is modelled, in the order of [`super::collect::KEYS`].
pub const CALLS: [&str; 37] = [
    "describe-vpcs",
    "describe-subnets",
    "describe-network-interfaces",
    "describe-instances",
    "describe-security-groups",
    "describe-network-acls",
    "describe-route-tables",
    "describe-prefix-lists",
    "describe-internet-gateways",
    "describe-egress-only-internet-gateways",
    "describe-nat-gateways",
    "describe-vpc-peering-connections",
    "describe-addresses",
    "describe-flow-logs",
    "describe-transit-gateways",
    "describe-transit-gateway-attachments",
    "describe-transit-gateway-vpc-attachments",
    "describe-transit-gateway-peering-attachments",
    "describe-transit-gateway-route-tables",
    "describe-security-group-vpc-associations",
    "describe-vpc-endpoints",
    "describe-vpc-endpoint-connections",
    "describe-vpc-endpoint-service-configurations",
    "describe-vpc-block-public-access-options",
    "describe-vpc-block-public-access-exclusions",
    "describe-vpn-gateways",
    "describe-customer-gateways",
    "describe-vpn-connections",
    "describe-transit-gateway-connects",
    "describe-transit-gateway-connect-peers",
    "describe-local-gateways",
    "describe-local-gateway-route-tables",
    "describe-local-gateway-route-table-vpc-associations",
    "describe-carrier-gateways",
    "describe-traffic-mirror-sessions",
    "describe-traffic-mirror-filters",
    "describe-traffic-mirror-targets",
];

/// The calls of Network Firewall: a list, the ARNs in it, and the call about each of them.
const FIREWALL_CALLS: [(&str, &str, &str, &str); 4] = [
    (
        "list-firewalls",
        "Firewalls[].FirewallArn",
        "describe-firewall",
        "firewall-arn",
    ),
    (
        "list-vpc-endpoint-associations",
        "VpcEndpointAssociations[].VpcEndpointAssociationArn",
        "describe-vpc-endpoint-association",
        "vpc-endpoint-association-arn",
    ),
    (
        "list-firewall-policies",
        "FirewallPolicies[].Arn",
        "describe-firewall-policy",
        "firewall-policy-arn",
    ),
    (
        "list-rule-groups",
        "RuleGroups[].Arn",
        "describe-rule-group",
        "rule-group-arn",
    ),
];

/// Load balancers of both APIs, each with what is told of it alone; and the databases, whose interfaces do not say whose they are.
const BALANCERS: &str = r#"for call in describe-load-balancers describe-target-groups; do
  aws elbv2 $call --output json "$@" > "$dir/elbv2-$call.json"
done
for arn in $(aws elbv2 describe-load-balancers --query 'LoadBalancers[].LoadBalancerArn' --output text "$@"); do
  name=$(printf %s "$arn" | tr / _)
  aws elbv2 describe-listeners --load-balancer-arn "$arn" --output json "$@" > "$dir/elbv2-describe-listeners-$name.json"
  aws elbv2 describe-load-balancer-attributes --load-balancer-arn "$arn" --output json "$@" \
    > "$dir/elbv2-describe-load-balancer-attributes-$name.json"
  for listener in $(aws elbv2 describe-listeners --load-balancer-arn "$arn" --query 'Listeners[].ListenerArn' \
    --output text "$@"); do
    aws elbv2 describe-rules --listener-arn "$listener" --output json "$@" \
      > "$dir/elbv2-describe-rules-$(printf %s "$listener" | tr / _).json"
  done
done
for arn in $(aws elbv2 describe-target-groups --query 'TargetGroups[].TargetGroupArn' --output text "$@"); do
  name=$(printf %s "$arn" | tr / _)
  for call in describe-target-health describe-target-group-attributes; do
    aws elbv2 $call --target-group-arn "$arn" --output json "$@" > "$dir/elbv2-$call-$name.json"
  done
done
aws elb describe-load-balancers --output json "$@" > "$dir/elb-describe-load-balancers.json"
aws rds describe-db-instances --output json "$@" > "$dir/rds-describe-db-instances.json"
"#;

/// VPC Lattice: what endpoints of other VPCs lead to.
const LATTICE: &str = r#"for call in list-resource-gateways list-resource-configurations list-service-networks; do
  aws vpc-lattice $call --output json "$@" > "$dir/vpc-lattice-$call.json"
done
for id in $(aws vpc-lattice list-resource-configurations --query 'items[].id' --output text "$@"); do
  aws vpc-lattice get-resource-configuration --resource-configuration-identifier "$id" --output json "$@" \
    > "$dir/vpc-lattice-get-resource-configuration-$id.json"
done
for id in $(aws vpc-lattice list-service-networks --query 'items[].id' --output text "$@"); do
  aws vpc-lattice list-service-network-resource-associations --service-network-identifier "$id" --output json "$@" \
    > "$dir/vpc-lattice-list-service-network-resource-associations-$id.json"
done
"#;

/// The commands that collect everything that is modelled, for a shell.
pub fn collection_script() -> String {
    let mut script =
        "#!/bin/sh\n# Collects a Region's network with read-only calls: sh collect.sh DIR [aws options]\n\
                      set -eu\ndir=$1\nshift\nmkdir -p \"$dir\"\n"
            .to_owned();
    for call in CALLS {
        script.push_str(&format!(
            "aws ec2 {call} --output json \"$@\" > \"$dir/ec2-{call}.json\"\n"
        ));
    }
    script.push_str(
        "aws ec2 describe-managed-prefix-lists --output json \"$@\" > \"$dir/ec2-describe-managed-prefix-lists.json\"\n\
         for list in $(aws ec2 describe-managed-prefix-lists --query 'PrefixLists[].PrefixListId' --output text \"$@\"); do\n  \
         aws ec2 get-managed-prefix-list-entries --prefix-list-id \"$list\" --output json \"$@\" \\\n    \
         > \"$dir/ec2-get-managed-prefix-list-entries-$list.json\"\ndone\n\
         for table in $(aws ec2 describe-transit-gateway-route-tables --query \\\n  \
         'TransitGatewayRouteTables[].TransitGatewayRouteTableId' --output text \"$@\"); do\n  \
         aws ec2 search-transit-gateway-routes --transit-gateway-route-table-id \"$table\" \\\n    \
         --filters Name=type,Values=static,propagated --output json \"$@\" \\\n    \
         > \"$dir/ec2-search-transit-gateway-routes-$table.json\"\ndone\n",
    );
    script.push_str(
        "for table in $(aws ec2 describe-local-gateway-route-tables --query \\\n  \
         'LocalGatewayRouteTables[].LocalGatewayRouteTableId' --output text \"$@\"); do\n  \
         aws ec2 search-local-gateway-routes --local-gateway-route-table-id \"$table\" --output json \"$@\" \\\n    \
         > \"$dir/ec2-search-local-gateway-routes-$table.json\"\ndone\n\
         aws directconnect describe-virtual-interfaces --output json \"$@\" \\\n  \
         > \"$dir/directconnect-describe-virtual-interfaces.json\"\n\
         aws directconnect describe-direct-connect-gateways --output json \"$@\" \\\n  \
         > \"$dir/directconnect-describe-direct-connect-gateways.json\"\n\
         for gateway in $(aws directconnect describe-direct-connect-gateways --query \\\n  \
         'directConnectGateways[].directConnectGatewayId' --output text \"$@\"); do\n  \
         aws directconnect describe-direct-connect-gateway-associations --direct-connect-gateway-id \"$gateway\" \\\n    \
         --output json \"$@\" > \"$dir/directconnect-describe-direct-connect-gateway-associations-$gateway.json\"\ndone\n",
    );
    for (list, query, call, flag) in FIREWALL_CALLS {
        script.push_str(&format!(
            "for arn in $(aws network-firewall {list} --query '{query}' --output text \"$@\"); do\n  \
             aws network-firewall {call} --{flag} \"$arn\" --output json \"$@\" \\\n    \
             > \"$dir/network-firewall-{call}-$(printf %s \"$arn\" | tr / _).json\"\ndone\n"
        ));
    }
    script.push_str(BALANCERS);
    script.push_str(LATTICE);
    // Network Manager has one home Region.
    script.push_str(
        "set -- \"$@\" --region us-west-2\n\
         aws networkmanager list-attachments --output json \"$@\" > \"$dir/networkmanager-list-attachments.json\"\n\
         for network in $(aws networkmanager list-core-networks --query 'CoreNetworks[].CoreNetworkId' --output text \"$@\"); do\n  \
         for call in get-core-network get-core-network-policy; do\n    \
         aws networkmanager $call --core-network-id \"$network\" --output json \"$@\" \\\n      \
         > \"$dir/networkmanager-$call-$network.json\"\n  done\ndone\n\
         for attachment in $(aws networkmanager list-attachments --attachment-type VPC \\\n  \
         --query 'Attachments[].AttachmentId' --output text \"$@\"); do\n  \
         aws networkmanager get-vpc-attachment --attachment-id \"$attachment\" --output json \"$@\" \\\n    \
         > \"$dir/networkmanager-get-vpc-attachment-$attachment.json\"\ndone\n",
    );
    script
}
