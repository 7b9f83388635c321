//! Repairs that were decided by hand.

use super::{changes, edited, model, told, verdict};
use whyhop::analysis::Verdict;
use whyhop::analysis::repair::{Goal, Repair};
use whyhop::{Analysis, Options};

const SHOP: &str = "
version: 1
vpcs:
  vpc-a: { cidr: 10.0.0.0/16 }
subnets:
  subnet-web: { vpc: vpc-a, cidr: 10.0.1.0/24, route_table: rtb-web, nacl: acl-web }
  subnet-db: { vpc: vpc-a, cidr: 10.0.2.0/24, nacl: acl-db }
enis:
  eni-web: { name: web, subnet: subnet-web, ip: 10.0.1.10, public_ip: 203.0.113.10, security_groups: [sg-web] }
  eni-db: { name: db, subnet: subnet-db, ip: 10.0.2.20, security_groups: [sg-db] }
security_groups:
  sg-web: { vpc: vpc-a, ingress: [{ protocol: tcp, ports: [22, 443], source: 0.0.0.0/0 }] }
  sg-db: { vpc: vpc-a, ingress: [{ protocol: tcp, ports: 5432, source: sg-web }] }
nacls:
  acl-web:
    vpc: vpc-a
    ingress: [{ rule: 100, action: allow, protocol: all, source: 0.0.0.0/0 }]
    egress: [{ rule: 100, action: allow, protocol: all, destination: 0.0.0.0/0 }]
  acl-db:
    vpc: vpc-a
    ingress:
      - { rule: 100, action: allow, protocol: tcp, ports: 5432, source: 10.0.1.0/24 }
    egress:
      - { rule: 100, action: allow, protocol: tcp, ports: 1024-65535, destination: 10.0.1.0/24 }
route_tables:
  rtb-web: { vpc: vpc-a, routes: [{ destination: 0.0.0.0/0, target: igw-a }] }
internet_gateways:
  igw-a: { vpc: vpc-a }
";

