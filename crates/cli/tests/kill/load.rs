//! A writer: makes, changes and deletes records of its own, one after the other, and keeps a log of what it intends.
//! Before the answer the intent is all that is known; the answer makes it a fact.

use reqwest::Method;
use serde_json::{Value, json};

use crate::random::Random;
use crate::support::api::Api;
use crate::world::{Key, Kind, World, text};

/// How many records of a kind a writer has at most.
const MOST: usize = 5;

/// One write, before its answer.
struct Intent {
    method: Method,
    path: String,
    body: Value,
    key: Key,
}

/// What became of a write without an answer.
pub enum Outcome {
    /// It was done wholly.
    Done,
    /// It was not done at all.
    Undone,
    /// There was none.
    Nothing,
}

/// Writes, and remembers.
pub struct Writer {
    number: u64,
    random: Random,
    /// Every value is written once.
    count: u64,
    known: World,
    intent: Option<Intent>,
}

impl Writer {
    pub fn new(number: u64, random: Random) -> Self {
        Self { number, random, count: 0, known: World::default(), intent: None }
    }

    /// What the names of its records begin with.
    pub fn prefix(&self) -> String {
        format!("w{}-", self.number)
    }

    /// Writes until the connection breaks; the number of writes that were answered.
    pub async fn write_until_nobody_answers(&mut self, api: &Api) -> usize {
        let mut acknowledged = 0;
        loop {
            let intent = self.choose();
            let body = (!intent.body.is_null()).then_some(&intent.body);
            let answer = api.try_call(intent.method.clone(), &intent.path, body).await;
            let Ok(answer) = answer else {
                self.intent = Some(intent);
                return acknowledged;
            };
            assert!((200..300).contains(&answer.status), "{} {}: {answer:?}", intent.method, intent.path);
            if intent.method == Method::DELETE {
                self.known.remove(intent.key.0, &intent.key.1);
            } else {
                self.known.put(intent.key, answer.body);
            }
            acknowledged += 1;
        }
    }

    /// Compares what is there now with what is known, and knows what is there from then on.
    pub fn recognise(&mut self, found: World) -> Outcome {
        let Some(intent) = self.intent.take() else {
            let differs = found.differences(&self.known);
            assert!(differs.is_empty(), "what is there is not what was acknowledged: {differs:#?}");
            return Outcome::Nothing;
        };
        if found == self.known {
            return Outcome::Undone;
        }
        let mut done = self.known.clone();
        match intent.method {
            Method::DELETE => done.remove(intent.key.0, &intent.key.1),
            _ => done.put(intent.key.clone(), intended(&self.known, &found, &intent)),
        }
        let differs = found.differences(&done);
        assert!(differs.is_empty(), "{} {} is half done: {differs:#?}", intent.method, intent.path);
        self.known = found;
        Outcome::Done
    }

    /// A client and an API that it has a grant for.
    pub fn granted(&self) -> Option<(Value, Value)> {
        let names = self.known.names(Kind::Grant).pop()?;
        Some((self.known.get(Kind::Client, &names[..1]).clone(), names[1].clone().into()))
    }

    fn choose(&mut self) -> Intent {
        loop {
            self.count += 1;
            let kinds = [Kind::Client, Kind::Api, Kind::Organization, Kind::Grant, Kind::Association];
            let kind = *self.random.one_of(&kinds).unwrap();
            let there = self.known.names(kind);
            let chosen = match self.random.below(8) {
                0 => self.deletion(kind, &there),
                1..=3 => self.change(kind, &there),
                _ if there.len() < MOST => self.creation(kind),
                _ => None,
            };
            if let Some(intent) = chosen {
                return intent;
            }
        }
    }

    fn name(&self) -> String {
        format!("{}{}", self.prefix(), self.count)
    }

