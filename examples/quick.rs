use std::io::Read;
fn main() {
    let mut out = vec![];
    for file in std::env::args().skip(1) {
        let text = std::fs::read_to_string(format!("{file}.yaml")).unwrap();
        let model: whyhop::model::Model = serde_yaml::from_str(&text).unwrap();
        let a = whyhop::Analysis::new(model);
        let qs: Vec<serde_json::Value> =
            serde_json::from_str(&std::fs::read_to_string(format!("{file}.json")).unwrap()).unwrap();
        for q in qs {
            let mut o = whyhop::Options::default();
            if let Some(p) = q["sp"].as_u64() {
                o.source_ports = Some(whyhop::packet::PortSet::one(p as u16));
            }
            let (f, t, p) = (
                q["from"].as_str().unwrap(),
                q["to"].as_str().unwrap(),
                q["packets"].as_str().unwrap(),
            );
            match a.path(f, t, p, &o) {
                Ok(r) => {
                    let arrived = r
                        .paths
                        .iter()
                        .any(|p| p.forward.outcome == whyhop::analysis::Outcome::Delivered);
                    let why: Vec<String> = r
                        .blockers
                        .iter()
                        .map(|b| format!("{}:{}@{}", b.leg.as_str(), b.code, b.component.id))
                        .collect();
                    out.push(format!(
                        "{file}\t{f} {t} {p}\t{}\t{arrived}\t{}",
                        r.verdict.as_str(),
                        why.join(" ")
                    ));
                }
                Err(e) => out.push(format!("{file}\t{f} {t} {p}\terror {e}\tfalse\t")),
            }
        }
    }
    println!("{}", out.join("\n"));
    let _ = std::io::stdin().bytes();
}
