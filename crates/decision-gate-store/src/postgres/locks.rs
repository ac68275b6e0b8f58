//! Names of advisory locks. They keep writers from doing work for nothing; what is right is decided by unique keys.
//!
//! An append holds its shelf's lock together with every other append, so that the policy that it was decided under
//! stays in force until it is written; whoever changes what is in force holds it alone.

use decision_gate_core::digest::Digest;
use decision_gate_runtime::ports::Scope;

/// Of what is in force on a shelf.
pub(crate) fn shelf(scope: Scope) -> i64 {
    name(&[b"shelf", &scope.tenant.get().to_be_bytes(), &scope.namespace.get().to_be_bytes()])
}

/// Of the log of a shelf's heads.
pub(crate) fn log(scope: Scope) -> i64 {
    name(&[b"log", &scope.tenant.get().to_be_bytes(), &scope.namespace.get().to_be_bytes()])
}

/// Of the making of a schema's tables.
pub(crate) fn tables(schema: &str) -> i64 {
    name(&[b"tables", schema.as_bytes()])
}

/// Advisory locks are a server's, for all programs: a number of 64 bits that nobody else is likely to take.
fn name(parts: &[&[u8]]) -> i64 {
    let mut text = b"decision-gate\0".to_vec();
    for part in parts {
        text.extend_from_slice(part);
        text.push(0);
    }
    let digest = Digest::of(&text);
    digest.as_bytes().iter().take(8).fold(0, |name, byte| (name << 8) | i64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::build::shelf as scope;

    #[test]
    fn each_thing_has_its_own_name() {
        let names = [shelf(scope(1)), shelf(scope(2)), log(scope(1)), tables("decision_gate"), tables("other")];
        let mut sorted = names;
        sorted.sort_unstable();
        assert!(sorted.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        assert_eq!(shelf(scope(1)), names[0]);
    }
}