/// The shop with some text of it changed.
fn shop(changed: &[(&str, &str)]) -> String {
    changed.iter().fold(SHOP.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

pub(crate) fn repair(text: &str, words: [&str; 3], goal: Goal) -> Repair {
    let base = model(text);
    let repair = Analysis::new(base.clone())
        .repair(words, &Options::default(), goal)
        .unwrap();
    for set in &repair.sets {
        let wanted = match goal {
            Goal::Open => Verdict::Reachable,
            Goal::Close => Verdict::Blocked,
        };
        assert_eq!(verdict(edited(&base, changes(set, None)).unwrap(), words), wanted);
    }
    repair
}

/// The changes of the first set.
pub(crate) fn first(text: &str, words: [&str; 3], goal: Goal) -> Vec<String> {
    let repair = repair(text, words, goal);
    assert!(repair.why_none.is_none(), "{:?}", repair.why_none);
    told(&repair).remove(0)
}

pub(crate) fn commands(repair: &Repair) -> Vec<&str> {
    let edits = repair.sets[0].edits.iter();
    edits.flat_map(|edit| &edit.aws).map(String::as_str).collect()
}

#[test]
fn a_security_group_lets_in_the_group_of_who_asks() {
    let text = shop(&[("ports: 5432, source: sg-web", "ports: 5433, source: sg-web")]);
    let repair = repair(&text, ["web", "db", "tcp/5432"], Goal::Open);
    assert_eq!(
        told(&repair),
        [["security_groups.sg-db.ingress: { protocol: tcp, ports: 5432, source: sg-web } is new"]]
    );
    assert_eq!(repair.sets[0].besides, 0);
    assert_eq!(
        commands(&repair),
        [
            "aws ec2 authorize-security-group-ingress --group-id sg-db --ip-permissions \
          'IpProtocol=tcp,FromPort=5432,ToPort=5432,UserIdGroupPairs=[{GroupId=sg-web}]'"
        ]
    );
    let edit = &repair.sets[0].edits[0];
    assert_eq!(
        edit.terraform,
        "resource \"aws_vpc_security_group_ingress_rule\" \"sg-db_tcp_5432_sg-web\" {\n  \
           security_group_id            = \"sg-db\"\n  \
           ip_protocol                  = \"tcp\"\n  \
           from_port                    = 5432\n  \
           to_port                      = 5432\n  \
           referenced_security_group_id = \"sg-web\"\n\
         }"
    );
    assert_eq!(
        edit.changes[0].at.as_ref().unwrap().to_string(),
        "random.yaml:13:24"
    );
}

/// Who comes from outside has no group, and the world is one prefix.
#[test]
fn who_has_no_group_is_named_by_address() {
    let told = first(SHOP, ["internet:198.51.100.7", "web", "tcp/8443"], Goal::Open);
    assert_eq!(
        told,
        ["security_groups.sg-web.ingress: { protocol: tcp, ports: 8443, source: 198.51.100.7/32 } is new"]
    );
    let told = first(SHOP, ["internet", "web", "tcp/8443"], Goal::Open);
    assert_eq!(
        told,
        ["security_groups.sg-web.ingress: { protocol: tcp, ports: 8443, source: 0.0.0.0/0 } is new"]
    );
}

#[test]
fn a_network_acl_gets_a_rule_before_the_one_that_denies() {
    let deny = "      - { rule: 90, action: deny, protocol: tcp, ports: 5000-6000, source: 10.0.0.0/8 }\n";
    let rule = "      - { rule: 100, action: allow, protocol: tcp, ports: 5432, source: 10.0.1.0/24 }\n";
    let text = shop(&[(rule, &format!("{deny}{rule}"))]);
    let repair = repair(&text, ["web", "db", "tcp/5432"], Goal::Open);
    assert_eq!(
        told(&repair),
        [[
            "nacls.acl-db.ingress: { rule: 89, action: allow, protocol: tcp, ports: 5432, source: 10.0.1.10/32 } is new"
        ]]
    );
    assert_eq!(
        commands(&repair),
        [
            "aws ec2 create-network-acl-entry --network-acl-id acl-db --ingress --rule-number 89 --protocol 6 \
          --port-range From=5432,To=5432 --cidr-block 10.0.1.10/32 --rule-action allow"
        ]
    );
}

#[test]
fn a_reply_gets_a_rule_for_the_ports_of_clients() {
    let text = shop(&[("ports: 1024-65535", "ports: 5432")]);
    let told = first(&text, ["web", "db", "tcp/5432"], Goal::Open);
    // What the ACL lets out already, port 5432, needs no rule.
    let rule = |number: u32, ports: &str| {
        format!(
            "nacls.acl-db.egress: {{ rule: {number}, action: allow, protocol: tcp, ports: {ports}, destination: 10.0.1.10/32 }} is new"
        )
    };
    assert_eq!(told, [rule(110, "1024-5431"), rule(120, "5433-65535")]);
    let text = shop(&[(
        "      - { rule: 100, action: allow, protocol: tcp, ports: 1024-65535, destination: 10.0.1.0/24 }\n",
        "      []\n",
    )]);
    let told = first(&text, ["web", "db", "tcp/5432"], Goal::Open);
    assert_eq!(told, [rule(100, "1024-65535")]);
}

#[test]
fn both_legs_are_repaired_at_once() {
    let text = shop(&[
        (
            "ports: 5432, source: 10.0.1.0/24",
            "ports: 5433, source: 10.0.1.0/24",
        ),
        ("destination: 10.0.1.0/24", "destination: 10.0.9.0/24"),
        ("ports: 5432, source: sg-web", "ports: 5433, source: sg-web"),
    ]);
    assert_eq!(
        first(&text, ["web", "db", "tcp/5432"], Goal::Open),
        [
            "nacls.acl-db.ingress: { rule: 110, action: allow, protocol: tcp, ports: 5432, source: 10.0.1.10/32 } is new",
            "security_groups.sg-db.ingress: { protocol: tcp, ports: 5432, source: sg-web } is new",
            "nacls.acl-db.egress: { rule: 110, action: allow, protocol: tcp, ports: 1024-65535, destination: 10.0.1.10/32 } is new",
        ]
    );
}

#[test]
fn a_port_that_is_open_to_the_world_is_closed_and_no_other() {
    let repair = repair(SHOP, ["internet", "web", "tcp/22"], Goal::Close);
    assert_eq!(
        told(&repair)[0],
        [
            "security_groups.sg-web.ingress: { protocol: tcp, ports: [22, 443], source: 0.0.0.0/0 } is now \
             { protocol: tcp, ports: 443, source: 0.0.0.0/0 }"
        ]
    );
    assert_eq!(commands(&repair).len(), 2);
    assert!(commands(&repair)[0].starts_with("aws ec2 revoke-security-group-ingress --group-id sg-web"));
}

#[test]
fn what_cannot_be_repaired_is_said_to_be_so() {
    // Nothing leads there, and there is no gateway that could.
    let text = shop(&[
        (
            "routes: [{ destination: 0.0.0.0/0, target: igw-a }]",
            "routes: []",
        ),
        ("internet_gateways:\n  igw-a: { vpc: vpc-a }\n", ""),
    ]);
    let repair = repair(&text, ["web", "internet:198.51.100.7", "tcp/443"], Goal::Open);
    assert!(repair.sets.is_empty());
    let why = repair.why_none.unwrap();
    assert!(
        why.starts_with("no repair") && why.contains("NO_ROUTE_TO_DESTINATION at rtb-web"),
        "{why}"
    );
    // What the model does not decide no edit decides.
    let text = shop(&[("ports: 5432, source: sg-web", "ports: 5432, source: pl-office")]).replace(
        "internet_gateways:",
        "unknown:\n  pl-office: { type: prefix-list }\ninternet_gateways:",
    );
    let repair = super::hand::repair(&text, ["web", "db", "tcp/5432"], Goal::Open);
    assert!(repair.why_none.unwrap().contains("does not decide"));
}

#[test]
fn what_is_as_wanted_needs_no_repair() {
    let repair = repair(SHOP, ["web", "db", "tcp/5432"], Goal::Open);
    assert!(repair.sets.is_empty() && repair.why_none.is_none());
}

/// There is no number before 1: the rules make room, and stay in their order.
#[test]
fn rules_of_a_network_acl_make_room_for_one_before_the_first() {
    let rule = "      - { rule: 100, action: allow, protocol: tcp, ports: 5432, source: 10.0.1.0/24 }\n";
    let first_two = "      - { rule: 1, action: deny, protocol: all, source: 10.0.0.0/8 }\n      \
                     - { rule: 2, action: allow, protocol: all, source: 0.0.0.0/0 }\n";
    let text = shop(&[(rule, first_two)]);
    let repair = repair(&text, ["web", "db", "tcp/5432"], Goal::Open);
    assert_eq!(
        told(&repair),
        [[
            "nacls.acl-db.ingress: { rule: 2, action: allow, protocol: all, source: 0.0.0.0/0 } is now \
             { rule: 3, action: allow, protocol: all, source: 0.0.0.0/0 }",
            "nacls.acl-db.ingress: { rule: 1, action: deny, protocol: all, source: 10.0.0.0/8 } is now \
             { rule: 2, action: deny, protocol: all, source: 10.0.0.0/8 }",
            "nacls.acl-db.ingress: { rule: 1, action: allow, protocol: tcp, ports: 5432, source: 10.0.1.10/32 } is new",
        ]]
    );
    assert_eq!(repair.sets[0].edits.len(), 1);
    let calls: Vec<&str> = commands(&repair).iter().map(|command| &command[8..14]).collect();
    assert_eq!(calls, ["create", "delete", "create", "delete", "create"]);
}

/// What the check file calls private is closed by one edit, wherever it was let in.
#[test]
fn a_network_acl_stops_what_a_group_cannot_tell_apart() {
    // The rule is for the whole group's subnet, and one address of it is meant.
    let text = shop(&[("ports: 5432, source: sg-web", "ports: 5432, source: 10.0.1.0/24")]);
    let text = text.replace(
        "security_groups:\n  sg-web",
        "  eni-job: { name: job, subnet: subnet-web, ip: 10.0.1.11, security_groups: [sg-web] }\nsecurity_groups:\n  sg-web",
    );
    let repair = repair(&text, ["job", "db", "tcp/5432"], Goal::Close);
    // The way out of its own subnet is the first place where it can be stopped, and its group's rules would stop others too.
    let best = &repair.sets[0];
    assert_eq!(best.besides, 0, "{:?}", told(&repair));
    assert!(
        told(&repair)[0][0].contains("action: deny, protocol: tcp, ports: 5432"),
        "{:?}",
        told(&repair)
    );
}
