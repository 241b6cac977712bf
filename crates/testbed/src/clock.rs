//! A clock that is wrong, for one program: libfaketime stands between it and the system's.

use std::path::PathBuf;
use std::process::Command;
use std::{fs, io};

/// Where Debian has libraries.
const LIBRARIES: &str = "/usr/lib";

/// The program that this starts will have a clock that is so many seconds ahead; behind, if negative. How time passes
/// stays as it is.
///
/// # Panics
/// Where libfaketime is not installed.
pub fn set_clock(command: &mut Command, ahead: i64) {
    let library = match library() {
        Ok(library) => library,
        #[expect(clippy::panic, reason = "nothing can be tested without it")]
        Err(error) => panic!("libfaketime for tests: {error} (apt-get install libfaketime)"),
    };
    command.env("LD_PRELOAD", library).env("FAKETIME", format!("{ahead:+}s"));
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
}

fn library() -> io::Result<PathBuf> {
    for folder in fs::read_dir(LIBRARIES)? {
        let library = folder?.path().join("faketime/libfaketimeMT.so.1");
        if library.exists() {
            return Ok(library);
        }
    }
    Err(io::Error::other("it is not there"))
}
