//! Files that nobody would wish for: cut off, without an end, compressed to nothing, of noise; folders with what is no file. Each
//! is told with its file, what can be read is read, and nothing panics or waits.

use super::deliver::{forms, gzip};
use super::forms::{lines, of_bytes, of_paths, put};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use whyhop::evidence::{Reading, Scan};

/// Bytes that are the same in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.0 >> 33
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

/// What every report has to be: everything counted, the first ones told, each with its file.
fn is_clear(scan: &Scan, what: &str) {
    let told = scan.broken.min(10) as usize;
    assert_eq!(scan.problems.len(), told, "{what}: {scan:?}");
    assert!(
        scan.problems
            .iter()
            .all(|problem| problem.starts_with("records: ")),
        "{what}: {scan:?}"
    );
}

#[test]
fn gzip_that_is_cut_off_anywhere_gives_what_came_before() {
    let lines = lines(400);
    let (first, second) = lines.split_at(200);
    let members = [first, second].map(|lines| gzip(&format!("{}\n", lines.join("\n"))));
    let (border, whole) = (members[0].len(), members.concat());
    let mut before = 0;
    for cut in (1..whole.len())
        .step_by(61)
        .chain([border - 1, border, border + 1])
    {
        let (records, scan) = of_bytes(&whole[..cut], &Reading::default());
        is_clear(&scan, "gzip");
        // Between two members nobody can see that one is missing.
        assert_eq!(
            scan.broken,
            u64::from(cut != border),
            "{cut} of {}: {scan:?}",
            whole.len()
        );
        assert!(records.len() <= if cut > border { 399 } else { 200 });
        if cut < border - 1 {
            assert!(records.len() >= before, "{cut}");
            before = records.len();
        }
        if cut > border {
            assert!(records.len() >= 200, "{cut}");
            assert!(
                scan.problems[0].ends_with("what comes before it was read"),
                "{scan:?}"
            );
        }
    }
    assert!(before > 0);
}

#[test]
fn a_line_of_megabytes_is_passed_over() {
    let lines = lines(2);
    let folder = tempfile::tempdir().unwrap();
    let long = format!("{}\n{}\n{}\n", lines[0], "x".repeat(12 << 20), lines[1]);
    for (name, bytes) in [
        ("plain", long.clone().into_bytes()),
        ("gzip", gzip(&long)),
        ("zstd", zstd::encode_all(long.as_bytes(), 1).unwrap()),
    ] {
        let (records, scan) = of_bytes(&bytes, &Reading::default());
        assert_eq!((records.len(), records[1].line), (2, 3), "{name}");
        assert_eq!(
            scan.problems,
            ["records: line 2: longer than 65536 bytes"],
            "{name}"
        );
    }
    // Ten megabytes of nothing that take no room on the disk.
    let sparse = folder.path().join("sparse.log");
    let mut file = std::fs::File::create(&sparse).unwrap();
    writeln!(file, "{}", lines[0]).unwrap();
    file.set_len(10 << 20).unwrap();
    let (records, scan) = of_paths(&[sparse], &Reading::default());
    assert_eq!((records.len(), scan.broken), (1, 1), "{scan:?}");
    assert!(scan.problems[0].contains("sparse.log: line 2: "), "{scan:?}");
}

#[test]
fn little_that_becomes_much_is_read_in_little_room() {
    let zeros = std::io::repeat(0).take(48 << 20);
    let ends = std::io::repeat(b'\n').take(48 << 20);
    for (bytes, broken) in [(Box::new(zeros) as Box<dyn Read>, 1), (Box::new(ends), 0)] {
        let mut bomb = flate2::read::GzEncoder::new(bytes, flate2::Compression::fast());
        let mut file = Vec::new();
        bomb.read_to_end(&mut file).unwrap();
        assert!(file.len() < 1 << 20);
        let (records, scan) = of_bytes(&file, &Reading::default());
        assert_eq!((records.len(), scan.broken), (0, broken), "{scan:?}");
    }
    // One row of a query's result, with a column a thousand times.
    let row = format!("{{{}\"x\": 1}}", "\"srcaddr\": \"10.0.0.1\", ".repeat(1000));
    let (records, scan) = of_bytes(row.as_bytes(), &Reading::default());
    assert!(records.is_empty());
    is_clear(&scan, "a row");
}

