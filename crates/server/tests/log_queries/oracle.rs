//! The search that is believed because it is simple: every entry is looked at, as JSON.

use grantd_model::LogEvent;
use serde_json::{Map, Value, json};

use crate::query::{Asked, Query, moment};

/// The entries as the wire shows them, in the order of the log.
pub fn entries(events: &[LogEvent]) -> Vec<Value> {
    let entry = |(number, event): (usize, &LogEvent)| {
        let mut entry = serde_json::to_value(event).unwrap();
        let digits: String = entry["date"].as_str().unwrap().chars().filter(char::is_ascii_digit).collect();
        let id = format!("900{digits}{:036}", number + 1);
        for name in ["log_id", "_id", "id"] {
            entry[name] = id.clone().into();
        }
        entry["isMobile"] = false.into();
        entry["$event_schema"] = json!({"version": "1.0.0"});
        entry
    };
    events.iter().enumerate().map(entry).collect()
}

fn text<'e>(entry: &'e Value, field: &str) -> Option<&'e str> {
    entry.get(field).and_then(Value::as_str)
}

fn holds(query: &Query, entry: &Value) -> bool {
    let has = |field: &str, test: &dyn Fn(&str) -> bool| text(entry, field).is_some_and(test);
    match query {
        Query::Is(field, value, _) => has(field, &|held| held == value),
        Query::Wild(field, value, 0) => has(field, &|held| held.starts_with(value.as_str())),
        Query::Wild(field, value, 1) => has(field, &|held| held.ends_with(value.as_str())),
        Query::Wild(field, value, _) => has(field, &|held| held.contains(value.as_str())),
        Query::Bare(value) => {
            ["client_name", "connection", "description", "ip", "log_id", "type", "user_name"]
                .iter()
                .any(|field| has(field, &|held| held == value))
        }
        Query::Has(field) => text(entry, field).is_some(),
        Query::Between(field, low, high, with_low, with_high) => has(field, &|held| {
            low.as_deref().is_none_or(|low| if *with_low { held >= low } else { held > low })
                && high.as_deref().is_none_or(|high| if *with_high { held <= high } else { held < high })
        }),
        // Dates of the same form are in the order of their texts.
        Query::During(low, high, with_low, with_high) => has("date", &|held| {
            low.is_none_or(|low| if *with_low { held >= &*moment(low) } else { held > &*moment(low) })
                && high.is_none_or(
                    |high| if *with_high { held <= &*moment(high) } else { held < &*moment(high) },
                )
        }),
        Query::And(parts) => parts.iter().all(|part| holds(part, entry)),
        Query::Or(parts, _) => parts.iter().any(|part| holds(part, entry)),
        Query::Not(part, _) => !holds(part, entry),
    }
}

/// What should be answered.
pub fn answer(entries: &[Value], asked: &Asked) -> Value {
    let (field, ascending) = asked.sort.unwrap_or(("date", false));
    let date =
        |entry: &Value| (text(entry, "date").map(str::to_owned), text(entry, "log_id").map(str::to_owned));
    let mut found: Vec<&Value> = entries.iter().filter(|entry| holds(&asked.query, entry)).collect();
    found.sort_by_key(|entry| std::cmp::Reverse(date(entry)));
    if ["date", "log_id"].contains(&field) {
        if ascending {
            found.reverse();
        }
    } else {
        let value = |entry: &Value| text(entry, field).unwrap_or_default().to_owned();
        if ascending {
            found.sort_by_key(|entry| value(entry));
        } else {
            found.sort_by_key(|entry| std::cmp::Reverse(value(entry)));
        }
    }
    let start = usize::try_from(asked.page * asked.per_page).unwrap();
    let page = found.into_iter().skip(start).take(usize::try_from(asked.per_page).unwrap());
    let logs: Vec<Value> = page.map(|entry| shown(entry, asked)).collect();
    if asked.totals {
        let (length, start) = (logs.len(), asked.page * asked.per_page);
        return json!({"length": length, "limit": asked.per_page, "logs": logs, "start": start, "total": length});
    }
    logs.into()
}

fn shown(entry: &Value, asked: &Asked) -> Value {
    let Some((fields, include)) = &asked.fields else { return entry.clone() };
    let members = entry.as_object().unwrap().iter();
    let kept = members.filter(|(name, _)| fields.contains(&name.as_str()) == *include);
    kept.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>().into()
}
