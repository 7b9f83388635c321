//! Where in which file something of the model is written.

use super::ResourceId;
use super::diagnostic::Excerpt;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A line of a file that the user gave. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct Location {
    /// The file as it was named.
    pub file: Arc<str>,
    /// Its line, where the format has lines.
    pub line: Option<u32>,
    /// The column, in characters.
    pub column: Option<u32>,
    /// The resource's address, where the format has no lines worth naming: `module.app.aws_security_group_rule.web[0]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Arc<str>>,
}

impl Location {
    /// A whole file.
    pub fn file(file: impl Into<Arc<str>>) -> Self {
        Self {
            file: file.into(),
            line: None,
            column: None,
            resource: None,
        }
    }
}

/// A place in the model: an item of a section, a field of it, an element of the field's list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The section's name, such as `security_groups`.
    pub section: &'static str,
    /// The item.
    pub id: ResourceId,
    /// One of its fields, such as `ingress`.
    pub field: Option<&'static str>,
    /// One element of that field's list, counted from 0.
    pub index: Option<usize>,
    /// A field of that element, such as `ports`.
    pub key: Option<&'static str>,
}

impl Place {
    /// An item of a section.
    pub fn item(section: &'static str, id: impl Into<ResourceId>) -> Self {
        Self {
            section,
            id: id.into(),
            field: None,
            index: None,
            key: None,
        }
    }
    /// A field of the item.
    #[must_use]
    pub fn field(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }
    /// An element of the field's list.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        self.index = Some(index);
        self
    }
    /// A field of the element.
    #[must_use]
    pub fn key(mut self, key: &'static str) -> Self {
        self.key = Some(key);
        self
    }
}

/// Finds the line where something of the model is written. Answers the most precise place it knows: the element's
/// field, else the element, the field, the item.
pub trait Locate: std::fmt::Debug + Send + Sync {
    /// The location of a place, if its item is known.
    fn locate(&self, place: &Place) -> Option<Location>;
    /// The line itself, where the format has lines.
    fn excerpt(&self, _: &Place) -> Option<Excerpt> {
        None
    }
}

/// The sources of a model: one locator a file, asked in order.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Arc<dyn Locate>>);

impl Sources {
    /// Adds the locator of one more file.
    pub fn add(&mut self, locator: Arc<dyn Locate>) {
        self.0.push(locator);
    }
    /// Adds all of another model's.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
    /// The line where a place is written.
    pub fn excerpt(&self, place: &Place) -> Option<Excerpt> {
        self.0.iter().find_map(|locator| locator.excerpt(place))
    }
    /// The location of a place.
    pub fn locate(&self, place: &Place) -> Option<Location> {
        self.0.iter().find_map(|locator| locator.locate(place))
    }
}

/// The locator of a format without lines worth naming: every item knows its file, and so may the elements of its lists.
#[derive(Debug, Default)]
pub struct ItemFiles {
    /// Where items are.
    pub items: BTreeMap<(&'static str, ResourceId), Location>,
    /// Where elements are that are written apart from their item: by section, item, field and place.
    pub elements: BTreeMap<(&'static str, ResourceId, &'static str, usize), Location>,
}

impl Locate for ItemFiles {
    fn locate(&self, place: &Place) -> Option<Location> {
        let element = || {
            let (field, index) = (place.field?, place.index?);
            self.elements
                .get(&(place.section, place.id.clone(), field, index))
        };
        let item = || self.items.get(&(place.section, place.id.clone()));
        element().or_else(item).cloned()
    }
    /// There is no line to show: what stands for it is the place in the model.
    fn excerpt(&self, place: &Place) -> Option<Excerpt> {
        let location = self.locate(place)?;
        Some(Excerpt {
            location,
            text: place.to_string(),
            span: (0, 0),
        })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.section, self.id)?;
        if let Some(field) = self.field {
            write!(f, ".{field}")?;
        }
        if let Some(index) = self.index {
            write!(f, "[{index}]")?;
        }
        if let Some(key) = self.key {
            write!(f, ".{key}")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        if let Some(resource) = &self.resource {
            write!(f, ": {resource}")?;
        }
        Ok(())
    }
}
