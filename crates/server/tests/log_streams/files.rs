//! Streams into files: appended, rotated away, torn by a crash, and never outside of their folder.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::receiver::{PATIENCE, assert_all_in_order, position};
use crate::scene::Scene;

/// The positions of the whole lines of a file.
fn positions(path: &PathBuf) -> Vec<u64> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .map(|event| position(&event))
        .collect()
}

async fn until_written(path: &PathBuf, last: u64) {
    let asked = Instant::now();
    while positions(path).last() != Some(&last) {
        assert!(asked.elapsed() < PATIENCE, "{last}: {:?}", positions(path));
        sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn events_are_lines_at_the_end_of_a_file_that_is_its_owners_alone() {
    let mut scene = Scene::start().await;
    let path = scene.files().join("audit.jsonl");
    scene.file("audit.jsonl").await;
    for round in 1..=4 {
        scene.happen(150).await;
        until_written(&path, round * 150).await;
        scene.stop().await;
        scene.deliver().await;
    }
    assert_all_in_order(&positions(&path), 1, 600);
    assert!(fs::read_to_string(&path).unwrap().ends_with("}\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_rotated_away_keeps_its_lines_and_a_new_one_is_begun() {
    let scene = Scene::start().await;
    let path = scene.files().join("audit.jsonl");
    scene.file("audit.jsonl").await;
    let mut all = Vec::new();
    for round in 1..=5 {
        scene.happen(20).await;
        until_written(&path, round * 20).await;
        let rotated = scene.files().join(format!("audit.{round}"));
        fs::rename(&path, &rotated).unwrap();
        all.extend(positions(&rotated));
    }
    assert_eq!(all, (1..=100).collect::<Vec<_>>());
    scene.happen(1).await;
    until_written(&path, 101).await;
    fs::remove_file(&path).unwrap();
    scene.happen(1).await;
    until_written(&path, 102).await;
}

#[tokio::test]
async fn after_a_line_that_a_crash_tore_lines_begin_anew() {
    let mut scene = Scene::start().await;
    let path = scene.files().join("audit.jsonl");
    scene.file("audit.jsonl").await;
    scene.happen(2).await;
    until_written(&path, 2).await;
    scene.until_noted().await;
    scene.stop().await;
    let text = fs::read(&path).unwrap();
    fs::write(&path, &text[..text.len() - 20]).unwrap();
    scene.happen(1).await;
    scene.deliver().await;
    until_written(&path, 3).await;
    let lines = fs::read_to_string(&path).unwrap();
    assert_eq!(lines.lines().count(), 3, "{lines}");
    assert_eq!(positions(&path), [1, 3], "what was torn is torn");
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_file_is_not_written_to_and_delivery_waits() {
    let scene = Scene::start().await;
    let (path, outside) = (scene.files().join("audit.jsonl"), scene.folder.path().join("outside"));
    fs::write(&outside, "").unwrap();
    std::os::unix::fs::symlink(&outside, &path).unwrap();
    scene.file("audit.jsonl").await;
    scene.happen(1).await;
    scene.until_failed(3).await;
    assert_eq!(fs::read_to_string(&outside).unwrap(), "");
    fs::remove_file(&path).unwrap();
    until_written(&path, 1).await;
}

#[tokio::test]
async fn a_server_that_is_killed_again_and_again_writes_every_event_in_order() {
    let mut scene = Scene::start().await;
    let path = scene.files().join("audit.jsonl");
    scene.file("audit.jsonl").await;
    for round in 0..20 {
        scene.happen(100).await;
        sleep(Duration::from_millis(round)).await;
        scene.kill().await;
        scene.deliver().await;
    }
    until_written(&path, 2000).await;
    let mut expected = 1;
    for position in positions(&path) {
        assert!(position <= expected, "{position} came before {expected}");
        expected = expected.max(position + 1);
    }
    assert_eq!(expected, 2001);
}
