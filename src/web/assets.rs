//! The files of the browser's half: what they are called, looked up once at the start.

use std::{collections::BTreeMap, fs, path::PathBuf};

use crate::{app::Assets, server::config::Config};

/// The names of script, WebAssembly and style sheet. In a release build they carry a hash of what is in them, which
/// `.ci/build` writes to `hash.txt` beside the program.
pub fn find(config: &Config) -> Result<Assets, String> {
    let hashes = if config.hash_files { hashes()? } else { BTreeMap::new() };
    let name = |kind: &str| match hashes.get(kind) {
        Some(hash) => format!("/pkg/docket.{hash}.{kind}"),
        None => format!("/pkg/docket.{kind}"),
    };
    let later = hashes.get("later").map(|hash| format!("/pkg/docket-later.{hash}.wasm"));
    Ok(Assets { script: name("js"), wasm: name("wasm"), later, style: name("css") })
}

/// The name of the style sheet.
pub fn style_path(config: &Config) -> Result<std::sync::Arc<str>, String> {
    Ok(find(config)?.style.into())
}

/// Stops a start that would serve pages without style and scripts.
pub fn check_site(config: &Config) -> Result<(), String> {
    let Assets { script, wasm, later, style } = find(config)?;
    let paths = [script, wasm, style].into_iter().chain(later);
    let mut paths = paths.map(|path| config.site_root.join(path.trim_start_matches('/')));
    match paths.find(|path| !path.is_file()) {
        Some(path) => Err(format!(
            "{} is not there: build with `make build` or `cargo leptos build`, or set LEPTOS_SITE_ROOT to the folder.",
            path.display()
        )),
        None => Ok(()),
    }
}

fn hashes() -> Result<BTreeMap<String, String>, String> {
    let file = std::env::current_exe().map_err(|error| error.to_string())?.with_file_name("hash.txt");
    let text = fs::read_to_string(&file).map_err(|error| {
        format!("LEPTOS_HASH_FILES is true, but {} can't be read ({error}): build with `make build`.", file.display())
    })?;
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    Ok(lines.map(|(kind, hash)| (kind.trim().to_owned(), hash.trim().to_owned())).collect())
}

/// Files that stand at the root, such as the icon: their paths in a URL and on the disk.
pub fn public_files(config: &Config) -> Vec<(String, PathBuf)> {
    let Ok(folder) = fs::read_dir(&config.site_root) else { return Vec::new() };
    let files = folder.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
    let plain = files.filter(|path| path.extension().is_some_and(|kind| kind != "br" && kind != "gz"));
    plain.filter_map(|path| Some((format!("/{}", path.file_name()?.to_str()?), path))).collect()
}
