//! A small HTTP server on the loopback interface, and a file that it serves as the Hub does.
//!
//! It stands on the standard library and `sha2` alone, so that the integration tests can take it in as a module of theirs with
//! `#[path = "../../src/hub/tests/server.rs"]`, with dead code allowed. Every request is noted; a handler decides what becomes of it.

use std::fmt::{Display, Write as _};
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use sha2::{Digest, Sha256};

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn is_get(&self) -> bool {
        self.method == "GET"
    }
}

/// What goes out.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    cut_after: Option<usize>,
    silent: bool,
    delay: Duration,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), cut_after: None, silent: false, delay: Duration::ZERO }
    }

    pub(crate) fn is_error(&self) -> bool {
        self.status >= 400
    }

    /// With a header, instead of one of the same name.
    pub(crate) fn header(mut self, name: &str, value: impl Display) -> Self {
        self.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    pub(crate) fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    /// The line is cut after that many bytes of the body.
    pub(crate) fn cut_after(mut self, bytes: usize) -> Self {
        self.cut_after = Some(bytes);
        self
    }

    /// After what was to be sent, the line stays open and nothing more comes until the server stops.
    pub(crate) fn then_silence(mut self) -> Self {
        self.silent = true;
        self
    }

    /// Nothing comes before that time has passed.
    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// A server that lives until it is dropped.
pub(crate) struct HubServer {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    stopped: Arc<AtomicBool>,
}

impl HubServer {
    /// One that answers each request with what `handler` gives.
    pub(crate) fn start(handler: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, stopped) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let server = Self { address, requests: Arc::clone(&requests), stopped: Arc::clone(&stopped) };
        let handler = Arc::new(handler);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                let (requests, stopped, handler) = (Arc::clone(&requests), Arc::clone(&stopped), Arc::clone(&handler));
                thread::spawn(move || {
                    if let Some(request) = read_request(&stream) {
                        requests.lock().unwrap().push(request.clone());
                        let answer = handler(&request);
                        // A client that has gone is no failure of the server.
                        let _ = send(&stream, &request, &answer, &stopped);
                    }
                });
            }
        });
        server
    }

    /// One that serves a file as the Hub does.
    pub(crate) fn serving(file: HostedFile) -> Self {
        Self::start(move |request| file.answer(request))
    }

    /// For `HF_ENDPOINT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far, in order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// How many requests of that method have come.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.requests().iter().filter(|request| request.method == method).count()
    }
}

impl Drop for HubServer {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is to stop.
        let _ = TcpStream::connect(self.address);
    }
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let (method, rest) = first.split_once(' ')?;
    let path = rest.split(' ').next()?.to_owned();
    let lines = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
    let headers = lines.filter_map(|line| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned())));
    Some(Request { method: method.to_owned(), path, headers: headers.collect() })
}

fn send(mut stream: &TcpStream, request: &Request, answer: &Answer, stopped: &AtomicBool) -> std::io::Result<()> {
    thread::sleep(answer.delay);
    let mut head = format!("HTTP/1.1 {} Some Reason\r\nConnection: close\r\n", answer.status);
    let has_length = answer.headers.iter().any(|(name, _)| name == "Content-Length" || name == "Transfer-Encoding");
    if !has_length {
        let _ = write!(head, "Content-Length: {}\r\n", answer.body.len());
    }
    // An empty value takes a header out altogether.
    for (name, value) in answer.headers.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head += "\r\n";
    let body = if request.method == "HEAD" { &[] } else { &answer.body[..answer.cut_after.unwrap_or(answer.body.len())] };
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    while answer.silent && !stopped.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_millis(5));
    }
    stream.shutdown(Shutdown::Both)
}

/// A file of a repository, served at one branch and at its commit.
#[derive(Debug, Clone)]
pub(crate) struct HostedFile {
    /// `OWNER/NAME`.
    pub(crate) repo: String,
    /// As it stands in the address.
    pub(crate) revision: String,
    pub(crate) commit: String,
    pub(crate) file: String,
    pub(crate) bytes: Vec<u8>,
    /// The `ETag` without quotes.
    pub(crate) tag: String,
}

impl HostedFile {
    /// A file by its SHA-256, on `main`.
    pub(crate) fn new(repo: &str, file: &str, bytes: &[u8]) -> Self {
        let tag = Sha256::digest(bytes).iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"));
        Self {
            repo: repo.to_owned(),
            revision: "main".to_owned(),
            commit: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            file: file.to_owned(),
            bytes: bytes.to_vec(),
            tag,
        }
    }

    /// What the Hub would answer, ranges included.
    pub(crate) fn answer(&self, request: &Request) -> Answer {
        let Self { repo, revision, commit, file, .. } = self;
        if ![revision, commit].iter().any(|name| request.path == format!("/{repo}/resolve/{name}/{file}")) {
            return Answer::status(404).header("X-Error-Code", "EntryNotFound").header("X-Repo-Commit", commit);
        }
        let length = self.bytes.len();
        let start = request.header("Range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
        let answer = match start {
            None => Answer::status(200).body(&self.bytes),
            Some(start) if start < length => {
                let range = format!("bytes {start}-{}/{length}", length - 1);
                Answer::status(206).body(&self.bytes[start..]).header("Content-Range", range)
            }
            Some(_) => Answer::status(416).header("Content-Range", format!("bytes */{length}")),
        };
        answer.header("X-Repo-Commit", commit).header("ETag", format!("\"{}\"", self.tag))
    }
}
