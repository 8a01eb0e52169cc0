//! The outcome of health checks, and how it is told.

use hyper::StatusCode;
use serde::Serialize;

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    name: String,
    ok: bool,
    /// Why not, or what is worth knowing; nothing that names a key, a transaction or a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Check {
    pub(super) fn ok(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ok: true,
            detail: None,
        }
    }

    pub(super) fn failed(name: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ok: false,
            detail: Some(why.into()),
        }
    }

    pub(super) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// All checks of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// `livez` or `readyz`.
    pub(super) endpoint: &'static str,
    pub(super) checks: Vec<Check>,
}

impl Report {
    pub(super) fn is_ok(&self) -> bool {
        self.checks.iter().all(|check| check.ok)
    }

    /// The checks that fail, and why.
    pub(super) fn failed(&self) -> Vec<String> {
        let failed = self.checks.iter().filter(|check| !check.ok);
        failed
            .map(|Check { name, detail, .. }| match detail {
                Some(detail) => format!("{name} {detail}"),
                None => name.clone(),
            })
            .collect()
    }

    pub(super) fn status(&self) -> StatusCode {
        if self.is_ok() {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        }
    }

    /// As Kubernetes' own components tell it: `ok`, or a line for each check if one failed or all
    /// are asked for.
    pub(super) fn text(&self, verbose: bool) -> String {
        if self.is_ok() && !verbose {
            return "ok".to_owned();
        }
        let mut text = String::new();
        for Check { name, ok, detail } in &self.checks {
            let (mark, word) = if *ok { ('+', "ok") } else { ('-', "failed") };
            let detail = match detail {
                Some(detail) => format!(": {detail}"),
                None => String::new(),
            };
            text.push_str(&format!("[{mark}]{name} {word}{detail}\n"));
        }
        let word = if self.is_ok() { "passed" } else { "failed" };
        text.push_str(&format!("{} check {word}\n", self.endpoint));
        text
    }

    /// `{"status":"ok"|"failed","checks":[{"name","ok","detail"?}]}`.
    pub(super) fn json(&self) -> String {
        #[derive(Serialize)]
        struct Wire<'a> {
            status: &'static str,
            checks: &'a [Check],
        }
        let wire = Wire {
            status: if self.is_ok() { "ok" } else { "failed" },
            checks: &self.checks,
        };
        serde_json::to_string(&wire).expect("plain data is always valid JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_read_like_those_of_kubernetes() {
        let good = Report {
            endpoint: "readyz",
            checks: vec![
                Check::ok("vault"),
                Check::ok("approver").with_detail("https"),
            ],
        };
        assert_eq!(good.status(), StatusCode::OK);
        assert_eq!(good.text(false), "ok");
        let verbose = "[+]vault ok\n[+]approver ok: https\nreadyz check passed\n";
        assert_eq!(good.text(true), verbose);

        let bad = Report {
            endpoint: "readyz",
            checks: vec![
                Check::ok("vault"),
                Check::failed("journal", "cannot be written"),
            ],
        };
        assert_eq!(bad.status(), StatusCode::SERVICE_UNAVAILABLE);
        let listed = "[+]vault ok\n[-]journal failed: cannot be written\nreadyz check failed\n";
        assert_eq!(
            (bad.text(false), bad.text(true)),
            (listed.to_owned(), listed.to_owned())
        );
        assert_eq!(
            bad.json(),
            r#"{"status":"failed","checks":[{"name":"vault","ok":true},{"name":"journal","ok":false,"detail":"cannot be written"}]}"#
        );
    }
}
