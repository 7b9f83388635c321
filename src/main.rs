//! The `whyhop` command.

fn main() {}
