//! The `docket` program: parses the command line and runs it.

/// Docket allocates much in small pieces, on many threads: a page of tasks is some ten thousand of them (`docs/performance.md`).
#[cfg(feature = "ssr")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[cfg(feature = "ssr")]
fn main() -> std::process::ExitCode {
    docket::cli::main()
}

/// The browser's half has no program.
#[cfg(not(feature = "ssr"))]
fn main() {}
