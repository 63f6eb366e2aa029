//! The plugin that watches every instruction (tools/plugin/order.c): built, loaded, its report read.

use crate::harness::qemu::Version;
use crate::harness::{run, scratch, tools};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The plugin's report: totals by name, breaches, and the instruction count at each byte sent.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) totals: BTreeMap<String, u64>,
    pub(crate) breaches: Vec<String>,
    pub(crate) sent: Vec<u64>,
}

impl Report {
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("the plugin wrote its report");
        let mut report = Self::default();
        for line in text.lines() {
            let words: Vec<_> = line.split(' ').collect();
            match words.as_slice() {
                ["breach:", ..] => report.breaches.push(line.to_owned()),
                ["sent", _, count] => report.sent.push(count.parse().expect("a number")),
                [name, count] => {
                    report.totals.insert((*name).to_owned(), count.parse().expect("a number"));
                }
                _ => panic!("the plugin said {line}"),
            }
        }
        report
    }

    pub(crate) fn total(&self, name: &str) -> u64 {
        *self
            .totals
            .get(name)
            .unwrap_or_else(|| panic!("no total {name}: QEMU ended without its plugin"))
    }
}

/// The plugin built for a version of QEMU, and QEMU's option that loads it.
pub(crate) fn plugin(version: &Version, report: &Path, coherent: (u64, u64)) -> OsString {
    let (_, compiler) = tools("CC").pop().expect("the set-up found a C compiler");
    let library = scratch(&format!("order{}.so", version.major));
    let interface = if version.major < 10 { 1 } else { 4 };
    let mut build = Command::new(compiler);
    build.args(["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]);
    build.arg(format!("-DVER={interface}")).arg("tools/plugin/order.c").arg("-o").arg(&library);
    run(&mut build);
    let (lo, hi) = coherent;
    let paths = format!("{},out={}", library.display(), report.display());
    format!("{paths},lo={lo:#x},hi={hi:#x}").into()
}
