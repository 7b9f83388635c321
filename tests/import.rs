//! Dumps as AWS's command line writes them, cut down and with invented ids, and the models that must come out of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::path::{Path, PathBuf};
use whyhop::analysis::Verdict;
use whyhop::import::terraform;
use whyhop::model::Loaded;
use whyhop::{Analysis, Options};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/import")
        .join(name)
}

fn loaded(path: PathBuf) -> Loaded {
    whyhop::load(&[path]).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// What came out is what is written beside the dump, and both answer alike.
fn imports(name: &str, asks: &[(&str, &str, &str, Verdict)]) {
    let (imported, written) = (loaded(folder(name)), loaded(folder(&format!("{name}.yaml"))));
    let yaml = imported.model.to_yaml().unwrap();
    assert_eq!(yaml, written.model.to_yaml().unwrap());
    assert!(
        imported.model.notes.is_empty(),
        "all of it was read: {:?}",
        imported.model.notes
    );
    let models = [imported, written].map(|loaded| Analysis::new(loaded.model));
    for analysis in &models {
        for (from, to, packets, verdict) in asks {
            let finding = analysis.path(from, to, packets, &Options::default()).unwrap();
            assert_eq!(finding.verdict, *verdict, "{from} {to} {packets}");
        }
    }
}

/// VPN connections, static and by BGP, on a virtual private gateway and a transit gateway; a Direct Connect gateway with a
/// virtual interface, and one that is down; a Connect attachment; a local gateway with customer-owned addresses; and what AWS
/// still lists though it is gone.
#[test]
fn what_leads_on_premises() {
    imports(
        "hybrid",
        &[
            ("web", "192.168.5.5", "tcp/443", Verdict::Reachable),
            ("web", "172.20.1.1", "tcp/443", Verdict::Reachable),
            ("web", "10.9.1.1", "tcp/443", Verdict::Reachable),
            ("web", "10.8.1.1", "tcp/443", Verdict::Reachable),
            ("web", "172.21.1.1", "tcp/443", Verdict::Blocked),
            ("192.168.5.5", "web", "tcp/443", Verdict::Reachable),
            ("plant", "10.50.1.1", "tcp/22", Verdict::Reachable),
            ("plant", "10.51.1.1", "tcp/22", Verdict::Blocked),
            ("10.50.1.1", "172.30.0.10", "tcp/22", Verdict::Reachable),
        ],
    );
}

/// A core network with two edges and two segments, one isolated, with static routes and a blackhole; three attached VPCs, one of
/// them with a carrier gateway.
#[test]
fn a_core_network() {
    imports(
        "wan",
        &[
            ("one", "two", "tcp/443", Verdict::Reachable),
            ("one", "three", "tcp/443", Verdict::Reachable),
            ("three", "one", "tcp/443", Verdict::Reachable),
            ("three", "two", "tcp/443", Verdict::Blocked),
            ("two", "three", "tcp/443", Verdict::Blocked),
            ("one", "two", "tcp/22", Verdict::Blocked),
            ("one", "internet:198.51.100.7", "tcp/443", Verdict::Reachable),
        ],
    );
}

/// Two accounts: a resource endpoint of one leads to a database of the other, a service network endpoint to a group with one child.
#[test]
fn resource_gateways() {
    imports(
        "lattice",
        &[
            ("app", "vpce-0a", "tcp/5432", Verdict::Reachable),
            ("app", "vpce-0a", "tcp/443", Verdict::Blocked),
            ("rgw-0a", "orders", "tcp/5432", Verdict::Reachable),
            // The group of the cache does not let the gateway in.
            ("app", "vpce-0b", "tcp/6379", Verdict::Blocked),
            ("app", "vpce-0b", "tcp/5432", Verdict::Blocked),
        ],
    );
}

/// What is asked of a plan and of a template of the same network.
fn foresees(files: &[&str], asks: &[(&str, &str, &str, Verdict)]) {
    for name in files {
        let loaded = loaded(folder(name));
        assert!(loaded.model.notes.is_empty(), "{name}: {:?}", loaded.model.notes);
        assert!(
            loaded.model.unknown.is_empty(),
            "{name}: {:?}",
            loaded.model.unknown
        );
        let analysis = Analysis::new(loaded.model);
        for (from, to, packets, verdict) in asks {
            let finding = analysis.path(from, to, packets, &Options::default()).unwrap();
            assert_eq!(finding.verdict, *verdict, "{name}: {from} {to} {packets}");
        }
    }
}

/// The same as a plan and as a template say it.
#[test]
fn resource_gateways_of_plans_and_templates() {
    foresees(
        &["lattice-plan.json", "lattice-template.yaml"],
        &[
            ("app", "orders", "tcp/5432", Verdict::Reachable),
            ("app", "orders", "tcp/6000", Verdict::Blocked),
            ("app", "orders", "tcp/443", Verdict::Blocked),
            ("app", "net", "tcp/5432", Verdict::Reachable),
            ("app", "db", "tcp/5432", Verdict::Blocked),
        ],
    );
}

/// A Wavelength Zone: an Elastic IP address there is the carrier's, and who has none does not get out.
#[test]
fn carrier_gateways_of_plans_and_templates() {
    foresees(
        &["carrier-plan.json", "carrier-template.yaml"],
        &[
            ("phone", "internet:203.0.113.7", "tcp/443", Verdict::Reachable),
            ("phone", "internet:203.0.113.7", "udp/53", Verdict::Unknown),
            ("dark", "internet:203.0.113.7", "tcp/443", Verdict::Blocked),
            ("internet:203.0.113.7", "phone", "tcp/443", Verdict::Blocked),
            ("dark", "phone", "tcp/443", Verdict::Reachable),
        ],
    );
}

/// Instances of a group in a subnet that gives IPv6 addresses have one, and no public IPv4 one.
#[test]
fn groups_of_instances_in_plans_and_templates_have_ipv6_addresses() {
    let asks = |web| {
        [
            ("internet:2a00:1450::7", web, "tcp/443", Verdict::Reachable),
            ("internet:2a00:1450::7", web, "tcp/22", Verdict::Blocked),
            ("internet:203.0.113.7", web, "tcp/443", Verdict::Blocked),
            (web, "internet:2a00:1450::7", "tcp/443", Verdict::Reachable),
        ]
    };
    foresees(&["dual-plan.json"], &asks("aws_autoscaling_group.web"));
    foresees(&["dual-template.yaml"], &asks("Web"));
    foresees(&["dual-template.yaml"], &asks("Host"));
}

/// Core networks: the policy tells by tags and Regions which VPC is of which segment. Those of one reach each other, unless the
/// segment is isolated; nobody shares.
#[test]
fn core_networks_of_plans() {
    foresees(
        &["wan-plan.json"],
        &[
            ("one", "two", "tcp/443", Verdict::Reachable),
            ("one", "two", "tcp/22", Verdict::Blocked),
            ("one", "three", "tcp/443", Verdict::Blocked),
            ("three", "four", "tcp/443", Verdict::Blocked),
        ],
    );
}

/// Where the policy is not told, or an attachment waits for somebody to accept it, nothing is decided.
#[test]
fn core_networks_of_which_too_little_is_told_are_unknown() {
    let plan = std::fs::read_to_string(folder("wan-plan.json")).unwrap();
    let waits = plan.replace("require-attachment-acceptance", "isolated-by");
    let untold = plan.replace("\"policy_document\"", "\"other_document\"");
    for text in [waits, untold] {
        assert_ne!(text, plan);
        let loaded = terraform::from_files(&[("plan.json".into(), text.into_bytes())]).unwrap();
        let analysis = Analysis::new(loaded.model);
        for to in ["two", "three"] {
            let finding = analysis.path("one", to, "tcp/443", &Options::default()).unwrap();
            assert_eq!(finding.verdict, Verdict::Unknown);
        }
    }
}

/// Who asks page by page, and adds the answers to one file, has all of them in it.
#[test]
fn pages_one_after_the_other() {
    let dump = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dump.path().join(name), text).unwrap();
    write(
        "ec2-describe-vpcs.json",
        "{\"Vpcs\": [{\"VpcId\": \"vpc-0a\", \"CidrBlock\": \"10.0.0.0/16\"}], \"NextToken\": \"x\"}\n\
         {\"Vpcs\": [{\"VpcId\": \"vpc-0b\", \"CidrBlock\": \"10.1.0.0/16\"}]}\n",
    );
    let model = loaded(dump.path().to_owned()).model;
    assert_eq!(model.vpcs.len(), 2);
    let cut = |note: &&String| note.contains("ec2-describe-vpcs.json");
    assert_eq!(model.notes.iter().find(cut), None);
    write("ec2-describe-vpcs.json", "{\"Vpcs\": []}\n}\n");
    let mistakes = whyhop::load(&[dump.path().to_owned()]).unwrap_err();
    assert!(
        mistakes.to_string().contains("ec2-describe-vpcs.json"),
        "{mistakes}"
    );
}
