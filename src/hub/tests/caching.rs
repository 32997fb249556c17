//! What the cache holds, and when it is enough.

use std::fs;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use super::server::{Answer, HostedFile, HubServer};
use super::support::{Asker, FILE, REPO, bytes, hosted};
use crate::hub::fetch;

#[test]
fn a_file_that_is_there_costs_one_question() {
    let hub = HubServer::serving(hosted());
    let mut asker = Asker::new(&hub);
    let first = asker.fetch_whole("hf:timm/resnet50");
    let second = asker.fetch_whole("hf:timm/resnet50");
    assert!(!first.from_cache && second.from_cache && !second.unchecked);
    assert_eq!((first.path, first.commit), (second.path, second.commit));
    assert_eq!((hub.count("HEAD"), hub.count("GET")), (2, 1));
    assert!(asker.seen.is_empty(), "progress without loading");
}

#[test]
fn a_new_commit_with_the_same_bytes_is_linked_not_loaded() {
    let hub = HubServer::serving(hosted());
    let mut asker = Asker::new(&hub);
    let first = asker.fetch_whole("hf:timm/resnet50");
    let commit = "f".repeat(40);
    let moved = HubServer::serving(HostedFile { commit: commit.clone(), ..hosted() });
    asker.set("HF_ENDPOINT", &moved.url());
    let second = asker.fetch_whole("hf:timm/resnet50");
    assert_eq!(moved.count("GET"), 0);
    assert!(second.from_cache && second.commit == commit && second.path != first.path);
    assert_eq!(fs::read_to_string(asker.repo("refs/main")).unwrap(), commit);
}

#[test]
fn a_file_in_a_folder_at_a_pull_request_is_found_again_offline() {
    let file = HostedFile { revision: "refs%2Fpr%2F1".to_owned(), ..HostedFile::new(REPO, "sub/deep/w%20x.bin", &bytes()) };
    let hub = HubServer::serving(file);
    let mut asker = Asker::new(&hub);
    let text = "hf:timm/resnet50@refs/pr/1/sub/deep/w x.bin";
    let online = asker.fetch_whole(text);
    assert!(online.path.ends_with("sub/deep/w x.bin"));
    assert!(asker.repo("refs/refs/pr/1").is_file());
    asker.set("HF_HUB_OFFLINE", "1");
    let offline = asker.fetch_whole(text);
    assert!(offline.from_cache && offline.unchecked && offline.path == online.path);
    assert_eq!(hub.requests().len(), 2);
}

#[test]
fn offline_nothing_is_asked_and_what_is_missing_is_named() {
    let hub = HubServer::serving(hosted());
    let mut asker = Asker::new(&hub).with("HF_HUB_OFFLINE", "1");
    let message = asker.refused("hf:timm/resnet50@v1");
    let cache = asker.folder.path().join("hub");
    assert!(message.starts_with(&format!("hf:timm/resnet50@v1: not in the cache {}", cache.display())), "{message}");
    assert!(message.contains("--offline and HF_HUB_OFFLINE"), "{message}");
    assert!(hub.requests().is_empty() && !cache.exists());
}

#[test]
fn a_full_commit_needs_no_question_once_it_is_there() {
    let hub = HubServer::serving(hosted());
    let mut asker = Asker::new(&hub);
    let text = format!("hf:timm/resnet50@{}", hosted().commit);
    assert!(!asker.fetch_whole(&text).from_cache);
    assert!(!asker.repo("refs").exists(), "a commit needs no note");
    let questions = hub.requests().len();
    for offline in ["", "1"] {
        asker.set("HF_HUB_OFFLINE", offline);
        let fetched = asker.fetch_whole(&text);
        assert!(fetched.from_cache && !fetched.unchecked);
    }
    assert_eq!(hub.requests().len(), questions);
}

#[test]
fn a_hub_that_does_not_answer_leaves_the_cache() {
    let hub = HubServer::serving(hosted());
    let mut asker = Asker::new(&hub);
    asker.fetch_whole("hf:timm/resnet50");
    let broken = HubServer::start(|_| Answer::status(503));
    for endpoint in ["http://127.0.0.1:1", &broken.url()] {
        asker.set("HF_ENDPOINT", endpoint);
        let fetched = asker.fetch_whole("hf:timm/resnet50");
        assert!(fetched.from_cache && fetched.unchecked, "{endpoint}");
    }
    // With a copy at hand, nobody waits for a second try.
    assert!(asker.waits().is_empty());
    assert_eq!(broken.count("HEAD"), 1);
    // A hub that does answer is believed.
    let gone = HubServer::start(|_| Answer::status(404).header("X-Error-Code", "RepoNotFound"));
    asker.set("HF_ENDPOINT", &gone.url());
    assert!(asker.refused("hf:timm/resnet50").contains("does not exist"));
}

