//! How long files and functions may be. A function over the soft limit stands in `long_functions.txt` with the
//! reason why it is better whole; the hard limits have no exceptions.

use std::collections::BTreeMap;

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use crate::none;
use crate::sources::{Source, all, is_for_tests};

/// Most lines of a file that is part of the product.
const FILE: usize = 500;
/// Most lines of tests within a file; longer ones stand in a `tests.rs` beside it.
const TESTS_WITHIN: usize = 150;
/// Most lines of a function without a reason.
const FUNCTION: usize = 60;
/// Most lines of any function.
const FUNCTION_AT_ALL: usize = 80;

/// `path::function reason`, one a line.
const LONG_FUNCTIONS: &str = include_str!("long_functions.txt");

fn lines(span: Span) -> usize {
    span.end().line + 1 - span.start().line
}

/// The functions of a file and the test modules within it, with their lines.
#[derive(Default)]
struct Lengths {
    functions: Vec<(String, usize)>,
    tests: Vec<usize>,
}

impl Lengths {
    fn of(source: &Source) -> Self {
        let mut lengths = Self::default();
        lengths.visit_file(&source.parsed);
        lengths
    }

    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let whole = signature.span().start().line..=block.span().end().line;
        self.functions.push((signature.ident.to_string(), whole.count()));
    }
}

impl<'ast> Visit<'ast> for Lengths {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.function(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.function(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.function(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.content.is_some() && is_for_tests(&module.attrs) {
            self.tests.push(lines(module.span()));
        }
        visit::visit_item_mod(self, module);
    }
}

#[test]
fn no_file_of_the_product_is_too_long() {
    let sources = all();
    let product = sources.iter().filter(|it| !it.for_tests).map(|it| (&it.path, it.text.lines().count()));
    let long = product.filter(|(_, lines)| *lines > FILE);
    none(&format!("files over {FILE} lines"), long.map(|(path, lines)| format!("{path}: {lines}")));
}

#[test]
fn long_tests_stand_in_a_file_of_their_own() {
    let sources = all();
    let within = sources.iter().flat_map(|it| Lengths::of(it).tests.into_iter().map(|lines| (&it.path, lines)));
    let long = within.filter(|(_, lines)| *lines > TESTS_WITHIN);
    none(
        &format!("tests over {TESTS_WITHIN} lines within a file"),
        long.map(|(path, lines)| format!("{path}: {lines}")),
    );
}

#[test]
fn no_function_is_too_long() {
    let listed = LONG_FUNCTIONS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let listed: BTreeMap<_, _> = listed.map(|line| line.split_once(' ').expect("a reason")).collect();
    let mut wrong = Vec::new();
    let mut excused = Vec::new();
    for source in all() {
        for (name, lines) in Lengths::of(&source).functions {
            let function = format!("{}::{name}", source.path);
            let reason = listed.get(function.as_str());
            if lines > FUNCTION_AT_ALL || (lines > FUNCTION && reason.is_none()) {
                wrong.push(format!("{function}: {lines}"));
            } else if lines > FUNCTION {
                excused.push(function);
            }
        }
    }
    let stale = listed.keys().filter(|it| excused.iter().all(|function| function != *it));
    wrong.extend(stale.map(|function| format!("{function}: is in the list and is not too long")));
    none(&format!("functions over {FUNCTION} lines, or {FUNCTION_AT_ALL} with a reason"), wrong);
}
