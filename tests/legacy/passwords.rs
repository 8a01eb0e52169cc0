//! Passwords of every kind that a person or a program could have typed.

use kms_tests::chance::Chance;

/// What is particular about a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No text at all.
    Empty,
    /// Of printable ASCII.
    Ascii,
    /// Letters of several scripts.
    Letters,
    /// Characters beyond the 16 bits of a JavaScript string's units.
    Astral,
    /// Marks that combine with a letter which may not be there.
    Combining,
    /// White space at both ends and inside, control characters, zero bytes.
    Blank,
    /// Thousands of characters.
    Long,
    /// Any characters there are.
    Any,
}

impl Kind {
    pub(crate) const ALL: [Self; 8] = [
        Self::Empty,
        Self::Ascii,
        Self::Letters,
        Self::Astral,
        Self::Combining,
        Self::Blank,
        Self::Long,
        Self::Any,
    ];
}

/// A password of this kind.
pub(crate) fn any_password(chance: &mut Chance, kind: Kind) -> String {
    const LETTERS: &[char] = &[
        'a', 'Z', '7', 'ä', 'é', 'ß', 'İ', 'ı', 'Ω', 'ς', 'ж', 'ё', 'א', 'ש', 'ع', 'ن', 'ह', 'ท',
        '한', '日', '本', 'ｱ', 'ﬁ', 'ǆ',
    ];
    const COMBINING: &[char] = &[
        '\u{300}',
        '\u{301}',
        '\u{308}',
        '\u{327}',
        '\u{345}',
        '\u{5b0}',
        '\u{64b}',
        '\u{93c}',
        '\u{e38}',
        '\u{1100}',
        '\u{1161}',
        '\u{20dd}',
        '\u{3099}',
        '\u{fe0f}',
        '\u{1d165}',
        'e',
        'o',
        'A',
    ];
    const BLANK: &[char] = &[
        ' ', '\t', '\n', '\r', '\0', '\u{7f}', '\u{85}', '\u{a0}', '\u{200b}', '\u{200d}',
        '\u{2028}', '\u{202e}', '\u{3000}', '\u{feff}', '\u{fffd}', 'x',
    ];
    let count = match kind {
        Kind::Empty => 0,
        Kind::Long => 1_000 + chance.below(9_000),
        _ => 1 + chance.below(24),
    };
    (0..count)
        .map(|_| match kind {
            Kind::Empty | Kind::Ascii => scalar(chance, 0x20, 0x7e),
            Kind::Letters => *chance.pick(LETTERS),
            Kind::Astral => scalar(chance, 0x1_0000, 0x10_ffff),
            Kind::Combining => *chance.pick(COMBINING),
            Kind::Blank => *chance.pick(BLANK),
            Kind::Long | Kind::Any => scalar(chance, 0, 0x10_ffff),
        })
        .collect()
}

/// Passwords that a program which trims, cuts, or normalises would take for this one.
pub(crate) fn near_misses(password: &str) -> Vec<String> {
    let mut wrong = vec![
        format!("{password} "),
        format!(" {password}"),
        format!("{password}\n"),
        format!("{password}\0"),
        format!("{password}{password}x"),
        format!("\u{feff}{password}"),
        password.trim().to_owned(),
        password.to_uppercase(),
        password.to_lowercase(),
        password.replace('é', "e\u{301}"),
        password.replace("e\u{301}", "é"),
        password.replace('\0', ""),
        // What UTF-8 without its care for astral characters would make of it.
        String::from_utf16_lossy(
            &password
                .encode_utf16()
                .filter(|unit| !(0xd800..0xe000).contains(unit))
                .collect::<Vec<u16>>(),
        ),
        String::new(),
    ];
    let mut cut = password.to_owned();
    cut.pop();
    wrong.push(cut);
    wrong.retain(|wrong| wrong != password);
    wrong.sort();
    wrong.dedup();
    wrong
}

/// A character of this range, without the surrogates, which no UTF-8 can hold.
fn scalar(chance: &mut Chance, first: u32, last: u32) -> char {
    loop {
        let code = u64::from(first) + chance.below(u64::from(last - first) + 1);
        let code = u32::try_from(code).expect("within the range");
        if let Some(scalar) = char::from_u32(code) {
            return scalar;
        }
    }
}
