//! What there is to measure: which tokens, for how many clients, by which transport.

use serde::Serialize;

use crate::algorithm::Algorithm;
use crate::transport::Transport;

/// Clients of the cases with TLS, which are about connections.
const FEW: usize = 32;

/// One server of each kind, which measures several cases.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// How many clients there are.
    pub(crate) clients: usize,
    /// Whether it speaks TLS.
    pub(crate) tls: bool,
}

/// One line of the report.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Case {
    /// How tokens are signed.
    pub(crate) algorithm: Algorithm,
    /// How many clients ask in turns.
    pub(crate) clients: usize,
    /// Whether each asks for an organization, whose id is a claim then.
    pub(crate) organization: bool,
    /// How they ask.
    pub(crate) transport: Transport,
}

impl Place {
    /// One client, very many, and TLS: one after the other, so that each tells its own memory.
    pub(crate) fn all(many: usize) -> [Self; 3] {
        let plain = |clients| Self { clients, tls: false };
        [plain(1), plain(many), Self { clients: FEW, tls: true }]
    }

    /// What is measured there.
    pub(crate) fn cases(self) -> Vec<Case> {
        let case = |algorithm, organization, transport| Case {
            algorithm,
            clients: self.clients,
            organization,
            transport,
        };
        let mut cases = Vec::new();
        if self.tls {
            for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
                let ways = [
                    Transport::FullHandshake,
                    Transport::ResumedSession,
                    Transport::KeptAlive,
                    Transport::Http2,
                ];
                cases.extend(ways.map(|transport| case(algorithm, false, transport)));
            }
        } else {
            for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa, Algorithm::Hs256] {
                cases.extend([false, true].map(|of| case(algorithm, of, Transport::Plain)));
            }
        }
        cases
    }
}

impl Case {
    /// What it is called, and chosen by.
    pub(crate) fn name(&self) -> String {
        let clients = if self.clients == 1 { "1 client".into() } else { format!("{} clients", self.clients) };
        let organization = if self.organization { ", organization" } else { "" };
        format!("{}, {}, {clients}{organization}", self.transport.name(), self.algorithm.as_str())
    }

    /// The ratio to the ceiling that is aimed at, at most: where connections stay and nothing is encrypted.
    pub(crate) fn goal(&self) -> Option<f64> {
        match (self.transport, self.algorithm) {
            (Transport::Plain, Algorithm::Rs256) => Some(1.10),
            (Transport::Plain, Algorithm::Es256) => Some(1.5),
            (Transport::Plain, Algorithm::EdDsa) => Some(1.6),
            _ => None,
        }
    }

    /// Whether oidc-provider can do the same: it has no organizations, and leaves TLS to a proxy.
    pub(crate) fn has_peer(&self) -> bool {
        self.transport == Transport::Plain && !self.organization
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_case_has_a_name_of_its_own() {
        let cases: Vec<Case> = Place::all(100_000).into_iter().flat_map(Place::cases).collect();
        let names: HashSet<String> = cases.iter().map(Case::name).collect();
        assert_eq!((cases.len(), names.len()), (24, 24));
        assert!(names.contains("HTTP/1.1, RS256, 1 client"));
        assert!(names.contains("HTTP/1.1, EdDSA, 100000 clients, organization"));
        assert!(names.contains("TLS, resumed session, ES256, 32 clients"));
    }

    #[test]
    fn goals_are_for_connections_that_stay_and_signatures_that_cost_something() {
        let cases: Vec<Case> = Place::all(100_000).into_iter().flat_map(Place::cases).collect();
        assert_eq!(cases.iter().filter(|case| case.goal().is_some()).count(), 12);
        assert_eq!(cases.iter().filter(|case| case.has_peer()).count(), 8);
    }
}
