//! Accepting connections: a bounded number at once, none of which lives on without being answered.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep, sleep, sleep_until},
};

/// A connection on which nothing was written for so long is closed: its client has not finished a request, or is gone.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait when the system has no more sockets to give.
const PAUSE: Duration = Duration::from_millis(500);

pub struct Listener {
    inner: TcpListener,
    places: Arc<Semaphore>,
}

impl Listener {
    pub async fn bind(address: &str, max_open: usize) -> io::Result<Self> {
        let inner = TcpListener::bind(address).await?;
        Ok(Listener { inner, places: Arc::new(Semaphore::new(max_open.clamp(1, Semaphore::MAX_PERMITS))) })
    }
}

impl axum::serve::Listener for Listener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            // Beyond the limit, clients wait in the system's queue.
            let Ok(place) = self.places.clone().acquire_owned().await else {
                sleep(PAUSE).await;
                continue;
            };
            match self.inner.accept().await {
                Ok((stream, peer)) => {
                    stream.set_nodelay(true).ok();
                    return (Connection::new(stream, place), peer);
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection was not accepted");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

pub struct Connection {
    stream: TcpStream,
    deadline: Pin<Box<Sleep>>,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    fn new(stream: TcpStream, place: OwnedSemaphorePermit) -> Self {
        Connection { stream, deadline: Box::pin(sleep_until(patience())), _place: place }
    }

    fn wrote(&mut self, done: &Poll<io::Result<usize>>) {
        if matches!(done, Poll::Ready(Ok(count)) if *count > 0) {
            self.deadline.as_mut().reset(patience());
        }
    }

    /// Ready when patience is over.
    fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        self.deadline.as_mut().poll(cx).map(|()| io::ErrorKind::TimedOut.into())
    }
}

fn patience() -> Instant {
    let now = Instant::now();
    now.checked_add(PATIENCE).unwrap_or(now)
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Poll::Ready(error) = self.poll_over(cx) {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        // A client that asks and never reads its answer.
        if let Poll::Ready(error) = self.poll_over(cx) {
            return Poll::Ready(Err(error));
        }
        let done = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.wrote(&done);
        done
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(error) = self.poll_over(cx) {
            return Poll::Ready(Err(error));
        }
        let done = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.wrote(&done);
        done
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
