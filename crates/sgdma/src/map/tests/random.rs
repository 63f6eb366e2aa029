//! Random programs over random tables, with dirty neighbours everywhere.
