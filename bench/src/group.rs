//! Clients whose tokens are signed in the same way, and the ceiling that they are measured against.

use std::rc::Rc;

use serde_json::Value;

use crate::administrator::Administrator;
use crate::algorithm::Algorithm;
use crate::caller::Caller;
use crate::check::{Jws, text, verified_answer};
use crate::grantd::Grantd;
use crate::load::Load;
use crate::method::Method;
use crate::methods_report::Signed;
use crate::process::Server;
use crate::token::measure;
use crate::{Outcome, ceiling};

/// Clients that get tokens with the same kind of signature.
pub(crate) struct Group {
    algorithm: Algorithm,
    ways: Vec<(Method, Rc<[Caller]>)>,
}

impl Group {
    /// Each way with an API and so many clients of its own.
    pub(crate) async fn register(
        administrator: &mut Administrator,
        algorithm: Algorithm,
        methods: &[Method],
        clients: u32,
    ) -> Outcome<Self> {
        let mut ways = Vec::new();
        for (number, method) in methods.iter().enumerate() {
            let audience = format!("https://{}-{number:02}.example.com/", algorithm.argument());
            administrator.resource_server(&audience, algorithm, method.members_of_api()).await?;
            let mut callers = Vec::new();
            for number in 0..clients {
                let name = format!("Service {number}");
                callers.push(method.caller(administrator, &name, &audience).await?);
            }
            eprintln!("registered: {clients} clients with {}, tokens {}", method.name(), algorithm.as_str());
            ways.push((*method, callers.into()));
        }
        Ok(Self { algorithm, ways })
    }

    /// With a ceiling that imitates what the first way gets, after all ways have been checked.
    pub(crate) async fn beside_its_ceiling(self, server: &Server, grantd: &Grantd) -> Outcome<Turn> {
        self.check(server).await?;
        let sample = verified_answer(server, self.first()?, self.algorithm).await?;
        let ceiling = ceiling::start(&sample, self.algorithm, &grantd.log(), None)?;
        Ok(Turn { group: self, ceiling })
    }

    fn first(&self) -> Outcome<&Rc<[Caller]>> {
        Ok(self.ways.first().map(|(_, callers)| callers).ok_or("nobody calls")?)
    }

    /// Fails unless each way leads to a token that is bound as the way says.
    async fn check(&self, server: &Server) -> Outcome {
        for (method, callers) in &self.ways {
            let answer = verified_answer(server, callers, self.algorithm).await?;
            check_binding(*method, &serde_json::from_str(&answer)?)
                .map_err(|error| format!("{}: {error}", method.name()))?;
        }
        Ok(())
    }
}

/// A group and its ceiling, which take their turn in each round.
pub(crate) struct Turn {
    group: Group,
    ceiling: Server,
}

impl Turn {
    /// Its place in the report, still empty.
    pub(crate) fn signed(&self) -> Signed {
        Signed::new(self.group.algorithm, self.group.ways.iter().map(|(method, _)| *method))
    }

    /// The ceiling first, then each way.
    pub(crate) async fn take(&self, load: &Load, server: &Server, signed: &mut Signed) -> Outcome {
        signed.ceiling.push(measure(load, &self.ceiling, self.group.first()?).await?);
        for ((_, callers), way) in self.group.ways.iter().zip(&mut signed.ways) {
            let measured = measure(load, server, callers).await?;
            eprintln!("{}, tokens {}: {:.1} µs", way.method, signed.algorithm.as_str(), measured.cpu_us);
            way.rounds.push(measured);
        }
        Ok(())
    }

    /// Fails unless all of its ways lead to tokens.
    pub(crate) async fn check(&self, server: &Server) -> Outcome {
        self.group.check(server).await
    }
}

fn check_binding(method: Method, answer: &Value) -> Outcome {
    let token = text(answer, "access_token")?;
    let claims: Value = serde_json::from_str(&Jws::parse(&token)?.claims)?;
    let bound = claims.get("cnf").and_then(Value::as_object);
    let member = bound.and_then(|cnf| cnf.keys().next()).map(String::as_str);
    if member != method.confirmation() {
        return Err("a token is not bound as its API says".into());
    }
    let token_type = if member == Some("jkt") { "DPoP" } else { "Bearer" };
    if text(answer, "token_type")? != token_type {
        return Err("a token is of another type than its binding says".into());
    }
    Ok(())
}
