//! The decrypted vault: one JSON text, and where in it each entry stands.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    hash::{BuildHasher as _, RandomState},
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use serde::{
    Deserialize,
    de::{self, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{Entry, EntryError, VaultError, json};
use crate::{chain::Network, keys::SecretText, process::LockedBuffer};

/// The decrypted vault: an immutable snapshot of its entries, newest first.
///
/// The whole JSON text lies in one locked buffer and is wiped with it. Entries are found by their
/// place in that text and never written anew, so each is kept to the byte, odd ones too.
pub struct Vault {
    text: LockedBuffer,
    spans: Vec<Span>,
    /// The ids that are written with an escape sequence, by the place of their entry.
    escaped_ids: HashMap<u32, Box<str>>,
    index: IdIndex,
    by_chain: HashMap<Box<str>, PlacesByNetwork>,
    unreadable: Vec<u32>,
    revision: u64,
}

impl Vault {
    /// The number of entries.
    pub fn len(&self) -> usize {
        self.index.len
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All signature ids, newest first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.places().map(|place| self.id_at(place))
    }

    /// The signature ids of `chain` on `network`, newest first.
    pub fn ids_of(&self, chain: &str, network: Network) -> impl Iterator<Item = &str> {
        self.by_chain
            .get(chain)
            .map_or(&[][..], |places| places.on(network))
            .iter()
            .filter(|place| self.counts(**place))
            .map(|place| self.id_at(*place))
    }

    /// The chain codes that occur, with the network, in no order. Codes are as the entries have
    /// them: of no supported chain, perhaps.
    pub fn chains(&self) -> impl Iterator<Item = (&str, Network)> {
        self.by_chain.iter().flat_map(|(chain, places)| {
            [Network::Mainnet, Network::Testnet]
                .into_iter()
                .filter(|network| !places.on(*network).is_empty())
                .map(|network| (&**chain, network))
        })
    }

    /// Whether there is an entry under `id`.
    pub fn contains(&self, id: &str) -> bool {
        self.find(id).is_some()
    }

    /// The entry under `id`, if there is one; an error if it is none of the known form.
    pub fn entry(&self, id: &str) -> Option<Result<Entry, EntryError>> {
        self.verbatim(id).map(Entry::parse)
    }

    /// The JSON of the entry under `id`, to the byte. It is a secret: what is made of it must be
    /// wiped.
    pub fn verbatim(&self, id: &str) -> Option<&str> {
        let place = self.find(id)?;
        Some(self.slice(&self.span(place).value))
    }

    /// All entries as JSON with line breaks and an indent of two spaces, newest first; the
    /// content of each as it is.
    pub fn export_json(&self) -> SecretText {
        json::pretty(self.text())
    }

    /// A number that no other snapshot of this process has.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Takes over the decrypted text.
    ///
    /// # Errors
    /// [`NotAVault`] when it is not a JSON object.
    pub(super) fn parse(text: LockedBuffer) -> Result<Self, NotAVault> {
        static REVISION: AtomicU64 = AtomicU64::new(1);

        // Offsets are 32 bits wide.
        u32::try_from(text.bytes().len()).map_err(|_| NotAVault::Json)?;
        let content = std::str::from_utf8(text.bytes()).map_err(|_| NotAVault::Utf8)?;
        let members = {
            let mut parser = serde_json::Deserializer::from_str(content);
            let members = de::Deserializer::deserialize_map(&mut parser, MembersVisitor(content))
                .map_err(|_| NotAVault::Json)?;
            parser.end().map_err(|_| NotAVault::Json)?;
            members
        };
        let mut vault = Self {
            index: IdIndex::with_room_for(members.spans.len()),
            spans: members.spans,
            escaped_ids: members.escaped_ids,
            by_chain: HashMap::new(),
            unreadable: Vec::new(),
            revision: REVISION.fetch_add(1, Ordering::Relaxed),
            text,
        };
        vault.build_indexes();
        Ok(vault)
    }

    /// A vault without entries.
    pub(super) fn empty() -> Self {
        let mut text = LockedBuffer::zeroed(2);
        text.bytes_mut().copy_from_slice(b"{}");
        Self::parse(text).expect("an empty object is a JSON object")
    }

    /// The whole text. A secret.
    pub(super) fn text(&self) -> &str {
        self.slice(&(0..u32::try_from(self.text.bytes().len()).unwrap_or(u32::MAX)))
    }

    /// The ids of entries whose members are missing or of the wrong type, newest first.
    pub(super) fn unreadable_ids(&self) -> impl Iterator<Item = &str> {
        self.unreadable
            .iter()
            .filter(|place| self.counts(**place))
            .map(|place| self.id_at(*place))
    }

    /// Ids that stand in the file more than once, of which the last entry counts.
    pub(super) fn repeated_ids(&self) -> impl Iterator<Item = &str> {
        (0..)
            .zip(&self.spans)
            .map(|(place, _)| place)
            .filter(|place| !self.counts(*place))
            .map(|place| self.id_at(place))
    }

    /// The text with `inserted` in front and without `removed`.
    fn with_changes(
        &self,
        inserted: &[(String, SecretText)],
        removed: &HashSet<String>,
    ) -> Result<LockedBuffer, VaultError> {
        let keys: Vec<String> = inserted
            .iter()
            .map(|(id, _)| serde_json::to_string(id).expect("text is always valid JSON"))
            .collect();
        let new = keys
            .iter()
            .zip(inserted)
            .rev()
            .map(|(key, (_, entry))| (key.as_str(), entry.expose().trim()));
        let kept = (0..)
            .zip(&self.spans)
            .filter(|(place, _)| removed.is_empty() || !removed.contains(self.id_at(*place)))
            .map(|(_, span)| (self.slice(&span.key), self.slice(&span.value)));
        let members: Vec<(&str, &str)> = new.chain(kept).collect();

        let content: usize = members
            .iter()
            .map(|(key, value)| key.len().saturating_add(value.len()).saturating_add(2))
            .sum();
        // A comma stands after each member but the last.
        let len = content
            .saturating_add(2)
            .saturating_sub(usize::from(!members.is_empty()));
        let mut text = LockedBuffer::zeroed(len);
        let mut rest = text.bytes_mut();
        put(&mut rest, "{");
        for (i, (key, value)) in members.iter().enumerate() {
            if i > 0 {
                put(&mut rest, ",");
            }
            put(&mut rest, key);
            put(&mut rest, ":");
            put(&mut rest, value);
        }
        put(&mut rest, "}");
        debug_assert!(
            rest.is_empty(),
            "the length was computed from the same parts"
        );
        Ok(text)
    }

    fn build_indexes(&mut self) {
        let mut index = std::mem::take(&mut self.index);
        let mut by_chain: HashMap<Box<str>, PlacesByNetwork> = HashMap::new();
        let mut unreadable = Vec::new();
        for (place, span) in (0..).zip(&self.spans) {
            index.insert(place, |other| self.id_at(other));
            let form = EntryForm::of(self.slice(&span.value));
            if let Some((chain, network)) = form.chain {
                if let Some(places) = by_chain.get_mut(&*chain) {
                    places.push(network, place);
                } else {
                    let places = by_chain.entry(chain.into()).or_default();
                    places.push(network, place);
                }
            }
            if !form.readable {
                unreadable.push(place);
            }
        }
        self.index = index;
        self.by_chain = by_chain;
        self.unreadable = unreadable;
    }

    fn places(&self) -> impl Iterator<Item = u32> {
        (0..)
            .zip(&self.spans)
            .map(|(place, _)| place)
            .filter(|place| self.counts(*place))
    }

    /// Whether no later entry has the same id.
    fn counts(&self, place: u32) -> bool {
        self.spans.len() == self.index.len || self.find(self.id_at(place)) == Some(place)
    }

    fn find(&self, id: &str) -> Option<u32> {
        self.index.find(id, |place| self.id_at(place))
    }

    fn span(&self, place: u32) -> &Span {
        usize::try_from(place)
            .ok()
            .and_then(|place| self.spans.get(place))
            .expect("places come from the list of spans")
    }

    fn id_at(&self, place: u32) -> &str {
        if let Some(id) = self.escaped_ids.get(&place) {
            return id;
        }
        let key = &self.span(place).key;
        self.slice(&(key.start.saturating_add(1)..key.end.saturating_sub(1)))
    }

    fn slice(&self, range: &Range<u32>) -> &str {
        let bounds = usize::try_from(range.start)
            .ok()
            .zip(usize::try_from(range.end).ok());
        bounds
            .and_then(|(start, end)| self.text.bytes().get(start..end))
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .expect("spans lie on character boundaries of the text they were found in")
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("entries", &self.len())
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

/// What is changed in one write of the vault.
#[derive(Debug)]
pub struct Changes<'a> {
    vault: &'a Vault,
    inserted: Vec<(String, SecretText)>,
    inserted_ids: HashSet<String>,
    removed: HashSet<String>,
}

impl<'a> Changes<'a> {
    pub(super) fn new(vault: &'a Vault) -> Self {
        Self {
            vault,
            inserted: Vec::new(),
            inserted_ids: HashSet::new(),
            removed: HashSet::new(),
        }
    }

    /// The vault as it stands on disk, before these changes.
    pub fn before(&self) -> &'a Vault {
        self.vault
    }

    /// Puts an entry under `id`, in front of all others.
    ///
    /// # Errors
    /// [`VaultError::IdTaken`], or [`VaultError::InvalidEntry`] when `entry_json` is not a JSON
    /// object.
    pub fn insert(&mut self, id: &str, entry_json: &SecretText) -> Result<(), VaultError> {
        if self.contains(id) {
            return Err(VaultError::IdTaken { id: id.to_owned() });
        }
        let entry = entry_json.expose().trim();
        if !entry.starts_with('{') || serde_json::from_str::<&RawValue>(entry).is_err() {
            return Err(VaultError::InvalidEntry);
        }
        self.inserted.push((id.to_owned(), entry_json.duplicate()));
        self.inserted_ids.insert(id.to_owned());
        Ok(())
    }

    /// Takes the entry under `id` out; whether there was one.
    pub fn remove(&mut self, id: &str) -> bool {
        if self.inserted_ids.remove(id) {
            self.inserted.retain(|(inserted, _)| inserted != id);
            return true;
        }
        self.vault.contains(id) && self.removed.insert(id.to_owned())
    }

    /// Whether there is an entry under `id`, these changes included.
    pub fn contains(&self, id: &str) -> bool {
        self.inserted_ids.contains(id) || (self.vault.contains(id) && !self.removed.contains(id))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.inserted.is_empty() && self.removed.is_empty()
    }

    pub(super) fn apply(&self) -> Result<LockedBuffer, VaultError> {
        self.vault.with_changes(&self.inserted, &self.removed)
    }
}

/// The decrypted text is not what a vault holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotAVault {
    Utf8,
    Json,
}

/// Where a member of the vault's object stands in its text.
#[derive(Debug)]
struct Span {
    /// The id with its quotes.
    key: Range<u32>,
    value: Range<u32>,
}

/// Finds the members of the vault's object without copying one.
struct MembersVisitor<'de>(&'de str);

