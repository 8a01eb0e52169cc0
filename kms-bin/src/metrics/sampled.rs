//! Metrics that are read when they are asked for.

use prometheus::{
    Opts,
    core::{Collector, Desc, Describer as _},
    proto::{Counter, Gauge, Metric, MetricFamily, MetricType},
};

/// A metric without labels whose value is read at each scrape. It is left out while there is none.
pub(super) struct Sampled {
    desc: Desc,
    kind: MetricType,
    read: Box<dyn Fn() -> Option<f64> + Send + Sync>,
}

impl Sampled {
    /// A value that only grows.
    pub(super) fn counter(
        opts: &Opts,
        read: impl Fn() -> Option<f64> + Send + Sync + 'static,
    ) -> Self {
        Self::new(opts, MetricType::COUNTER, Box::new(read))
    }

    /// Any value.
    pub(super) fn gauge(
        opts: &Opts,
        read: impl Fn() -> Option<f64> + Send + Sync + 'static,
    ) -> Self {
        Self::new(opts, MetricType::GAUGE, Box::new(read))
    }

    fn new(
        opts: &Opts,
        kind: MetricType,
        read: Box<dyn Fn() -> Option<f64> + Send + Sync>,
    ) -> Self {
        let desc = opts.describe().expect("names are valid");
        Self { desc, kind, read }
    }
}

impl Collector for Sampled {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let Some(value) = (self.read)() else {
            return Vec::new();
        };
        let mut metric = Metric::default();
        if self.kind == MetricType::COUNTER {
            let mut counter = Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        }
        let mut family = MetricFamily::default();
        family.set_name(self.desc.fq_name.clone());
        family.set_help(self.desc.help.clone());
        family.set_field_type(self.kind);
        family.set_metric(vec![metric]);
        vec![family]
    }
}
