//! Bad lines and lying servers.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::server::{Answer, HubServer, Request};
use super::support::{Asker, bytes, hosted};
use crate::hub::Progress;

/// The Hub, but `change` alters the answer to each request for bytes; it gets the request's number, from 0 on.
fn hub_with(change: impl Fn(usize, &Request, Answer) -> Answer + Send + Sync + 'static) -> HubServer {
    let (file, count) = (hosted(), AtomicUsize::new(0));
    HubServer::start(move |request| {
        let answer = file.answer(request);
        if request.is_get() { change(count.fetch_add(1, Ordering::SeqCst), request, answer) } else { answer }
    })
}

/// The `Range` headers of all requests for bytes.
fn ranges(server: &HubServer) -> Vec<Option<String>> {
    let requests = server.requests();
    requests.iter().filter(|request| request.is_get()).map(|request| request.header("Range").map(str::to_owned)).collect()
}

#[test]
fn a_file_is_loaded_whole_and_its_progress_is_told() {
    let server = HubServer::serving(hosted());
    let mut asker = Asker::new(&server);
    let fetched = asker.fetch_whole("hf:timm/resnet50");
    assert!(!fetched.from_cache && !fetched.unchecked);
    assert_eq!(fetched.commit, hosted().commit);
    assert_eq!(fetched.path, asker.repo("snapshots").join(hosted().commit).join("model.safetensors"));
    assert_eq!(fs::read_to_string(asker.repo("refs/main")).unwrap(), hosted().commit);
    assert_eq!(asker.seen.first(), Some(&Progress { done: 0, total: Some(300_000) }));
    assert_eq!(asker.seen.last(), Some(&Progress { done: 300_000, total: Some(300_000) }));
    assert!(asker.seen.is_sorted_by_key(|progress| progress.done));
    assert_eq!((server.count("HEAD"), server.count("GET")), (1, 1));
    // The branch may move between the question and the loading, so that the latter names the commit.
    assert!(server.requests()[1].path.contains(&hosted().commit));
}

#[test]
fn a_cut_line_is_taken_up_where_it_broke() {
    let server = hub_with(|number, _, answer| match number {
        0 => answer.cut_after(0),
        1 => answer.cut_after(100_000),
        2 => answer.cut_after(199_999),
        _ => answer,
    });
    let mut asker = Asker::new(&server);
    asker.fetch_whole("hf:timm/resnet50");
    let expected = [None, None, Some("bytes=100000-"), Some("bytes=299999-")];
    assert_eq!(ranges(&server), expected.map(|range| range.map(str::to_owned)));
    assert_eq!(asker.waits(), [1, 2, 4]);
}

#[test]
fn loading_goes_on_in_a_later_run() {
    let server = hub_with(|number, _, answer| if number < 6 { answer.cut_after(1000) } else { answer });
    let mut asker = Asker::new(&server);
    let message = asker.refused("hf:timm/resnet50");
    assert!(message.contains("no usable answer: the answer ended") || message.contains("the line was cut"), "{message}");
    assert!(message.contains("(tries: 6); try again later"), "{message}");
    assert_eq!(fs::metadata(asker.incomplete()).unwrap().len(), 6000);
    assert_eq!(asker.waits(), [1, 2, 4, 8, 16]);
    asker.fetch_whole("hf:timm/resnet50");
    assert_eq!(ranges(&server).last().unwrap().as_deref(), Some("bytes=6000-"));
}

#[test]
fn a_file_that_gets_on_is_not_given_up() {
    let server = hub_with(|_, _, answer| answer.cut_after(10_000));
    let mut asker = Asker::new(&server).with_getting_on(10_000);
    asker.fetch_whole("hf:timm/resnet50");
    assert_eq!(server.count("GET"), 30);
}