struct Members {
    spans: Vec<Span>,
    escaped_ids: HashMap<u32, Box<str>>,
}

impl<'de> Visitor<'de> for MembersVisitor<'de> {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of entries")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let too_large = || de::Error::custom("too large");
        let range = |part: &'de str| -> Option<Range<u32>> {
            let start = part.as_ptr().addr().checked_sub(self.0.as_ptr().addr())?;
            let end = start.checked_add(part.len())?;
            Some(u32::try_from(start).ok()?..u32::try_from(end).ok()?)
        };
        let mut members = Members {
            spans: Vec::new(),
            escaped_ids: HashMap::new(),
        };
        while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            let place = u32::try_from(members.spans.len()).map_err(|_| too_large())?;
            if key.get().contains('\\') {
                let id = serde_json::from_str::<Box<str>>(key.get()).map_err(de::Error::custom)?;
                members.escaped_ids.insert(place, id);
            }
            members.spans.push(Span {
                key: range(key.get()).ok_or_else(too_large)?,
                value: range(value.get()).ok_or_else(too_large)?,
            });
        }
        Ok(members)
    }
}

/// What can be told of an entry without copying a secret out of it.
struct EntryForm<'a> {
    chain: Option<(std::borrow::Cow<'a, str>, Network)>,
    readable: bool,
}

