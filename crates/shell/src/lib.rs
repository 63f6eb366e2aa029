//! The console, pure: bytes in, bytes out.
#![no_std]
#![forbid(unsafe_code)]
