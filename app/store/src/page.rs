//! Pages: four levels of a subtree in one record.
//!
//! A page holds sixteen slots at its bottom and the nodes above them. A leaf always stands in a slot, even where it
//! stands alone under a higher node, so the nodes above follow from the slots. On disk a page is its slots only: the
//! upper hashes are computed again on reading, and a page whose top does not give the hash its parent knows is
//! damaged. In memory the upper hashes are kept behind the slots, because an update needs most of them.

use crate::error::Error;
use crate::hash::{self, Hash};

/// Deepest page: 64 nibbles make a key hash.
pub(crate) const LEVELS: u8 = 64;

/// A node that is being computed: its place in the list of hashes to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    pub depth: u16,
    pub at: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Empty,
    Leaf { key: Hash, hash: Hash },
    Inner(Hash),
    Pending(Pending),
}

impl Node {
    /// The hash that stands for this node; a pending one has none yet and counts as empty.
    pub fn hash(&self) -> Hash {
        match self {
            Node::Empty | Node::Pending(_) => hash::EMPTY,
            Node::Leaf { hash, .. } | Node::Inner(hash) => *hash,
        }
    }
}

/// What two children make: nothing, their only leaf, or a branch that needs a hash.
pub(crate) enum Joined {
    Node(Node),
    Branch,
}

pub(crate) fn join(left: &Node, right: &Node) -> Joined {
    match (left, right) {
        (Node::Empty, Node::Empty) => Joined::Node(Node::Empty),
        (Node::Leaf { .. }, Node::Empty) => Joined::Node(*left),
        (Node::Empty, Node::Leaf { .. }) => Joined::Node(*right),
        _ => Joined::Branch,
    }
}

/// Which page: the store's number, how many nibbles deep its root lies, and these nibbles (the rest zero).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PageId {
    pub store: u8,
    pub level: u8,
    pub prefix: Hash,
}

impl PageId {
    /// The page at `level` on the way to `key`.
    pub fn on_path(store: u8, level: u8, key: &Hash) -> PageId {
        let whole = usize::from(level >> 1);
        let mut prefix = *key;
        for (at, byte) in prefix.iter_mut().enumerate().skip(whole) {
            *byte = if at == whole && level & 1 == 1 { *byte & 0xf0 } else { 0 };
        }
        PageId { store, level, prefix }
    }

    /// The record's key: `name/`, the level, the nibbles that count.
    pub fn record(&self, name: &str) -> Vec<u8> {
        let mut tail = [0u8; 33];
        if let Some((first, rest)) = tail.split_first_mut() {
            *first = self.level;
            rest.copy_from_slice(&self.prefix);
        }
        let end = usize::from(self.level.div_ceil(2)).saturating_add(1);
        crate::key::full(name, tail.get(..end).unwrap_or_default())
    }

    /// Whether a leaf with this key hash may stand in `slot` of this page.
    fn holds(&self, key: &Hash, slot: usize) -> bool {
        PageId::on_path(self.store, self.level, key).prefix == self.prefix && hash::nibble(key, self.level) == slot
    }
}

/// Nodes in heap order: 1 is the page's root, 16..32 are the slots.
pub(crate) struct Page([Node; 32]);

/// A page as bytes. The first `stored` of them go to disk.
pub(crate) struct Encoded {
    pub bytes: Vec<u8>,
    pub stored: usize,
    /// Where hashes that are not known yet go.
    pub holes: Vec<(Pending, usize)>,
}

const KIND_LEAF: u32 = 1;
const KIND_INNER: u32 = 2;
const DAMAGED: Error = Error::Corrupt("tree page");

impl Page {
    pub const EMPTY: Page = Page([Node::Empty; 32]);

    pub fn node(&self, at: usize) -> &Node {
        self.0.get(at).unwrap_or(&Node::Empty)
    }

    pub fn set(&mut self, at: usize, node: Node) {
        if let Some(place) = self.0.get_mut(at) {
            *place = node;
        }
    }

    pub fn children(&self, at: usize) -> (&Node, &Node) {
        (self.node(at << 1), self.node(at << 1 | 1))
    }

