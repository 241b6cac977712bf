//! The way to a server, which can be cut: a proxy for TCP on 127.0.0.1. What is sent while it is cut is neither refused
//! nor lost; it arrives when the way is mended, as with a cable that is put in again.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// The way to one port.
pub struct Network {
    port: u16,
    gate: Arc<Gate>,
}

/// The gate of a way, of which each connection has the number of its time.
#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    mended: Condvar,
}

#[derive(Default)]
struct State {
    is_cut: bool,
    /// Connections with lesser numbers lead nowhere any more.
    time: u64,
}

impl Network {
    /// A way to this port on 127.0.0.1.
    ///
    /// # Errors
    /// Where there is no port for it.
    pub fn to(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let network = Self { port: listener.local_addr()?.port(), gate: Arc::default() };
        let gate = Arc::clone(&network.gate);
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let gate = Arc::clone(&gate);
                thread::spawn(move || drop(connect(near, port, &gate)));
            }
        });
        Ok(network)
    }

    /// The port that leads there.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on nothing arrives at either end. Connections are accepted, and lead nowhere.
    pub fn cut(&self) {
        self.gate.change(|state| state.is_cut = true);
    }

    /// The connections that there are fall silent for good, and nobody is told; new ones are as good as ever. So it is when
    /// something in between forgets its connections.
    pub fn strand(&self) {
        self.gate.change(|state| state.time += 1);
    }

    /// What was held up arrives, and what is sent from now on.
    pub fn mend(&self) {
        self.gate.change(|state| state.is_cut = false);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.mend();
    }
}

impl Gate {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.mended.notify_all();
    }

    fn time(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).time
    }

    /// Returns when the way is whole for a connection of that time.
    fn pass(&self, time: u64) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let blocked = |state: &mut State| state.is_cut || time < state.time;
        drop(self.mended.wait_while(state, blocked).unwrap_or_else(PoisonError::into_inner));
    }
}

fn connect(near: TcpStream, port: u16, gate: &Arc<Gate>) -> io::Result<()> {
    let time = gate.time();
    gate.pass(time);
    let far = TcpStream::connect(("127.0.0.1", port))?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let (from, to, passing) = (near.try_clone()?, far.try_clone()?, Arc::clone(gate));
    thread::spawn(move || carry(from, to, &passing, time));
    carry(far, near, gate, time);
    Ok(())
}

/// Carries what one end says to the other until it has said all.
fn carry(mut from: TcpStream, mut to: TcpStream, gate: &Gate, time: u64) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read) = from.read(&mut buffer) {
        gate.pass(time);
        let Some(said) = buffer.get(..read).filter(|said| !said.is_empty()) else { break };
        if to.write_all(said).is_err() {
            break;
        }
    }
    gate.pass(time);
    // The other end may be gone already.
    drop(to.shutdown(Shutdown::Write));
    drop(from.shutdown(Shutdown::Read));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_sent_while_it_is_cut_arrives_when_it_is_mended() -> io::Result<()> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let network = Network::to(listener.local_addr()?.port())?;
        let mut near = TcpStream::connect(("127.0.0.1", network.port()))?;
        let (mut far, _) = listener.accept()?;
        let mut read = [0; 3];
        near.write_all(b"one")?;
        far.read_exact(&mut read)?;
        assert_eq!(&read, b"one");

        network.cut();
        near.write_all(b"two")?;
        far.set_read_timeout(Some(Duration::from_millis(200)))?;
        assert!(far.read(&mut read).is_err(), "it passed");
        let mut other = TcpStream::connect(("127.0.0.1", network.port()))?;
        other.write_all(b"six")?;

        network.mend();
        far.set_read_timeout(None)?;
        far.read_exact(&mut read)?;
        assert_eq!(&read, b"two");
        let (mut far, _) = listener.accept()?;
        far.read_exact(&mut read)?;
        assert_eq!(&read, b"six");
        drop(other);
        assert_eq!(far.read(&mut read)?, 0, "the end arrives, too");
        Ok(())
    }
}
