//! Updates of one subtree.
//!
//! A batch of changes, sorted by key hash, is applied in two passes. The first walks down from the root page by page,
//! places leaves, and notes every inner node that must be hashed again together with the place its hash belongs to.
//! The second hashes these nodes depth by depth, deepest first, so that many independent hashes stand side by side.
//! A big batch is split over the sixteen slots of the root page and done in parallel; the result does not depend on
//! how batches are cut or split, since the shape of the tree follows from the set of keys alone.

use rayon::prelude::*;

use crate::error::Error;
use crate::hash::{self, Hash};
use crate::page::{Encoded, Joined, LEVELS, Node, Page, PageId, Pending, join};

/// Batches below this size are not worth waking another thread.
const PARALLEL: usize = 256;

/// One key of a batch: its hash, and its new leaf hash or `None` when it goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub key: Hash,
    pub leaf: Option<Hash>,
}

/// A page to write, or to delete when `None`.
pub(crate) type Dirty = (PageId, Option<Encoded>);

/// Reads the page with this id and this root hash.
pub(crate) type Load<'a> = dyn Fn(&PageId, &Hash) -> Result<Page, Error> + Sync + 'a;

/// Applies `changes` (sorted, each key once) to the subtree under `root`; returns the new root and the pages changed.
pub(crate) fn update(store: u8, root: &Node, changes: &[Change], load: &Load<'_>) -> Result<(Node, Vec<Dirty>), Error> {
    let mut job = Job::new(store, load);
    let node = if changes.len() < PARALLEL { job.slot(root, 0, changes)? } else { job.split(root, changes)? };
    job.finish(node)
}

/// An inner node to hash.
struct Branch {
    left: Node,
    right: Node,
    hash: Hash,
    /// The page and the place in it that hold this hash; none for the root of the tree.
    home: Option<(usize, usize)>,
}

struct Job<'a> {
    store: u8,
    load: &'a Load<'a>,
    /// By depth.
    branches: Vec<Vec<Branch>>,
    dirty: Vec<Dirty>,
}

impl<'a> Job<'a> {
    fn new(store: u8, load: &'a Load<'a>) -> Self {
        Job { store, load, branches: Vec::new(), dirty: Vec::new() }
    }

    /// The root page with its slots done in parallel.
    fn split(&mut self, root: &Node, changes: &[Change]) -> Result<Node, Error> {
        let (id, mut page, mut touched) = self.open(root, 0, changes)?;
        let groups: Vec<_> = changes.chunk_by(|a, b| hash::nibble(&a.key, 0) == hash::nibble(&b.key, 0)).collect();
        let (store, load) = (self.store, self.load);
        let done: Vec<_> = groups
            .par_iter()
            .map(|group| {
                let at = slot_of(group, 0);
                let mut job = Job::new(store, load);
                let node = job.slot(page.node(at), 1, group)?;
                job.finish(node).map(|(node, dirty)| (at, node, dirty))
            })
            .collect::<Result<_, Error>>()?;
        for (at, node, dirty) in done {
            touched |= replace(&mut page, at, node);
            self.dirty.extend(dirty);
        }
        self.close(id, page, touched, root)
    }

    /// What stands at a place whose keys share the first `level` nibbles, after `changes`.
    fn slot(&mut self, node: &Node, level: u8, changes: &[Change]) -> Result<Node, Error> {
        if !matches!(node, Node::Inner(_)) {
            let kept = match node {
                Node::Leaf { key, .. } if find(changes, key).is_none() => Some(*node),
                _ => None,
            };
            let new = changes.iter().filter_map(|c| c.leaf.map(|hash| Node::Leaf { key: c.key, hash }));
            let mut live = kept.into_iter().chain(new);
            match (live.next(), live.next()) {
                (None, _) => return Ok(Node::Empty),
                (Some(leaf), None) => return Ok(leaf),
                _ => {}
            }
        }
        let (id, mut page, mut touched) = self.open(node, level, changes)?;
        for group in changes.chunk_by(|a, b| hash::nibble(&a.key, level) == hash::nibble(&b.key, level)) {
            let at = slot_of(group, level);
            let new = self.slot(page.node(at), level.saturating_add(1), group)?;
            touched |= replace(&mut page, at, new);
        }
        self.close(id, page, touched, node)
    }

