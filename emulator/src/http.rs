//! Mount behind HTTP.