impl<'a> EntryForm<'a> {
    fn of(json: &'a str) -> Self {
        #[derive(Deserialize)]
        struct Chain<'a> {
            #[serde(borrow)]
            chain: std::borrow::Cow<'a, str>,
            testnet: bool,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Strict<'a> {
            #[serde(borrow)]
            chain: std::borrow::Cow<'a, str>,
            testnet: bool,
            #[serde(rename = "mnemonic")]
            _mnemonic: Option<Text>,
            #[serde(rename = "xpub")]
            _xpub: Option<Text>,
            #[serde(rename = "privateKey")]
            _private_key: Option<Text>,
            #[serde(rename = "secret")]
            _secret: Option<Text>,
            #[serde(rename = "address")]
            _address: Option<Text>,
        }
        let network = Network::from_testnet_flag;
        if let Ok(entry) = serde_json::from_str::<Strict<'a>>(json) {
            return Self {
                chain: Some((entry.chain, network(entry.testnet))),
                readable: true,
            };
        }
        let chain = serde_json::from_str::<Chain<'a>>(json).ok();
        Self {
            chain: chain.map(|entry| (entry.chain, network(entry.testnet))),
            readable: false,
        }
    }
}

/// Some text, whatever it is: seen, not kept.
struct Text;

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_str<E: de::Error>(self, _: &str) -> Result<Text, E> {
                Ok(Text)
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// The places of a chain's entries.
#[derive(Default)]
struct PlacesByNetwork {
    mainnet: Vec<u32>,
    testnet: Vec<u32>,
}

impl PlacesByNetwork {
    fn on(&self, network: Network) -> &[u32] {
        match network {
            Network::Mainnet => &self.mainnet,
            Network::Testnet => &self.testnet,
        }
    }

    fn push(&mut self, network: Network, place: u32) {
        match network {
            Network::Mainnet => self.mainnet.push(place),
            Network::Testnet => self.testnet.push(place),
        }
    }
}

/// From id to place: a hash table that holds no ids, only the places where they stand.
#[derive(Default)]
struct IdIndex {
    slots: Vec<u32>,
    len: usize,
    hasher: RandomState,
}

impl IdIndex {
    const FREE: u32 = u32::MAX;

    fn with_room_for(entries: usize) -> Self {
        // At most half full, so that a search is short.
        let slots = entries.saturating_mul(2).max(2).next_power_of_two();
        Self {
            slots: vec![Self::FREE; slots],
            len: 0,
            hasher: RandomState::new(),
        }
    }

    /// A later place takes over the id of an earlier one.
    fn insert<'a>(&mut self, place: u32, id_at: impl Fn(u32) -> &'a str) {
        let slot = self.slot_of(id_at(place), &id_at);
        if let Some(slot) = slot.and_then(|slot| self.slots.get_mut(slot)) {
            if *slot == Self::FREE {
                self.len = self.len.saturating_add(1);
            }
            *slot = place;
        }
    }

    fn find<'a>(&self, id: &str, id_at: impl Fn(u32) -> &'a str) -> Option<u32> {
        let place = *self.slots.get(self.slot_of(id, &id_at)?)?;
        (place != Self::FREE).then_some(place)
    }

    /// The slot that holds `id`, or the free one where it would go.
    fn slot_of<'a>(&self, id: &str, id_at: impl Fn(u32) -> &'a str) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let hash = self.hasher.hash_one(id) & u64::try_from(mask).ok()?;
        let mut slot = usize::try_from(hash).ok()?;
        loop {
            match *self.slots.get(slot)? {
                Self::FREE => return Some(slot),
                place if id_at(place) == id => return Some(slot),
                _ => slot = slot.wrapping_add(1) & mask,
            }
        }
    }
}

fn put(rest: &mut &mut [u8], part: &str) {
    let (head, tail) = std::mem::take(rest)
        .split_at_mut_checked(part.len())
        .expect("the length was computed from the same parts");
    head.copy_from_slice(part.as_bytes());
    *rest = tail;
}
