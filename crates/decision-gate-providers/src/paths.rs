//! Paths that were compiled before. A scenario asks the same few again at every step.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use decision_gate_core::json::path::{JsonPath, JsonPathError};

/// Most paths that are kept.
const MAX_KEPT: usize = 128;

/// Compiled paths by their text.
#[derive(Debug, Default)]
pub(crate) struct JsonPaths(Mutex<BTreeMap<String, Arc<JsonPath>>>);

impl JsonPaths {
    /// The path of `text`, compiled now or before. One that does not compile is not kept.
    pub(crate) fn get(&self, text: &str) -> Result<Arc<JsonPath>, JsonPathError> {
        let kept = |this: &Self| this.0.lock().unwrap_or_else(PoisonError::into_inner).get(text).cloned();
        if let Some(path) = kept(self) {
            return Ok(path);
        }
        let path = Arc::new(JsonPath::parse(text)?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            // Whoever floods it pays for compiling; forgetting the first by name needs no bookkeeping.
            kept.pop_first();
        }
        kept.insert(text.to_owned(), Arc::clone(&path));
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_paths_does_not_stay_in_memory() {
        let paths = JsonPaths::default();
        for index in 0..10 * MAX_KEPT {
            assert_eq!(paths.get(&format!("$.a[{index}]")).unwrap().as_str(), format!("$.a[{index}]"));
        }
        assert!(paths.get("$[").is_err());
        assert!(paths.0.lock().unwrap().len() <= MAX_KEPT);
        assert!(Arc::ptr_eq(&paths.get("$.b").unwrap(), &paths.get("$.b").unwrap()));
    }
}
