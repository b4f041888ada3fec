//! A TCP connection that hands out one line per read.
//!
//! A reader that takes more than the answer to `STARTTLS` keeps what follows it in clear, and would later take it for answers
//! that came over TLS: whoever is on the line could put them there. With one line per read, such bytes go into the TLS
//! handshake, which fails by them.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The most that is read of one server: far more than a handshake and the answers to one message. The time that the library takes
/// for an answer grows with the square of its lines.
const MAX_BYTES: usize = 256 << 10;
const MAX_LINES: usize = 500;

pub(super) struct LineStream {
    tcp: TcpStream,
    /// How much has been read, and handed out.
    bytes: usize,
    lines: usize,
    buffer: Box<[u8; 4096]>,
    /// What is read but not handed out: `buffer[start..end]`.
    start: usize,
    end: usize,
}

impl LineStream {
    pub(super) fn new(tcp: TcpStream) -> LineStream {
        LineStream { tcp, bytes: 0, lines: 0, buffer: Box::new([0; 4096]), start: 0, end: 0 }
    }
}

impl AsyncRead for LineStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let LineStream { tcp, bytes, lines, buffer, start, end } = self.get_mut();
        if *start == *end {
            let mut read = ReadBuf::new(&mut buffer[..]);
            ready!(Pin::new(tcp).poll_read(context, &mut read))?;
            (*start, *end) = (0, read.filled().len());
            *bytes += *end;
        }
        *lines += 1;
        if *bytes > MAX_BYTES || *lines > MAX_LINES {
            return Poll::Ready(Err(io::Error::other("the server's answers never end")));
        }
        let unread = &buffer[*start..*end];
        let line = unread.iter().position(|&byte| byte == b'\n').map_or(unread.len(), |at| at + 1);
        let length = line.min(out.remaining());
        out.put_slice(&unread[..length]);
        *start += length;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LineStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().tcp).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_shutdown(context)
    }
}

impl AsyncTokioStream for LineStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.peer_addr()
    }
}

impl fmt::Debug for LineStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineStream").field("tcp", &self.tcp).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_read_ends_with_the_line() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = LineStream::new(TcpStream::connect(listener.local_addr().unwrap()).await.unwrap());
        let (mut server, _) = listener.accept().await.unwrap();
        server.write_all(b"220 ready\r\n250 injected\r\nrest").await.unwrap();
        drop(server);
        let mut out = [0; 64];
        let mut reads = Vec::new();
        for _ in 0..10 {
            let length = stream.read(&mut out).await.unwrap();
            reads.push(String::from_utf8(out[..length].to_vec()).unwrap());
        }
        assert_eq!(reads[..2], ["220 ready\r\n", "250 injected\r\n"]);
        assert_eq!(reads.concat(), "220 ready\r\n250 injected\r\nrest");
    }
}
