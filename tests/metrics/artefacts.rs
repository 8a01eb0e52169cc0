//! The page that tells of the metrics, the dashboard and the alerts, against what a daemon exposes.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use kms_tests::{cloud::Cloud, scrape::Scrape};
use serde_json::Value;

use super::{home, queue_three, start, wait_for_three};

/// Labels that Prometheus itself adds to what it scrapes.
const ADDED: [&str; 2] = ["job", "instance"];

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../kms-bin")
        .join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A scrape of a daemon that has sent, declined and failed something.
fn scrape() -> Scrape {
    let cloud = Cloud::start();
    let home = home();
    let (_daemon, endpoint) = start(&home, &cloud);
    queue_three(&cloud);
    wait_for_three(&endpoint)
}

/// The labels of each family; not `le`, which every histogram has.
fn labels(scrape: &Scrape) -> BTreeMap<String, BTreeSet<String>> {
    let mut labels: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for sample in scrape.samples() {
        let family = scrape
            .types
            .keys()
            .filter(|family| {
                let rest = sample.name.strip_prefix(family.as_str());
                rest.is_some_and(|rest| matches!(rest, "" | "_bucket" | "_sum" | "_count"))
            })
            .max_by_key(|family| family.len())
            .expect("each sample has a type");
        let names = sample.labels.keys().filter(|name| *name != "le").cloned();
        labels.entry(family.clone()).or_default().extend(names);
    }
    labels
}

#[test]
fn the_page_tells_of_every_metric_with_its_type_and_labels() {
    let scrape = scrape();
    let exposed = labels(&scrape);
    let mut told = BTreeMap::new();
    let page = read("docs/observability.md");
    let mut sections = page.split("\n## ");
    let section = sections.find(|section| section.starts_with("Metrics\n"));
    for line in section.expect("a section").lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let ["", name, kind, names, meaning, ""] = cells[..]
            && let Some(name) = name
                .strip_prefix('`')
                .and_then(|name| name.strip_suffix('`'))
        {
            assert_eq!(
                scrape.types.get(name).map(String::as_str),
                Some(kind),
                "{name}"
            );
            assert!(meaning.len() > 5, "{name}");
            let names = names
                .split(", ")
                .map(|one| one.trim_matches('`').to_owned());
            let names: BTreeSet<String> = names.filter(|one| !one.is_empty()).collect();
            assert!(
                told.insert(name.to_owned(), names).is_none(),
                "{name} twice"
            );
        }
    }
    assert_eq!(told, exposed);
}

/// The names of metrics and of labels in an expression of PromQL.
fn names(expression: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut metrics, mut labels) = (BTreeSet::new(), BTreeSet::new());
    // What stands in quotation marks is a value.
    let bare: String = expression
        .split('"')
        .step_by(2)
        .collect::<Vec<_>>()
        .join("\"\"");
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for word in bare.split(|c| !is_name(c)) {
        if word.starts_with("tatum_kms_") || word.starts_with("process_") {
            metrics.insert(word.to_owned());
        }
    }
    let mut rest = bare.as_str();
    while let Some(start) = rest.find('{') {
        let end = rest[start..].find('}').expect("a closing brace") + start;
        for matcher in rest[start + 1..end].split(',') {
            let name: String = matcher.trim().chars().take_while(|c| is_name(*c)).collect();
            labels.insert(name);
        }
        rest = &rest[end..];
    }
    for clause in ["by (", "on (", "without ("] {
        for part in bare.split(clause).skip(1) {
            let list = part.split(')').next().unwrap_or_default();
            labels.extend(list.split(',').map(|one| one.trim().to_owned()));
        }
    }
    labels.remove("");
    (metrics, labels)
}

