//! The provider protocol of the public project.
