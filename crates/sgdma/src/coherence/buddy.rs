//! The books of a pool: a binary tree, one byte a node.
//!
//! A node's byte says how large the largest free block below it is: 0 for none, `order + 1` for `2^order` smallest
//! blocks, [`TAKEN`] where the node itself is what somebody has. Node 0 is the root, the children of n are 2n+1 and
//! 2n+2. Taking and giving back walk one path: as many steps as the tree is deep.

use critical_section::CriticalSection;

use super::Node;

/// The node is a block that somebody has.
const TAKEN: u8 = 0x80;

/// `2^order` smallest blocks from number `first` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) first: u32,
    pub(super) order: u8,
}

/// The block that was to be given back is not out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotTaken;

/// How many nodes the tree over `blocks` smallest blocks has.
pub(super) const fn nodes_for(blocks: u32) -> usize {
    // No target of ours has a `usize` of fewer than 32 bits, and a pool is smaller than the address space.
    (blocks.next_power_of_two() as usize) * 2 - 1
}

/// The order of the root.
pub(super) fn top(blocks: u32) -> u8 {
    u8::try_from(blocks.next_power_of_two().trailing_zeros()).unwrap_or(31)
}

/// The tree, for as long as nobody else can look at it.
pub(super) struct Buddy<'a> {
    nodes: &'a [Node],
    cs: CriticalSection<'a>,
}

impl<'a> Buddy<'a> {
    pub(super) fn new(nodes: &'a [Node], cs: CriticalSection<'a>) -> Self {
        Self { nodes, cs }
    }

    fn get(&self, node: usize) -> u8 {
        self.nodes.get(node).map_or(0, |node| node.get(self.cs))
    }

    fn set(&self, node: usize, value: u8) {
        if let Some(node) = self.nodes.get(node) {
            node.set(self.cs, value);
        }
    }

    /// What can be had below a node.
    fn free(&self, node: usize) -> u8 {
        let value = self.get(node);
        if value == TAKEN { 0 } else { value }
    }

    fn top(&self) -> u8 {
        u8::try_from(self.nodes.len().div_ceil(2).trailing_zeros()).unwrap_or(31)
    }

    /// All blocks below `blocks` free, those past it never to be had.
    pub(super) fn clear(&self, blocks: u32) {
        let leaves = self.nodes.len().div_ceil(2);
        let first_leaf = leaves - 1;
        let have = usize::try_from(blocks).unwrap_or(usize::MAX);
        (0..leaves).for_each(|leaf| self.set(first_leaf + leaf, u8::from(leaf < have)));
        for node in (0..first_leaf).rev() {
            // The order of a node is by how many levels it is above the leaves.
            let depth = u8::try_from((node + 1).ilog2()).unwrap_or(31);
            self.sum_up(node, self.top() - depth);
        }
    }

    /// The order of the largest free block.
    pub(super) fn largest(&self) -> Option<u8> {
        self.free(0).checked_sub(1)
    }

    /// Takes a block of this order, from the tightest place that holds one.
    pub(super) fn take(&self, order: u8) -> Option<Block> {
        let wanted = order.checked_add(1)?;
        if self.free(0) < wanted {
            return None;
        }
        let mut node = 0;
        for _ in order..self.top() {
            let (left, right) = (self.free(2 * node + 1), self.free(2 * node + 2));
            let go_left = left >= wanted && (right < wanted || left <= right);
            node = if go_left { 2 * node + 1 } else { 2 * node + 2 };
        }
        self.set(node, TAKEN);
        self.sum_up_from(node, order);
        let in_level = node - ((1 << (self.top() - order)) - 1);
        Some(Block { first: u32::try_from(in_level << order).ok()?, order })
    }

    /// Gives a block back and joins it with its buddies.
    pub(super) fn give_back(&self, block: Block) -> Result<(), NotTaken> {
        let levels = self.top().checked_sub(block.order).ok_or(NotTaken)?;
        let in_level = usize::try_from(block.first >> block.order).map_err(|_| NotTaken)?;
        let node = (1 << levels) - 1 + in_level;
        if self.get(node) != TAKEN {
            return Err(NotTaken);
        }
        self.set(node, block.order + 1);
        self.sum_up_from(node, block.order);
        Ok(())
    }

    fn sum_up_from(&self, mut node: usize, mut order: u8) {
        while node != 0 {
            node = (node - 1) / 2;
            order += 1;
            self.sum_up(node, order);
        }
    }

    /// A node of this order has what its children have, and where both are whole, all of it.
    fn sum_up(&self, node: usize, order: u8) {
        let (left, right) = (self.free(2 * node + 1), self.free(2 * node + 2));
        let whole = left == order && right == order;
        self.set(node, if whole { order + 1 } else { left.max(right) });
    }
}
