//! Who is asked, who gets the token, and what a refusal means.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::server::{Answer, HostedFile, HubServer};
use super::support::{Asker, FILE, REPO, TOKEN, bytes, hosted};

/// The Hub, with the bytes on another server, as it keeps large files.
fn with_storage(storage: &HubServer) -> HubServer {
    let address = format!("{}/blob?signature=secret", storage.url());
    let file = hosted();
    HubServer::start(move |request| {
        let answer = file.answer(request);
        let redirect = Answer::status(302).header("Location", &address).header("X-Repo-Commit", &file.commit);
        let redirect = redirect.header("ETag", "\"of-the-redirect\"").header("X-Linked-Size", file.bytes.len());
        if answer.is_error() { answer } else { redirect.header("X-Linked-Etag", format!("\"{}\"", file.tag)) }
    })
}

#[test]
fn another_server_gives_the_bytes_but_never_gets_the_token() {
    let storage = HubServer::start(|_| Answer::status(200).body(&bytes()));
    let hub = with_storage(&storage);
    Asker::new(&hub).fetch_whole("hf:timm/resnet50");
    let bearer = format!("Bearer {TOKEN}");
    assert_eq!((hub.count("HEAD"), hub.count("GET")), (1, 1));
    assert!(hub.requests().iter().all(|request| request.header("Authorization") == Some(&bearer)));
    assert_eq!((storage.count("HEAD"), storage.count("GET")), (0, 1));
    for request in storage.requests() {
        assert_eq!(request.path, "/blob?signature=secret");
        assert!(!format!("{request:?}").contains(TOKEN), "{request:?}");
    }
}

#[test]
fn the_token_does_not_come_back_with_a_redirect_to_the_hub() {
    let file = hosted();
    let hub_address = Arc::new(Mutex::new(String::new()));
    let back = Arc::clone(&hub_address);
    let storage = HubServer::start(move |_| Answer::status(307).header("Location", format!("{}/echo", back.lock().unwrap())));
    let there = storage.url();
    let hub = HubServer::start(move |request| match (request.path.as_str(), request.is_get()) {
        ("/echo", _) => Answer::status(200).body(&bytes()),
        (_, true) => Answer::status(302).header("Location", format!("{there}/x")),
        _ => file.answer(request),
    });
    *hub_address.lock().unwrap() = hub.url();
    Asker::new(&hub).fetch_whole("hf:timm/resnet50");
    let requests = hub.requests();
    let echoed = requests.iter().find(|request| request.path == "/echo").unwrap();
    assert_eq!(echoed.header("Authorization"), None);
}

#[test]
fn a_renamed_repository_is_followed_with_the_token() {
    let file = HostedFile::new("new/place", FILE, &bytes());
    let hub = HubServer::start(move |request| match request.path.strip_prefix("/timm/resnet50/") {
        Some(rest) => Answer::status(307).header("Location", format!("/new/place/{rest}")),
        None => file.answer(request),
    });
    Asker::new(&hub).fetch_whole("hf:timm/resnet50");
    assert_eq!((hub.count("HEAD"), hub.count("GET")), (2, 2));
    assert!(hub.requests().iter().all(|request| request.header("Authorization").is_some()));
}

#[test]
fn without_a_token_none_is_sent_and_one_in_a_file_is() {
    let hub = HubServer::serving(hosted());
    let mut asker = Asker::new(&hub).with("HF_TOKEN", "");
    asker.fetch_whole("hf:timm/resnet50");
    std::fs::write(asker.folder.path().join("token"), format!("{TOKEN}\n")).unwrap();
    asker.fetch_whole("hf:timm/resnet50");
    let sent: Vec<_> = hub.requests().iter().map(|request| request.header("Authorization").map(str::to_owned)).collect();
    assert_eq!(sent, [None, None, Some(format!("Bearer {TOKEN}"))]);
}

#[test]
fn an_address_that_has_expired_is_asked_for_again() {
    let first = AtomicBool::new(true);
    let storage = HubServer::start(move |_| {
        let expired = first.swap(false, Ordering::SeqCst);
        if expired { Answer::status(403) } else { Answer::status(200).body(&bytes()) }
    });
    let hub = with_storage(&storage);
    Asker::new(&hub).fetch_whole("hf:timm/resnet50");
    assert_eq!((hub.count("GET"), storage.count("GET")), (2, 2));
}

#[test]
fn a_signed_address_is_not_shown_with_its_signature() {
    let storage = HubServer::start(|_| Answer::status(403));
    let message = Asker::new(&with_storage(&storage)).refused("hf:timm/resnet50");
    assert!(message.contains("/blob answers with status 403") && !message.contains("secret"), "{message}");
}

