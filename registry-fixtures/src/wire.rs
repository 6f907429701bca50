//! Answers on the wire, byte by byte: a proper HTTP library refuses to send what tests need.

use std::io::Write as _;
use std::time::Duration;

use flate2::{Compression, write::GzEncoder};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::fault::Fault;
use crate::request::SeenRequest;

/// An answer before it is written.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Whether the connection can serve another request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connection {
    Keep,
    Close,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body,
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Codes the body, when the request allows it.
    pub(crate) fn gzip_for(self, request: &SeenRequest) -> Self {
        let accepted = request.header("accept-encoding").unwrap_or_default();
        if self.status == 304 || !accepted.contains("gzip") {
            return self;
        }
        let body = gzip(&self.body);
        Self { body, ..self }.with("content-encoding", "gzip")
    }

    fn head(&self, length: Option<&str>) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Status\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match length {
            Some(length) => head.push_str(&format!("content-length: {length}\r\n\r\n")),
            None => head.push_str("transfer-encoding: chunked\r\n\r\n"),
        }
        head.into_bytes()
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("memory can be written to")
}

/// Reads one request with its body; `None` when the connection ends.
pub(crate) async fn read_request(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
) -> Option<SeenRequest> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if !bytes[0].is_ascii_uppercase() {
            // Not HTTP, as when a client begins with TLS: answer as common servers do.
            let refusal = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n";
            stream.write_all(refusal).await.ok()?;
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut request = SeenRequest::parse(&head)?;
    let length: usize = request
        .header("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    request.body = body;
    Some(request)
}

/// Writes an answer, damaged as `fault` says.
pub(crate) async fn write(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    answer: Answer,
    fault: Option<Fault>,
) -> std::io::Result<Connection> {
    let length = answer.body.len().to_string();
    match fault {
        Some(Fault::Close) => return Ok(Connection::Close),
        Some(Fault::Truncate) => {
            stream.write_all(&answer.head(Some(&length))).await?;
            stream.write_all(half(&answer.body)).await?;
            return Ok(Connection::Close);
        }
        Some(Fault::Stall) => {
            stream.write_all(&answer.head(Some(&length))).await?;
            stream.write_all(half(&answer.body)).await?;
            // Until the client gives up.
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await?;
            return Ok(Connection::Close);
        }
        Some(Fault::Drip(pause)) => {
            stream.write_all(&answer.head(Some(&length))).await?;
            drip(stream, &answer.body, pause).await?;
            return Ok(Connection::Close);
        }
        Some(Fault::ContentLength(length)) => {
            stream.write_all(&answer.head(Some(&length))).await?;
            stream.write_all(&answer.body).await?;
            return Ok(Connection::Close);
        }
        Some(Fault::NoLength) => {
            let mut head = answer.head(Some(""));
            head.truncate(head.len() - b"content-length: \r\n\r\n".len());
            head.extend_from_slice(b"connection: close\r\n\r\n");
            stream.write_all(&head).await?;
            stream.write_all(&answer.body).await?;
            stream.flush().await?;
            return Ok(Connection::Close);
        }
        Some(Fault::TooLong(more)) => {
            stream.write_all(&answer.head(None)).await?;
            let mut body = answer.body;
            body.resize(body.len() + more, b'x');
            let size = format!("{:x}\r\n", body.len());
            stream.write_all(size.as_bytes()).await?;
            stream.write_all(&body).await?;
            stream.write_all(b"\r\n0\r\n\r\n").await?;
            return Ok(Connection::Keep);
        }
        _ => {}
    }
    if answer.status == 304 {
        let mut head = answer.head(Some("0"));
        head.truncate(head.len() - b"content-length: 0\r\n\r\n".len());
        head.extend_from_slice(b"\r\n");
        stream.write_all(&head).await?;
        return Ok(Connection::Keep);
    }
    stream.write_all(&answer.head(Some(&length))).await?;
    stream.write_all(&answer.body).await?;
    stream.flush().await?;
    Ok(Connection::Keep)
}

fn half(body: &[u8]) -> &[u8] {
    &body[..body.len() / 2]
}

async fn drip(
    stream: &mut (impl AsyncWrite + Unpin),
    body: &[u8],
    pause: Duration,
) -> std::io::Result<()> {
    for byte in body {
        tokio::time::sleep(pause).await;
        stream.write_all(&[*byte]).await?;
        stream.flush().await?;
    }
    Ok(())
}
