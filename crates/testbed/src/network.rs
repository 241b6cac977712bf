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

#[derive(Default)]
struct Gate {
    is_cut: Mutex<bool>,
    mended: Condvar,
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
        self.gate.set(true);
    }

    /// What was held up arrives, and what is sent from now on.
    pub fn mend(&self) {
        self.gate.set(false);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.mend();
    }
}

impl Gate {
    fn set(&self, cut: bool) {
        *self.is_cut.lock().unwrap_or_else(PoisonError::into_inner) = cut;
        self.mended.notify_all();
    }

    /// Returns when the way is whole.
    fn pass(&self) {
        let cut = self.is_cut.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.mended.wait_while(cut, |cut| *cut).unwrap_or_else(PoisonError::into_inner));
    }
}

fn connect(near: TcpStream, port: u16, gate: &Arc<Gate>) -> io::Result<()> {
    gate.pass();
    let far = TcpStream::connect(("127.0.0.1", port))?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let (from, to, passing) = (near.try_clone()?, far.try_clone()?, Arc::clone(gate));
    thread::spawn(move || carry(from, to, &passing));
    carry(far, near, gate);
    Ok(())
}

/// Carries what one end says to the other until it has said all.
fn carry(mut from: TcpStream, mut to: TcpStream, gate: &Gate) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read) = from.read(&mut buffer) {
        gate.pass();
        let Some(said) = buffer.get(..read).filter(|said| !said.is_empty()) else { break };
        if to.write_all(said).is_err() {
            break;
        }
    }
    gate.pass();
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
