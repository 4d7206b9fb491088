//! SIGTERM and ctrl-c: what runs a network ends its processes before itself.

use anyhow::Result;
use tokio::signal::unix::{Signal, SignalKind, signal};

pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Taken over from now on: before the first process is started.
    pub fn take() -> Result<Self> {
        Ok(Signals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for either.
    pub async fn come(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Does `work`, unless one comes first: then nothing.
    pub async fn unless<T>(&mut self, work: impl Future<Output = Result<T>>) -> Result<Option<T>> {
        tokio::select! {
            done = work => done.map(Some),
            () = self.come() => {
                println!("stopping");
                Ok(None)
            }
        }
    }
}
