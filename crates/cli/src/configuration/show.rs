//! Plans and faults for people.

use serde_json::Value;

use super::document::{Document, Fault};

/// What changes, a paragraph a record; and how many do.
pub(super) fn plan(answer: &Value) -> String {
    let steps: Vec<&Value> = answer.get("steps").and_then(Value::as_array).into_iter().flatten().collect();
    if steps.is_empty() {
        return "Nothing to do: everything is as it is declared.".into();
    }
    let text: String = steps.iter().map(|step| paragraph(step)).collect();
    let count = |action: &str| steps.iter().filter(|step| str_of(step, "action") == action).count();
    let (created, updated, deleted) = (count("create"), count("update"), count("delete"));
    format!("{text}\n{created} to create, {updated} to update, {deleted} to delete.")
}

fn paragraph(step: &Value) -> String {
    let sign = match str_of(step, "action") {
        "create" => '+',
        "delete" => '-',
        _ => '~',
    };
    let kind = match str_of(step, "kind") {
        "resource_server" => "API",
        "client_grant" => "client grant",
        "tenant" => return lines(&format!("{sign} tenant settings"), step),
        "settings" => return lines(&format!("{sign} grantd's settings"), step),
        kind => kind,
    };
    let id = step.get("id").and_then(Value::as_str).map(|id| format!(" ({id})")).unwrap_or_default();
    lines(&format!("{sign} {kind} \"{}\"{id}", str_of(step, "name")), step)
}

fn lines(head: &str, step: &Value) -> String {
    let differences = step.get("differences").and_then(Value::as_array).into_iter().flatten();
    let lines = differences.map(|difference| {
        let member = str_of(difference, "member");
        let (from, to) = (difference.get("from"), difference.get("to"));
        match (from, to) {
            (None, None) => format!("    {member}: (another secret)\n"),
            (None, Some(to)) => format!("    {member}: {to}\n"),
            (Some(from), None) => format!("    {member}: {from} is taken away\n"),
            (Some(Value::Array(from)), Some(Value::Array(to))) => items(member, from, to),
            (Some(from), Some(to)) => format!("    {member}: {from} → {to}\n"),
        }
    });
    let lines: String = lines.collect();
    format!("{head}\n{lines}")
}

/// A list by what comes to it and goes from it; whole where only the order differs.
fn items(member: &str, from: &[Value], to: &[Value]) -> String {
    let added: Vec<String> =
        to.iter().filter(|item| !from.contains(item)).map(|item| format!("+{item}")).collect();
    let gone: Vec<String> =
        from.iter().filter(|item| !to.contains(item)).map(|item| format!("-{item}")).collect();
    if added.is_empty() && gone.is_empty() {
        return format!("    {member}: in another order\n");
    }
    format!("    {member}: {}\n", added.into_iter().chain(gone).collect::<Vec<_>>().join(" "))
}

fn str_of<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The faults of an answer, with their places in the files.
pub(super) fn placed(document: &Document, answer: &Value) -> Vec<Fault> {
    let faults = answer.get("faults").and_then(Value::as_array).into_iter().flatten();
    let mut placed: Vec<Fault> = faults
        .map(|fault| {
            let pointer = str_of(fault, "pointer").to_owned();
            let place = document.place(&pointer).filter(|_| !pointer.is_empty());
            Fault { place, pointer, message: str_of(fault, "message").to_owned() }
        })
        .collect();
    placed.sort();
    placed
}

/// Faults a line each: `file:line: member: what is wrong`.
pub(super) fn faults(faults: &[Fault]) -> String {
    let lines = faults.iter().map(|fault| {
        let place = fault.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let member = if fault.pointer.is_empty() { String::new() } else { format!("{}: ", fault.pointer) };
        format!("{place}{member}{}", fault.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}
