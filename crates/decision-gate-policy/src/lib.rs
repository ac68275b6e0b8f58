//! Release policy gates, one folder a gate.
