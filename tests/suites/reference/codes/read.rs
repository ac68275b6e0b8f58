//! Reads the error codes off the sources, so that there is one place for each: the `match` that gives it.
//!
//! A code is a text in the body of a `fn code`, in `FaultCode::known("…")`, in `ToolError::new("…", …)`, in a member
//! `code: "…"`, or in the list of findings. What it means is the doc comment and the message of its variant; what to
//! do, the arm of `fn hint` for the same variant.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::sources::{Source, is_for_tests, text_of};

/// One place that gives a code.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) code: String,
    /// The file.
    pub(crate) path: String,
    /// The doc comment and the message, as far as there are any.
    pub(crate) means: String,
    /// What to do, if the type says so itself.
    pub(crate) hint: String,
}

/// Everything in the sources of the product that gives a code.
pub(crate) fn sites(sources: &[Source]) -> Vec<Site> {
    let mut all = Vec::new();
    for source in sources.iter().filter(|it| !it.for_tests && it.path.starts_with("crates/")) {
        let mut reader =
            Reader { path: &source.path, types: BTreeMap::new(), tables: BTreeMap::new(), sites: Vec::new() };
        reader.visit_file(&source.parsed);
        all.extend(reader.finish());
    }
    all
}

/// Whether a text can be a code.
pub(crate) fn is_code(text: &str) -> bool {
    text.starts_with(|it: char| it.is_ascii_lowercase())
        && text.bytes().all(|it| matches!(it, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

/// Variant to what stands there; a struct has one, without a name.
type ByVariant = BTreeMap<String, Vec<String>>;

/// `fn code`, `fn hint` and, where the message is no attribute, `fn message` or `fn fmt` of one type.
#[derive(Default)]
struct Tables {
    codes: ByVariant,
    hints: ByVariant,
    messages: ByVariant,
}

struct Reader<'a> {
    path: &'a str,
    /// Doc comment and message of each variant of each type.
    types: BTreeMap<String, BTreeMap<String, String>>,
    tables: BTreeMap<String, Tables>,
    sites: Vec<Site>,
}

impl Reader<'_> {
    fn finish(mut self) -> Vec<Site> {
        for (name, Tables { codes, hints, messages }) in &self.tables {
            let of = |variant: &str| {
                let own = self.types.get(name).and_then(|it| it.get(variant)).cloned().unwrap_or_default();
                let says = messages.get(variant).and_then(|it| it.first()).map(|it| quoted(it));
                if own.ends_with('*') { own } else { [own, says.unwrap_or_default()].join(" ").trim().to_owned() }
            };
            for (variant, found) in codes {
                for code in found.iter().filter(|it| is_code(it)) {
                    let hint = hints.get(variant).or_else(|| hints.get("")).map(|it| it.join("; ")).unwrap_or_default();
                    let site = Site { code: code.clone(), path: self.path.to_owned(), means: of(variant), hint };
                    self.sites.push(site);
                }
            }
        }
        self.sites
    }

    fn add(&mut self, code: Option<String>, means: String, hint: String) {
        if let Some(code) = code.filter(|it| is_code(it)) {
            self.sites.push(Site { code, path: self.path.to_owned(), means, hint });
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_for_tests(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        let own = means(&item.attrs);
        let variants = item.variants.iter().map(|it| (it.ident.to_string(), means(&it.attrs)));
        let all = variants.chain([(String::new(), own)]).collect();
        self.types.insert(item.ident.to_string(), all);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        let own = means(&item.attrs);
        self.types.insert(item.ident.to_string(), BTreeMap::from([(String::new(), own)]));
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if let syn::Type::Path(path) = &*item.self_ty
            && let Some(name) = path.path.segments.last().map(|it| it.ident.to_string())
        {
            for function in
                item.items.iter().filter_map(|it| if let syn::ImplItem::Fn(it) = it { Some(it) } else { None })
            {
                let tables = self.tables.entry(name.clone()).or_default();
                match function.sig.ident.to_string().as_str() {
                    "code" => tables.codes = by_variant(&function.block, true),
                    "hint" => tables.hints = by_variant(&function.block, false),
                    "message" | "fmt" => tables.messages.extend(by_variant(&function.block, false)),
                    _ => {}
                }
            }
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        let mut arguments = call.args.iter().map(texts);
        match called(&call.func).as_str() {
            "FaultCode::known" => {
                let code = arguments.next().and_then(|it| it.into_iter().next());
                self.add(code, String::new(), String::new());
            }
            "ToolError::new" | "Finding::trouble" | "Finding::doubt" => {
                let first = |it: Option<Vec<String>>| it.and_then(|it| it.into_iter().next());
                let (code, says, hint) = (first(arguments.next()), first(arguments.next()), first(arguments.next()));
                self.add(
                    code,
                    says.map(|it| quoted(&it)).unwrap_or_default(),
                    hint.map(|it| plain(&it)).unwrap_or_default(),
                );
            }
            _ => {}
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        if matches!(&field.member, syn::Member::Named(name) if name == "code") {
            self.add(texts(&field.expr).into_iter().next(), String::new(), String::new());
        }
        visit::visit_field_value(self, field);
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if item.mac.path.is_ident("codes") {
            for (code, means) in listed(item.mac.tokens.clone()) {
                self.add(Some(code), means, String::new());
            }
        }
    }
}

/// `Type::function` of a call.
fn called(function: &syn::Expr) -> String {
    let syn::Expr::Path(path) = function else { return String::new() };
    let names: Vec<_> = path.path.segments.iter().map(|it| it.ident.to_string()).collect();
    names[names.len().saturating_sub(2)..].join("::")
}

/// The texts of each arm of the `match` that a function ends with, by variant; without a `match`, all of its texts.
fn by_variant(block: &syn::Block, every: bool) -> ByVariant {
    let mut table = ByVariant::new();
    let Some(syn::Stmt::Expr(last, _)) = block.stmts.last() else { return table };
    if let syn::Expr::Match(matched) = last {
        for arm in &matched.arms {
            let texts = texts(&arm.body).into_iter().take(if every { usize::MAX } else { 1 });
            let texts: Vec<_> = texts.map(|it| if every { it } else { plain(&it) }).collect();
            for variant in variants(&arm.pat) {
                table.entry(variant).or_default().extend(texts.iter().cloned());
            }
        }
    } else {
        table.insert(String::new(), texts(last));
    }
    table
}

/// The variants that a pattern names at its outermost.
#[expect(clippy::wildcard_enum_match_arm, reason = "a pattern that names no variant is about all of them")]
fn variants(pattern: &syn::Pat) -> Vec<String> {
    let last = |path: &syn::Path| path.segments.last().map(|it| vec![it.ident.to_string()]).unwrap_or_default();
    match pattern {
        syn::Pat::Or(or) => or.cases.iter().flat_map(variants).collect(),
        syn::Pat::Path(it) => last(&it.path),
        syn::Pat::Struct(it) => last(&it.path),
        syn::Pat::TupleStruct(it) => last(&it.path),
        syn::Pat::Reference(it) => variants(&it.pat),
        syn::Pat::Paren(it) => variants(&it.pat),
        _ => vec![String::new()],
    }
}

/// The text literals of an expression in their order, those in macros too.
fn texts(expression: &syn::Expr) -> Vec<String> {
    struct Texts(Vec<String>);
    impl<'ast> Visit<'ast> for Texts {
        fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
            self.0.push(text.value());
        }

        fn visit_macro(&mut self, called: &'ast syn::Macro) {
            self.0.extend(called.tokens.clone().into_iter().filter_map(|token| literal(&token)));
        }
    }
    let mut texts = Texts(Vec::new());
    texts.visit_expr(expression);
    texts.0
}

fn literal(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else { return None };
    syn::parse_str::<syn::LitStr>(&literal.to_string()).ok().map(|it| it.value())
}

/// The doc comment of an item and, after it, its message.
fn means(attributes: &[syn::Attribute]) -> String {
    let doc = doc(attributes);
    let message = attributes.iter().find_map(|it| {
        let syn::Meta::List(list) = &it.meta else { return None };
        let mut tokens = list.tokens.clone().into_iter();
        list.path.is_ident("error").then(|| tokens.find_map(|it| literal(&it))).flatten()
    });
    // A message that only passes another one on says nothing.
    let message =
        message.filter(|it| it.split(['{', '}']).step_by(2).any(|part| part.chars().any(char::is_alphabetic)));
    [Some(doc).filter(|it| !it.is_empty()), message.map(|it| quoted(&it))]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The first paragraph of a doc comment.
fn doc(attributes: &[syn::Attribute]) -> String {
    let lines = attributes.iter().filter_map(|it| Some(text_of(it, "doc")?.trim().to_owned()));
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ").replace(['[', ']'], "")
}

/// A message with `…` for each of its facts.
fn plain(message: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0;
    for character in message.replace("{{", "\u{1}").replace("}}", "\u{2}").chars() {
        match character {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                plain.push('…');
            }
            _ if depth == 0 => plain.push(character),
            _ => {}
        }
    }
    plain.replace('\u{1}', "{").replace('\u{2}', "}").replace("`…`", "…")
}

fn quoted(message: &str) -> String {
    format!("*{}*", plain(message).trim())
}

/// `/// doc` `Name = "code" in Facet,` of the list of findings.
fn listed(tokens: TokenStream) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut means = Vec::new();
    for token in tokens {
        match &token {
            TokenTree::Group(attribute) => {
                let text = attribute.stream().into_iter().find_map(|it| literal(&it));
                means.extend(text.map(|it| it.trim().to_owned()));
            }
            TokenTree::Literal(_) => {
                let code = literal(&token).unwrap();
                all.push((code, std::mem::take(&mut means).join(" ")));
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
    all
}

#[test]
fn a_code_is_read_with_its_meaning_and_what_to_do() {
    let text = r#"
        //! A module.
        /// Why not.
        #[derive(Error)]
        enum Fault {
            /// Too long.
            #[error("`{text}` has {length} bytes")]
            Long { text: String, length: usize },
            /// Other.
            #[error(transparent)]
            Other(Inner),
        }
        impl Fault {
            fn code(&self) -> &'static str {
                match self { Self::Long { .. } => "too_long", Self::Other(inner) => inner.code() }
            }
            fn hint(&self) -> String {
                match self { Self::Long { .. } => format!("shorten `{}`", 1), Self::Other(_) => String::new() }
            }
        }
        const LATE: FaultCode = FaultCode::known("late");
        fn refuse() -> ToolError { ToolError::new("refused", format!("no {x}"), "ask again") }
        #[cfg(test)]
        mod tests { const NONE: FaultCode = FaultCode::known("not_read"); }
    "#;
    let parsed = syn::parse_file(text).unwrap();
    assert!(TokenStream::from_str(text).is_ok());
    let source = Source { path: "crates/x.rs".into(), text: text.into(), parsed, for_tests: false };
    let mut found: Vec<_> = sites(&[source]).into_iter().map(|it| (it.code, it.means, it.hint)).collect();
    found.sort();
    let wanted =
        [("late", "", ""), ("refused", "*no …*", "ask again"), ("too_long", "Too long. *… has … bytes*", "shorten …")];
    assert_eq!(found, wanted.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
}
