//! SAM: what its transform makes of a function that is network (SAM guide, AWS::Serverless::Function and Globals).

use super::evaluate::Evaluator;
use super::functions::at;
use super::template::Trouble;
use super::value::{Known, Value};

/// A function with what the Globals say of all. Lists of both are joined, as SAM joins them.
pub fn function(evaluator: &mut Evaluator<'_>, properties: Value) -> Result<Value, Trouble> {
    let globals = evaluator.template.root.get("Globals");
    let written = globals.and_then(|globals| globals.get("Function")?.get("VpcConfig"));
    let Some(written) = written else {
        return Ok(properties);
    };
    let global = evaluator.value(written)?;
    let Known::Map(mut entries) = properties.kind else {
        return Ok(properties);
    };
    match entries.iter_mut().find(|(key, _)| key == "VpcConfig") {
        None => entries.push(("VpcConfig".to_owned(), global)),
        Some((_, own)) => *own = joined(own, &global),
    }
    Ok(at(properties.span, Known::Map(entries)))
}

fn joined(own: &Value, global: &Value) -> Value {
    let mut entries = global.entries().to_vec();
    for (key, value) in own.entries() {
        match entries.iter_mut().find(|(known, _)| known == key) {
            None => entries.push((key.clone(), value.clone())),
            Some((_, known)) => {
                let items = known.items().iter().chain(value.items()).cloned();
                known.kind = Known::List(items.collect());
            }
        }
    }
    at(own.span, Known::Map(entries))
}
