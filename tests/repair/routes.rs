//! Repairs of routes, gateways and what joins VPCs, decided by hand.

use super::hand::{commands, first, repair};
use super::told;
use whyhop::analysis::repair::Goal::Open;

/// Two VPCs: a web server in the one, a database in the other. How they are joined comes behind.
const TWO: &str = "
version: 1
vpcs:
  vpc-a: { cidr: 10.1.0.0/16, region: eu-west-1 }
  vpc-b: { cidr: 10.2.0.0/16, region: eu-west-1 }
subnets:
  subnet-web: { vpc: vpc-a, cidr: 10.1.1.0/24, az: eu-west-1a, route_table: rtb-a }
  subnet-db: { vpc: vpc-b, cidr: 10.2.1.0/24, az: eu-west-1a, route_table: rtb-b }
enis:
  eni-web: { name: web, subnet: subnet-web, ip: 10.1.1.10, security_groups: [sg-web], instance: i-web }
  eni-db: { name: db, subnet: subnet-db, ip: 10.2.1.20, security_groups: [sg-db] }
security_groups:
  sg-web: { vpc: vpc-a }
  sg-db: { vpc: vpc-b, ingress: [{ protocol: tcp, ports: 5432, source: 10.1.0.0/16 }] }
";

const PEERED: &str = "
route_tables:
  rtb-a: { vpc: vpc-a, routes: [] }
  rtb-b: { vpc: vpc-b, routes: [{ destination: 10.1.0.0/16, target: pcx-ab }] }
peering_connections:
  pcx-ab: { requester: vpc-a, accepter: vpc-b }
";

const TRANSIT: &str = "
route_tables:
  rtb-a: { vpc: vpc-a, routes: [{ destination: 10.0.0.0/8, target: tgw-1 }] }
  rtb-b: { vpc: vpc-b, routes: [{ destination: 10.0.0.0/8, target: tgw-1 }] }
transit_gateways:
  tgw-1: {}
transit_gateway_attachments:
  tgw-attach-a: { transit_gateway: tgw-1, vpc: vpc-a, subnets: [subnet-web], route_table: tgw-rtb-1, propagates_to: [tgw-rtb-1] }
  tgw-attach-b: { transit_gateway: tgw-1, vpc: vpc-b, subnets: [subnet-db], route_table: tgw-rtb-1, propagates_to: [tgw-rtb-1] }
transit_gateway_route_tables:
  tgw-rtb-1: { transit_gateway: tgw-1 }
";

const INSTANCE: &str = "
instances:
  i-web: {}
";

