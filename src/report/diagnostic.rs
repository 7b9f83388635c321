//! A mistake of a model, told as a compiler tells it.

use crate::model::{Diagnostic, Excerpt, Severity};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

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
    if let Some(at) = &diagnostic.at {
        group = group.element(snippet(at, AnnotationKind::Primary, None));
    }
    for (at, why) in &diagnostic.related {
        group = group.element(snippet(at, AnnotationKind::Context, Some(why)));
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
    text
}

fn snippet<'a>(
    at: &'a Excerpt,
    kind: AnnotationKind,
    label: Option<&'a String>,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let line = at.location.line.unwrap_or(1) as usize;
    let (start, end) = at.span;
    let annotation = kind.span(start..end.max(start));
    let annotation = match label {
        Some(label) => annotation.label(label.as_str()),
        None => annotation,
    };
    Snippet::source(at.text.as_str())
        .line_start(line)
        .path(&*at.location.file)
        .annotation(annotation)
}
