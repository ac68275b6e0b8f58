//! Pages of real runs: made by the engine, packed, verified, and shown.

mod attacks;
mod course;
mod pages;
mod release;
mod texts;
