//! Made-up events of few clients and few kinds, so that most queries find some: in order of time, but for a clock that
//! was set back once.

use std::borrow::Cow;

use grantd_model::{LogEvent, LogEventKind, Timestamp};

/// 2026-11-01T00:00:00Z
pub const BEGIN: u64 = 1_793_491_200;

const KINDS: [LogEventKind; 4] = [
    LogEventKind::TokenIssued,
    LogEventKind::TokenDenied,
    LogEventKind::ManagementWrite,
    LogEventKind::TokenQuotaWarning,
];
const DESCRIPTIONS: [&str; 6] = [
    "Client Credentials for Access Token",
    "Unauthorized",
    "Changes a client grant",
    "60% of client per_hour quota consumed",
    "a \"quoted\" text",
    "back\\slash: (and) [more]",
];
const AGENTS: [&str; 3] = ["curl/8.5", "node-fetch", ""];

/// Numbers that look random and are always the same (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed >> 33) % end as u64).unwrap()
    }
}

pub fn generate(count: usize) -> Vec<LogEvent<'static>> {
    let mut numbers = Numbers(1);
    let mut at = BEGIN * 1000;
    (0..count)
        .map(|number| {
            at += numbers.below(40_000) as u64;
            if number == count / 2 {
                at -= 3_600_000;
            }
            event(&mut numbers, Timestamp::from_millis(at))
        })
        .collect()
}

fn event(numbers: &mut Numbers, at: Timestamp) -> LogEvent<'static> {
    let kind = KINDS[[0, 0, 0, 0, 1, 1, 2, 3][numbers.below(8)]];
    let description = DESCRIPTIONS[numbers.below(DESCRIPTIONS.len())].to_owned();
    let client = numbers.below(12);
    let exchange = matches!(kind, LogEventKind::TokenIssued | LogEventKind::TokenDenied);
    LogEvent {
        client_id: (client > 0).then(|| format!("client{client:02}").into()),
        client_name: (client > 1).then(|| format!("Service {}", client % 5).into()),
        ip: Some([10, 0, 0, u8::try_from(numbers.below(9)).unwrap()].into()),
        user_agent: Some(AGENTS[numbers.below(3)].into()).filter(|agent: &Cow<'_, str>| !agent.is_empty()),
        hostname: Some("auth.test".into()),
        user_id: exchange.then_some(""),
        user_name: exchange.then_some(""),
        organization_id: (numbers.below(4) == 0).then(|| format!("org_{}", numbers.below(3)).into()),
        audience: exchange.then(|| format!("https://api{}", numbers.below(3)).into()),
        scope: exchange.then(|| ["read:a", "read:a write:a"][numbers.below(2)].into()),
        ..LogEvent::new(kind, at, description, "auth.test")
    }
}
