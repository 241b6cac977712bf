//! Which token a client gets: one table over HTTP, row by row of the reference's §1.6 and §1.7.
//!
//! A row is a situation, what differs from the usual [`Scene`], what is asked for beside the usual parameters,
//! and the answer in one line.

mod apis;
mod organizations;
mod parties;
mod scopes;

use super::scene::Scene;

type Row = (&'static str, fn(&mut Scene), &'static [(&'static str, &'static str)], &'static str);

const USUAL: fn(&mut Scene) = |_| {};

async fn assert_all(table: &[Row]) {
    let mut wrong = Vec::new();
    for (situation, set_up, request, expected) in table {
        let mut scene = Scene::default();
        set_up(&mut scene);
        let stage = scene.make().await;
        let actual = stage.in_a_line(&stage.ask(request).await);
        if actual != *expected {
            wrong.push(format!("{situation}:\n  {actual}\n  not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