#[test]
fn a_server_that_ignores_ranges_begins_anew() {
    let server = hub_with(|number, _, _| {
        let whole = Answer::status(200).body(&bytes());
        if number == 0 { whole.cut_after(5000) } else { whole }
    });
    let mut asker = Asker::new(&server);
    asker.fetch_whole("hf:timm/resnet50");
    assert_eq!(ranges(&server), [None, Some("bytes=5000-".to_owned())]);
}

#[test]
fn a_server_that_ignores_ranges_and_cuts_every_line_is_given_up() {
    let server = hub_with(|_, _, _| Answer::status(200).body(&bytes()).cut_after(5000));
    // The first try gets on and begins a new count; the others come no farther.
    let mut asker = Asker::new(&server).with_getting_on(5000);
    assert!(asker.refused("hf:timm/resnet50").contains("(tries: 6)"));
    assert_eq!(server.count("GET"), 6);
}

#[test]
fn a_range_that_begins_elsewhere_is_not_put_together() {
    let server = hub_with(|number, _, answer| match number {
        0 => answer.cut_after(5000),
        1 => Answer::status(206).body(&bytes()[4000..]).header("Content-Range", "bytes 4000-299999/300000"),
        _ => answer,
    });
    let mut asker = Asker::new(&server);
    asker.fetch_whole("hf:timm/resnet50");
    assert_eq!(ranges(&server), [None, Some("bytes=5000-".to_owned()), None]);
}

#[test]
fn an_incomplete_file_that_is_complete_needs_no_request() {
    let server = HubServer::serving(hosted());
    let mut asker = Asker::new(&server);
    fs::create_dir_all(asker.repo("blobs")).unwrap();
    fs::write(asker.incomplete(), bytes()).unwrap();
    asker.fetch_whole("hf:timm/resnet50");
    assert_eq!(server.count("GET"), 0);
}

#[test]
fn where_the_length_is_unknown_a_refused_range_may_mean_complete() {
    let file = hosted();
    let server = HubServer::start(move |request| match request.method.as_str() {
        "HEAD" => file.answer(request).header("Content-Length", ""),
        _ => file.answer(request),
    });
    for (left, gets) in [(bytes(), 1), (vec![7; 300_000], 2), (vec![7; 400_000], 2), (Vec::new(), 1)] {
        let before = server.count("GET");
        let mut asker = Asker::new(&server);
        fs::create_dir_all(asker.repo("blobs")).unwrap();
        fs::write(asker.incomplete(), &left).unwrap();
        asker.fetch_whole("hf:timm/resnet50");
        assert_eq!(server.count("GET") - before, gets, "{} bytes were left", left.len());
    }
}

#[test]
fn an_incomplete_file_that_is_too_long_is_begun_anew() {
    let server = HubServer::serving(hosted());
    let mut asker = Asker::new(&server);
    fs::create_dir_all(asker.repo("blobs")).unwrap();
    fs::write(asker.incomplete(), vec![7; 300_001]).unwrap();
    asker.fetch_whole("hf:timm/resnet50");
    assert_eq!(ranges(&server), [None]);
}

#[test]
fn an_answer_without_a_length_ends_with_the_line() {
    let server = hub_with(|_, _, answer| answer.header("Content-Length", ""));
    Asker::new(&server).fetch_whole("hf:timm/resnet50");
}

#[test]
fn an_answer_that_promises_less_is_taken_up_again() {
    let server = hub_with(|number, _, answer| if number == 0 { answer.header("Content-Length", 1000).cut_after(1000) } else { answer });
    Asker::new(&server).fetch_whole("hf:timm/resnet50");
    assert_eq!(ranges(&server), [None, Some("bytes=1000-".to_owned())]);
}

