//! From the paths that a user names to a model: what kind of files they are is seen from the files.

use crate::import::{aws, cloudformation, terraform};
use crate::model::{self, Diagnostic, Diagnostics, Excerpt, Loaded, Location};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest file that is read.
const FILE_MAX: u64 = 2 << 30;
/// The most that is read of what is no file, such as a pipe.
const STREAM_MAX: u64 = 256 << 20;
/// How much of a file tells whether it is text.
const HEAD: u64 = 64 << 10;
/// The deepest folder that is looked into.
const DEPTH_MAX: usize = 16;

/// A file: its name, and what it holds.
type File = (Arc<str>, Vec<u8>);

/// Reads model files, folders of them, folders of describe dumps, and CloudFormation templates.
pub fn load(paths: &[PathBuf]) -> Result<Loaded, Diagnostics> {
    load_with(paths, &BTreeMap::new())
}

/// Reads the same, with values for the parameters of templates.
pub fn load_with(paths: &[PathBuf], parameters: &BTreeMap<String, String>) -> Result<Loaded, Diagnostics> {
    let found = found(paths)?;
    // What nobody could take for anything else is read one file after the other: a dump may be large.
    if parameters.is_empty() && found.iter().all(|path| is_surely_dump(path)) && !found.is_empty() {
        return aws::from_each(found.iter().map(|path| read(path)));
    }
    let files = opened(&found, paths)?;
    let (templates, mut files): (Vec<File>, Vec<File>) =
        files.into_iter().partition(cloudformation::is_template);
    if !templates.is_empty() {
        files.retain(|(name, _)| !is_assembly(name));
    }
    if !templates.is_empty() {
        return match files.first() {
            None => cloudformation::from_files(&templates, parameters),
            Some((name, _)) => Err(mixed(name, "CloudFormation templates", "cloudformation TEMPLATE")),
        };
    }
    if !parameters.is_empty() {
        let message = "only CloudFormation templates have parameters, and none is given";
        return Err(Diagnostics(vec![Diagnostic::error("IMPORT_PARAMETER", message)]));
    }
    let (plans, files): (Vec<File>, Vec<File>) = files.into_iter().partition(terraform::is_terraform);
    if !plans.is_empty() {
        return match files.first() {
            None => terraform::from_files(&plans),
            Some((name, _)) => Err(mixed(name, "Terraform's files", "terraform PLAN")),
        };
    }
    let (dumps, models): (Vec<File>, Vec<File>) = files.into_iter().partition(is_dump);
    match (dumps.is_empty(), models.is_empty()) {
        (true, _) => model::load(models),
        (false, true) => aws::from_files(dumps),
        (false, false) => {
            let name = models.first().map_or("", |(name, _)| name);
            Err(mixed(name, "describe dumps", "aws DIR"))
        }
    }
}

/// Reads CloudFormation templates, whatever they look like.
pub fn load_templates(
    paths: &[PathBuf],
    parameters: &BTreeMap<String, String>,
) -> Result<Loaded, Diagnostics> {
    cloudformation::from_files(&files(paths)?, parameters)
}

/// Reads a plan as two models: what was before it, and what will be. Nothing where these are no plans.
pub fn load_changes(path: &Path) -> Result<Option<terraform::Both>, Diagnostics> {
    let files = files(&[path.to_owned()])?;
    match files.iter().all(terraform::is_plan) {
        true => terraform::both(&files).map(Some),
        false => Ok(None),
    }
}

fn files(paths: &[PathBuf]) -> Result<Vec<File>, Diagnostics> {
    opened(&found(paths)?, paths)
}

/// Every file that is meant.
fn found(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Diagnostics> {
    let mut found = Vec::new();
    let mut mistakes = Vec::new();
    for path in paths {
        if let Err(mistake) = gather(path, 0, &mut found) {
            mistakes.push(*mistake);
        }
    }
    match mistakes.is_empty() {
        true => Ok(found),
        false => Err(Diagnostics(mistakes)),
    }
}

fn opened(found: &[PathBuf], paths: &[PathBuf]) -> Result<Vec<File>, Diagnostics> {
    let mut mistakes = Vec::new();
    let files: Vec<File> = found
        .iter()
        .filter_map(|path| read(path).map_err(|mistake| mistakes.push(*mistake)).ok())
        .collect();
    if !mistakes.is_empty() {
        return Err(Diagnostics(mistakes));
    }
    if files.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let error = Diagnostic::error(
            "MODEL_NO_FILES",
            format!("there is no model in {}", names.join(", ")),
        );
        return Err(Diagnostics(vec![error.hint(
            "a model is a .yaml file or a folder of them, a folder of `aws … describe-*` JSON, or a Terraform plan or state",
        )]));
    }
    Ok(files)
}

