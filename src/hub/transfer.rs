//! Loading one file, in as many parts as the line needs.
//!
//! In come the address and what the Hub says about the file; afterwards the bytes lie in the incomplete file, as many as were
//! promised. Whether they are the right ones is for the checksum to say.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use ureq::Body;
use ureq::http::Response;

use super::checksum::Contents;
use super::client::{Client, Metadata, header};
use super::error::HubError;
use super::fetch::Progress;
use super::reference::HubFile;
use super::retry::{Failure, Patience, Tries};

const CHUNK: usize = 1 << 16;

/// One file on its way.
pub(super) struct Transfer<'a> {
    client: &'a Client<'a>,
    url: &'a str,
    file: &'a HubFile,
    metadata: &'a Metadata,
    incomplete: &'a Path,
    progress: &'a mut dyn FnMut(Progress),
    /// Length of the whole, as soon as any answer tells it.
    total: Option<u64>,
}

impl<'a> Transfer<'a> {
    /// A file that has not come yet, or only in part.
    pub(super) fn new(
        client: &'a Client<'a>,
        url: &'a str,
        file: &'a HubFile,
        metadata: &'a Metadata,
        incomplete: &'a Path,
        progress: &'a mut dyn FnMut(Progress),
    ) -> Self {
        Self { client, url, file, metadata, incomplete, progress, total: metadata.size }
    }

    /// Loads what is missing, over and over until all is there.
    ///
    /// # Errors
    ///
    /// A server that gives up or lies about the length, or a disk that cannot take the bytes.
    pub(super) fn run(mut self, patience: &Patience) -> Result<(), HubError> {
        let mut tries = Tries::new(patience, self.url, patience.load_retries);
        let mut farthest = 0;
        loop {
            let Err(failure) = self.part() else { return Ok(()) };
            let length = fs::metadata(self.incomplete).map_or(0, |found| found.len());
            // Measured from the farthest point ever, so that a server that begins anew each time cannot go on for ever.
            if length >= farthest + patience.getting_on {
                farthest = length;
                tries.start_over();
            }
            tries.after(failure)?;
        }
    }

    /// One request, and the bytes that it gives.
    fn part(&mut self) -> Result<(), Failure> {
        let mut target = self.open_target()?;
        let start = target.seek(SeekFrom::End(0)).map_err(self.disk("read the length of the file"))?;
        if self.total == Some(start) {
            return Ok(());
        }
        self.check_room(start)?;
        let response = self.client.open(self.url, self.file, start)?;
        let start = match response.status().as_u16() {
            206 if part_start(&response) == Some(start) => start,
            200 => self.empty(&mut target)?,
            416 if start > 0 && self.has_right_checksum()? => return Ok(()),
            status => {
                self.empty(&mut target)?;
                return Err(Failure::passing(format!("the server answers status {status} to the request for byte {start} and on")));
            }
        };
        self.learn_total(&response, start)?;
        self.copy(response.into_body(), &mut target, start)
    }

    fn open_target(&self) -> Result<File, HubError> {
        let target = File::options().create(true).truncate(false).read(true).write(true).open(self.incomplete);
        let mut target = target.map_err(self.disk("open the file to load into"))?;
        let length = target.metadata().map_err(self.disk("read the length of the file"))?.len();
        if self.total.is_some_and(|total| length > total) {
            self.empty(&mut target)?;
        }
        Ok(target)
    }

    fn empty(&self, target: &mut File) -> Result<u64, HubError> {
        target.set_len(0).and_then(|()| target.rewind()).map_err(self.disk("empty the file"))?;
        Ok(0)
    }

    fn check_room(&self, start: u64) -> Result<(), HubError> {
        let folder = self.incomplete.parent().unwrap_or(self.incomplete);
        let needed = self.total.map_or(0, |total| total.saturating_sub(start));
        match fs4::available_space(folder) {
            // Some file systems know no figure and say 0.
            Ok(free) if free > 0 && free < needed => Err(HubError::NoRoom { path: folder.to_owned(), needed, free }),
            // Where the system does not say, the disk itself will.
            _ => Ok(()),
        }
    }

    fn has_right_checksum(&self) -> Result<bool, HubError> {
        let contents = Contents::of(self.incomplete, Some(&self.metadata.checksum)).map_err(self.disk("read the file"))?;
        Ok(contents.checksum == self.metadata.checksum)
    }

    /// Takes the length from an answer, where the Hub did not say it; an answer that announces more is refused at once.
    fn learn_total(&mut self, response: &Response<Body>, start: u64) -> Result<(), HubError> {
        let length = header(response.headers(), "Content-Length").and_then(|length| length.trim().parse::<u64>().ok());
        let announced = length.map(|length| start.saturating_add(length));
        match (self.total, announced) {
            (Some(total), Some(announced)) if announced > total => Err(self.too_long(total)),
            (None, Some(announced)) => {
                self.total = Some(announced);
                self.check_room(start)
            }
            _ => Ok(()),
        }
    }

    fn copy(&mut self, body: Body, target: &mut File, start: u64) -> Result<(), Failure> {
        let mut reader = body.into_reader();
        let mut chunk = vec![0; CHUNK];
        let mut done = start;
        (self.progress)(Progress { done, total: self.total });
        loop {
            let count = match reader.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(failure) if failure.kind() == io::ErrorKind::Interrupted => continue,
                Err(failure) => return Err(Failure::passing(format!("the line was cut after {done} bytes: {failure}"))),
            };
            done += count as u64;
            if let Some(total) = self.total.filter(|total| done > *total) {
                return Err(self.too_long(total).into());
            }
            target.write_all(&chunk[..count]).map_err(self.disk("write the file"))?;
            (self.progress)(Progress { done, total: self.total });
        }
        match self.total {
            Some(total) if done < total => Err(Failure::passing(format!("the answer ended after {done} of {total} bytes"))),
            _ => Ok(()),
        }
    }

    /// The error of a server that sends too much; what has come is worth nothing.
    fn too_long(&self, promised: u64) -> HubError {
        let _ = fs::remove_file(self.incomplete);
        HubError::TooLong { url: self.url.to_owned(), promised }
    }

    fn disk(&self, action: &'static str) -> impl FnOnce(io::Error) -> HubError + use<'a> {
        HubError::cache(self.incomplete, action)
    }
}

/// Where a part of a file begins, by its `Content-Range`.
fn part_start(response: &Response<Body>) -> Option<u64> {
    let range = header(response.headers(), "Content-Range")?.trim().strip_prefix("bytes ")?;
    range.split_once('-')?.0.trim().parse().ok()
}
