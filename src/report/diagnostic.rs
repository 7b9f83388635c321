//! A mistake of a model, told as a compiler tells it.

use crate::model::{Diagnostic, Excerpt, Location, Severity};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// The diagnostic with its line, an underline and what would be right.
pub fn diagnostic(diagnostic: &Diagnostic, color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(
        level
            .primary_title(diagnostic.message.as_str())
            .id(diagnostic.code),
    );
    let mut related: Vec<&(Excerpt, String)> = diagnostic.related.iter().collect();
    if let Some(at) = &diagnostic.at {
        // What is on the same line is shown on it.
        let (same, other) = related.into_iter().partition(|(excerpt, _)| {
            let [one, other] = [&excerpt.location, &at.location];
            excerpt.text == at.text && one.line == other.line && one.file == other.file
        });
        related = other;
        group = place(group, at, AnnotationKind::Primary.span(span(at)), same);
    }
    for (at, why) in related {
        group = place(
            group,
            at,
            AnnotationKind::Context.span(span(at)).label(why.as_str()),
            Vec::new(),
        );
    }
    if let Some(hint) = &diagnostic.hint {
        group = group.element(Level::HELP.message(hint.as_str()));
    }
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let groups: [Group<'_>; 1] = [group];
    let mut text = renderer.decor_style(DecorStyle::Ascii).render(&groups);
    text.push('\n');
    let related = diagnostic.related.iter().map(|(at, _)| at);
    diagnostic.at.iter().chain(related).fold(text, column)
}

/// Of a long line only a part is shown, and the renderer counts columns in that part: here the file's column is put.
fn column(text: String, at: &Excerpt) -> String {
    let Location {
        file, line, column, ..
    } = &at.location;
    let (Some(line), Some(column)) = (line, column) else {
        return text;
    };
    let shown = at
        .text
        .get(..at.span.0)
        .map_or(1, |before| before.chars().count() + 1);
    text.replacen(
        &format!("{file}:{line}:{shown}"),
        &format!("{file}:{line}:{column}"),
        1,
    )
}

/// Where it is, and its line where the format has lines.
fn place<'a>(
    group: Group<'a>,
    at: &'a Excerpt,
    annotation: Annotation<'a>,
    same: Vec<&'a (Excerpt, String)>,
) -> Group<'a> {
    let Location { file, line, .. } = &at.location;
    let Some(line) = *line else {
        // Of what has no lines the place in the model is told, if there is one.
        let path = match at.text.as_str() {
            "" => file.to_string(),
            text => format!("{file}: {text}"),
        };
        return group.element(Origin::path(path));
    };
    let others = same
        .into_iter()
        .map(|(at, why)| AnnotationKind::Context.span(span(at)).label(why.as_str()));
    group.element(
        Snippet::source(at.text.as_str())
            .line_start(line as usize)
            .path(&**file)
            .annotation(annotation)
            .annotations(others),
    )
}

fn span(at: &Excerpt) -> std::ops::Range<usize> {
    at.span.0..at.span.1.max(at.span.0)
}
