//! What the tools answer: the text beside a structured answer says the same, and an answer that was not asked to be
//! long is one that a model can afford. That it is of its schema is shown in the suite `wire`.

#![cfg(test)]

#[path = "outputs/budgets.rs"]
mod budgets;
#[path = "outputs/editor.rs"]
mod editor;
#[path = "outputs/facts.rs"]
mod facts;
