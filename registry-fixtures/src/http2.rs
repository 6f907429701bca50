//! The server's side of HTTP/2: the same answers, and the faults that a stream can have.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{HeaderName, HeaderValue, Response};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::fault::Fault;
use crate::request::{Protocol, SeenRequest};
use crate::server::{State, exchange};
use crate::wire::Answer;

/// Serves a connection to its end.
pub(crate) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    state: &Arc<State>,
    client_certificate: bool,
) -> io::Result<()> {
    let mut connection = h2::server::handshake(stream)
        .await
        .map_err(io::Error::other)?;
    while let Some(accepted) = connection.accept().await {
        let (request, respond) = accepted.map_err(io::Error::other)?;
        let state = Arc::clone(state);
        // A stream that fails is the client's affair.
        drop(tokio::spawn(async move {
            respond_to(request, respond, &state, client_certificate).await
        }));
    }
    Ok(())
}

async fn respond_to(
    request: http::Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    state: &State,
    client_certificate: bool,
) -> Result<(), h2::Error> {
    let (answer, fault) = exchange(state, seen(&request, client_certificate)).await;
    if matches!(fault, Some(Fault::Close)) {
        respond.send_reset(Reason::INTERNAL_ERROR);
        return Ok(());
    }
    let length = answer.body.len();
    let mut stream = respond.send_response(head(&answer), length == 0)?;
    let body = Bytes::from(answer.body);
    if matches!(fault, Some(Fault::Truncate)) {
        stream.send_data(body.slice(..length / 2), false)?;
        stream.send_reset(Reason::INTERNAL_ERROR);
    } else if length > 0 {
        stream.send_data(body, true)?;
    }
    Ok(())
}

fn seen(request: &http::Request<RecvStream>, client_certificate: bool) -> SeenRequest {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = request.headers();
    SeenRequest {
        method: request.method().to_string(),
        path: request
            .uri()
            .path_and_query()
            .map_or_else(String::new, ToString::to_string),
        headers: headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body: Vec::new(),
        protocol: Protocol::Http2,
        has_client_certificate: client_certificate,
    }
}

fn head(answer: &Answer) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = answer.status.try_into().expect("a status of HTTP");
    for (name, value) in &answer.headers {
        let name: HeaderName = name.parse().expect("a header's name");
        let value: HeaderValue = value.parse().expect("a header's value");
        response.headers_mut().append(name, value);
    }
    response
}
