//! Where the reference material lies, for the tests that read it in place.
//!
//! Without it such a test says so in one line and passes; under `CI=true` it fails.

#![expect(clippy::print_stderr, reason = "this is how a test speaks")]

use std::path::{Path, PathBuf};

/// A file or folder of the reference material, if it is here.
pub fn reference(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!required, "reference material is required here: {name}");
    eprintln!("skipped: no reference material ({name})");
    None
}
