//! The commands beside `serve`: help, the OpenAPI document, the demo.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::net::TcpListener;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;
use support::{Process, grantd};

fn run(arguments: &[&str]) -> Output {
    grantd(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn help_names_every_command_and_flag() {
    let output = run(&["--help"]);
    assert!(output.status.success());
    for command in ["serve", "demo", "admin", "backup", "restore", "openapi", "--log-format", "--version"] {
        assert!(text(&output.stdout).contains(command), "{command}");
    }
    assert!(text(&output.stdout).starts_with("A self-hosted authorization server"));
    let output = run(&["admin", "--help"]);
    for part in ["--data", "new secret", "admin.json", "stopped"] {
        assert!(text(&output.stdout).contains(part), "{part}");
    }
    let output = run(&["serve", "--help"]);
    for flag in ["--data", "--listen", "--issuer", "--tls-cert", "--tls-key", "--plain-http", "GRANTD_DATA"] {
        assert!(text(&output.stdout).contains(flag), "{flag}");
    }
    assert_eq!(text(&run(&["--version"]).stdout), format!("grantd {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn arguments_that_make_no_command_are_refused_with_a_way_to_help() {
    for arguments in [&["server"][..], &["serve"], &["serve", "--data"], &["openapi", "--x"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains("--help"), "{arguments:?}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty());
    }
}

/// The operations that the server has: method, path and identifier in the document.
fn operations(document: &Value) -> Vec<String> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| {
            assert!(operation["responses"].is_object(), "{method} {path}");
            format!("{} {path}", method.to_uppercase())
        })
    });
    operations.collect()
}

#[test]
fn openapi_is_a_document_with_every_operation() {
    let output = run(&["openapi"]);
    assert!(output.status.success());
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    let written = operations(&document);
    let known = grantd_schema::Operation::ALL;
    let expected = known.iter().map(|operation| format!("{} {}", operation.method(), operation.path()));
    for operation in expected {
        assert!(written.contains(&operation), "{operation} is not in {written:?}");
    }
    assert_eq!(written.len(), known.len());
}

#[test]
fn a_reader_that_has_read_enough_is_no_failure() {
    let mut child = grantd(&["openapi"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn the_demo_shows_the_main_job_and_stays_until_it_is_interrupted() {
    let mut demo = Process::start(grantd(&["demo", "--listen", "127.0.0.1:0"]));
    let shown = demo.until("The server goes on running");
    let said = |part: &str| assert!(shown.iter().any(|line| line.contains(part)), "{part}: {shown:#?}");
    for title in ["1. ", "2. ", "3. ", "4. ", "5. ", "6. ", "7. "] {
        said(&format!("== {title}"));
    }
    said("access_denied");
    said("\"access_token\"");
    said("Verified against https://localhost:");
    said("curl --cacert ");
    let statuses: Vec<_> = shown.iter().filter_map(|line| line.strip_prefix("← ")).collect();
    assert_eq!(statuses, ["200", "201", "201", "201", "403", "201", "201", "200", "403"]);
    let folder = shown.iter().find_map(|line| line.strip_prefix("Data folder: ")).unwrap();
    let folder = Path::new(folder.split(' ').next().unwrap());
    assert!(folder.join("admin.json").exists());

    demo.signal("INT");
    assert_gone(demo, folder);
}

/// The demo ends well and leaves nothing behind.
fn assert_gone(demo: Process, folder: &Path) {
    let ended = demo.wait();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stderr, "", "the demo does not log");
    assert!(!folder.exists(), "the folder goes with the demo");
}

#[test]
fn the_demo_cleans_up_whenever_it_is_told_to_end() {
    let ends = [
        ("INT", ""),
        ("TERM", ""),
        ("HUP", ""),
        ("HUP", "== 2. "),
        ("TERM", "The server goes on"),
        ("HUP", "The server goes on"),
    ];
    for (signal, title) in ends {
        let mut demo = Process::start(grantd(&["demo", "--listen", "127.0.0.1:0"]));
        let shown = demo.until("Data folder: ");
        let folder = shown.iter().find_map(|line| line.strip_prefix("Data folder: ")).unwrap();
        let folder = Path::new(folder.split(' ').next().unwrap());
        if !title.is_empty() {
            demo.until(title);
        }
        demo.signal(signal);
        assert_gone(demo, folder);
    }
}

#[test]
fn the_demo_says_how_to_take_another_port() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let output = run(&["demo", "--listen", &taken.local_addr().unwrap().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("cannot listen on 127.0.0.1:"), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("`grantd demo --listen 127.0.0.1:9443` takes another port"));
}
