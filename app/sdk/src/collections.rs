//! Collections: `const` values that give a module's state its shape.
//!
//! A key is the collection's one-byte tag and the key's own bytes, under the module's store. A value is one format byte
//! (1) and a protobuf message; entries of sets and indexes are the byte 1; [`Raw`] keeps bytes exactly as given.

use crate::{
    ctx::Ctx,
    error::{Error, Result, Sdk},
    key::Key,
};
use prost::Message;
use std::{marker::PhantomData, ops::Bound};

const FORMAT: u8 = 1;
pub(crate) const PRESENT: &[u8] = &[1];
/// Every subtree holds one entry under this tag, so that it is never empty and absence can always be proven.
pub(crate) const SCHEMA_TAG: u8 = 0xff;

/// A named subtree of the state with a Merkle root of its own: one per module.
#[derive(Clone, Copy)]
pub struct Store(&'static str);

/// Where a collection lies: its store and its tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    pub store: &'static str,
    pub tag: u8,
}

impl Store {
    pub const fn new(name: &'static str) -> Self {
        Store(name)
    }
    pub(crate) const fn at(self, tag: u8) -> At {
        assert!(tag != SCHEMA_TAG, "tag 0xff is the schema entry's");
        At { store: self.0, tag }
    }
    pub const fn item<V>(self, tag: u8) -> Item<V> {
        Item { at: self.at(tag), of: PhantomData }
    }
    pub const fn map<K, V>(self, tag: u8) -> Map<K, V> {
        Map { at: self.at(tag), of: PhantomData }
    }
    pub const fn set<K>(self, tag: u8) -> Set<K> {
        Set { at: self.at(tag), of: PhantomData }
    }
    pub const fn raw<K>(self, tag: u8) -> Raw<K> {
        Raw { at: self.at(tag), of: PhantomData }
    }
    /// An index over the values of an [`IndexedMap`]: `of` gives what it sorts by.
    pub const fn index<K, V, I>(self, tag: u8, of: fn(&K, &V) -> I) -> Index<K, V, I> {
        Index { at: self.at(tag), of }
    }
    pub const fn indexed_map<K, V>(self, tag: u8, by: &'static [&'static dyn Indexed<K, V>]) -> IndexedMap<K, V> {
        IndexedMap { map: self.map(tag), by }
    }
    /// All collections of the store. Two with one tag do not compile.
    #[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)] // runs in the compiler, which checks both
    pub const fn schema<const N: usize>(self, all: [At; N]) -> [At; N] {
        let mut i = 0;
        while i < N {
            let mut j = i + 1;
            while j < N {
                assert!(all[i].tag != all[j].tag, "two collections share a tag");
                j += 1;
            }
            i += 1;
        }
        all
    }
}

impl At {
    pub(crate) fn key<K: Key>(&self, key: &K) -> Vec<u8> {
        let mut out = Vec::with_capacity(40);
        out.push(self.tag);
        key.write(&mut out, true);
        out
    }

    /// The bytes that every key under `part` begins with.
    pub(crate) fn prefix<P: Key>(&self, part: &P) -> Vec<u8> {
        let mut out = Vec::with_capacity(40);
        out.push(self.tag);
        part.write(&mut out, false);
        out
    }

    fn corrupt(&self) -> Error {
        Sdk::Io(format!("value under {}/{} cannot be read: the database is damaged", self.store, self.tag)).into()
    }

    pub(crate) fn decode<V: Message + Default>(&self, raw: &[u8]) -> Result<V> {
        match raw.split_first() {
            Some((&FORMAT, message)) => V::decode(message).map_err(|_| self.corrupt()),
            _ => Err(self.corrupt()),
        }
    }

    pub(crate) fn read_key<K: Key>(&self, raw: &[u8]) -> Result<K> {
        let mut rest = raw.get(1..).unwrap_or_default();
        let key = K::read(&mut rest, true).ok_or_else(|| self.corrupt())?;
        if rest.is_empty() { Ok(key) } else { Err(self.corrupt()) }
    }
}

