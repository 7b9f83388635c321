//! The `whyhop` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(whyhop::cli::run(std::env::args_os()) as u8)
}
