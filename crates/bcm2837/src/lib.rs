//! The BCM2837 as data.
#![no_std]
#![forbid(unsafe_code)]