pub(crate) fn encode<V: Message>(value: &V) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.encoded_len().saturating_add(1));
    out.push(FORMAT);
    value.encode_raw(&mut out);
    out
}

/// The least byte string above every one that begins with `prefix`; none when there is no such string.
pub(crate) fn after(prefix: &[u8]) -> Bound<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(byte) = end.pop() {
        if let Some(next) = byte.checked_add(1) {
            end.push(next);
            return Bound::Excluded(end);
        }
    }
    Bound::Unbounded
}

/// One value.
pub struct Item<V> {
    at: At,
    of: PhantomData<fn() -> V>,
}

impl<V: Message + Default> Item<V> {
    pub const fn at(&self) -> At {
        self.at
    }
    pub fn get(&self, ctx: &Ctx) -> Result<Option<V>> {
        ctx.read(self.at.store, &[self.at.tag])?.map(|raw| self.at.decode(&raw)).transpose()
    }
    /// The value, or the type's default when none was ever set.
    pub fn load_or_default(&self, ctx: &Ctx) -> Result<V> {
        self.get(ctx).map(Option::unwrap_or_default)
    }
    pub fn set(&self, ctx: &mut Ctx, value: &V) -> Result<()> {
        ctx.write(self.at.store, vec![self.at.tag], encode(value))
    }
    pub fn remove(&self, ctx: &mut Ctx) -> Result<()> {
        ctx.delete(self.at.store, vec![self.at.tag])
    }
}

/// Values by key, in the order of the keys.
pub struct Map<K, V> {
    at: At,
    of: PhantomData<fn() -> (K, V)>,
}

impl<K: Key, V: Message + Default> Map<K, V> {
    pub const fn at(&self) -> At {
        self.at
    }
    pub fn get(&self, ctx: &Ctx, key: &K) -> Result<Option<V>> {
        ctx.read(self.at.store, &self.at.key(key))?.map(|raw| self.at.decode(&raw)).transpose()
    }
    pub fn has(&self, ctx: &Ctx, key: &K) -> Result<bool> {
        Ok(ctx.read(self.at.store, &self.at.key(key))?.is_some())
    }
    pub fn set(&self, ctx: &mut Ctx, key: &K, value: &V) -> Result<()> {
        ctx.write(self.at.store, self.at.key(key), encode(value))
    }
    pub fn remove(&self, ctx: &mut Ctx, key: &K) -> Result<()> {
        ctx.delete(self.at.store, self.at.key(key))
    }
    /// All entries whose key begins with `part` (`&()` for all), in order.
    pub fn under<'a, P: Key>(&'a self, ctx: &'a Ctx, part: &P) -> impl Iterator<Item = Result<(K, V)>> + 'a {
        let prefix = self.at.prefix(part);
        let end = after(&prefix);
        ctx.range(self.at.store, Bound::Included(prefix), end, false).map(|entry| {
            let (key, value) = entry?;
            Ok((self.at.read_key(&key)?, self.at.decode(&value)?))
        })
    }
    pub fn read_entry(&self, key: &[u8], value: &[u8]) -> Result<(K, V)> {
        Ok((self.at.read_key(key)?, self.at.decode(value)?))
    }
}

/// Keys alone, in order.
pub struct Set<K> {
    at: At,
    of: PhantomData<fn() -> K>,
}

impl<K: Key> Set<K> {
    pub const fn at(&self) -> At {
        self.at
    }
    pub fn has(&self, ctx: &Ctx, key: &K) -> Result<bool> {
        Ok(ctx.read(self.at.store, &self.at.key(key))?.is_some())
    }
    pub fn insert(&self, ctx: &mut Ctx, key: &K) -> Result<()> {
        ctx.write(self.at.store, self.at.key(key), PRESENT.to_vec())
    }
    pub fn remove(&self, ctx: &mut Ctx, key: &K) -> Result<()> {
        ctx.delete(self.at.store, self.at.key(key))
    }
    /// All keys that begin with `part` (`&()` for all), in order.
    pub fn under<'a, P: Key>(&'a self, ctx: &'a Ctx, part: &P) -> impl Iterator<Item = Result<K>> + 'a {
        let prefix = self.at.prefix(part);
        let end = after(&prefix);
        ctx.range(self.at.store, Bound::Included(prefix), end, false).map(|entry| self.at.read_key(&entry?.0))
    }
}

