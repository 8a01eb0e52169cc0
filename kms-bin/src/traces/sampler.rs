//! Which traces are sent: `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`.
//!
//! It is decided at the root of each trace, and all that is below it follows. Every trace begins
//! in this program, so the samplers with `parentbased_` before their name do the same.

/// Decides about traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sampler {
    /// Of 2^56 traces so many are sent.
    threshold: u64,
}

/// The number of random bits in a trace id that are looked at: the last seven bytes, which are
/// random according to W3C Trace Context Level 2.
const RANDOM_BITS: u32 = 56;

impl Sampler {
    pub(super) const ALL: Self = Self {
        threshold: 1 << RANDOM_BITS,
    };
    const NONE: Self = Self { threshold: 0 };

    /// The sampler of this name; nothing for one that is unknown, or a share that is none.
    pub(super) fn parse(name: &str, share: Option<&str>) -> Option<Self> {
        match name.strip_prefix("parentbased_").unwrap_or(name) {
            "always_on" => Some(Self::ALL),
            "always_off" => Some(Self::NONE),
            "traceidratio" => share.map_or(Some(Self::ALL), Self::of_share),
            _ => None,
        }
    }

    /// A share from 0 to 1, as a decimal fraction.
    fn of_share(text: &str) -> Option<Self> {
        let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let digits = format!("{whole}{fraction}");
        let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
        // More digits than there are random bits would change nothing.
        if !is_number || digits.is_empty() || digits.len() > 18 {
            return None;
        }
        let counter: u128 = digits.parse().ok()?;
        let denominator = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        if counter > denominator {
            return None;
        }
        // At most 10^18 · 2^56, which fits.
        let threshold = (counter << RANDOM_BITS).checked_div(denominator)?;
        Some(Self {
            threshold: u64::try_from(threshold).ok()?,
        })
    }

    /// Whether the trace of this id is sent.
    pub(super) fn takes(self, trace_id: &[u8; 16]) -> bool {
        let random = u128::from_be_bytes(*trace_id) & ((1 << RANDOM_BITS) - 1);
        random < u128::from(self.threshold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(random: u64) -> [u8; 16] {
        (u128::MAX << RANDOM_BITS | u128::from(random)).to_be_bytes()
    }

    #[test]
    fn samplers_are_known_by_their_names() {
        for name in ["always_on", "parentbased_always_on", "traceidratio"] {
            assert_eq!(Sampler::parse(name, None), Some(Sampler::ALL), "{name}");
        }
        for name in ["always_off", "parentbased_always_off"] {
            assert_eq!(Sampler::parse(name, None), Some(Sampler::NONE), "{name}");
        }
        for name in ["", "always", "jaeger_remote", "parentbased_"] {
            assert_eq!(Sampler::parse(name, None), None, "{name}");
        }
    }

    #[test]
    fn a_share_is_a_decimal_fraction_up_to_one() {
        for (text, threshold) in [
            ("1", 1_u64 << 56),
            ("1.000", 1 << 56),
            ("0.5", 1 << 55),
            (".25", 1 << 54),
            ("0", 0),
            ("0.0001", (1 << 56) / 10_000),
        ] {
            let sampler = Sampler::parse("parentbased_traceidratio", Some(text));
            assert_eq!(sampler, Some(Sampler { threshold }), "{text}");
        }
        for text in [
            "",
            ".",
            "1.1",
            "2",
            "-1",
            "+1",
            "1e-3",
            "0,5",
            "0.0000000000000000001",
        ] {
            assert_eq!(Sampler::parse("traceidratio", Some(text)), None, "{text}");
        }
    }

    #[test]
    fn the_random_part_of_the_id_decides() {
        let half = Sampler::parse("traceidratio", Some("0.5")).unwrap();
        assert!(half.takes(&id(0)) && half.takes(&id((1 << 55) - 1)));
        assert!(!half.takes(&id(1 << 55)) && !half.takes(&id((1 << 56) - 1)));
        assert!(Sampler::ALL.takes(&id((1 << 56) - 1)));
        assert!(!Sampler::NONE.takes(&id(0)));
    }

    proptest::proptest! {
        /// Whatever is set, at most all traces are sent.
        #[test]
        fn no_text_is_more_than_all(name in "[a-z_]{0,24}", share in "([0-9]{1,2}\\.?[0-9]{0,17}|\\PC{0,20})") {
            for name in ["traceidratio", &name] {
                if let Some(sampler) = Sampler::parse(name, Some(&share)) {
                    proptest::prop_assert!(sampler.threshold <= 1 << RANDOM_BITS);
                }
            }
        }
    }
}
