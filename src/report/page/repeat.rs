//! How to make it all again: commands, spec, split, versions.

use super::super::Study;
use super::super::html::{facts, listing, note, paragraph};
use super::{PageFacts, Section};
use crate::record::{Environment, SPLITS_FILE};

/// The last part of the page.
pub(super) fn section(study: &Study, page: &PageFacts) -> Section {
    let spec = format!("{}.yaml", study.name);
    let mut body = paragraph(&format!(
        "Save the spec below as {spec} in a checkout of bench-run and run these commands there. On the same machine, with the same number of \
         threads, they give the same figures to the last digit; on another one the last digits differ."
    ));
    body += &listing("Commands", &commands(page.environment.as_ref(), &spec));
    body += "<h3>The spec, with every value</h3>\n";
    body += &listing("The spec", &page.spec);
    body +=
        &note("Folders and files that were given by their whole path stand here by their last part alone; put your own in their place.");
    body += &split(study, page);
    body += "<h3>Versions and machine</h3>\n";
    body += &page.environment.as_ref().map_or_else(|| paragraph("The study has no record of them (environment.json)."), versions);
    Section { id: "repeat", heading: "How to repeat this", body }
}

/// From a checkout to the same tables.
fn commands(environment: Option<&Environment>, spec: &str) -> String {
    let checkout = environment.filter(|found| found.revision != "unknown").map(|found| format!("git checkout {}\n", found.revision));
    let flags = environment.map_or(String::new(), |found| {
        let device = if found.device.contains(',') { "--devices" } else { "--device" };
        let fast = if found.fast { " --fast" } else { "" };
        format!(" {device} {} --threads {}{fast}", found.device.replace(", ", ","), found.threads)
    });
    let spec = quoted(spec);
    format!("{}scripts/bench-run {spec}{flags}\nscripts/bench-run report {spec} --check", checkout.unwrap_or_default())
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=:,@+%".contains(c));
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

fn split(study: &Study, page: &PageFacts) -> String {
    let Some(parts) = &page.parts else { return String::new() };
    let films = parts.parts.last().map_or(0, |all| all.films);
    "<h3>The split</h3>\n".to_owned()
        + &paragraph(&format!(
            "{SPLITS_FILE} says for each of the {films} films in which part it is. The seed of the spec deals them out in the same way as long \
             as the films are the same; split: {{ file: results/{}/{SPLITS_FILE} }} in the place of the split section pins the parts to that list.",
            study.name
        ))
        + &facts(&[("BLAKE3 of the list", Some(parts.blake3.clone()))])
}

fn versions(environment: &Environment) -> String {
    let Environment { bench_run, revision, libtorch, device, threads, fast, processor, memory_mib, platform } = environment;
    let said = facts(&[
        ("bench-run", Some(format!("{bench_run}, revision {revision}"))),
        ("LibTorch", Some(libtorch.clone())),
        ("Device", Some(device.clone())),
        ("Threads", Some(threads.to_string())),
        ("Fast kernels", fast.then(|| "allowed (--fast), so that a repetition may differ in the last digits".to_owned())),
        ("Processor", processor.clone()),
        ("Memory", memory_mib.map(|mib| format!("{mib} MiB"))),
        ("Platform", Some(platform.clone())),
    ]);
    said + &note("As of the last command that trained (environment.json); device and threads of each run stand on its card.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        Environment { revision: "0123456789ab".into(), ..Environment::current("cuda:0, cuda:1", 4, true) }
    }

    #[test]
    fn the_commands_name_what_changes_the_figures() {
        let found = commands(Some(&environment()), "my study.yaml");
        let expected = "git checkout 0123456789ab\nscripts/bench-run 'my study.yaml' --devices cuda:0,cuda:1 --threads 4 --fast\n\
                        scripts/bench-run report 'my study.yaml' --check";
        assert_eq!(found, expected);
        assert_eq!(commands(None, "a.yaml"), "scripts/bench-run a.yaml\nscripts/bench-run report a.yaml --check");
    }
}