    pub fn encode(&self) -> Encoded {
        let size = |(at, node): (usize, &Node)| match node {
            Node::Empty => 0usize,
            Node::Leaf { .. } if at < 16 => 0,
            Node::Leaf { .. } => 64,
            Node::Inner(_) | Node::Pending(_) => 32,
        };
        let size = self.0.iter().enumerate().skip(2).map(size).sum::<usize>().saturating_add(4);
        let mut out = Encoded { bytes: Vec::with_capacity(size), stored: 0, holes: Vec::new() };
        let mut kinds = 0u32;
        out.bytes.extend_from_slice(&[0; 4]);
        for slot in 0..16usize {
            let kind = match self.node(slot | 16) {
                Node::Empty => continue,
                Node::Leaf { key, hash } => {
                    out.bytes.extend_from_slice(key);
                    out.bytes.extend_from_slice(hash);
                    KIND_LEAF
                }
                inner => {
                    out.inner(inner);
                    KIND_INNER
                }
            };
            kinds |= kind << (slot << 1);
        }
        if let Some(head) = out.bytes.get_mut(..4) {
            head.copy_from_slice(&kinds.to_le_bytes());
        }
        out.stored = out.bytes.len();
        for at in (2..16).rev() {
            if let inner @ (Node::Inner(_) | Node::Pending(_)) = self.node(at) {
                out.inner(inner);
            }
        }
        out
    }

    /// Reads a page from the cache: slots and upper hashes.
    pub fn from_cache(id: &PageId, root: &Hash, bytes: &[u8]) -> Result<Page, Error> {
        let (mut page, mut rest) = Page::slots(id, bytes)?;
        for at in (1..16).rev() {
            let (left, right) = page.children(at);
            let node = match join(left, right) {
                Joined::Node(node) => node,
                Joined::Branch if at == 1 => Node::Inner(*root),
                Joined::Branch => Node::Inner(take(&mut rest)?),
            };
            page.set(at, node);
        }
        if rest.is_empty() { Ok(page) } else { Err(DAMAGED) }
    }

    /// Reads a page from disk: computes the upper hashes and compares the top with what the parent says.
    pub fn from_disk(id: &PageId, root: &Hash, bytes: &[u8]) -> Result<Page, Error> {
        let (mut page, rest) = Page::slots(id, bytes)?;
        for slot in 0..16 {
            match page.node(slot | 16) {
                Node::Leaf { key, .. } if !id.holds(key, slot) => return Err(DAMAGED),
                _ => {}
            }
        }
        for at in (1..16).rev() {
            let (left, right) = page.children(at);
            let node = match join(left, right) {
                Joined::Node(node) => node,
                Joined::Branch => Node::Inner(hash::inner(&left.hash(), &right.hash())),
            };
            page.set(at, node);
        }
        if rest.is_empty() && *page.node(1) == Node::Inner(*root) { Ok(page) } else { Err(DAMAGED) }
    }

    fn slots<'a>(id: &PageId, bytes: &'a [u8]) -> Result<(Page, &'a [u8]), Error> {
        let (head, mut rest) = bytes.split_first_chunk::<4>().ok_or(DAMAGED)?;
        if id.level >= LEVELS {
            return Err(DAMAGED);
        }
        let kinds = u32::from_le_bytes(*head);
        let mut page = Page::EMPTY;
        for slot in 0..16usize {
            let node = match kinds >> (slot << 1) & 3 {
                0 => continue,
                KIND_LEAF => Node::Leaf { key: take(&mut rest)?, hash: take(&mut rest)? },
                KIND_INNER => Node::Inner(take(&mut rest)?),
                _ => return Err(DAMAGED),
            };
            page.set(slot | 16, node);
        }
        Ok((page, rest))
    }
}

impl Encoded {
    fn inner(&mut self, node: &Node) {
        if let Node::Pending(pending) = node {
            self.holes.push((*pending, self.bytes.len()));
        }
        self.bytes.extend_from_slice(&node.hash());
    }
}

fn take(rest: &mut &[u8]) -> Result<Hash, Error> {
    let (hash, tail) = rest.split_first_chunk::<32>().ok_or(DAMAGED)?;
    *rest = tail;
    Ok(*hash)
}
