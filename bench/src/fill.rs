//! A deployment of so many clients with so many grants, all of one kind.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::{Value, json};
use tokio::task::{JoinSet, LocalSet};

use crate::Outcome;
use crate::administrator::Administrator;
use crate::algorithm::Algorithm;
use crate::caller::Caller;
use crate::check::text;

/// How many requests the Management API gets at a time.
const WRITERS: usize = 32;
/// How many APIs there are.
pub(crate) const APIS: usize = 16;

/// How much there is to be.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    /// Clients.
    pub(crate) clients: usize,
    /// Grants of each client, for so many of the APIs.
    pub(crate) grants_per_client: usize,
    /// How the tokens of all APIs are signed.
    pub(crate) algorithm: Algorithm,
}

impl Size {
    /// One caller for every pair of a client and an API that is granted to it, in an order in which client and API
    /// differ from one to the next.
    pub(crate) async fn fill(self, mut administrator: Administrator) -> Outcome<Vec<Caller>> {
        for api in 0..APIS {
            administrator.resource_server(&audience(api), self.algorithm, dialect(self.algorithm)).await?;
        }
        let done = Rc::new(Cell::new(0));
        let mut writers = JoinSet::new();
        let local = LocalSet::new();
        for first in 0..WRITERS {
            let administrator = administrator.again().await?;
            let writer = Writer { administrator, size: self, done: Rc::clone(&done) };
            writers.spawn_local_on(
                async move { writer.write(first).await.map_err(|error| error.to_string()) },
                &local,
            );
        }
        let written = local.run_until(writers.join_all()).await;
        let mut callers: Vec<(usize, usize, Caller)> = Vec::new();
        for part in written {
            callers.extend(part?);
        }
        callers.sort_unstable_by_key(|(round, client, _)| (*round, *client));
        Ok(callers.into_iter().map(|(_, _, caller)| caller).collect())
    }
}

/// Makes every so-manieth client, and its grants.
struct Writer {
    administrator: Administrator,
    size: Size,
    done: Rc<Cell<usize>>,
}

impl Writer {
    /// Its clients as callers, each with the number of the grant and of the client.
    async fn write(mut self, first: usize) -> Outcome<Vec<(usize, usize, Caller)>> {
        let mut callers = Vec::new();
        for number in (first..self.size.clients).step_by(WRITERS) {
            let client = self.administrator.client(&format!("Service {number}"), Value::Null).await?;
            let (id, secret) = (text(&client, "client_id")?, text(&client, "client_secret")?);
            for round in 0..self.size.grants_per_client.min(APIS) {
                let audience = audience((number + round) % APIS);
                self.administrator.grant(&id, &audience).await?;
                callers.push((round, number, Caller::with_secret(&id, &secret, &audience)));
            }
            self.tell();
        }
        Ok(callers)
    }

    fn tell(&self) {
        self.done.set(self.done.get() + 1);
        let (done, all) = (self.done.get(), self.size.clients);
        if done.is_multiple_of(all.div_ceil(10)) || done == all {
            eprintln!("filling: {done} of {all} clients");
        }
    }
}

/// RSA takes so long that client and second keep tokens apart. The others come so fast that only a `jti` does, so
/// their dialect is one that has it.
fn dialect(algorithm: Algorithm) -> Value {
    match algorithm {
        Algorithm::Rs256 | Algorithm::Rs512 | Algorithm::Ps256 => Value::Null,
        Algorithm::Hs256 | Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => {
            json!({"token_dialect": "rfc9068_profile"})
        }
    }
}

/// All of the same length, so that all tokens are.
pub(crate) fn audience(number: usize) -> String {
    format!("https://api-{number:02}.example.com/")
}
