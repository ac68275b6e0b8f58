//! The built binary as a person, a pipeline or an MCP client runs it: output, exit codes, and what is left on disk.

#![cfg(test)]

mod attest;
mod attestations;
mod backtest;
mod buckets;
mod builders;
mod check;
mod ci;
mod databases;
mod doctor;
mod errors;
mod flow;
mod formats;
mod help;
mod import;
mod init;
mod issuers;
mod keys;
mod ledger;
mod mcp;
mod precheck;
mod release;
mod reload;
mod reports;
mod scenario;
mod schemas;
mod serve;
mod signed;
mod support;
mod telemetry;
mod vex_sources;