/// Bytes under bytes, without tag or format: the storage of contracts, whose proofs others verify.
pub struct Raw<K> {
    at: At,
    of: PhantomData<fn() -> K>,
}

impl<K: Key> Raw<K> {
    pub const fn at(&self) -> At {
        self.at
    }
    /// The place of `key` in the store; pass it to `Ctx::read`, `write`, `delete` and `range`.
    pub fn key(&self, key: &K) -> Vec<u8> {
        self.at.key(key)
    }
    pub fn prefix<P: Key>(&self, part: &P) -> Vec<u8> {
        self.at.prefix(part)
    }
}

/// The keys of an [`IndexedMap`] sorted by something in their values.
pub struct Index<K, V, I> {
    at: At,
    of: fn(&K, &V) -> I,
}

/// What an [`IndexedMap`] keeps in step with its values.
pub trait Indexed<K, V>: Sync {
    fn entry(&self, key: &K, value: &V) -> (At, Vec<u8>);
}

impl<K: Key, V, I: Key> Indexed<K, V> for Index<K, V, I> {
    fn entry(&self, key: &K, value: &V) -> (At, Vec<u8>) {
        let mut out = self.at.prefix(&(self.of)(key, value));
        key.write(&mut out, true);
        (self.at, out)
    }
}

impl<K: Key, V, I: Key> Index<K, V, I> {
    pub const fn at(&self) -> At {
        self.at
    }
    /// The primary keys of all values that sort under `part`, a leading part of the index.
    pub fn under<'a, P: Key>(&'a self, ctx: &'a Ctx, part: &P) -> impl Iterator<Item = Result<K>> + 'a {
        let prefix = self.at.prefix(part);
        let end = after(&prefix);
        ctx.range(self.at.store, Bound::Included(prefix), end, false).map(|entry| self.primary(&entry?.0))
    }
    pub(crate) fn primary(&self, raw: &[u8]) -> Result<K> {
        self.at.read_key::<(I, K)>(raw).map(|(_, key)| key)
    }
}

/// A [`Map`] whose indexes follow every write.
pub struct IndexedMap<K: 'static, V: 'static> {
    map: Map<K, V>,
    by: &'static [&'static dyn Indexed<K, V>],
}

impl<K: Key, V: Message + Default> IndexedMap<K, V> {
    pub const fn at(&self) -> At {
        self.map.at
    }
    /// For reading: lists, pages and single values. Writing goes through the indexed map.
    pub const fn map(&self) -> &Map<K, V> {
        &self.map
    }
    pub fn get(&self, ctx: &Ctx, key: &K) -> Result<Option<V>> {
        self.map.get(ctx, key)
    }
    pub fn has(&self, ctx: &Ctx, key: &K) -> Result<bool> {
        self.map.has(ctx, key)
    }
    pub fn under<'a, P: Key>(&'a self, ctx: &'a Ctx, part: &P) -> impl Iterator<Item = Result<(K, V)>> + 'a {
        self.map.under(ctx, part)
    }
    pub fn set(&self, ctx: &mut Ctx, key: &K, value: &V) -> Result<()> {
        let old = self.map.get(ctx, key)?;
        for index in self.by {
            let (at, new) = index.entry(key, value);
            let before = old.as_ref().map(|old| index.entry(key, old).1);
            if before.as_ref() == Some(&new) {
                continue;
            }
            if let Some(before) = before {
                ctx.delete(at.store, before)?;
            }
            ctx.write(at.store, new, PRESENT.to_vec())?;
        }
        self.map.set(ctx, key, value)
    }
    pub fn remove(&self, ctx: &mut Ctx, key: &K) -> Result<()> {
        if let Some(old) = self.map.get(ctx, key)? {
            for index in self.by {
                let (at, entry) = index.entry(key, &old);
                ctx.delete(at.store, entry)?;
            }
        }
        self.map.remove(ctx, key)
    }
}
