//! MessagePack in the one form that Algorand signs.
//!
//! A value has exactly one encoding here: keys in ascending order, the shortest form of every
//! number and length, and no member that is zero, empty or false. The reader takes nothing else,
//! so that what was read is the same bytes when it is written again.

use std::collections::BTreeMap;

use thiserror::Error;

/// How deep maps may be nested: a signed transaction, its transaction, the parameters of an asset.
const MAX_DEPTH: usize = 4;

/// The members of a map that are not zero, empty or false, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Map(BTreeMap<String, Value>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    True,
    Integer(u64),
    Text(String),
    Bytes(Vec<u8>),
    Map(Map),
}

impl Value {
    /// Whether it has to be left out.
    fn is_empty(&self) -> bool {
        match self {
            Self::True => false,
            Self::Integer(value) => *value == 0,
            Self::Text(text) => text.is_empty(),
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Map(map) => map.0.is_empty(),
        }
    }
}

impl Map {
    /// Adds a number, unless it is zero.
    pub(crate) fn put_integer(&mut self, name: &str, value: u64) {
        self.put(name, Value::Integer(value));
    }

    /// Adds a flag, unless it is false.
    pub(crate) fn put_flag(&mut self, name: &str, value: bool) {
        if value {
            self.put(name, Value::True);
        }
    }

    /// Adds text, unless it is empty.
    pub(crate) fn put_text(&mut self, name: &str, text: &str) {
        self.put(name, Value::Text(text.to_owned()));
    }

    /// Adds bytes of any number, unless they are none.
    pub(crate) fn put_bytes(&mut self, name: &str, bytes: &[u8]) {
        self.put(name, Value::Bytes(bytes.to_vec()));
    }

    /// Adds bytes of a fixed number, unless all of them are zero.
    pub(crate) fn put_array(&mut self, name: &str, array: &[u8; 32]) {
        if *array != [0; 32] {
            self.put(name, Value::Bytes(array.to_vec()));
        }
    }

    /// Adds a map, unless it is empty.
    pub(crate) fn put_map(&mut self, name: &str, map: Self) {
        self.put(name, Value::Map(map));
    }

    fn put(&mut self, name: &str, value: Value) {
        if !value.is_empty() {
            self.0.insert(name.to_owned(), value);
        }
    }

    /// Takes out a number; none is zero.
    pub(crate) fn take_integer(&mut self, name: &'static str) -> Result<u64, MsgpackError> {
        match self.0.remove(name) {
            None => Ok(0),
            Some(Value::Integer(value)) => Ok(value),
            Some(_) => Err(MsgpackError::WrongType { name }),
        }
    }

    /// Takes out a flag; none is false.
    pub(crate) fn take_flag(&mut self, name: &'static str) -> Result<bool, MsgpackError> {
        match self.0.remove(name) {
            None => Ok(false),
            Some(Value::True) => Ok(true),
            Some(_) => Err(MsgpackError::WrongType { name }),
        }
    }

    /// Takes out text; none is empty.
    pub(crate) fn take_text(&mut self, name: &'static str) -> Result<String, MsgpackError> {
        match self.0.remove(name) {
            None => Ok(String::new()),
            Some(Value::Text(text)) => Ok(text),
            Some(_) => Err(MsgpackError::WrongType { name }),
        }
    }

    /// Takes out bytes of any number; none are no bytes.
    pub(crate) fn take_bytes(&mut self, name: &'static str) -> Result<Vec<u8>, MsgpackError> {
        match self.0.remove(name) {
            None => Ok(Vec::new()),
            Some(Value::Bytes(bytes)) => Ok(bytes),
            Some(_) => Err(MsgpackError::WrongType { name }),
        }
    }

    /// Takes out 32 bytes; none are zeros.
    pub(crate) fn take_array(&mut self, name: &'static str) -> Result<[u8; 32], MsgpackError> {
        let bytes = self.take_bytes(name)?;
        if bytes.is_empty() {
            return Ok([0; 32]);
        }
        match <[u8; 32]>::try_from(bytes) {
            Ok(array) if array != [0; 32] => Ok(array),
            _ => Err(MsgpackError::WrongType { name }),
        }
    }

