//! How far the reading of flow logs is, on a terminal: a bar with files, bytes and their rate, which is gone when it is done.

use crate::evidence::{Watch, Watched};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What takes less time needs no bar.
const PATIENCE: Duration = Duration::from_millis(700);
/// How often it is drawn, in a second.
const RATE: u8 = 10;
/// Of a pipe the end is not known; of files it is.
const KNOWN: &str = "{bar:24} {bytes}/{total_bytes}  {msg}  {bytes_per_sec}  {eta} left";
const UNKNOWN: &str = "{spinner} {bytes}  {msg}  {bytes_per_sec}";
/// Of records that are held against the model.
const JUDGING: &str = "{bar:24} {pos}/{len} kinds of records judged  {eta} left";

/// A watcher that draws on standard error, which is a terminal.
pub fn bar() -> Watched {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    Watched::by(Arc::new(Bar {
        bar,
        began: Instant::now(),
        drawn: AtomicBool::new(false),
        files: [AtomicU64::new(0), AtomicU64::new(0)],
    }))
}

struct Bar {
    bar: ProgressBar,
    began: Instant,
    drawn: AtomicBool,
    /// How many are done, and how many there are.
    files: [AtomicU64; 2],
}

impl Bar {
    fn tell_files(&self) {
        let [done, all] = &self.files;
        let (done, all) = (done.load(Ordering::Relaxed), all.load(Ordering::Relaxed));
        self.bar.set_message(format!("{done}/{all} files"));
    }

    /// Some commands read everything twice, or read and judge.
    fn start(&self, template: &str, length: u64) {
        // A template that cannot be read leaves the usual one.
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style.progress_chars("=> "));
        }
        self.bar.reset();
        if length > 0 {
            self.bar.set_length(length);
        }
    }

    fn draw(&self) {
        if self.began.elapsed() > PATIENCE && !self.drawn.swap(true, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(RATE));
        }
    }
}

impl Watch for Bar {
    fn begins(&self, files: u64, bytes: u64) {
        self.files[0].store(0, Ordering::Relaxed);
        self.files[1].store(files, Ordering::Relaxed);
        self.start(if bytes > 0 { KNOWN } else { UNKNOWN }, bytes);
        self.tell_files();
    }

    fn read(&self, bytes: u64) {
        self.bar.inc(bytes);
        self.draw();
    }

    fn judged(&self, done: u64, all: u64) {
        if done == 0 {
            self.start(JUDGING, all);
        }
        self.bar.set_position(done);
        self.draw();
    }

    fn file(&self) {
        self.files[0].fetch_add(1, Ordering::Relaxed);
        self.tell_files();
    }

    fn ends(&self) {
        self.bar.finish_and_clear();
    }
}