fn two(joined: &str, changed: &[(&str, &str)]) -> String {
    let text = format!("{TWO}{joined}{INSTANCE}");
    changed.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

const ASKED: [&str; 3] = ["web", "db", "tcp/5432"];

#[test]
fn a_missing_route_leads_to_the_peering_for_the_subnet_asked_for() {
    let text = two(PEERED, &[]);
    let repair = repair(&text, ASKED, Open);
    assert_eq!(
        told(&repair),
        [["route_tables.rtb-a.routes: { destination: 10.2.1.0/24, target: pcx-ab } is new"]]
    );
    assert_eq!(
        commands(&repair),
        [
            "aws ec2 create-route --route-table-id rtb-a --destination-cidr-block 10.2.1.0/24 --vpc-peering-connection-id pcx-ab"
        ]
    );
    assert_eq!(
        repair.sets[0].edits[0].terraform,
        "resource \"aws_route\" \"rtb-a_10_2_1_0_24\" {\n  \
           route_table_id            = \"rtb-a\"\n  \
           destination_cidr_block    = \"10.2.1.0/24\"\n  \
           vpc_peering_connection_id = \"pcx-ab\"\n\
         }"
    );
}

#[test]
fn the_way_back_needs_a_route_too() {
    let text = two(
        PEERED,
        &[(
            "routes: [{ destination: 10.1.0.0/16, target: pcx-ab }]",
            "routes: []",
        )],
    );
    assert_eq!(
        first(&text, ASKED, Open),
        [
            "route_tables.rtb-a.routes: { destination: 10.2.1.0/24, target: pcx-ab } is new",
            "route_tables.rtb-b.routes: { destination: 10.1.1.0/24, target: pcx-ab } is new",
        ]
    );
}

/// A main table that the model does not name is named by the edit; AWS has it already.
#[test]
fn an_implied_main_table_gets_the_route() {
    let text = two(
        PEERED,
        &[
            (", route_table: rtb-a }", " }"),
            ("  rtb-a: { vpc: vpc-a, routes: [] }\n", ""),
        ],
    );
    let repair = repair(&text, ASKED, Open);
    assert_eq!(told(&repair)[0], ["route_tables.rtb-main-vpc-a is new"]);
    assert_eq!(
        commands(&repair),
        [
            "aws ec2 create-route --route-table-id '<main route table of vpc-a>' --destination-cidr-block 10.2.1.0/24 --vpc-peering-connection-id pcx-ab"
        ]
    );
}

#[test]
fn a_group_of_a_peered_vpc_is_named_by_its_id() {
    let text = two(
        PEERED,
        &[
            (
                "routes: []",
                "routes: [{ destination: 10.2.0.0/16, target: pcx-ab }]",
            ),
            ("source: 10.1.0.0/16 }]", "source: 10.9.0.0/16 }]"),
        ],
    );
    assert_eq!(
        first(&text, ASKED, Open),
        ["security_groups.sg-db.ingress: { protocol: tcp, ports: 5432, source: sg-web } is new"]
    );
    // In another Region no group is known.
    let text = text.replace(
        "cidr: 10.1.0.0/16, region: eu-west-1",
        "cidr: 10.1.0.0/16, region: us-east-1",
    );
    assert_eq!(
        first(&text, ASKED, Open),
        ["security_groups.sg-db.ingress: { protocol: tcp, ports: 5432, source: 10.1.1.10/32 } is new"]
    );
}

#[test]
fn a_peering_is_accepted_and_an_instance_started() {
    let text = two(
        PEERED,
        &[
            (
                "routes: []",
                "routes: [{ destination: 10.2.0.0/16, target: pcx-ab }]",
            ),
            (
                "accepter: vpc-b }",
                "accepter: vpc-b, status: pending-acceptance }",
            ),
            ("i-web: {}", "i-web: { state: stopped }"),
        ],
    );
    let told = first(&text, ASKED, Open);
    assert_eq!(
        told,
        [
            "instances.i-web.state: stopped is gone",
            "peering_connections.pcx-ab.status: pending-acceptance is gone",
        ]
    );
}

/// Two ways of telling a transit gateway where a VPC is.
#[test]
fn a_transit_gateway_learns_the_way_or_is_told_it() {
    let text = two(
        TRANSIT,
        &[(
            "subnets: [subnet-db], route_table: tgw-rtb-1, propagates_to: [tgw-rtb-1]",
            "subnets: [subnet-db], route_table: tgw-rtb-1, propagates_to: []",
        )],
    );
    let repair = repair(&text, ASKED, Open);
    let mut told = told(&repair);
    told.sort();
    assert_eq!(
        told,
        [
            ["transit_gateway_attachments.tgw-attach-b.propagates_to: [] is now [tgw-rtb-1]"],
            [
                "transit_gateway_route_tables.tgw-rtb-1.routes: { destination: 10.2.1.0/24, attachment: tgw-attach-b } is new"
            ],
        ]
    );
}

#[test]
fn an_attachment_is_associated_with_a_table() {
    let text = two(
        TRANSIT,
        &[(
            "subnets: [subnet-web], route_table: tgw-rtb-1,",
            "subnets: [subnet-web], unassociated: true,",
        )],
    );
    assert_eq!(
        first(&text, ASKED, Open),
        [
            "transit_gateway_attachments.tgw-attach-a.route_table: tgw-rtb-1 is new",
            "transit_gateway_attachments.tgw-attach-a.unassociated: true is gone",
        ]
    );
}

#[test]
fn who_has_no_public_address_is_led_to_a_nat_gateway_or_given_one() {
    let out = "
route_tables:
  rtb-a: { vpc: vpc-a, routes: [{ destination: 0.0.0.0/0, target: igw-a }] }
  rtb-b: { vpc: vpc-b, routes: [] }
  rtb-nat: { vpc: vpc-a, routes: [{ destination: 0.0.0.0/0, target: igw-a }] }
internet_gateways:
  igw-a: { vpc: vpc-a }
";
    let asked = ["web", "internet:198.51.100.7", "tcp/443"];
    let alone = two(out, &[]);
    let repair = repair(&alone, asked, Open);
    assert_eq!(told(&repair), [["enis.eni-web.public_ip: 192.0.2.254 is new"]]);
    assert_eq!(commands(&repair)[0], "aws ec2 allocate-address --domain vpc");
    let nat = "nat_gateways:\n  nat-a: { subnet: subnet-nat, ip: 10.1.2.4, public_ip: 203.0.113.4 }\n";
    let with_nat = two(
        out,
        &[(
            "enis:",
            "  subnet-nat: { vpc: vpc-a, cidr: 10.1.2.0/24, az: eu-west-1a, route_table: rtb-nat }\nenis:",
        )],
    ) + nat;
    let told = told(&super::hand::repair(&with_nat, asked, Open));
    assert!(
        told.contains(&vec![
            "route_tables.rtb-a.routes: { destination: 198.51.100.7/32, target: nat-a } is new".to_owned()
        ]),
        "{told:?}"
    );
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn a_detached_gateway_is_attached() {
    let out = "
route_tables:
  rtb-a: { vpc: vpc-a, routes: [{ destination: 0.0.0.0/0, target: igw-a }] }
  rtb-b: { vpc: vpc-b, routes: [] }
internet_gateways:
  igw-a: {}
";
    let text = two(
        out,
        &[("ip: 10.1.1.10,", "ip: 10.1.1.10, public_ip: 203.0.113.10,")],
    );
    assert_eq!(
        first(&text, ["web", "internet:198.51.100.7", "tcp/443"], Open),
        ["internet_gateways.igw-a.vpc: vpc-a is new"]
    );
}

/// A blackhole is given a target that works.
#[test]
fn a_route_to_what_is_gone_gets_another_target() {
    let text = two(
        PEERED,
        &[
            ("subnets:", "  vpc-c: { cidr: 10.3.0.0/16 }\nsubnets:"),
            (
                "routes: []",
                "routes: [{ destination: 10.2.0.0/16, target: pcx-old }]",
            ),
            (
                "accepter: vpc-b }",
                "accepter: vpc-b }\n  pcx-old: { requester: vpc-a, accepter: vpc-c, status: deleted }",
            ),
        ],
    );
    assert_eq!(
        first(&text, ASKED, Open),
        [
            "route_tables.rtb-a.routes: { destination: 10.2.0.0/16, target: pcx-old } is now { destination: 10.2.0.0/16, target: pcx-ab }"
        ]
    );
}

/// The internet knows nobody by a private address.
#[test]
fn who_is_asked_for_from_outside_is_given_a_public_address() {
    let out = "
route_tables:
  rtb-a: { vpc: vpc-a, routes: [{ destination: 0.0.0.0/0, target: igw-a }] }
  rtb-b: { vpc: vpc-b, routes: [] }
internet_gateways:
  igw-a: { vpc: vpc-a }
elastic_ips:
  eipalloc-1: { public_ip: 203.0.113.77 }
";
    let text = two(
        out,
        &[(
            "sg-web: { vpc: vpc-a }",
            "sg-web: { vpc: vpc-a, ingress: [{ protocol: tcp, ports: 443, source: 0.0.0.0/0 }] }",
        )],
    );
    // An address that is there and that nobody uses is taken.
    assert_eq!(
        first(&text, ["internet:198.51.100.7", "web", "tcp/443"], Open),
        ["elastic_ips.eipalloc-1.eni: eni-web is new"]
    );
}

/// A default route to the internet takes what the peering should have.
#[test]
fn what_a_gateway_does_not_take_is_led_another_way() {
    let text = two(
        PEERED,
        &[(
            "routes: []",
            "routes: [{ destination: 0.0.0.0/0, target: igw-a }]",
        )],
    ) + "internet_gateways:\n  igw-a: { vpc: vpc-a }\n";
    assert_eq!(
        first(&text, ASKED, Open),
        ["route_tables.rtb-a.routes: { destination: 10.2.1.0/24, target: pcx-ab } is new"]
    );
}
