//! Conditions: whether they hold, where that can be known (Template Reference, "Condition functions").

use super::evaluate::Evaluator;
use super::template::{NODES_MAX, Trouble};
use crate::model::{Node, NodeKind, Span};

impl Evaluator<'_> {
    /// Whether a condition holds, if that can be known.
    pub fn condition(&mut self, name: &str, span: Span) -> Result<Option<bool>, Trouble> {
        let Some((name, node)) = self.template.conditions.get_key_value(name) else {
            let known = self.template.conditions.keys().copied();
            return Err(self.template.no_such(span, "condition", name, known));
        };
        if let Some(held) = self.held.get(name) {
            return Ok(*held);
        }
        if self.asked.contains(name) || self.asked.len() > 200 {
            let message = format!("the condition `{name}` goes round in a circle");
            return Err(self.template.fail(span, message));
        }
        self.asked.push(name);
        let holds = self.holds(node, 0)?;
        self.asked.pop();
        self.held.insert(name, holds);
        Ok(holds)
    }

    fn holds(&mut self, node: &Node, depth: usize) -> Result<Option<bool>, Trouble> {
        self.made += 1;
        if self.made > NODES_MAX || depth > 60 {
            return Err(self.template.fail(node.span, "this condition has no end"));
        }
        let [(key, argument)] = node.entries() else {
            return Err(self.template.fail(node.span, "a condition is one function"));
        };
        let name = key.text().unwrap_or_default();
        if name == "Condition" {
            let Some(name) = argument.text() else {
                return Err(self.template.fail(argument.span, "Condition takes a name"));
            };
            return self.condition(name, argument.span);
        }
        if name == "Fn::Equals" {
            return self.equals(argument);
        }
        let NodeKind::List(items) = &argument.kind else {
            return Err(self
                .template
                .fail(argument.span, format!("`{name}` takes a list")));
        };
        let mut all = Vec::new();
        for item in items {
            all.push(self.holds(item, depth + 1)?);
        }
        let (yes, no) = (all.contains(&Some(true)), all.contains(&Some(false)));
        let unsure = all.contains(&None);
        Ok(match name {
            "Fn::And" if no => Some(false),
            "Fn::Or" if yes => Some(true),
            "Fn::And" | "Fn::Or" | "Fn::Not" if unsure => None,
            "Fn::And" => Some(true),
            "Fn::Or" => Some(false),
            "Fn::Not" if all.len() == 1 => Some(!yes),
            _ => return Err(self.template.fail(key.span, format!("`{name}` is no condition"))),
        })
    }

    fn equals(&mut self, argument: &Node) -> Result<Option<bool>, Trouble> {
        let both = self.value(argument)?;
        let [left, right] = both.items() else {
            return Err(self.template.fail(argument.span, "Fn::Equals takes two values"));
        };
        Ok(left.text().zip(right.text()).map(|(left, right)| left == right))
    }
}
