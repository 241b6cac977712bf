//! Tokens that are asked for all the time, at every node: what came back, and when.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::bed::{Job, Nodes};

/// How long each asker waits between two requests.
const PAUSE: Duration = Duration::from_millis(5);

/// A request to a node that lived from its beginning to its end.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub node: usize,
    pub begun: Instant,
    pub ended: Instant,
    /// None: there was no answer.
    pub status: Option<u16>,
}

/// One asker at each node.
pub struct Load {
    stopped: Arc<AtomicBool>,
    askers: JoinSet<Vec<Asked>>,
}

impl Load {
    pub fn begin(nodes: &Arc<Nodes>, job: &Job) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let ask = |node| ask(Arc::clone(nodes), job.clone(), node, Arc::clone(&stopped));
        Self { askers: (0..nodes.len()).map(ask).collect(), stopped }
    }

    /// Ends it: all that was asked, in no order.
    pub async fn end(self) -> Vec<Asked> {
        self.stopped.store(true, Ordering::SeqCst);
        self.askers.join_all().await.concat()
    }
}

async fn ask(nodes: Arc<Nodes>, job: Job, node: usize, stopped: Arc<AtomicBool>) -> Vec<Asked> {
    let mut asked = Vec::new();
    while !stopped.load(Ordering::SeqCst) {
        let life = nodes.node(node).life();
        if life.is_some() {
            let begun = Instant::now();
            let status = job.ask(&nodes.api(node)).await.ok().map(|answer| answer.status);
            if nodes.node(node).life() == life {
                asked.push(Asked { node, begun, ended: Instant::now(), status });
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    asked
}

/// Every one was issued, and there were some at each node. The slowest.
pub fn assert_all_issued(asked: &[Asked], nodes: &[usize]) -> Duration {
    for node in nodes {
        assert!(asked.iter().any(|asked| asked.node == *node), "nothing was asked of node {node}");
    }
    let of_them = || asked.iter().filter(|asked| nodes.contains(&asked.node));
    let failed: Vec<_> = of_them().filter(|asked| asked.status != Some(200)).collect();
    assert!(failed.is_empty(), "{} of {} were not issued: {:?}", failed.len(), asked.len(), failed.first());
    of_them().map(|asked| asked.ended - asked.begun).max().unwrap_or_default()
}
