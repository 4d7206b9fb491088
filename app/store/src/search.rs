//! Searching one subtree of a snapshot: the leaf of a key, or the two leaves beside its place.

use std::collections::BTreeMap;

use ics23::ExistenceProof;

use crate::error::Error;
use crate::hash::{self, Hash};
use crate::page::{Node, Page, PageId};
use crate::proof::{inner_op, leaf_op};
use crate::tree::Load;

/// One step down: which way it went, the node it went to, and the one beside it.
#[derive(Clone, Copy)]
struct Step {
    right: bool,
    taken: Node,
    beside: Node,
}

/// Walks one subtree of a snapshot.
pub(crate) struct Prover<'a> {
    pub load: &'a Load<'a>,
    pub pages: BTreeMap<(u8, Hash), Page>,
}

/// A leaf with the steps that lead to it from the root.
pub(crate) struct Found {
    pub key: Hash,
    pub leaf: Hash,
    steps: Vec<Step>,
}

/// What a search ends with: the leaf itself, or its neighbours.
pub(crate) enum Search {
    Here(Found),
    Between(Option<Found>, Option<Found>),
}

impl Prover<'_> {
    pub fn search(&mut self, root: &Node, target: &Hash) -> Result<Search, Error> {
        let mut steps = Vec::new();
        let end = self.descend(*root, *target, &mut steps, |depth, _, _| hash::bit(target, depth))?;
        if let Node::Leaf { key, hash } = end
            && key == *target
        {
            return Ok(Search::Here(Found { key, leaf: hash, steps }));
        }
        let left = self.neighbour(end, target, &steps, true)?;
        let right = self.neighbour(end, target, &steps, false)?;
        Ok(Search::Between(left, right))
    }

    /// Goes down from `node`, whose place `steps` give, until there is no branch. `path` holds the bits taken so far.
    fn descend(
        &mut self,
        mut node: Node,
        mut path: Hash,
        steps: &mut Vec<Step>,
        choose: impl Fn(usize, &Node, &Node) -> bool,
    ) -> Result<Node, Error> {
        while let Node::Inner(hash) = node {
            let depth = steps.len();
            let (left, right) = self.children(depth, &path, &hash)?;
            let go_right = choose(depth, &left, &right);
            set_bit(&mut path, depth, go_right);
            let (taken, beside) = if go_right { (right, left) } else { (left, right) };
            steps.push(Step { right: go_right, taken, beside });
            node = taken;
        }
        Ok(node)
    }

    fn children(&mut self, depth: usize, path: &Hash, hash: &Hash) -> Result<(Node, Node), Error> {
        let level = u8::try_from(depth >> 2).ok().filter(|level| *level < crate::page::LEVELS);
        let level = level.ok_or(Error::Corrupt("tree depth"))?;
        let id = PageId::on_path(0, level, path);
        let place = (level, id.prefix);
        if depth & 3 == 0 && !self.pages.contains_key(&place) {
            let page = (self.load)(&id, hash)?;
            self.pages.insert(place, page);
        }
        let page = self.pages.get(&place).ok_or(Error::Corrupt("tree page"))?;
        let mut at = 1usize;
        for above in depth & !3..depth {
            at = at << 1 | usize::from(hash::bit(path, above));
        }
        let (left, right) = page.children(at);
        Ok((*left, *right))
    }

    /// The nearest leaf on one side of `target`, where a search for `target` took `steps` and ended at `end`.
    fn neighbour(&mut self, end: Node, target: &Hash, steps: &[Step], left: bool) -> Result<Option<Found>, Error> {
        if let Node::Leaf { key, hash } = end
            && (key < *target) == left
        {
            return Ok(Some(Found { key, leaf: hash, steps: steps.to_vec() }));
        }
        // The last turn away from the wanted side, with something on that side.
        let Some(turn) = steps.iter().rposition(|step| step.right == left && step.beside != Node::Empty) else {
            return Ok(None);
        };
        let mut steps: Vec<Step> = steps.iter().take(turn.saturating_add(1)).copied().collect();
        let Some(last) = steps.last_mut() else {
            return Ok(None);
        };
        *last = Step { right: !last.right, taken: last.beside, beside: last.taken };
        let start = last.taken;
        let mut path = *target;
        set_bit(&mut path, turn, !left);
        let end =
            self.descend(start, path, &mut steps, |_, l, r| if left { *r != Node::Empty } else { *l == Node::Empty })?;
        match end {
            Node::Leaf { key, hash } => Ok(Some(Found { key, leaf: hash, steps })),
            _ => Err(Error::Corrupt("tree page")),
        }
    }
}

fn set_bit(path: &mut Hash, depth: usize, one: bool) {
    if let Some(byte) = path.get_mut(depth >> 3) {
        let mask = 0x80u8 >> (depth & 7);
        *byte = if one { *byte | mask } else { *byte & !mask };
    }
}

impl Found {
    pub fn exist(&self, key: Vec<u8>, value: Vec<u8>) -> ExistenceProof {
        let path = self.steps.iter().rev().map(|step| inner_op(step.right, &step.beside.hash())).collect();
        ExistenceProof { key, value, leaf: Some(leaf_op()), path }
    }
}