#[test]
fn an_answer_that_promises_or_sends_more_is_refused() {
    let longer = || [bytes(), vec![0; 100_000]].concat();
    for announced in [true, false] {
        let server = hub_with(move |_, _, answer| {
            let answer = answer.body(&longer());
            if announced { answer } else { answer.header("Content-Length", "") }
        });
        let mut asker = Asker::new(&server);
        let message = asker.refused("hf:timm/resnet50");
        assert!(message.contains("more than the 300000 bytes it promised"), "{message}");
        assert_eq!((asker.left_over(), server.count("GET")), (0, 1));
        assert!(!asker.blob().exists());
    }
}

#[test]
fn wrong_bytes_are_removed_and_never_handed_out() {
    let server = hub_with(|_, _, answer| answer.body(&vec![7; 300_000]));
    let mut asker = Asker::new(&server);
    let message = asker.refused("hf:timm/resnet50");
    assert!(message.contains(&format!("wrong checksum: expected SHA-256 {}", hosted().tag)), "{message}");
    assert_eq!(asker.left_over(), 0);
    assert!(!asker.blob().exists() && !asker.repo("snapshots").exists() && !asker.repo("refs").exists());
}

/// The tag is that of `head -c 5 | git hash-object --stdin` over `hello`.
#[test]
fn a_small_file_is_checked_by_its_git_blob() {
    for (body, right) in [("hello", true), ("hullo", false)] {
        let mut file = hosted();
        file.bytes = body.into();
        file.tag = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0".to_owned();
        let server = HubServer::serving(file);
        let fetched = Asker::new(&server).fetch("hf:timm/resnet50");
        assert_eq!(fetched.is_ok(), right, "{fetched:?}");
    }
}

#[test]
fn an_empty_file_is_a_file() {
    let file = super::server::HostedFile::new("timm/resnet50", "empty.bin", b"");
    let server = HubServer::serving(file);
    let mut asker = Asker::new(&server);
    let fetched = asker.fetch("hf:timm/resnet50/empty.bin").unwrap();
    assert_eq!((fetched.size, fs::read(&fetched.path).unwrap().len()), (0, 0));
}

#[test]
fn a_busy_server_is_asked_again_when_it_says() {
    let file = hosted();
    let count = AtomicUsize::new(0);
    let server = HubServer::start(move |request| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::status(429).header("Retry-After", 7),
        1 => Answer::status(500),
        3 => Answer::status(429).header("RateLimit", "\"resolvers\";r=0;t=55"),
        4 => Answer::status(503),
        _ => file.answer(request),
    });
    let mut asker = Asker::new(&server);
    asker.fetch_whole("hf:timm/resnet50");
    assert_eq!(asker.waits(), [7, 2, 55, 2]);
}

#[test]
fn a_server_that_stays_broken_is_given_up() {
    let server = HubServer::start(|_| Answer::status(500));
    let mut asker = Asker::new(&server);
    let message = asker.refused("hf:timm/resnet50");
    assert!(message.contains("answers with status 500 (tries: 3)"), "{message}");
    assert_eq!(server.count("HEAD"), 3);
}

#[test]
fn a_wait_of_an_hour_is_not_waited_for() {
    let server = HubServer::start(|_| Answer::status(429).header("Retry-After", 3600));
    let mut asker = Asker::new(&server);
    let message = asker.refused("hf:timm/resnet50");
    assert!(message.contains("asks to come back in 3600 s"), "{message}");
    assert!(asker.waits().is_empty());
}

#[test]
fn silence_is_not_waited_out() {
    let began = Instant::now();
    let server = hub_with(|number, _, answer| if number == 0 { answer.cut_after(1000).then_silence() } else { answer });
    let mut asker = Asker::new(&server).with_silence(Duration::from_millis(200));
    asker.fetch_whole("hf:timm/resnet50");
    assert_eq!(ranges(&server), [None, Some("bytes=1000-".to_owned())]);
    let server = HubServer::start(|_| Answer::status(200).after(Duration::from_millis(400)));
    let message = Asker::new(&server).with_silence(Duration::from_millis(50)).refused("hf:timm/resnet50");
    assert!(message.contains("127.0.0.1 is silent"), "{message}");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}
