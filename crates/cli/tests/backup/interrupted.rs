//! Backups and restores that end in the middle: nothing that they leave is taken for a whole one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use grantd_model::{LogEvent, LogEventKind, Secret, Timestamp};
use grantd_store::{ChainKey, Log, SqliteLog, Store};

use crate::commands::{audit, backup, names, refusal, restore, said, store};
use crate::support::{Ended, Place, Process};

const EVENTS: u64 = 60_000;

/// A place with a folder whose log takes a while to copy.
async fn filled() -> Place {
    let place = Place::new();
    place.start(&[]).stop();
    let store = store(&place.data()).await;
    let key = store.log_key(Secret::from(vec![0; ChainKey::LENGTH])).await.unwrap();
    store.close().await;
    let log = SqliteLog::open(&place.data().join("events.db"), key).await.unwrap();
    let event = |second| {
        let date = Timestamp::from_seconds(1_790_000_000 + second);
        LogEvent::new(LogEventKind::TokenIssued, date, "a token ".repeat(80), "tenant")
    };
    for first in (0..EVENTS).step_by(10_000) {
        log.append(&(first..first + 10_000).map(event).collect()).await.unwrap();
    }
    log.close().await;
    place
}

/// Waits until this is there.
fn until<T>(what: &str, found: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} never was there");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The unfinished backups of a place.
fn unfinished(place: &Place) -> Vec<PathBuf> {
    let names = names(&place.beside("")).into_iter();
    names.filter(|name| name.starts_with("backup.unfinished-")).map(|name| place.beside(&name)).collect()
}

/// Whether an unfinished backup has come so far that this file has begun.
fn has_begun(place: &Place, file: &str) -> Option<PathBuf> {
    let size = |folder: &Path| fs::metadata(folder.join(file)).map_or(0, |metadata| metadata.len());
    unfinished(place).into_iter().find(|folder| folder.is_dir() && (file.is_empty() || size(folder) > 0))
}

/// What is left of a backup that was killed when this file had begun.
fn killed(place: &Place, to: &Path, file: &str) -> PathBuf {
    for _ in 0..20 {
        let process = Process::start(backup(place, to, &["--with-key"]));
        until(file, || has_begun(place, file).or_else(|| to.exists().then(PathBuf::new)));
        drop(process);
        if !to.exists() {
            return unfinished(place).pop().unwrap();
        }
        // It was whole before anybody looked.
        fs::remove_dir_all(to).unwrap();
    }
    panic!("each backup ended before it was killed");
}

#[tokio::test]
async fn a_backup_that_is_killed_leaves_nothing_that_is_restored() {
    let place = filled().await;
    let (to, restored) = (place.beside("backup"), place.beside("restored"));
    // As soon as the folder is there, in the copy of the configuration, in the copy of the log.
    for stage in ["", "grantd.db", "events.db", "events.db", "grantd.db", "events.db"] {
        let left = killed(&place, &to, stage);
        let why =
            format!("{} is what an interrupted `grantd backup` has left: this is no backup", left.display());
        assert_eq!(refusal(restore(&left, &restored, &[])), why);
        // Nor is it under another name.
        fs::rename(&left, &to).unwrap();
        let manifest = to.join("manifest.json");
        let why = format!("{} is not there: this is no backup", manifest.display());
        assert_eq!(refusal(restore(&to, &restored, &[])), why);
        assert!(!restored.exists());
        fs::remove_dir_all(&to).unwrap();
    }
    said(backup(&place, &to, &["--with-key"]));
    said(restore(&to, &restored, &[]));
    assert_eq!(audit(&restored)["entries"], EVENTS);
}

#[tokio::test]
async fn who_is_asked_to_stop_cleans_up() {
    let place = filled().await;
    let (to, restored) = (place.beside("backup"), place.beside("restored"));
    for signal in ["TERM", "INT", "HUP"] {
        let process = Process::start(backup(&place, &to, &[]));
        until("grantd.db", || has_begun(&place, "grantd.db"));
        process.signal(signal);
        let Ended { status, stdout, stderr } = process.wait();
        assert_eq!((status.code(), &*stdout), (Some(1), ""), "{signal}");
        assert_eq!(stderr, "grantd: interrupted: there is no backup\n");
        assert_eq!(names(&place.beside("")), ["data"]);
    }
    said(backup(&place, &to, &["--with-key"]));
    for signal in ["TERM", "INT", "HUP"] {
        let process = Process::start(restore(&to, &restored, &[]));
        until("grantd.db", || restored.join("restore.unfinished/grantd.db").exists().then_some(()));
        process.signal(signal);
        let Ended { status, stdout, stderr } = process.wait();
        assert_eq!((status.code(), &*stdout), (Some(1), ""), "{signal}");
        assert_eq!(stderr, "grantd: interrupted: nothing is restored\n");
        assert_eq!(names(&place.beside("")), ["backup", "data"]);
    }
}

#[tokio::test]
async fn a_restore_that_is_killed_leaves_a_folder_on_which_nobody_starts() {
    let place = filled().await;
    let taken = place.beside("backup");
    said(backup(&place, &taken, &["--with-key"]));
    let target = Place::new();
    for stage in ["", "grantd.db", "events.db"] {
        let process = Process::start(restore(&taken, &target.data(), &[]));
        until(stage, || target.data().join("restore.unfinished").join(stage).exists().then_some(()));
        drop(process);
        assert_eq!(names(&target.data()), ["restore.unfinished"]);
        let what = "holds what an interrupted `grantd restore` has left: empty it, and restore again";
        assert_eq!(target.fail(&[]).stderr, format!("grantd: {} {what}\n", target.data().display()));
        let what = "is not empty: a backup is restored into a new folder, or an empty one";
        let why = format!("{} {what}", target.data().display());
        assert_eq!(refusal(restore(&taken, &target.data(), &[])), why);
        fs::remove_dir_all(target.data().join("restore.unfinished")).unwrap();
    }
    said(restore(&taken, &target.data(), &[]));
    assert!(target.start(&[]).stop().status.success());
}
