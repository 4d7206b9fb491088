//! The head record: everything about the newest height that is not state. One record, written in the same batch as the
//! block, so that height, app hash and roots cannot part.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::hash::{self, Hash};
use crate::main_tree::{MainTree, main_tree};
use crate::page::Node;

const FORMAT: u8 = 1;
const DAMAGED: Error = Error::Corrupt("head record");

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub height: u64,
    /// The first height ever committed.
    pub first: u64,
    /// Undo entries of this height and below are gone or about to go.
    pub pruned: u64,
    /// Undo entries below this height are gone: where the next pruning starts.
    pub swept: u64,
    pub app_hash: Hash,
    /// The root of each store, by name.
    pub roots: BTreeMap<String, Node>,
}

impl Head {
    /// Before the first height.
    pub fn genesis() -> Head {
        Head { height: 0, first: 0, pruned: 0, swept: 0, app_hash: hash::EMPTY, roots: BTreeMap::new() }
    }

    /// Whether all stores have the same root here and there; one that is missing is empty.
    pub fn same_roots(&self, other: &Head) -> bool {
        let mut names = self.roots.keys().chain(other.roots.keys());
        names.all(|name| self.root(name).unwrap_or(&Node::Empty) == other.root(name).unwrap_or(&Node::Empty))
    }

    pub fn root(&self, store: &str) -> Option<&Node> {
        self.roots.get(store)
    }

    /// The main tree over all stores.
    pub fn main_tree(&self) -> MainTree {
        main_tree(self.roots.iter().map(|(name, node)| (name.as_bytes(), node.hash())))
    }

    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let mut out = vec![FORMAT];
        for number in [self.height, self.first, self.pruned, self.swept] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&self.app_hash);
        for (name, node) in &self.roots {
            out.push(u8::try_from(name.len()).map_err(|_| Error::StoreName(name.clone()))?);
            out.extend_from_slice(name.as_bytes());
            match node {
                Node::Empty => out.push(0),
                Node::Leaf { key, hash } => {
                    out.push(1);
                    out.extend_from_slice(key);
                    out.extend_from_slice(hash);
                }
                Node::Inner(hash) => {
                    out.push(2);
                    out.extend_from_slice(hash);
                }
                Node::Pending(_) => return Err(Error::Corrupt("tree root")),
            }
        }
        Ok(out)
    }

    pub fn decode(bytes: &[u8]) -> Result<Head, Error> {
        let (format, mut rest) = bytes.split_first().ok_or(DAMAGED)?;
        if *format != FORMAT {
            return Err(Error::Format(*format));
        }
        let mut number = || take::<8>(&mut rest).map(u64::from_be_bytes);
        let (height, first, pruned, swept) = (number()?, number()?, number()?, number()?);
        let app_hash = take(&mut rest)?;
        let mut roots = BTreeMap::new();
        while !rest.is_empty() {
            let [length] = take(&mut rest)?;
            let (name, tail) = rest.split_at_checked(usize::from(length)).ok_or(DAMAGED)?;
            rest = tail;
            let name = String::from_utf8(name.to_vec()).map_err(|_| DAMAGED)?;
            let node = match take(&mut rest)? {
                [0] => Node::Empty,
                [1] => Node::Leaf { key: take(&mut rest)?, hash: take(&mut rest)? },
                [2] => Node::Inner(take(&mut rest)?),
                _ => return Err(DAMAGED),
            };
            roots.insert(name, node);
        }
        let head = Head { height, first, pruned, swept, app_hash, roots };
        if head.main_tree().root() == head.app_hash { Ok(head) } else { Err(DAMAGED) }
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Error> {
    let (value, tail) = rest.split_first_chunk::<N>().ok_or(DAMAGED)?;
    *rest = tail;
    Ok(*value)
}