fn mixed(name: &str, others: &str, import: &str) -> Diagnostics {
    let error = Diagnostic::error("MODEL_MIXED", format!("{name} is a model file among {others}"));
    Diagnostics(vec![error.hint(format!(
        "import those first: whyhop import {import} -o model.yaml"
    ))])
}

/// Every file below a folder that may be meant, in the order of their names.
fn gather(path: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Box<Diagnostic>> {
    let told = |error: &std::io::Error| trouble(path, &error.to_string());
    let kind = std::fs::metadata(path).map_err(|error| told(&error))?;
    if !kind.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    if depth > DEPTH_MAX {
        return Err(trouble(path, "folders are nested too deep here"));
    }
    let entries = std::fs::read_dir(path).map_err(|error| told(&error))?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| told(&error))?;
    paths.sort();
    for path in paths {
        let wanted = |extension: &std::ffi::OsStr| {
            ["yaml", "yml", "json", "tfstate"]
                .iter()
                .any(|known| extension == *known)
        };
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(['.', '_']));
        if !hidden && (path.is_dir() || path.extension().is_some_and(wanted)) {
            gather(&path, depth + 1, found)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<File, Box<Diagnostic>> {
    let told = |error: &std::io::Error| trouble(path, &error.to_string());
    let mut file = std::fs::File::open(path).map_err(|error| told(&error))?;
    let about = file.metadata().map_err(|error| told(&error))?;
    let most = if about.is_file() { FILE_MAX } else { STREAM_MAX };
    if about.len() > most {
        return Err(trouble(path, "the file is larger than 2 GiB"));
    }
    let mut bytes = Vec::new();
    let mut head = file.by_ref().take(HEAD);
    head.read_to_end(&mut bytes).map_err(|error| told(&error))?;
    // What holds a NUL byte is no text: its reader says so, and needs no more of it.
    if memchr::memchr(0, &bytes).is_none() {
        bytes.reserve_exact(usize::try_from(about.len()).unwrap_or_default());
        let mut rest = file.take(most);
        rest.read_to_end(&mut bytes).map_err(|error| told(&error))?;
        if bytes.len() as u64 > most {
            return Err(trouble(path, "there is no end to it"));
        }
    }
    Ok((path.display().to_string().into(), bytes))
}

fn trouble(path: &Path, message: &str) -> Box<Diagnostic> {
    let location = Location::file(path.display().to_string());
    let at = Excerpt {
        location,
        text: String::new(),
        span: (0, 0),
    };
    Box::new(Diagnostic::error("MODEL_UNREADABLE", message.to_owned()).at(Some(at)))
}

/// Whether a file is one of those that CDK writes beside the templates in `cdk.out`: its manifests, and what the assets hold
/// (CDK guide, "Cloud assembly schema").
fn is_assembly(name: &str) -> bool {
    let path = Path::new(name);
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let manifest = matches!(
        &*file,
        "manifest.json" | "tree.json" | "cdk.context.json" | "cdk.json"
    );
    let beside = [".assets.json", ".metadata.json"]
        .iter()
        .any(|end| file.ends_with(end));
    let asset = path
        .components()
        .any(|part| part.as_os_str().to_string_lossy().starts_with("asset."));
    manifest || beside || asset
}

/// Whether a file is the answer of a describe call by its first key, which is none of a template's, a plan's or a model's.
fn is_surely_dump(path: &Path) -> bool {
    const OTHERS: [&[u8]; 16] = [
        b"AWSTemplateFormatVersion",
        b"Description",
        b"Metadata",
        b"Parameters",
        b"Rules",
        b"Mappings",
        b"Conditions",
        b"Transform",
        b"Hooks",
        b"Resources",
        b"Outputs",
        b"Globals",
        b"version",
        b"format_version",
        b"terraform_version",
        b"lineage",
    ];
    let mut head = Vec::new();
    let regular = std::fs::metadata(path).is_ok_and(|about| about.is_file());
    let file = regular.then(|| std::fs::File::open(path)).and_then(Result::ok);
    let read = file.map(|file| file.take(512).read_to_end(&mut head));
    let key = head
        .trim_ascii_start()
        .strip_prefix(b"{")
        .and_then(|rest| rest.trim_ascii_start().strip_prefix(b"\""))
        .and_then(|rest| rest.split(|byte| *byte == b'"').next());
    let json = path.extension().is_some_and(|extension| extension == "json");
    json && matches!(read, Some(Ok(_)))
        && key.is_some_and(|key| key.iter().any(u8::is_ascii_uppercase) && !OTHERS.contains(&key))
}

/// Whether a file is JSON of somebody else's: a model says `version` near its beginning.
fn is_dump((name, bytes): &File) -> bool {
    let head = &bytes[..bytes.len().min(4096)];
    let json = head
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .is_some_and(|byte| matches!(byte, b'{' | b'['));
    let ours = memchr::memmem::find(head, b"\"version\"").is_some();
    name.ends_with(".json") && (json && !ours || head.iter().all(u8::is_ascii_whitespace))
}
