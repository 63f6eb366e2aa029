//! The books of a pool: a binary tree, one byte a node.
//!
//! A node's value says how large the largest free block below it is: 0 for none, `order + 1` for `2^order` smallest
//! blocks, [`TAKEN`] where the node itself is what somebody has. Node 0 is the root, the children of n are 2n+1 and
//! 2n+2. Taking and giving back walk one path: as many steps as the tree is deep.
//!
//! The byte kept is the value XOR what a wholly free node has, so that books of zeroes mean: all free.

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

    /// The value of a node of this order.
    fn get(&self, node: usize, order: u8) -> u8 {
        self.nodes.get(node).map_or(0, |node| node.get(self.cs) ^ whole(order))
    }

    fn set(&self, node: usize, order: u8, value: u8) {
        if let Some(node) = self.nodes.get(node) {
            node.set(self.cs, value ^ whole(order));
        }
    }

    /// What can be had below a node.
    fn free(&self, node: usize, order: u8) -> u8 {
        let value = self.get(node, order);
        if value == TAKEN { 0 } else { value }
    }

    /// What can be had below the two children of a node of this order, which is not 0.
    fn children(&self, node: usize, order: u8) -> (u8, u8) {
        (self.free(2 * node + 1, order - 1), self.free(2 * node + 2, order - 1))
    }

    fn top(&self) -> u8 {
        u8::try_from(self.nodes.len().div_ceil(2).trailing_zeros()).unwrap_or(31)
    }

    /// Of books that are all zeroes: the blocks from `blocks` on, which is not 0, are never to be had.
    pub(super) fn cut_off(&self, blocks: u32) {
        let mut have = usize::try_from(blocks).unwrap_or(usize::MAX);
        let (mut node, mut order) = (0, self.top());
        // Down the one path where the end lies: what is right of it is none of ours.
        while have < 1 << order {
            order -= 1;
            let half = 1 << order;
            let right = 2 * node + 2;
            if have <= half {
                self.set(right, order, 0);
                node = right - 1;
            } else {
                have -= half;
                node = right;
            }
        }
        self.sum_up_from(node, order);
    }

    /// The order of the largest free block.
    pub(super) fn largest(&self) -> Option<u8> {
        self.free(0, self.top()).checked_sub(1)
    }

    /// How many free blocks there are that are of this order and not part of a larger one.
    pub(super) fn count_free(&self, order: u8) -> u32 {
        self.count_free_below(0, self.top(), order)
    }

    /// The same below a node of order `top`. As deep as the tree, that is 26 calls at most.
    fn count_free_below(&self, node: usize, top: u8, order: u8) -> u32 {
        match self.free(node, top) {
            // Nothing so large is free here, or all of it is and is larger.
            free if free <= order => 0,
            free if free == whole(top) => u32::from(top == order),
            _ if top == order => 0,
            _ => [2 * node + 1, 2 * node + 2]
                .map(|child| self.count_free_below(child, top - 1, order))
                .iter()
                .sum(),
        }
    }

    /// Takes a block of this order, from the tightest place that holds one.
    pub(super) fn take(&self, order: u8) -> Option<Block> {
        let wanted = order.checked_add(1)?;
        if self.free(0, self.top()) < wanted {
            return None;
        }
        let mut node = 0;
        for below in (order..self.top()).rev() {
            let (left, right) = self.children(node, below + 1);
            let go_left = left >= wanted && (right < wanted || left <= right);
            node = if go_left { 2 * node + 1 } else { 2 * node + 2 };
        }
        self.set(node, order, TAKEN);
        self.sum_up_from(node, order);
        let in_level = node - ((1 << (self.top() - order)) - 1);
        Some(Block { first: u32::try_from(in_level << order).ok()?, order })
    }

    /// Gives a block back and joins it with its buddies.
    pub(super) fn give_back(&self, block: Block) -> Result<(), NotTaken> {
        let levels = self.top().checked_sub(block.order).ok_or(NotTaken)?;
        let in_level = usize::try_from(block.first >> block.order).map_err(|_| NotTaken)?;
        let node = (1 << levels) - 1 + in_level;
        if self.get(node, block.order) != TAKEN {
            return Err(NotTaken);
        }
        self.set(node, block.order, whole(block.order));
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
        let (left, right) = self.children(node, order);
        let both = left == order && right == order;
        self.set(node, order, if both { whole(order) } else { left.max(right) });
    }
}

/// The value of a wholly free node of this order.
const fn whole(order: u8) -> u8 {
    order + 1
}
