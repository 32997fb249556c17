//! Rules of the section `data`.

use super::contradiction::Contradiction;
use super::key_path::KeyPath;
use super::merge::SOURCES;
use super::schema::{CsvSource, DataSpec, FilenameSource, HandAtlasSource, RsnaSource, TestTable};
use super::validate::Found;

/// Synthetic films are drawn one by one; so many take a day.
const MOST_PHANTOMS: u64 = 1_000_000;

impl Found<'_> {
    /// The source of the films: one, with all that it needs.
    pub(super) fn data(&mut self, data: &DataSpec) {
        let DataSpec { phantom, rsna, hand_atlas, csv, filename, exclude: _, on_bad: _, allow_leaks: _ } = data;
        let given = [phantom.is_some(), rsna.is_some(), hand_atlas.is_some(), csv.is_some(), filename.is_some()];
        let named: Vec<&str> = SOURCES.into_iter().zip(given).filter(|(_, given)| *given).map(|(name, _)| name).collect();
        match named.as_slice() {
            [_] => {}
            [] => {
                let known = SOURCES.join(", ");
                let message = format!("expected exactly one source of films, found none (known: {known}); `phantom: {{}}` needs no files");
                self.add(KeyPath::of("data"), message);
            }
            [first, others @ ..] => {
                let message = format!("expected exactly one source of films, found {}; keep one", named.join(" and "));
                let key = |source: &str| KeyPath::of("data").key(source);
                let contradiction = Contradiction::of_block(key(others[0]), message);
                self.contradictions.push(contradiction.against(key(first), "is given here"));
            }
        }
        if phantom.as_ref().and_then(|source| source.count).is_some_and(|count| count.get() > MOST_PHANTOMS) {
            self.add(KeyPath::of("data.phantom.count"), format!("expected at most {MOST_PHANTOMS} films"));
        }
        if let Some(RsnaSource { images, labels, sheet: _, test }) = rsna {
            self.required("rsna", &[("images", "DIR", images.is_some()), ("labels", "FILE", labels.is_some())]);
            self.test_table("rsna", test.as_ref());
        }
        if let Some(HandAtlasSource { root }) = hand_atlas {
            self.required("hand_atlas", &[("root", "DIR", root.is_some())]);
        }
        if let Some(CsvSource { images, labels, sheet: _, unit, id: _, age: _, sex: _, group: _, race: _, test }) = csv {
            let keys = [("images", "DIR", images.is_some()), ("labels", "FILE", labels.is_some()), ("unit", "years", unit.is_some())];
            self.required("csv", &keys);
            self.test_table("csv", test.as_ref());
        }
        if let Some(FilenameSource { root, pattern, unit }) = filename {
            let pattern_given = pattern.is_some();
            let keys =
                [("root", "DIR", root.is_some()), ("pattern", "'\"{id}-{age}.jpg\"'", pattern_given), ("unit", "years", unit.is_some())];
            self.required("filename", &keys);
        }
    }

    /// Films that make the test part leave no share of the others for it.
    fn test_table(&mut self, source: &str, test: Option<&TestTable>) {
        let Some(TestTable { images: _, labels, sheet: _ }) = test else { return };
        let path = KeyPath::of("data").key(source).key("test");
        if labels.is_none() {
            let path = path.clone().key("labels");
            self.add(path.clone(), format!("not given; give it in the spec or by --set {path}=FILE"));
        }
        let split = &self.loaded.spec.split;
        for (key, given) in [("test", split.test.is_some()), ("file", split.file.is_some())] {
            if given {
                let message = format!("{path} names the films of the test part already; remove one of the two");
                let contradiction = Contradiction::new(KeyPath::of("split").key(key), message);
                self.contradictions.push(contradiction.against(path.clone(), "is given here"));
            }
        }
    }

    fn required(&mut self, source: &str, keys: &[(&str, &str, bool)]) {
        for (key, example, _) in keys.iter().filter(|(_, _, given)| !given) {
            let path = KeyPath::of("data").key(source).key(key);
            let message = format!("not given; give it in the spec or by --set {path}={example}");
            self.add(path, message);
        }
    }
}