#[test]
fn a_damaged_file_is_loaded_again() {
    let text = format!("hf:timm/resnet50@{}", hosted().commit);
    for text in ["hf:timm/resnet50", &text] {
        let hub = HubServer::serving(hosted());
        let mut asker = Asker::new(&hub);
        asker.fetch_whole(text);
        let mut damaged = bytes();
        damaged[150_000] ^= 1;
        fs::write(asker.blob(), &damaged).unwrap();
        assert!(!asker.fetch_whole(text).from_cache, "{text}");
        assert_eq!(hub.count("GET"), 2, "{text}");
    }
}

#[test]
fn a_damaged_file_is_never_handed_out_offline() {
    let hub = HubServer::serving(hosted());
    let mut asker = Asker::new(&hub);
    asker.fetch_whole("hf:timm/resnet50");
    fs::write(asker.blob(), &bytes()[..1000]).unwrap();
    for (name, value) in [("HF_ENDPOINT", "http://127.0.0.1:1"), ("HF_HUB_OFFLINE", "1")] {
        asker.set(name, value);
        let message = asker.refused("hf:timm/resnet50");
        assert!(message.contains(&format!("damaged: expected checksum SHA-256 {}", hosted().tag)), "{message}");
        assert!(message.contains("run once while the Hub can be reached"), "{message}");
    }
}

#[test]
fn a_link_that_leads_nowhere_is_mended() {
    let hub = HubServer::serving(hosted());
    let mut asker = Asker::new(&hub);
    asker.fetch_whole("hf:timm/resnet50");
    fs::remove_file(asker.blob()).unwrap();
    assert!(!asker.fetch_whole("hf:timm/resnet50").from_cache);
}

#[test]
fn two_at_once_load_once() {
    let file = hosted();
    let hub = HubServer::start(move |request| {
        let answer = file.answer(request);
        if request.is_get() { answer.after(Duration::from_millis(150)) } else { answer }
    });
    let asker = Asker::new(&hub);
    let settings = asker.settings();
    let fetched: Vec<_> = thread::scope(|scope| {
        let load = || {
            let mut seen = 0;
            let fetched = fetch(&settings, &"hf:timm/resnet50".parse().unwrap(), &mut |_| seen += 1).unwrap();
            assert!(seen > 0, "one of both saw nothing happen");
            fetched
        };
        let both = [scope.spawn(load), scope.spawn(load)];
        both.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(hub.count("GET"), 1);
    assert_eq!(fetched[0].path, fetched[1].path);
    assert_eq!(fetched.iter().filter(|fetched| fetched.from_cache).count(), 1);
    assert_eq!(asker.left_over(), 0);
}

#[cfg(unix)]
#[test]
fn a_cache_that_cannot_be_written_is_named_with_the_way_out() {
    use std::os::unix::fs::PermissionsExt;
    let hub = HubServer::serving(hosted());
    let mut asker = Asker::new(&hub);
    let folder = asker.folder.path().to_owned();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(folder.join("probe"), "").is_ok() {
        // Past the test runner, which shows the output of failed tests only.
        let _ = writeln!(
            io::stderr(),
            "skipped: a_cache_that_cannot_be_written_is_named_with_the_way_out, since this user may write everywhere"
        );
        return;
    }
    let message = asker.refused("hf:timm/resnet50");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(message.contains("cannot create the folder") && message.contains("set HF_HOME to another folder"), "{message}");
}

#[test]
fn a_cache_below_a_file_is_named_with_the_way_out() {
    let hub = HubServer::serving(hosted());
    let mut asker = Asker::new(&hub);
    let taken = asker.folder.path().join("taken");
    fs::write(&taken, "").unwrap();
    asker.set("HF_HUB_CACHE", taken.to_str().unwrap());
    let message = asker.refused("hf:timm/resnet50");
    assert!(message.contains("cannot create the folder") && message.contains("set HF_HOME to another folder"), "{message}");
}

#[test]
fn a_file_too_large_for_the_disk_is_not_begun() {
    let file = hosted();
    let hub = HubServer::start(move |request| file.answer(request).header("X-Linked-Size", u64::MAX / 2));
    let mut asker = Asker::new(&hub);
    let message = asker.refused(&format!("hf:{REPO}/{FILE}"));
    assert!(message.contains("bytes are to come and") && message.contains("set HF_HOME"), "{message}");
    assert_eq!(hub.count("GET"), 0);
}