    /// The page under `node` and its touched slots; a fresh one holds the leaf that stood here, touched since nothing
    /// above it is known.
    fn open(&self, node: &Node, level: u8, changes: &[Change]) -> Result<(PageId, Page, u32), Error> {
        let first = changes.first().map_or(&hash::EMPTY, |change| &change.key);
        if level >= LEVELS {
            return Err(Error::Corrupt("tree page"));
        }
        let id = PageId::on_path(self.store, level, first);
        let (mut page, mut touched) = (Page::EMPTY, 0);
        match node {
            Node::Inner(root) => page = (self.load)(&id, root)?,
            Node::Leaf { key, .. } => touched = replace(&mut page, hash::nibble(key, level) | 16, *node),
            Node::Empty | Node::Pending(_) => {}
        }
        Ok((id, page, touched))
    }

    /// Redoes the nodes above the touched slots and keeps, writes or deletes the page.
    fn close(&mut self, id: PageId, mut page: Page, mut touched: u32, before: &Node) -> Result<Node, Error> {
        if touched == 0 {
            return Ok(*before);
        }
        for at in (1..16usize).rev() {
            let below = touched >> (at << 1) & 3 != 0;
            if !below {
                continue;
            }
            touched |= 1 << at;
            let (left, right) = page.children(at);
            let node = match join(left, right) {
                Joined::Node(node) => node,
                Joined::Branch => {
                    let depth = u16::from(id.level) << 2 | at.ilog2() as u16;
                    self.branch(depth, *left, *right)?
                }
            };
            page.set(at, node);
        }
        let root = *page.node(1);
        match (root, before) {
            (Node::Pending(_) | Node::Inner(_), _) => {
                let encoded = page.encode();
                let number = self.dirty.len();
                for (pending, place) in &encoded.holes {
                    if let Some(branch) = self.pending(pending) {
                        branch.home = Some((number, *place));
                    }
                }
                self.dirty.push((id, Some(encoded)));
            }
            (_, Node::Inner(_)) => self.dirty.push((id, None)),
            _ => {}
        }
        Ok(root)
    }

    fn branch(&mut self, depth: u16, left: Node, right: Node) -> Result<Node, Error> {
        while self.branches.len() <= usize::from(depth) {
            self.branches.push(Vec::new());
        }
        let level = self.branches.get_mut(usize::from(depth)).ok_or(Error::Corrupt("tree depth"))?;
        let at = u32::try_from(level.len()).map_err(|_| Error::Corrupt("tree size"))?;
        level.push(Branch { left, right, hash: hash::EMPTY, home: None });
        Ok(Node::Pending(Pending { depth, at }))
    }

    fn pending(&mut self, pending: &Pending) -> Option<&mut Branch> {
        self.branches.get_mut(usize::from(pending.depth)).and_then(|level| level.get_mut(pending.at as usize))
    }

    /// Hashes what is pending, fills the holes in the pages, and resolves the root.
    fn finish(mut self, mut root: Node) -> Result<(Node, Vec<Dirty>), Error> {
        let mut below: Vec<Branch> = Vec::new();
        let mut pairs = Vec::new();
        while let Some(mut level) = self.branches.pop() {
            let known = |node: &Node| match node {
                Node::Pending(p) => below.get(p.at as usize).map_or(hash::EMPTY, |branch| branch.hash),
                known => known.hash(),
            };
            pairs.clear();
            pairs.extend(level.iter().map(|branch| hash::pair(&known(&branch.left), &known(&branch.right))));
            for (branch, hash) in level.iter_mut().zip(hash::inners(&pairs)) {
                branch.hash = hash;
                let Some((page, place)) = branch.home else {
                    continue;
                };
                let bytes = self.dirty.get_mut(page).and_then(|(_, encoded)| encoded.as_mut());
                let hole = bytes.and_then(|encoded| encoded.bytes.get_mut(place..)).and_then(|tail| tail.get_mut(..32));
                hole.ok_or(Error::Corrupt("tree page"))?.copy_from_slice(&hash);
            }
            // The root of a part of the tree does not lie at depth 0.
            if let Node::Pending(p) = root
                && usize::from(p.depth) == self.branches.len()
            {
                root = Node::Inner(level.get(p.at as usize).ok_or(Error::Corrupt("tree root"))?.hash);
            }
            below = level;
        }
        Ok((root, self.dirty))
    }
}

fn find<'a>(changes: &'a [Change], key: &Hash) -> Option<&'a Change> {
    changes.binary_search_by(|change| change.key.cmp(key)).ok().and_then(|at| changes.get(at))
}

fn slot_of(group: &[Change], level: u8) -> usize {
    group.first().map_or(0, |change| hash::nibble(&change.key, level)) | 16
}

/// Puts `node` at `at`; returns the bit of `at` when that changed anything.
fn replace(page: &mut Page, at: usize, node: Node) -> u32 {
    if *page.node(at) == node {
        return 0;
    }
    page.set(at, node);
    1 << at
}