    /// Takes out a map; none is empty.
    pub(crate) fn take_map(&mut self, name: &'static str) -> Result<Self, MsgpackError> {
        match self.0.remove(name) {
            None => Ok(Self::default()),
            Some(Value::Map(map)) => Ok(map),
            Some(_) => Err(MsgpackError::WrongType { name }),
        }
    }

    /// Refuses what was not taken out.
    pub(crate) fn finish(self) -> Result<(), MsgpackError> {
        match self.0.into_keys().next() {
            None => Ok(()),
            Some(name) => Err(MsgpackError::UnknownMember { name }),
        }
    }

    /// The one encoding.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut written = Vec::new();
        write_map(&mut written, self);
        written
    }

    /// Reads exactly one map in its one encoding.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, MsgpackError> {
        let mut reader = Reader(bytes);
        match reader.value(MAX_DEPTH)? {
            Value::Map(map) if reader.0.is_empty() => Ok(map),
            Value::Map(_) => Err(MsgpackError::TrailingBytes),
            _ => Err(MsgpackError::NotAMap),
        }
    }
}

/// The markers of a form of length, by how many bytes the length takes; `short` also holds the
/// length, if it is below `limit`.
struct Form {
    short: Option<(u8, u8)>,
    one: Option<u8>,
    two: u8,
    four: u8,
}

const TEXT: Form = Form {
    short: Some((0xa0, 32)),
    one: Some(0xd9),
    two: 0xda,
    four: 0xdb,
};
const BYTES: Form = Form {
    short: None,
    one: Some(0xc4),
    two: 0xc5,
    four: 0xc6,
};
const MAP: Form = Form {
    short: Some((0x80, 16)),
    one: None,
    two: 0xde,
    four: 0xdf,
};

fn write_map(to: &mut Vec<u8>, map: &Map) {
    write_length(to, &MAP, map.0.len());
    for (name, value) in &map.0 {
        write_length(to, &TEXT, name.len());
        to.extend(name.as_bytes());
        match value {
            Value::True => to.push(0xc3),
            Value::Integer(value) => write_integer(to, *value),
            Value::Text(text) => {
                write_length(to, &TEXT, text.len());
                to.extend(text.as_bytes());
            }
            Value::Bytes(bytes) => {
                write_length(to, &BYTES, bytes.len());
                to.extend(bytes);
            }
            Value::Map(map) => write_map(to, map),
        }
    }
}

fn write_integer(to: &mut Vec<u8>, value: u64) {
    if let Ok(byte) = u8::try_from(value) {
        if byte >= 0x80 {
            to.push(0xcc);
        }
        to.push(byte);
    } else if let Ok(value) = u16::try_from(value) {
        to.push(0xcd);
        to.extend(value.to_be_bytes());
    } else if let Ok(value) = u32::try_from(value) {
        to.push(0xce);
        to.extend(value.to_be_bytes());
    } else {
        to.push(0xcf);
        to.extend(value.to_be_bytes());
    }
}