#[test]
fn every_refusal_says_what_it_means_and_what_to_do() {
    for (status, code, remark, expected) in [
        (401, "GatedRepo", "", "timm/resnet50 is gated (status 401); accept its terms at http"),
        (403, "GatedRepo", "", "timm/resnet50 is gated (status 403); accept its terms at http"),
        (401, "RepoNotFound", "", "timm/resnet50 does not exist, or is private (status 401); correct OWNER/NAME, or set HF_TOKEN"),
        (404, "RepoNotFound", "", "timm/resnet50 does not exist, or is private (status 404); correct OWNER/NAME, or set HF_TOKEN"),
        (404, "RevisionNotFound", "", "timm/resnet50 has no revision \"v9\" (status 404); choose a branch, tag or commit"),
        (404, "EntryNotFound", "", "timm/resnet50 has no file \"model.safetensors\" at revision \"v9\" (status 404); choose a file"),
        (401, "", "", "timm/resnet50 does not exist, or is private (status 401)"),
        (403, "", "Your plan has ended", "access is refused: Your plan has ended (status 403); set HF_TOKEN"),
        (403, "", TOKEN, "access is refused (status 403); set HF_TOKEN"),
        (400, "", "Odd request", "the request is refused: Odd request (status 400)"),
    ] {
        let hub = HubServer::start(move |_| Answer::status(status).header("X-Error-Code", code).header("X-Error-Message", remark));
        let mut asker = Asker::new(&hub);
        let message = asker.refused("hf:timm/resnet50@v9");
        assert!(message.contains(expected), "{status} {code}: {message}");
        assert!(message.starts_with(&format!("{}/timm/resnet50/resolve/v9/model.safetensors: ", hub.url())), "{message}");
        assert_eq!(hub.count("HEAD"), 1, "{status} {code}");
    }
}

#[test]
fn answers_that_no_hub_gives_are_refused() {
    type Change = fn(Answer) -> Answer;
    let cases: [(Change, &str); 8] = [
        (|answer| answer.without_header("X-Repo-Commit"), "without the header X-Repo-Commit; expected an answer of the Hugging Face Hub"),
        (|answer| answer.header("X-Repo-Commit", "../../../../etc"), "X-Repo-Commit is no commit"),
        (|answer| answer.without_header("ETag"), "no ETag where a SHA-256"),
        (|answer| answer.header("ETag", "\"../../x\""), "the ETag \"../../x\" where a SHA-256"),
        (|answer| answer.header("X-Linked-Etag", "\"12\""), "the ETag \"12\" where a SHA-256"),
        (|_| Answer::status(302).header("Location", "file:///etc/passwd"), "redirects to no http or https address"),
        (|_| Answer::status(302).header("Location", "/again"), "redirects in a circle"),
        (|_| Answer::status(302).header("Location", "http://127.0.0.1:1/login"), "status 302 without the header X-Repo-Commit"),
    ];
    for (change, expected) in cases {
        let file = hosted();
        let hub = HubServer::start(move |request| change(file.answer(request)));
        let mut asker = Asker::new(&hub);
        let message = asker.refused("hf:timm/resnet50");
        assert!(message.contains(expected), "{expected}: {message}");
        assert!(!asker.folder.path().join("hub").exists(), "{expected}: something was written");
        assert_eq!(hub.count("GET"), 0);
    }
}

#[test]
fn a_commit_that_is_not_the_one_asked_for_is_refused() {
    let (file, other) = (hosted(), "f".repeat(40));
    let text = format!("hf:{REPO}@{}", file.commit);
    let hub = HubServer::start(move |request| file.answer(request).header("X-Repo-Commit", &other));
    let message = Asker::new(&hub).refused(&text);
    assert!(message.contains("it answers with the commit ffff"), "{message}");
}

#[test]
fn a_host_that_is_not_there_is_named() {
    let hub = HubServer::serving(hosted());
    // The reserved top-level domain is never answered for.
    let message = Asker::new(&hub).with("HF_ENDPOINT", "http://hub.invalid").refused("hf:timm/resnet50");
    assert!(message.contains("hub.invalid") && message.contains("check the connection, HF_ENDPOINT and HTTPS_PROXY"), "{message}");
}

#[test]
fn certificates_that_cannot_be_used_are_named() {
    let hub = HubServer::serving(hosted());
    let mut asker = Asker::new(&hub);
    let path = asker.folder.path().join("certificates.pem");
    for content in [None, Some("no certificate"), Some("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")] {
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        asker.set("SSL_CERT_FILE", path.to_str().unwrap());
        let message = asker.refused("hf:timm/resnet50");
        assert!(message.contains("cannot read the certificates of SSL_CERT_FILE"), "{message}");
    }
    assert!(hub.requests().is_empty());
}