/// Every metric in `expression` is exposed, and has every label by which it is asked for.
#[track_caller]
fn check(expression: &str, scrape: &Scrape, labels: &BTreeMap<String, BTreeSet<String>>) -> usize {
    let (metrics, asked) = names(expression);
    let series = scrape.series();
    let mut known: BTreeSet<&str> = ADDED.into();
    for metric in &metrics {
        assert!(
            series.contains(metric),
            "{metric} is not exposed: {expression}"
        );
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .filter_map(|part| metric.strip_suffix(part))
            .find(|family| labels.contains_key(*family))
            .unwrap_or(metric);
        known.extend(labels[family].iter().map(String::as_str));
        if metric.ends_with("_bucket") {
            known.insert("le");
        }
    }
    for label in &asked {
        assert!(
            known.contains(label.as_str()),
            "nothing has a label {label}: {expression}"
        );
    }
    metrics.len()
}

#[test]
fn the_dashboard_asks_only_for_what_is_exposed() {
    let scrape = scrape();
    let labels = labels(&scrape);
    let dashboard: Value =
        serde_json::from_str(&read("packaging/observability/dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut shown = BTreeSet::new();
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{panel}");
        for target in targets {
            let expression = target["expr"].as_str().unwrap();
            let count = check(expression, &scrape, &labels);
            assert!(count > 0 || expression.contains("up{"), "{expression}");
            shown.extend(names(expression).0);
        }
    }
    // Nothing is measured for nobody.
    for series in scrape
        .series()
        .iter()
        .filter(|series| !series.ends_with("_sum") && !series.ends_with("_count"))
    {
        assert!(shown.contains(series), "no panel shows {series}");
    }
}

/// The expressions of the rules: the text behind `expr:` and, after `>-`, the lines below it that
/// are indented further.
fn expressions(yaml: &str) -> Vec<String> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = yaml.lines().collect();
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let Some(rest) = line.trim_start().strip_prefix("expr:") else {
            continue;
        };
        let folded = lines[number + 1..]
            .iter()
            .take_while(|below| indent(below) > indent(line))
            .map(|below| below.trim());
        found.push(match rest.trim() {
            ">-" => folded.collect::<Vec<_>>().join(" "),
            text => text.to_owned(),
        });
    }
    found
}

#[test]
fn the_alerts_ask_only_for_what_is_exposed_and_the_page_tells_what_to_do() {
    let scrape = scrape();
    let labels = labels(&scrape);
    let rules = read("packaging/observability/alerts.yml");
    let alerts: Vec<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    let expressions = expressions(&rules);
    assert_eq!(alerts.len(), expressions.len());
    for expression in &expressions {
        let count = check(expression, &scrape, &labels);
        assert!(count > 0 || expression.contains("up{"), "{expression}");
    }
    let page = read("docs/observability.md");
    for alert in alerts {
        assert!(page.contains(&format!("`{alert}`")), "{alert}");
    }
}

/// Whether `promtool` is there; in CI it must be.
fn promtool() -> Option<Command> {
    let there = Command::new("promtool")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if there.is_ok() {
        return Some(Command::new("promtool"));
    }
    let advice = "there is no promtool: install Debian's `prometheus`";
    assert!(env::var_os("CI").is_none(), "{advice}");
    #[expect(clippy::print_stderr, reason = "who runs the tests should know")]
    {
        eprintln!("LEFT OUT: {advice}");
    }
    None
}

#[test]
fn promtool_has_nothing_to_say_of_the_metrics() {
    let Some(mut promtool) = promtool() else {
        return;
    };
    let scrape = scrape();
    let mut child = promtool
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(scrape.text.as_bytes()).unwrap();
    drop(stdin);
    let done = child.wait_with_output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    assert_eq!(String::from_utf8_lossy(&said), "");
    assert!(done.status.success());
}

#[test]
fn promtool_accepts_the_alerts_and_they_fire_when_they_should() {
    for (check, name) in [("check", "alerts.yml"), ("test", "alerts.test.yml")] {
        let Some(mut promtool) = promtool() else {
            return;
        };
        let path = file("packaging/observability").join(name);
        let done = promtool.args([check, "rules"]).arg(path).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }
}
