//! What the daemon tells on `--metrics-addr`.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use crate::{cloud::PATIENCE, daemon::Running};

/// Between two looks at a page that is not yet as it should become.
const PAUSE: Duration = Duration::from_millis(50);

/// Where a daemon tells.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Host and port.
    pub address: String,
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Page {
    /// The HTTP status; 0 when there was no answer.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

impl Endpoint {
    /// Where this daemon says that it tells.
    pub fn of(daemon: &Running) -> Self {
        let line = daemon.wait_for_line("metrics and health are served");
        let line: serde_json::Value = serde_json::from_str(&line).expect("a log in JSON");
        Self {
            address: line["address"].as_str().expect("an address").to_owned(),
        }
    }

    /// The answer to `GET`.
    pub fn get(&self, path: &str) -> Page {
        self.ask(&format!("GET {path} HTTP/1.1\r\nhost: metrics\r\n\r\n"))
    }

    /// The same, asking for JSON.
    pub fn get_json(&self, path: &str) -> Page {
        self.ask(&format!(
            "GET {path} HTTP/1.1\r\nhost: metrics\r\naccept: application/json\r\n\r\n"
        ))
    }

    /// The answer to these bytes.
    ///
    /// # Panics
    /// When nobody listens.
    pub fn ask(&self, request: &str) -> Page {
        let mut stream = TcpStream::connect(&self.address).expect("the daemon listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        // Who is refused may find the connection closed before all is written.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        Page::parse(&String::from_utf8_lossy(&answer))
    }

    /// The metrics now.
    pub fn metrics(&self) -> Scrape {
        let page = self.get("/metrics");
        assert_eq!(page.status, 200, "{page:?}");
        Scrape::parse(&page.body)
    }

    /// Looks at the metrics until they show something.
    ///
    /// # Panics
    /// After [`PATIENCE`], with the last metrics.
    pub fn wait_for<T>(&self, what: &str, look: impl Fn(&Scrape) -> Option<T>) -> T {
        wait(
            what,
            || self.metrics(),
            |scrape| look(scrape),
            |scrape| scrape.text.clone(),
        )
    }

    /// Looks at a page until this text is in it; gives it.
    ///
    /// # Panics
    /// After [`PATIENCE`].
    pub fn wait_for_text(&self, path: &str, text: &str) -> Page {
        wait(
            &format!("{text:?} in {path}"),
            || self.get(path),
            |page| page.body.contains(text).then(|| page.clone()),
            |page| format!("{page:?}"),
        )
    }

    /// Looks at a page until its status is this one; gives it.
    ///
    /// # Panics
    /// After [`PATIENCE`].
    pub fn wait_for_status(&self, path: &str, status: u16) -> Page {
        wait(
            &format!("{status} of {path}"),
            || self.get(path),
            |page| (page.status == status).then(|| page.clone()),
            |page| format!("{page:?}"),
        )
    }
}

fn wait<P, T>(
    what: &str,
    fetch: impl Fn() -> P,
    look: impl Fn(&P) -> Option<T>,
    show: impl Fn(&P) -> String,
) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let page = fetch();
        if let Some(found) = look(&page) {
            return found;
        }
        assert!(
            Instant::now() < deadline,
            "not within {PATIENCE:?}: {what}; last:\n{}",
            show(&page)
        );
        thread::sleep(PAUSE);
    }
}

impl Page {
    fn parse(answer: &str) -> Self {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let headers = lines.filter_map(|line| line.split_once(':'));
        Self {
            status: status.and_then(|status| status.parse().ok()).unwrap_or(0),
            headers: headers
                .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
                .collect(),
            body: body.to_owned(),
        }
    }
}

/// Metrics in the text format of Prometheus.
#[derive(Clone, Debug, Default)]
pub struct Scrape {
    /// As they came.
    pub text: String,
    /// The type of each family, by its name.
    pub types: BTreeMap<String, String>,
    samples: Vec<Sample>,
}

/// One line of a scrape.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The name of the series, for instance `x_bucket`.
    pub name: String,
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
}

impl Scrape {
    fn parse(text: &str) -> Self {
        let mut scrape = Self {
            text: text.to_owned(),
            ..Self::default()
        };
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("name and type");
                scrape.types.insert(name.to_owned(), kind.to_owned());
            } else if !line.starts_with('#') {
                scrape.samples.push(Sample::parse(line));
            }
        }
        scrape
    }

    /// All samples.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The sum of the series of this name that have these labels; nothing when there is none.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let fits = |sample: &&Sample| {
            sample.name == name
                && labels
                    .iter()
                    .all(|(name, value)| sample.labels.get(*name).is_some_and(|it| it == value))
        };
        let values = self.samples.iter().filter(fits).map(|sample| sample.value);
        let values: Vec<f64> = values.collect();
        (!values.is_empty()).then(|| values.iter().sum())
    }

    /// The names of the series of each family: of a histogram there are three.
    pub fn series(&self) -> BTreeSet<String> {
        let mut series = BTreeSet::new();
        for (name, kind) in &self.types {
            if kind == "histogram" {
                let parts = ["_bucket", "_sum", "_count"];
                series.extend(parts.map(|part| format!("{name}{part}")));
            } else {
                series.insert(name.clone());
            }
        }
        series
    }
}

impl Sample {
    fn parse(line: &str) -> Self {
        let (series, value) = line.rsplit_once(' ').expect("a value");
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}').expect("a brace")),
            None => (series, ""),
        };
        // No value of ours has a comma or a quotation mark in it.
        let labels = labels.split(',').filter_map(|one| one.split_once('='));
        Self {
            name: name.to_owned(),
            labels: labels
                .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
                .collect(),
            value: value.parse().expect("a number"),
        }
    }
}