fn write_length(to: &mut Vec<u8>, form: &Form, length: usize) {
    let byte = u8::try_from(length).ok();
    match (form.short, byte, form.one) {
        (Some((marker, limit)), Some(byte), _) if byte < limit => to.push(marker | byte),
        (_, Some(byte), Some(marker)) => to.extend([marker, byte]),
        _ => {
            if let Ok(length) = u16::try_from(length) {
                to.push(form.two);
                to.extend(length.to_be_bytes());
            } else {
                let length = u32::try_from(length).expect("no transaction has 4 GiB");
                to.push(form.four);
                to.extend(length.to_be_bytes());
            }
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Value, MsgpackError> {
        let [marker] = *self.array()?;
        match marker {
            0x00..=0x7f => Ok(Value::Integer(marker.into())),
            0x80..=0x8f => self.map(usize::from(marker & 0x0f), depth),
            0xa0..=0xbf => self.text(usize::from(marker & 0x1f)),
            0xc3 => Ok(Value::True),
            0xc4 => {
                let length = self.one_byte(0)?;
                self.bytes(length)
            }
            0xc5 => {
                let length = self.two_bytes(0x100)?;
                self.bytes(length)
            }
            0xc6 => {
                let length = self.four_bytes()?;
                self.bytes(length)
            }
            0xcc => {
                let [value] = *self.array()?;
                least(value.into(), 0x80).map(Value::Integer)
            }
            0xcd => least(u16::from_be_bytes(*self.array()?).into(), 1 << 8).map(Value::Integer),
            0xce => least(u32::from_be_bytes(*self.array()?).into(), 1 << 16).map(Value::Integer),
            0xcf => least(u64::from_be_bytes(*self.array()?), 1 << 32).map(Value::Integer),
            0xd9 => {
                let length = self.one_byte(32)?;
                self.text(length)
            }
            0xda => {
                let length = self.two_bytes(0x100)?;
                self.text(length)
            }
            0xdb => {
                let length = self.four_bytes()?;
                self.text(length)
            }
            0xde => {
                let length = self.two_bytes(16)?;
                self.map(length, depth)
            }
            0xdf => {
                let length = self.four_bytes()?;
                self.map(length, depth)
            }
            _ => Err(MsgpackError::UnknownMarker { marker }),
        }
    }

    /// A map of so many members.
    fn map(&mut self, count: usize, depth: usize) -> Result<Value, MsgpackError> {
        let depth = depth.checked_sub(1).ok_or(MsgpackError::TooDeep)?;
        let mut members = BTreeMap::<String, Value>::new();
        for _ in 0..count {
            let Value::Text(name) = self.value(depth)? else {
                return Err(MsgpackError::KeyIsNoText);
            };
            if members
                .last_key_value()
                .is_some_and(|(last, _)| *last >= name)
            {
                return Err(MsgpackError::Unordered);
            }
            let value = self.value(depth)?;
            if value.is_empty() {
                return Err(MsgpackError::EmptyMember { name });
            }
            members.insert(name, value);
        }
        Ok(Value::Map(Map(members)))
    }

    fn text(&mut self, length: usize) -> Result<Value, MsgpackError> {
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes)
            .map(|text| Value::Text(text.to_owned()))
            .map_err(|_| MsgpackError::NotUtf8)
    }

    fn bytes(&mut self, length: usize) -> Result<Value, MsgpackError> {
        Ok(Value::Bytes(self.take(length)?.to_vec()))
    }

    fn one_byte(&mut self, least_length: u64) -> Result<usize, MsgpackError> {
        let [length] = *self.array()?;
        least(length.into(), least_length)?;
        Ok(length.into())
    }

    fn two_bytes(&mut self, least_length: u64) -> Result<usize, MsgpackError> {
        let length = u16::from_be_bytes(*self.array()?);
        least(length.into(), least_length)?;
        Ok(length.into())
    }

    fn four_bytes(&mut self) -> Result<usize, MsgpackError> {
        let length = u32::from_be_bytes(*self.array()?);
        least(length.into(), 1 << 16)?;
        usize::try_from(length).map_err(|_| MsgpackError::Truncated)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], MsgpackError> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(MsgpackError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], MsgpackError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(MsgpackError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }
}

/// Refuses a number that a shorter form could hold.
fn least(value: u64, least: u64) -> Result<u64, MsgpackError> {
    if value < least {
        return Err(MsgpackError::NotShortest);
    }
    Ok(value)
}

/// Why bytes are no map in its one encoding, or not the one that is looked for.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum MsgpackError {
    /// The bytes end too early.
    #[error("the bytes end too early")]
    Truncated,
    /// More bytes than one value has.
    #[error("there are bytes behind the end")]
    TrailingBytes,
    /// Another value where a map is needed.
    #[error("it is no map")]
    NotAMap,
    /// A type that no transaction has, or one of the forms that are never used.
    #[error("the marker {marker:#04x} has no place here")]
    UnknownMarker {
        /// The byte.
        marker: u8,
    },
    /// Maps in maps in maps.
    #[error("more than {MAX_DEPTH} maps within each other")]
    TooDeep,
    /// A key that is not text.
    #[error("a key is no text")]
    KeyIsNoText,
    /// Text that is no Unicode.
    #[error("a text is not UTF-8")]
    NotUtf8,
    /// A number or length in a longer form than it needs.
    #[error("a number or length is not in its shortest form")]
    NotShortest,
    /// Keys out of order, or one twice.
    #[error("the keys are not in ascending order")]
    Unordered,
    /// A member that should have been left out.
    #[error("{name:?} is empty, and so has to be left out")]
    EmptyMember {
        /// Its name.
        name: String,
    },
    /// A member of another type than this name has.
    #[error("{name:?} has the wrong type or size")]
    WrongType {
        /// Its name.
        name: &'static str,
    },
    /// A member that nobody asked for.
    #[error("{name:?} is unknown")]
    UnknownMember {
        /// Its name.
        name: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_and_lengths_take_their_shortest_forms() {
        for (value, encoding) in [
            (1, "01"),
            (127, "7f"),
            (128, "cc80"),
            (255, "ccff"),
            (256, "cd0100"),
            (65_535, "cdffff"),
            (65_536, "ce00010000"),
            (4_294_967_295, "ceffffffff"),
            (4_294_967_296, "cf0000000100000000"),
            (9_007_199_254_740_993, "cf0020000000000001"),
            (u64::MAX, "cfffffffffffffffff"),
        ] {
            let mut map = Map::default();
            map.put_integer("n", value);
            assert_eq!(hex::encode(map.encode()), format!("81a16e{encoding}"));
        }
        for (length, text, bytes) in [
            (1, "a1", "c401"),
            (31, "bf", "c41f"),
            (32, "d920", "c420"),
            (255, "d9ff", "c4ff"),
            (256, "da0100", "c50100"),
            (65_536, "db00010000", "c600010000"),
        ] {
            let mut map = Map::default();
            map.put_text("t", &"a".repeat(length));
            let written = hex::encode(map.encode());
            assert!(written.starts_with(&format!("81a174{text}6161")) || length == 1);
            let mut map = Map::default();
            map.put_bytes("b", &vec![0; length]);
            assert!(hex::encode(map.encode()).starts_with(&format!("81a162{bytes}00")));
        }
        let mut map = Map::default();
        for name in 0..16_u8 {
            map.put_flag(&char::from(b'a' + name).to_string(), true);
        }
        assert!(
            map.encode()
                .starts_with(&[0xde, 0x00, 0x10, 0xa1, b'a', 0xc3])
        );
        assert_eq!(Map::decode(&map.encode()), Ok(map));
    }

    #[test]
    fn what_is_zero_or_empty_is_left_out() {
        let mut map = Map::default();
        map.put_integer("a", 0);
        map.put_flag("b", false);
        map.put_text("c", "");
        map.put_bytes("d", &[]);
        map.put_array("e", &[0; 32]);
        map.put_map("f", Map::default());
        assert_eq!(map.encode(), [0x80]);
    }

    #[test]
    fn other_encodings_are_refused() {
        use MsgpackError as E;
        let name = |name: &str| name.to_owned();
        for (bytes, error) in [
            ("", E::Truncated),
            ("81", E::Truncated),
            ("81a161", E::Truncated),
            ("81a161c403ffff", E::Truncated),
            ("81a161dbffffffff00", E::Truncated),
            ("dfffffffff", E::Truncated),
            ("8000", E::TrailingBytes),
            ("01", E::NotAMap),
            ("810101", E::KeyIsNoText),
            ("81a1ff01", E::NotUtf8),
            ("81a161cc7f", E::NotShortest),
            ("81a161cd00ff", E::NotShortest),
            ("81a161ce0000ffff", E::NotShortest),
            ("81a161cf00000000ffffffff", E::NotShortest),
            ("81a161d90161", E::NotShortest),
            ("81a161da000161", E::NotShortest),
            ("81a161c5000161", E::NotShortest),
            ("81a161c60000000161", E::NotShortest),
            ("81a161de0001a16101", E::NotShortest),
            ("82a16201a16101", E::Unordered),
            ("82a16101a16102", E::Unordered),
            ("81a16100", E::EmptyMember { name: name("a") }),
            ("81a161a0", E::EmptyMember { name: name("a") }),
            ("81a161c400", E::EmptyMember { name: name("a") }),
            ("81a16180", E::EmptyMember { name: name("a") }),
            ("81a161c2", E::UnknownMarker { marker: 0xc2 }),
            ("81a161c0", E::UnknownMarker { marker: 0xc0 }),
            ("81a161ff", E::UnknownMarker { marker: 0xff }),
            (
                "81a161d3ffffffffffffffff",
                E::UnknownMarker { marker: 0xd3 },
            ),
            ("81a1619101", E::UnknownMarker { marker: 0x91 }),
            ("81a16181a16181a16181a16181a16101", E::TooDeep),
        ] {
            let bytes = hex::decode(bytes).unwrap();
            assert_eq!(Map::decode(&bytes), Err(error), "{}", hex::encode(bytes));
        }
    }

    #[test]
    fn members_are_taken_once_and_by_their_type() {
        let mut map = Map::default();
        map.put_integer("n", 7);
        map.put_text("t", "x");
        map.put_bytes("b", &[0; 32]);
        assert_eq!(map.take_integer("n"), Ok(7));
        assert_eq!(map.take_integer("n"), Ok(0));
        assert_eq!(
            map.clone().take_bytes("t"),
            Err(MsgpackError::WrongType { name: "t" })
        );
        // 32 zeros are an array of none, which has to be left out.
        assert!(map.clone().take_array("b").is_err());
        assert_eq!(map.take_bytes("b"), Ok(vec![0; 32]));
        let name = "t".to_owned();
        assert_eq!(map.finish(), Err(MsgpackError::UnknownMember { name }));
    }

    fn leaves() -> BoxedStrategy<Value> {
        prop_oneof![
            Just(Value::True),
            any::<u64>().prop_map(Value::Integer),
            (0..64_u32).prop_map(|shift| Value::Integer(u64::MAX >> shift)),
            ".{0,40}".prop_map(Value::Text),
            proptest::collection::vec(any::<u8>(), 0..300).prop_map(Value::Bytes),
        ]
        .boxed()
    }

    fn maps_of(values: BoxedStrategy<Value>) -> BoxedStrategy<Map> {
        proptest::collection::btree_map(".{0,40}", values, 0..20)
            .prop_map(|mut members| {
                members.retain(|_, value| !value.is_empty());
                Map(members)
            })
            .boxed()
    }

    fn maps() -> impl Strategy<Value = Map> {
        let inner = maps_of(leaves()).prop_map(Value::Map);
        maps_of(prop_oneof![4 => leaves(), 1 => inner].boxed())
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(map in maps()) {
            prop_assert_eq!(Map::decode(&map.encode()), Ok(map));
        }

        #[test]
        fn what_is_read_is_written_the_same(bytes: Vec<u8>) {
            if let Ok(map) = Map::decode(&bytes) {
                prop_assert_eq!(map.encode(), bytes);
            }
        }

        #[test]
        fn a_changed_byte_is_read_as_it_is_or_refused(
            map in maps(),
            position: prop::sample::Index,
            byte: u8,
        ) {
            let mut bytes = map.encode();
            *position.get_mut(&mut bytes) = byte;
            if let Ok(map) = Map::decode(&bytes) {
                prop_assert_eq!(map.encode(), bytes);
            }
        }
    }
}