    fn creation(&mut self, kind: Kind) -> Option<Intent> {
        let (path, body, names) = match kind {
            Kind::Client => {
                let body = json!({"name": self.name(), "app_type": "non_interactive", "client_metadata": {"v": "0"}});
                ("/api/v2/clients".to_owned(), body, vec![self.name()])
            }
            Kind::Api => {
                let body = json!({"identifier": self.name(), "name": "0", "scopes": [{"value": "0"}]});
                ("/api/v2/resource-servers".to_owned(), body, vec![self.name()])
            }
            Kind::Organization => {
                let body = json!({"name": self.name(), "display_name": "0", "metadata": {"v": "0"}});
                ("/api/v2/organizations".to_owned(), body, vec![self.name()])
            }
            Kind::Grant => {
                let client = self.random.one_of(&self.known.names(Kind::Client))?[0].clone();
                let api = self.random.one_of(&self.known.names(Kind::Api))?[0].clone();
                let id = text(self.known.get(Kind::Client, std::slice::from_ref(&client)), "client_id");
                let body =
                    json!({"client_id": id, "audience": api, "scope": ["0"], "organization_usage": "allow"});
                ("/api/v2/client-grants".to_owned(), body, vec![client, api])
            }
            Kind::Association => {
                let organization = self.random.one_of(&self.known.names(Kind::Organization))?.clone();
                let grant = self.random.one_of(&self.known.names(Kind::Grant))?.clone();
                let id = text(self.known.get(Kind::Organization, &organization), "id");
                let body = json!({"grant_id": text(self.known.get(Kind::Grant, &grant), "id")});
                (format!("/api/v2/organizations/{id}/client-grants"), body, [organization, grant].concat())
            }
        };
        let key = (kind, names);
        let is_new = !self.known.0.contains_key(&key);
        is_new.then_some(Intent { method: Method::POST, path, body, key })
    }

    /// Each change sets two members to the same new value, so that half of one would show.
    fn change(&mut self, kind: Kind, there: &[Vec<String>]) -> Option<Intent> {
        let names = self.random.one_of(there)?.clone();
        let value = self.count.to_string();
        let body = match kind {
            Kind::Client => json!({"description": value, "client_metadata": {"v": value}}),
            Kind::Api => json!({"name": value, "scopes": [{"value": value}]}),
            Kind::Organization => json!({"display_name": value, "metadata": {"v": value}}),
            Kind::Grant => json!({"scope": [value, "both"]}),
            Kind::Association => return None,
        };
        let path = self.path(kind, &names);
        Some(Intent { method: Method::PATCH, path, body, key: (kind, names) })
    }

    fn deletion(&mut self, kind: Kind, there: &[Vec<String>]) -> Option<Intent> {
        let names = self.random.one_of(there)?.clone();
        let path = self.path(kind, &names);
        Some(Intent { method: Method::DELETE, path, body: Value::Null, key: (kind, names) })
    }

    fn path(&self, kind: Kind, names: &[String]) -> String {
        let (collection, id) = match kind {
            Kind::Client => ("clients", "client_id"),
            Kind::Api => ("resource-servers", "id"),
            Kind::Organization => ("organizations", "id"),
            Kind::Grant => ("client-grants", "id"),
            Kind::Association => {
                let organization = text(self.known.get(Kind::Organization, &names[..1]), "id");
                let grant = text(self.known.get(Kind::Grant, &names[1..]), "id");
                return format!("/api/v2/organizations/{organization}/client-grants/{grant}");
            }
        };
        format!("/api/v2/{collection}/{}", text(self.known.get(kind, names), id))
    }
}

/// What the record of the intent should be: the former with the members of the body, or, if it is new, as it was found
/// as long as every member is as intended.
fn intended(known: &World, found: &World, intent: &Intent) -> Value {
    let former = known.0.get(&intent.key).or_else(|| found.0.get(&intent.key));
    let mut record = former.cloned().unwrap_or_else(|| panic!("{} is neither done nor undone", intent.path));
    if let (Value::Object(record), Value::Object(body)) = (&mut record, &intent.body) {
        record.extend(body.clone());
    }
    record
}
