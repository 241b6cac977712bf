//! The arithmetic of token quotas.

use grantd_model::{
    QuotaBucket, QuotaStanding, Timestamp, TokenQuota, due_warnings, quota_block, quota_header,
};
use serde_json::json;

fn read(value: impl Into<serde_json::Value>) -> Option<TokenQuota> {
    TokenQuota::read(Some(&value.into()))
}

#[test]
fn a_quota_enforces_unless_it_says_otherwise() {
    let quota = read(json!({"client_credentials": {"per_hour": 10}}));
    assert_eq!(quota, Some(TokenQuota { per_hour: Some(10), per_day: None, enforce: true }));
    let quota = read(json!({"client_credentials": {"per_day": 5, "enforce": false}}));
    assert_eq!(quota, Some(TokenQuota { per_hour: None, per_day: Some(5), enforce: false }));
}

#[test]
fn a_quota_without_a_number_is_none() {
    assert_eq!(read(json!({"client_credentials": {"enforce": true}})), None);
    assert_eq!(read(json!({})), None);
    assert_eq!(TokenQuota::read(None), None);
}

#[test]
fn windows_are_those_of_utc() {
    // 2026-01-02T03:04:05Z
    let now = Timestamp::from_seconds(1_767_323_045);
    let shown = |time: Timestamp| time.to_string();
    assert_eq!(shown(QuotaBucket::PerHour.start(now)), "2026-01-02T03:00:00.000Z");
    assert_eq!(shown(QuotaBucket::PerHour.end(now)), "2026-01-02T04:00:00.000Z");
    assert_eq!(shown(QuotaBucket::PerDay.start(now)), "2026-01-02T00:00:00.000Z");
    assert_eq!(shown(QuotaBucket::PerDay.end(now)), "2026-01-03T00:00:00.000Z");
    assert_eq!(QuotaBucket::PerHour.start(QuotaBucket::PerHour.end(now)), QuotaBucket::PerHour.end(now));
}

#[test]
fn warnings_are_due_at_60_80_and_100_per_cent_each_once() {
    let due = |consumed, limit, warned| due_warnings(consumed, limit, warned).collect::<Vec<u8>>();
    assert_eq!(due(5, 10, 0), [0_u8; 0]);
    assert_eq!(due(6, 10, 0), [60]);
    assert_eq!(due(7, 10, 60), [0_u8; 0]);
    assert_eq!(due(8, 10, 60), [80]);
    assert_eq!(due(10, 10, 80), [100]);
    assert_eq!(due(11, 10, 100), [0_u8; 0]);
    assert_eq!(due(1, 1, 0), [60, 80, 100]);
    assert_eq!(due(3, 4, 0), [60]);
    assert_eq!(due(u64::MAX, u32::MAX, 0), [60, 80, 100]);
}

#[test]
fn a_block_is_a_hundredth_within_bounds() {
    assert_eq!([1, 99, 100, 10_000, 5_000_000].map(quota_block), [1, 1, 1, 100, 1_000]);
}

#[test]
fn the_header_has_each_bucket() {
    let standing =
        |bucket, limit, remaining, resets_in| QuotaStanding { bucket, limit, remaining, resets_in };
    let both = [standing(QuotaBucket::PerHour, 10, 7, 3_540), standing(QuotaBucket::PerDay, 50, 47, 43_200)];
    assert_eq!(quota_header(&both), "b=per_hour;q=10;r=7;t=3540,b=per_day;q=50;r=47;t=43200");
    assert_eq!(quota_header(&[]), "");
}
