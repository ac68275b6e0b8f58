//! Settings of the provider `time`.

/// Settings of the provider `time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSettings {
    /// Whether runs may count in logical time.
    pub allow_logical: bool,
}

impl Default for TimeSettings {
    fn default() -> Self {
        Self { allow_logical: true }
    }
}