/// Noise by itself, and behind the first bytes of every form.
#[test]
fn noise_in_every_form_is_told() {
    let mut noise = Noise(11);
    let heads: [(&str, &[u8]); 9] = [
        ("plain", b""),
        ("gzip", &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
        ("zstd", &[0x28, 0xb5, 0x2f, 0xfd]),
        ("pcap", &[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0]),
        ("pcapng", &[0x0a, 0x0d, 0x0d, 0x0a]),
        ("JSON", b"{\"events\": ["),
        ("a list", b"["),
        ("CSV", b"interface_id,srcaddr,dstaddr\n"),
        ("a header", b"interface-id srcaddr dstaddr\n"),
    ];
    for (name, head) in heads {
        for size in [0, 1, 3, 20, 300, 60_000] {
            let bytes = [head, &noise.bytes(size)].concat();
            let (records, scan) = of_bytes(&bytes, &Reading::default());
            is_clear(&scan, name);
            assert!(records.is_empty(), "{name}: {records:?}");
            assert!(size < 300 || scan.broken > 0, "{name} {size}");
        }
        let packed = gzip_of(&[head, &noise.bytes(60_000)].concat());
        let (records, scan) = of_bytes(&packed, &Reading::default());
        is_clear(&scan, name);
        assert!(records.is_empty() && scan.broken > 0, "{name}");
    }
}

fn gzip_of(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// Every form with some of its bytes changed, or its end cut off.
#[test]
fn changed_bytes_panic_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records");
    let mut noise = Noise(13);
    for (name, whole) in forms(&lines(60)) {
        let rounds = if name.contains("Parquet") { 400 } else { 60 };
        for round in 0..rounds {
            let mut bytes = whole.clone();
            for _ in 0..=noise.next() % 4 {
                let at = noise.next() as usize % bytes.len();
                bytes[at] = noise.next() as u8;
            }
            if round % 5 == 0 {
                bytes.truncate(noise.next() as usize % whole.len());
            }
            std::fs::write(&file, &bytes).unwrap();
            let (records, scan) = of_paths(std::slice::from_ref(&file), &Reading::default());
            assert!(records.len() <= 60, "{name} {round}");
            assert_eq!(scan.problems.len() as u64, scan.broken.min(10), "{name} {round}");
        }
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_told_and_ends_nothing() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let text = lines(3).join("\n");
    put(root, "a/good.log", text.as_bytes());
    put(root, "z/good.log", text.as_bytes());
    symlink("..", root.join("a/up")).unwrap();
    symlink(root.join("a"), root.join("b")).unwrap();
    symlink("itself", root.join("itself")).unwrap();
    symlink("nowhere", root.join("lost")).unwrap();
    symlink("/dev/zero", root.join("zero")).unwrap();
    pipe(&root.join("pipe"));
    put(root, "secret.log", text.as_bytes());
    let closed = std::fs::Permissions::from_mode(0o0);
    std::fs::set_permissions(root.join("secret.log"), closed).unwrap();
    let is_closed = std::fs::File::open(root.join("secret.log")).is_err();
    let (records, scan) = of_paths(&[root.to_owned(), root.join("a")], &Reading::default());
    assert_eq!(records.len(), if is_closed { 6 } else { 9 });
    let problem = |name: &str| {
        let start = format!("{}: ", root.join(name).display());
        scan.problems.iter().any(|problem| problem.starts_with(&start))
    };
    for name in ["itself", "lost", "zero", "pipe"] {
        assert!(problem(name), "{name}: {scan:?}");
    }
    assert_eq!(scan.broken, 4 + u64::from(is_closed), "{scan:?}");
    let (_, scan) = of_paths(&["/dev/zero".into()], &Reading::default());
    assert_eq!(scan.problems, ["/dev/zero: a pipe or a device, not a file"]);
}

#[cfg(unix)]
fn pipe(at: &Path) {
    assert!(Command::new("mkfifo").arg(at).status().unwrap().success());
}

/// `whyhop logs show <(zcat …)`: a pipe that is named itself is read, whatever comes out of it.
#[cfg(unix)]
#[test]
fn a_pipe_that_is_named_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("pipe");
    pipe(&at);
    let text = format!("{}\n", lines(5).join("\n"));
    for bytes in [text.clone().into_bytes(), gzip(&text)] {
        let (write, to) = (bytes.clone(), at.clone());
        let writer = std::thread::spawn(move || std::fs::write(to, write).unwrap());
        let (records, scan) = of_paths(std::slice::from_ref(&at), &Reading::default());
        writer.join().unwrap();
        assert_eq!((records.len(), scan.broken), (5, 0), "{scan:?}");
    }
}

/// Whoever has waited long enough interrupts it, and the shell sees that it was a signal.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_at_once() {
    use std::os::unix::process::ExitStatusExt;
    let mut running = Command::new(env!("CARGO_BIN_EXE_whyhop"))
        .args(["logs", "show", "/dev/stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = running.stdin.take().unwrap();
    // When so much of it is taken, the rest is being waited for.
    input
        .write_all(format!("{}\n", lines(4000).join("\n")).as_bytes())
        .unwrap();
    let id = running.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    // Where interrupts are ignored it reads to the end, and there has to be one.
    drop(input);
    let ended = running.wait_with_output().unwrap();
    if ended.status.signal().is_none() && interrupts_are_ignored() {
        eprintln!("SKIPPED: interrupts are ignored here, as in whatever a shell runs in the background");
        return;
    }
    assert_eq!(ended.status.signal(), Some(2));
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "");
}

/// Whether whoever started the tests ignores SIGINT, which children inherit (Linux, proc_pid_status(5): `SigIgn`).
#[cfg(unix)]
fn interrupts_are_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 0b10 != 0)
}

/// What stands on standard error is for people who wait; nobody else gets a bar, however long it takes.
#[cfg(unix)]
#[test]
fn there_is_no_bar_where_nobody_looks() {
    let mut running = Command::new(env!("CARGO_BIN_EXE_whyhop"))
        .args(["logs", "show", "/dev/stdin", "--limit", "1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = running.stdin.take().unwrap();
    let text = format!("{}\n", lines(500).join("\n"));
    input.write_all(text.as_bytes()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(900));
    input.write_all(text.as_bytes()).unwrap();
    drop(input);
    let output = running.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), b"".as_slice())
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("999 records more"));
}
