//! Reports that must not pass, one by one.
