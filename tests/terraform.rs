//! Terraform: plans and states, with questions answered by hand. A `NAME.check.yaml` of `tests/terraform` is asked of
//! `NAME.json` and of every `NAME-….json`: the same network as a plan, as a state of version 4 and as one of version 3.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use jiff::civil::{Date, date};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use whyhop::check::{CheckFile, Status};
use whyhop::evidence::Logs;
use whyhop::import::terraform;
use whyhop::model::{Diagnostics, Loaded, ResourceId};
use whyhop::packet::PacketSet;
use whyhop::{Analysis, Finding, Options};

const TODAY: Date = date(2026, 12, 1);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/terraform")
}

fn files(wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let all = std::fs::read_dir(folder()).unwrap();
    let names = all.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut found: Vec<String> = names.filter(|name| wanted(name)).collect();
    found.sort();
    found
}

fn analysis(name: &str) -> Analysis {
    let loaded = whyhop::load(&[folder().join(name)]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    Analysis::new(loaded.model)
}

/// What a check file expects and does not get.
fn failures(analysis: &Analysis, checks: &str) -> Vec<String> {
    let bytes = std::fs::read(folder().join(checks)).unwrap();
    let checks = CheckFile::read(checks, bytes).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let report = analysis
        .check(&checks, &[], &Logs::default(), TODAY)
        .unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert!(!report.outcomes.is_empty());
    let failed = report.outcomes.iter().filter(|one| one.status != Status::Pass);
    failed
        .map(|one| format!("{}: {}", one.name, one.message))
        .collect()
}

#[test]
fn every_plan_and_state_answers_as_worked_out_by_hand() {
    let mut asked = 0;
    for checks in files(|name| name.ends_with(".check.yaml")) {
        let name = checks.trim_end_matches(".check.yaml");
        let of = |file: &str| {
            let rest = file
                .strip_prefix(name)
                .and_then(|rest| rest.strip_suffix(".json"));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        for file in files(of) {
            let failed = failures(&analysis(&file), &checks);
            assert!(failed.is_empty(), "{file}\n{}", failed.join("\n"));
            asked += 1;
        }
    }
    assert!(asked >= 5, "{asked}");
}

/// What an answer says, apart from where it is written and which interface it is about.
fn told(finding: &Finding) -> String {
    let space = &finding.work.space;
    let all = |cubes: &[whyhop::packet::Cube]| {
        let all = cubes.iter();
        all.fold(PacketSet::EMPTY, |all, cube| space.union(all, space.cube(cube)))
    };
    let [works, fails] = [&finding.works, &finding.fails].map(|cubes| space.cubes(all(cubes)));
    let blockers = finding.blockers.iter();
    let codes: BTreeSet<String> = blockers
        .map(|one| format!("{} {}", one.leg.as_str(), one.code))
        .collect();
    format!("{} {codes:?} {works:?} {fails:?}", finding.verdict.as_str())
}

#[test]
fn a_plan_and_the_same_network_by_hand_answer_all_pairs_alike() {
    let (plan, hand) = (analysis("shop.json"), analysis("shop.yaml"));
    let ends = [
        "internet",
        "aws_instance.bastion",
        "aws_autoscaling_group.web",
        "aws_db_instance.main",
        "aws_lb.web",
        "aws_subnet.public[1]",
        "aws_subnet.private[0]",
        "aws_subnet.data[1]",
    ];
    for from in ends {
        for to in ends.iter().filter(|to| **to != from) {
            let ask = |analysis: &Analysis| {
                let finding = analysis.path(from, to, "all", &Options::default());
                finding.map_or_else(|error| error.to_string(), |finding| told(&finding))
            };
            assert_eq!(ask(&plan), ask(&hand), "{from} → {to}");
        }
    }
}

fn read(text: &str) -> Result<Loaded, Diagnostics> {
    terraform::from_files(&[("plan.json".into(), text.as_bytes().to_vec())])
}

fn mistake(text: &str) -> String {
    let mistakes = read(text).unwrap_err().0;
    assert_eq!(mistakes.len(), 1);
    whyhop::report::diagnostic(&mistakes[0], false)
}

#[test]
fn what_is_no_plan_is_told_with_its_place_and_the_path_inside_it() {
    let told = mistake(
        "{\"format_version\": \"1.2\", \"planned_values\": {\"root_module\": {\"resources\": [\n{\"address\": 7}]}}}",
    );
    assert!(
        told.contains("plan.json:2:13") && told.contains("planned_values.root_module.resources[0].address"),
        "{told}"
    );
    let told = mistake("{\"version\": 9, \"terraform_version\": \"3.0.0\"}");
    assert!(
        told.contains("version 9") && told.contains("terraform show -json"),
        "{told}"
    );
    let told = mistake("{\"format_version\": \"1.2\"");
    assert!(told.contains("plan.json:1:24"), "{told}");
    let nested = format!(
        "{{\"format_version\": \"1.2\", \"planned_values\": {{\"root_module\": {}",
        "{\"child_modules\": [".repeat(100_000)
    );
    assert!(mistake(&nested).contains("recursion limit"), "nesting has an end");
}

#[test]
fn what_a_plan_does_not_tell_is_unknown_by_name() {
    let plan = std::fs::read_to_string(folder().join("platform.json")).unwrap();
    let model = read(&plan).unwrap().model;
    let rule = "module.app[\"blue\"].aws_vpc_security_group_ingress_rule.office.cidr";
    assert!(
        model.unknown.contains_key(&ResourceId::from(rule)),
        "{:?}",
        model.unknown
    );
    assert!(
        model.notes.iter().any(|note| note.contains("2001:db8::/56")),
        "{:?}",
        model.notes
    );
}

#[test]
fn types_that_are_not_imported_are_listed_once_and_only_they_are() {
    let plan = std::fs::read_to_string(folder().join("shop.json")).unwrap();
    let model = read(&plan).unwrap().model;
    assert!(
        model.notes.is_empty() && model.unknown.is_empty(),
        "{:?}",
        model.notes
    );
    let plan = plan.replace("aws_iam_role", "aws_ec2_client_vpn_endpoint");
    let model = read(&plan).unwrap().model;
    assert!(
        model
            .notes
            .iter()
            .any(|note| note.contains("aws_ec2_client_vpn_endpoint (1)"))
    );
    assert!(
        model
            .unknown
            .contains_key(&ResourceId::from("aws_ec2_client_vpn_endpoint.nothing"))
    );
}

/// The shop's plan with a resource changed.
fn changed(address: &str, change: impl Fn(&mut serde_json::Value)) -> Analysis {
    let text = std::fs::read_to_string(folder().join("shop.json")).unwrap();
    let mut plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut found = 0;
    for module in ["planned_values", "configuration"] {
        for one in plan[module]["root_module"]["resources"].as_array_mut().unwrap() {
            if one["address"] == address {
                change(one);
                found += 1;
            }
        }
    }
    assert_eq!(found, 2);
    Analysis::new(read(&plan.to_string()).unwrap().model)
}

#[test]
fn what_a_listener_or_a_rule_takes_is_unknown_where_the_plan_does_not_tell() {
    let verdict = |analysis: &Analysis, packets: &str| {
        let finding = analysis.path("internet", "aws_lb.web", packets, &Options::default());
        finding.unwrap().verdict.as_str()
    };
    let open = |one: &mut serde_json::Value| {
        if let Some(values) = one.get_mut("values").and_then(|values| values.as_object_mut()) {
            values.remove("port");
        } else {
            one["expressions"]["port"] = serde_json::json!({ "references": ["local.port"] });
        }
    };
    assert_eq!(
        verdict(&changed("aws_lb_listener.https", open), "tcp/443"),
        "unknown"
    );
    // A word that nobody knows may be any protocol.
    let strange = |one: &mut serde_json::Value| {
        if one.get("values").is_some() {
            one["values"]["ingress"][0]["protocol"] = "strange".into();
        }
    };
    assert_eq!(
        verdict(&changed("aws_security_group.alb", strange), "tcp/443"),
        "unknown"
    );
}

/// The verdict of a question about the applied shop, of which some types are in another state.
fn without(types: &[&str], [from, to, packets]: [&str; 3]) -> &'static str {
    let text = std::fs::read_to_string(folder().join("shop-applied.json")).unwrap();
    let mut state: serde_json::Value = serde_json::from_str(&text).unwrap();
    let all = state["resources"].as_array_mut().unwrap();
    let before = all.len();
    all.retain(|one| !types.contains(&one["type"].as_str().unwrap()));
    assert!(all.len() < before);
    let analysis = Analysis::new(read(&state.to_string()).unwrap().model);
    let finding = analysis.path(from, to, packets, &Options::default()).unwrap();
    finding.verdict.as_str()
}

#[test]
fn what_is_in_another_state_blocks_nobody() {
    let ssh = ["internet:203.0.113.7", "aws_instance.bastion", "tcp/22"];
    let web = ["aws_instance.bastion", "internet", "tcp/443"];
    let orders = ["aws_instance.bastion", "orders", "tcp/5432"];
    // A route to an internet gateway tells that the VPC has it.
    assert_eq!(without(&["aws_internet_gateway"], ssh), "reachable");
    assert_eq!(without(&["aws_internet_gateway"], web), "reachable");
    // The same by address, private and public.
    for address in ["10.0.1.20", "198.51.100.78"] {
        let ssh = ["internet:203.0.113.7", address, "tcp/22"];
        assert_eq!(without(&["aws_subnet"], ssh), "unknown", "{address}");
    }
    for types in [&["aws_vpc"][..], &["aws_subnet"], &["aws_subnet", "aws_vpc"]] {
        for question in [ssh, web, orders] {
            assert_eq!(without(types, question), "unknown", "{types:?} {question:?}");
        }
    }
    assert_eq!(
        without(&["aws_security_group", "aws_security_group_rule"], ssh),
        "unknown"
    );
    assert_eq!(
        without(
            &["aws_db_subnet_group"],
            ["aws_instance.bastion", "aws_db_instance.main", "tcp/5432"]
        ),
        "unknown"
    );
}

#[test]
fn a_plan_tells_what_was_before_it() {
    let plan = std::fs::read(folder().join("shop.json")).unwrap();
    let both = terraform::both(&[("plan.json".into(), plan)]).unwrap();
    assert!(both.before.model.vpcs.is_empty());
    assert_eq!(both.after.model.vpcs.len(), 1);
    let state = std::fs::read(folder().join("shop-applied.json")).unwrap();
    let both = terraform::both(&[("terraform.tfstate".into(), state)]).unwrap();
    assert_eq!(both.before.model.enis, both.after.model.enis);
}

#[test]
fn an_answer_points_at_the_rule_that_is_written_apart() {
    let analysis = analysis("layers.json");
    let pointed = |[from, to, packets]: [&str; 3]| -> BTreeSet<String> {
        let finding = analysis.path(from, to, packets, &Options::default()).unwrap();
        let ways = finding.paths.iter().flat_map(|path| &path.forward.hops);
        let places = ways.filter_map(|hop| hop.at.as_ref()?.resource.as_deref());
        places.map(str::to_owned).collect()
    };
    let found = pointed(["aws_ecs_service.app", "aws_db_instance.main", "tcp/5432"]);
    for address in [
        "module.app_sg.aws_security_group_rule.egress_rules[0]",
        "module.vpc.aws_network_acl_rule.database_inbound[2]",
        "module.db_sg.aws_security_group_rule.computed_ingress_with_source_security_group_id[0]",
    ] {
        assert!(found.contains(address), "{address}: {found:?}");
    }
    let found = pointed(["aws_ecs_service.app", "internet:8.8.8.8", "tcp/443"]);
    assert!(
        found.contains("module.vpc.aws_route.private_nat_gateway[0]"),
        "{found:?}"
    );
}

#[test]
fn what_is_assigned_anew_keeps_the_address_that_it_had() {
    let instance = |values: &str| {
        format!(
            r#"{{"address": "aws_instance.web", "mode": "managed", "type": "aws_instance", "name": "web", "values": {{{values}}}}}"#
        )
    };
    let rest = r#"{"address": "aws_vpc.v", "mode": "managed", "type": "aws_vpc", "name": "v", "values": {"id": "vpc-1", "cidr_block": "10.0.0.0/16"}},
        {"address": "aws_subnet.s", "mode": "managed", "type": "aws_subnet", "name": "s", "values": {"id": "subnet-1", "vpc_id": "vpc-1", "cidr_block": "10.0.0.0/24"}}"#;
    let held = instance(r#""id": "i-1", "subnet_id": "subnet-1", "public_ip": "203.0.113.9""#);
    let planned = instance(r#""subnet_id": "subnet-1", "associate_public_ip_address": true"#);
    let plan = format!(
        r#"{{"format_version": "1.2", "planned_values": {{"root_module": {{"resources": [{planned}, {rest}]}}}},
            "prior_state": {{"values": {{"root_module": {{"resources": [{held}, {rest}]}}}}}}}}"#
    );
    let both = terraform::both(&[("plan.json".into(), plan.clone().into_bytes())]).unwrap();
    let public = |loaded: &Loaded| -> Vec<String> {
        let all = loaded.model.enis.values();
        all.filter_map(|eni| eni.public_ip)
            .map(|ip| ip.to_string())
            .collect()
    };
    assert_eq!(public(&both.before), ["203.0.113.9"]);
    assert_eq!(public(&both.after), ["203.0.113.9"]);
    // Alone, the plan does not tell it.
    assert_eq!(public(&read(&plan).unwrap()), ["198.19.0.1"]);
}
