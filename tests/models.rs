//! The example networks: each loads without a mistake, says its question and its answer at its head, and the answer is
//! the one that whyhop gives. The table is written by hand.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use whyhop::network::{Leg, RuleRef};
use whyhop::{Analysis, Finding, Options};

/// A model, a question of it, and the answer: the verdict, and whom the first blocker blames.
type Row = (&'static str, &'static str, &'static str, Option<Blame>);
/// The code, leg, component and rule of a blocker.
type Blame = (&'static str, Leg, &'static str, &'static str);

#[rustfmt::skip]
const ANSWERS: &[Row] = &[
    ("appliance", "app db tcp/5432", "reachable", None),
    ("bastion", "internet:198.51.100.40 bastion tcp/22", "blocked", Some(("ENI_SG_RULES_MISMATCH", Leg::Forward, "sg-bastion", "default"))),
    ("bastion", "internet:192.0.2.40 bastion tcp/22", "reachable", None),
    ("bastion", "bastion server tcp/22", "reachable", None),
    ("bastion", "bastion server tcp/3389", "blocked", Some(("ENI_SG_RULES_MISMATCH", Leg::Forward, "sg-bastion", "default"))),
    ("cloud-wan", "orders stock tcp/8443", "reachable", None),
    ("cloud-wan", "trial-eu trial-us tcp/8443", "blocked", Some(("TGW_RTB_CANNOT_ROUTE", Leg::Forward, "core-network-shop/test/eu-west-1", "default"))),
    ("cloud-wan", "trial-eu directory tcp/636", "reachable", None),
    ("egress-inspection", "worker internet:198.51.100.7 tcp/443", "reachable", None),
    ("egress-inspection", "worker internet:198.51.100.7 tcp/22", "blocked", Some(("FIREWALL_RULES_RESTRICTION", Leg::Forward, "policy-egress", "default"))),
    ("egress-inspection", "worker internet:198.51.100.7 tcp/80", "unknown", None),
    ("egress-inspection", "worker internet:198.51.100.7 udp/53", "blocked", Some(("FIREWALL_RULES_RESTRICTION", Leg::Forward, "rg-stateless", "10"))),
    ("gateway-load-balancer", "internet:198.51.100.7 web tcp/443", "reachable", None),
    ("gateway-load-balancer", "internet:198.51.100.7 api tcp/443", "blocked", Some(("ENI_SG_RULES_MISMATCH", Leg::Forward, "sg-firewall-b", "default"))),
    ("group-reference-lost", "app db tcp/5432", "blocked", Some(("SG_REFERENCES_NOT_PRESERVED", Leg::Forward, "sg-db", "1"))),
    ("hybrid", "192.168.10.5 app tcp/443", "reachable", None),
    ("hybrid", "app 192.168.20.5 tcp/22", "blocked", Some(("BAD_STATE_VPN", Leg::Forward, "vpn-plant", "tunnel"))),
    ("hybrid", "192.168.10.5 internet:198.51.100.7 tcp/443", "blocked", Some(("NO_POSSIBLE_DESTINATION", Leg::Forward, "on-premises", "no route"))),
    ("ipv6-dual-stack", "internet:2001:db8:ffff::7 api tcp/443", "blocked", Some(("WHYHOP_NO_SESSION", Leg::Return, "eigw-shop", "egress only"))),
    ("ipv6-dual-stack", "api internet:2001:db8:ffff::7 tcp/443", "reachable", None),
    ("ipv6-dual-stack", "api internet:198.51.100.7 tcp/443", "blocked", Some(("NO_ROUTE_TO_DESTINATION", Leg::Forward, "rtb-private", "default"))),
    ("mirror", "client web tcp/443", "reachable", None),
    ("mirror", "client web tcp/22", "blocked", Some(("ENI_SG_RULES_MISMATCH", Leg::Forward, "sg-web", "default"))),
    ("nacl-ephemeral", "web db tcp/5432", "blocked", Some(("SUBNET_ACL_RESTRICTION", Leg::Return, "acl-db", "default"))),
    ("nat-egress", "worker internet:198.51.100.7 tcp/443", "reachable", None),
    ("nat-egress", "internet 203.0.113.20 tcp/443", "blocked", Some(("WHYHOP_NO_SESSION", Leg::Forward, "nat-shop", "NAT gateway"))),
    ("no-public-ip", "worker internet:198.51.100.7 tcp/443", "blocked", Some(("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", Leg::Forward, "igw-shop", "internet gateway"))),
    ("no-public-ip", "web internet:198.51.100.7 tcp/443", "reachable", None),
    ("peering-not-transitive", "orders billing tcp/8443", "blocked", Some(("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", Leg::Forward, "pcx-orders-hub", "peering"))),
    ("peering-not-transitive", "orders directory tcp/636", "reachable", None),
    ("private-link", "worker vpce-billing tcp/443", "reachable", None),
    ("private-link", "worker vpce-billing tcp/80", "blocked", Some(("ENI_SG_RULES_MISMATCH", Leg::Forward, "sg-endpoint", "default"))),
    ("private-link", "worker com.amazonaws.eu-west-1.s3 tcp/443", "reachable", None),
    ("private-link", "worker internet:198.51.100.7 tcp/443", "blocked", Some(("NO_ROUTE_TO_DESTINATION", Leg::Forward, "rtb-worker", "default"))),
    ("shop", "web db tcp/5432", "blocked", Some(("ENI_SG_RULES_MISMATCH", Leg::Forward, "sg-db", "default"))),
    ("shop", "app db tcp/5432", "reachable", None),
    ("shop", "internet:198.51.100.7 web tcp/443", "reachable", None),
    ("source-dest-check", "app db tcp/5432", "blocked", Some(("ENI_SOURCE_DEST_CHECK_RESTRICTION", Leg::Forward, "eni-firewall", "interface"))),
];

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models")
}

fn text(name: &str) -> String {
    fs::read_to_string(models().join(format!("{name}.yaml"))).unwrap()
}

fn answer(name: &str, [from, to, packets]: [&str; 3]) -> Finding {
    let analysis = Analysis::from_text(&format!("models/{name}.yaml"), &text(name))
        .unwrap_or_else(|mistakes| panic!("{name}: {mistakes:?}"));
    analysis
        .path(from, to, packets, &Options::default())
        .unwrap_or_else(|error| panic!("{name}: {from} {to} {packets}: {error}"))
}

/// The names of the models, by their files.
fn names() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(models())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The questions at the head of a model: what follows `whyhop path`, up to `-m`.
fn questions(name: &str) -> Vec<[String; 3]> {
    let command = |line: &str| {
        let words = line.strip_prefix("# Q: whyhop path ")?;
        let words: Vec<&str> = words.split_whitespace().collect();
        assert_eq!(
            words[3..5],
            ["-m".to_owned(), format!("models/{name}.yaml")],
            "{name}: {line}"
        );
        Some([0, 1, 2].map(|word: usize| words[word].to_owned()))
    };
    text(name)
        .lines()
        .take_while(|line| line.starts_with('#'))
        .filter_map(command)
        .collect()
}

/// The rule of a blocker, in a word or two.
fn rule(rule: &RuleRef) -> String {
    match rule {
        RuleRef::Number(number) => number.to_string(),
        RuleRef::Route(destination) => destination.to_string(),
        RuleRef::Default => "default".to_owned(),
        RuleRef::Implicit(what) => (*what).to_owned(),
    }
}

#[test]
fn every_answer_is_the_one_written_by_hand() {
    for (name, question, verdict, blame) in ANSWERS {
        let words: Vec<&str> = question.split(' ').collect();
        let finding = answer(name, [words[0], words[1], words[2]]);
        assert_eq!(finding.verdict.as_str(), *verdict, "{name}: {question}");
        let first = finding.blockers.iter().find(|blocker| blocker.first);
        let blamed = first.map(|first| {
            let component = first.component.id.to_string();
            (first.code.as_str(), first.leg, component, rule(&first.rule))
        });
        let expected =
            blame.map(|(code, leg, component, rule)| (code, leg, component.to_owned(), rule.to_owned()));
        assert_eq!(blamed, expected, "{name}: {question}");
    }
}

#[test]
fn every_model_asks_its_questions_and_answers_them_at_its_head() {
    let written: BTreeSet<String> = names()
        .iter()
        .flat_map(|name| {
            questions(name)
                .into_iter()
                .map(move |question| format!("{name} {}", question.join(" ")))
        })
        .collect();
    let answered: BTreeSet<String> = ANSWERS
        .iter()
        .map(|(name, question, ..)| format!("{name} {question}"))
        .collect();
    assert_eq!(written, answered);
    for name in names() {
        let head: Vec<String> = text(&name)
            .lines()
            .map(str::to_owned)
            .take_while(|line| line.starts_with('#'))
            .collect();
        let answers = head.iter().filter(|line| line.starts_with("# A: ")).count();
        assert!(
            answers > 0 && answers == questions(&name).len(),
            "{name}: an answer to every question"
        );
        assert!(
            head.last().is_some_and(|line| line.ends_with('.')),
            "{name}: a whole sentence"
        );
    }
}

/// The answer at the head names the code and the component that the table names.
#[test]
fn every_head_names_its_blockers() {
    for (name, question, _, blame) in ANSWERS {
        let Some((code, _, component, _)) = blame else {
            continue;
        };
        let text = text(name);
        let after = text
            .split(&format!("# Q: whyhop path {question} "))
            .nth(1)
            .unwrap();
        let told = after
            .split("# Q: ")
            .next()
            .unwrap()
            .lines()
            .take_while(|line| line.starts_with('#') || line.starts_with("-m"));
        let told: String = told.collect();
        assert!(
            told.contains(component),
            "{name}: {question}: {component} is not named"
        );
        assert!(told.contains(code), "{name}: {question}: {code} is not named");
    }
}
