//! When a provider is started, what it gets to see, and that nothing of it is left behind.
