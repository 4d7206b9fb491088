//! What falls due at heights: a set that costs one look where nothing is due, and is never read from its beginning.
//!
//! A database marks what was removed and passes those marks when it reads a range, until it tidies up; and opening a range
//! costs the more the more it holds. So it is counted how many are due at each height, and only a height with a count is
//! read. Counts of 64 heights stand together: a block at rest finds them in memory, where the block before left them.

use crate::{
    collections::{At, PRESENT, Store, after, encode},
    ctx::Ctx,
    error::Result,
    key::Key,
};
use std::{marker::PhantomData, ops::Bound};

/// Keys by the height at which they fall due. The bare tag holds the first key that may be overdue; it is there only while
/// more was due than a block takes, or something came in late. Counts stand under the number of their span without more.
pub struct Queue<K> {
    at: At,
    of: PhantomData<fn() -> K>,
}

/// Heights whose counts stand together.
const SPAN: u64 = 64;

#[derive(Clone, PartialEq, prost::Message)]
struct Counts {
    #[prost(uint32, repeated, tag = "1")]
    of: Vec<u32>,
}

impl Store {
    pub const fn queue<K>(self, tag: u8) -> Queue<K> {
        Queue { at: self.at(tag), of: PhantomData }
    }
}

impl<K: Key + Clone> Queue<K> {
    pub const fn at(&self) -> At {
        self.at
    }

    fn overdue(&self, ctx: &Ctx) -> Result<Option<Vec<u8>>> {
        ctx.read(self.at.store, &[self.at.tag])?.map(|raw| self.at.decode(&raw)).transpose()
    }

    fn set_overdue(&self, ctx: &mut Ctx, key: Option<Vec<u8>>) -> Result<()> {
        match key {
            Some(key) => ctx.write(self.at.store, vec![self.at.tag], encode(&key)),
            None => ctx.delete(self.at.store, vec![self.at.tag]),
        }
    }

    fn counts(&self, ctx: &Ctx, height: u64) -> Result<Counts> {
        let raw = ctx.read(self.at.store, &self.at.prefix(&(height / SPAN)))?;
        raw.map_or(Ok(Counts::default()), |raw| self.at.decode(&raw))
    }

    /// How many are due at a height.
    pub fn count(&self, ctx: &Ctx, height: u64) -> Result<u32> {
        Ok(self.counts(ctx, height)?.of.get((height % SPAN) as usize).copied().unwrap_or(0))
    }

    fn set_count(&self, ctx: &mut Ctx, height: u64, change: fn(u32, u32) -> u32) -> Result<()> {
        let mut counts = self.counts(ctx, height)?;
        let place = (height % SPAN) as usize;
        counts.of.resize(counts.of.len().max(place.saturating_add(1)), 0);
        if let Some(count) = counts.of.get_mut(place) {
            *count = change(*count, 1);
        }
        while counts.of.last() == Some(&0) {
            counts.of.pop();
        }
        let key = self.at.prefix(&(height / SPAN));
        match counts.of.is_empty() {
            true => ctx.delete(self.at.store, key),
            false => ctx.write(self.at.store, key, encode(&counts)),
        }
    }

    pub fn insert(&self, ctx: &mut Ctx, height: u64, key: K) -> Result<()> {
        let raw = self.at.key(&(height, key));
        if ctx.read(self.at.store, &raw)?.is_some() {
            return Ok(());
        }
        if height <= ctx.block.height && self.overdue(ctx)?.is_none_or(|first| raw < first) {
            self.set_overdue(ctx, Some(raw.clone()))?;
        }
        self.set_count(ctx, height, u32::saturating_add)?;
        ctx.write(self.at.store, raw, PRESENT.to_vec())
    }

    pub fn remove(&self, ctx: &mut Ctx, height: u64, key: K) -> Result<()> {
        let raw = self.at.key(&(height, key));
        if ctx.read(self.at.store, &raw)?.is_none() {
            return Ok(());
        }
        self.set_count(ctx, height, u32::saturating_sub)?;
        ctx.delete(self.at.store, raw)
    }

    /// Takes what is due at this height, at most `most`; the rest stays for the next block.
    pub fn take_due(&self, ctx: &mut Ctx, most: usize) -> Result<Vec<(u64, K)>> {
        let (now, overdue) = (ctx.block.height, self.overdue(ctx)?);
        if overdue.is_none() && self.count(ctx, now)? == 0 {
            return Ok(Vec::new());
        }
        let here = self.at.prefix(&now);
        let from = overdue.as_ref().filter(|first| **first < here).unwrap_or(&here).clone();
        let (mut due, mut last) = (Vec::new(), None);
        for entry in ctx.range(self.at.store, Bound::Included(from), after(&here), false) {
            let raw = entry?.0;
            if raw.len() == here.len() {
                continue; // counts
            }
            if due.len() >= most {
                break;
            }
            due.push(self.at.read_key::<(u64, K)>(&raw)?);
            last = Some(raw);
        }
        let rest = last.filter(|_| due.len() >= most);
        if rest != overdue {
            self.set_overdue(ctx, rest)?;
        }
        for (height, key) in &due {
            self.remove(ctx, *height, key.clone())?;
        }
        Ok(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const QUEUE: Queue<u32> = Store::new("bank").queue(7);

    proptest! {
        /// Against a plain set: whatever is put in when, for whatever height, comes out in order and once.
        #[test]
        fn what_is_due_comes_out_in_order_and_once(
            blocks in prop::collection::vec(prop::collection::vec((0u64..30, 0u32..50, any::<bool>()), 0..8), 1..30),
            most in 1usize..6,
        ) {
            let (mut ctx, mut model) = (Ctx::test(), BTreeSet::new());
            for changes in blocks {
                for (height, key, gone) in changes {
                    if gone {
                        QUEUE.remove(&mut ctx, height, key).unwrap();
                        model.remove(&(height, key));
                    } else {
                        QUEUE.insert(&mut ctx, height, key).unwrap();
                        model.insert((height, key));
                    }
                }
                let now = ctx.block.height;
                let expected: Vec<_> = model.iter().copied().take_while(|(height, _)| *height <= now).take(most).collect();
                model.retain(|entry| !expected.contains(entry));
                prop_assert_eq!(QUEUE.take_due(&mut ctx, most).unwrap(), expected);
                ctx.block.height += 1;
            }
        }
    }

    #[test]
    fn at_rest_a_queue_holds_nothing_of_its_own() {
        let mut ctx = Ctx::test();
        (0..5).for_each(|key| QUEUE.insert(&mut ctx, 1, key).unwrap());
        assert_eq!(QUEUE.take_due(&mut ctx, 3).unwrap().len(), 3);
        assert!(QUEUE.overdue(&ctx).unwrap().is_some());
        ctx.block.height = 2;
        assert_eq!(QUEUE.take_due(&mut ctx, 3).unwrap(), [(1, 3), (1, 4)]);
        assert!(QUEUE.overdue(&ctx).unwrap().is_none());
        assert_eq!(ctx.range("bank", Bound::Unbounded, Bound::Unbounded, false).count(), 0);
    }
}
