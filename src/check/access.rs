//! Findings of access scopes as outcomes.

use super::checking::{Answers, Checking};
use super::outcome::{Outcome, Question, Report, Status, Wanted};
use super::scope::{LIBRARY, Scopes};
use crate::analysis::repair::Goal;
use crate::analysis::scope::{Access, Scope};
use crate::analysis::{Options, QuestionError};
use crate::model::{Part, near};

/// Asks for every finding of the scopes of a file, or of one that is built in.
pub fn access(answers: &dyn Answers, scopes: &Scopes, replies: bool) -> Result<Report, QuestionError> {
    let mut outcomes = Vec::new();
    for scope in &scopes.scopes {
        outcomes.extend(findings(answers, scope, replies)?);
    }
    Ok(Report {
        name: scopes.name.clone(),
        outcomes,
        warnings: Vec::new(),
    })
}

/// The outcomes of one scope: one a finding, or one that says that there is none.
pub fn findings(answers: &dyn Answers, scope: &Scope, replies: bool) -> Result<Vec<Outcome>, QuestionError> {
    let found = answers.access(scope, replies)?;
    if found.is_empty() {
        return Ok(vec![Outcome::new("access", scope.name.clone())]);
    }
    Ok(found.into_iter().map(|access| outcome(scope, access)).collect())
}

/// The scopes that a check file names.
pub fn all(checking: &mut Checking<'_>) {
    let checks = checking.checks;
    for (index, name) in &checks.scopes {
        let way = [Part::Key("scopes"), Part::Item(*index)];
        let read = checks.access.iter().find(|(at, _)| at == index);
        let built_in = || Scopes::built_in(name);
        let Some(scopes) = read.map(|(_, scopes)| scopes.clone()).or_else(built_in) else {
            let message = format!("there is no scope `{name}`");
            let names = LIBRARY.iter().map(|scope| scope.name);
            let hint = near(name, names).map(|near| format!("did you mean {near}?"));
            checking.mistake(QuestionError { message, hint }, &way);
            continue;
        };
        for scope in &scopes.scopes {
            match findings(checking.job.answers, scope, false) {
                Ok(mut outcomes) => {
                    let at = checks.document.excerpt(&way).location;
                    outcomes
                        .iter_mut()
                        .for_each(|one| one.expected_at = Some(at.clone()));
                    checking.outcomes.extend(outcomes);
                }
                Err(error) => checking.mistake(error, &way),
            }
        }
    }
}

fn outcome(scope: &Scope, access: Access) -> Outcome {
    let Access {
        from, to, finding, ..
    } = access;
    let sure = !finding.works.is_empty() || !finding.depends.is_empty();
    let mut outcome = Outcome {
        status: if sure { Status::Fail } else { Status::Unknown },
        question: Some(Question {
            from: from.clone(),
            to: to.clone(),
            packets: "all".to_owned(),
        }),
        subjects: vec![from.clone(), to.clone()],
        ..Outcome::new("access", format!("{}: {from} → {to}", scope.name))
    };
    let opened = super::outcome::opening(&finding);
    outcome.message = match (sure, opened) {
        (false, _) => "the model does not decide whether packets get there".to_owned(),
        (true, Some(hop)) => hop.message.clone(),
        (true, None) => "packets get there".to_owned(),
    };
    outcome.at = opened.and_then(|hop| hop.at.clone());
    let asked = &finding.asked;
    outcome.wanted = Some(Wanted {
        words: [asked.from.clone(), asked.to.clone(), asked.packets.clone()],
        options: Options {
            one_way: asked.one_way,
            both_families: true,
            sent: Some([finding.works.as_slice(), &finding.depends].concat()),
            ..Options::default()
        },
        goal: Goal::Close,
    });
    outcome.explain(finding);
    outcome
}
