//! The `docket` program: parses the command line and runs it.

#[cfg(feature = "ssr")]
fn main() -> std::process::ExitCode {
    docket::cli::main()
}

/// The browser's half has no program.
#[cfg(not(feature = "ssr"))]
fn main() {}
