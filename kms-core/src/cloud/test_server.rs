//! A small HTTP server that says what a test wants it to say.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A server on loopback that lives as long as the test's runtime.
pub(crate) struct TestServer {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The head as sent, header names in lower case.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// The number of the connection it came by, from 0.
    pub(crate) connection: usize,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What the server does with a request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Answers with status, further headers (each with `\r\n`) and body.
    Answer(u16, String, Vec<u8>),
    /// Sends these bytes and closes.
    Raw(Vec<u8>),
    /// Never answers.
    Hang,
    /// Closes the connection without an answer.
    Close,
}

impl Reply {
    pub(crate) fn status(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Answer(status, String::new(), body.into())
    }

    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self::Answer(status, format!("location: {location}\r\n"), Vec::new())
    }
}

impl TestServer {
    /// Gives the replies in turn, the last one again and again.
    pub(crate) async fn scripted(replies: Vec<Reply>) -> Self {
        Self::start(move |number, _| replies[number.min(replies.len() - 1)].clone()).await
    }

    /// Asks `reply` what to do with the n-th request.
    pub(crate) async fn start(
        reply: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (reply, record) = (Arc::new(reply), Arc::clone(&seen));
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let (reply, record) = (Arc::clone(&reply), Arc::clone(&record));
                tokio::spawn(serve(stream, connection, move |request: Seen| {
                    let number = {
                        let mut record = record.lock().unwrap();
                        record.push(request.clone());
                        record.len() - 1
                    };
                    reply(number, &request)
                }));
            }
        });
        Self { url, seen }
    }

    /// Stands for another kind of server.
    pub(crate) fn at(url: String) -> Self {
        let seen = Arc::default();
        Self { url, seen }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, connection: usize, reply: impl Fn(Seen) -> Reply) {
    let mut buffer = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut buffer, connection).await {
        match reply(request) {
            Reply::Answer(status, headers, body) => {
                let head = format!(
                    "HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n{headers}\r\n",
                    body.len()
                );
                // A client that has had enough closes; that is its right.
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = stream.write_all(&body).await;
            }
            Reply::Raw(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Reply::Hang => tokio::time::sleep(Duration::from_secs(3600)).await,
            Reply::Close => return,
        }
    }
}

async fn read_request(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    connection: usize,
) -> Option<Seen> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(buffer[..end].to_vec()).unwrap();
    let mut request_line = head.split(' ');
    let mut seen = Seen {
        method: request_line.next().unwrap().to_owned(),
        path: request_line.next().unwrap().to_owned(),
        head: head.clone(),
        body: Vec::new(),
        connection,
    };
    let length = seen
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    while buffer.len() < end + length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    seen.body = buffer[end..end + length].to_vec();
    buffer.drain(..end + length);
    Some(seen)
}
