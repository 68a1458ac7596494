//! Mount beneath the AWS SDK for Rust.
