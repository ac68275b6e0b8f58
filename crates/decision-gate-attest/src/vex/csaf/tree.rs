//! The product tree of a CSAF document: products by id, groups, and what is a component of what.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::error::{Breaches, Rule, VexError};
use super::super::model::{items, text};
use super::super::product::Product;

/// The longest chain of components of components.
const MAX_CHAIN: usize = 32;

/// Products, groups and relationships.
#[derive(Default)]
pub(super) struct Tree {
    products: BTreeMap<String, Product>,
    groups: BTreeMap<String, BTreeSet<String>>,
    /// Product id to the component and what it is a component of.
    relationships: BTreeMap<String, (String, String)>,
}

/// A product, and which part of it is meant.
pub(super) struct Resolved {
    pub(super) product: Product,
    pub(super) subcomponent: Option<Product>,
}

impl Tree {
    pub(super) fn read(value: &Value, breaches: &mut Breaches) -> Result<Self, VexError> {
        let mut tree = Self::default();
        for product in items(value, "full_product_names") {
            tree.define(product, breaches)?;
        }
        for branch in items(value, "branches") {
            tree.branch(branch, breaches)?;
        }
        for relationship in items(value, "relationships") {
            tree.relationship(relationship, breaches)?;
        }
        for group in items(value, "product_groups") {
            let id =
                text(group, "group_id").ok_or(VexError::member("/product_tree/product_groups", "groups with ids"))?;
            let members = items(group, "product_ids").iter().filter_map(Value::as_str).map(str::to_owned).collect();
            let before = tree.groups.insert(id, members);
            breaches.unless(before.is_none(), Rule::DefinedTwice, "/product_tree/product_groups");
        }
        tree.check(breaches);
        Ok(tree)
    }

    fn branch(&mut self, branch: &Value, breaches: &mut Breaches) -> Result<(), VexError> {
        if let Some(product) = branch.get("product") {
            self.define(product, breaches)?;
        }
        items(branch, "branches").iter().try_for_each(|it| self.branch(it, breaches))
    }

    fn define(&mut self, value: &Value, breaches: &mut Breaches) -> Result<String, VexError> {
        let id = text(value, "product_id").ok_or(VexError::member("/product_tree", "products with ids"))?;
        let mut product = Product { id: id.clone(), purl: None, digests: BTreeMap::new() };
        if let Some(helper) = value.get("product_identification_helper") {
            let listed = items(helper, "purls").iter().find_map(Value::as_str).map(str::to_owned);
            if let Some(purl) = text(helper, "purl").or(listed) {
                product = product.with_purl(&purl);
            }
            for hash in items(helper, "hashes").iter().flat_map(|it| items(it, "file_hashes")) {
                product
                    .add_digest(&text(hash, "algorithm").unwrap_or_default(), &text(hash, "value").unwrap_or_default());
            }
        }
        let before = self.products.insert(id.clone(), product);
        breaches.unless(before.is_none(), Rule::DefinedTwice, "/product_tree");
        Ok(id)
    }

    fn relationship(&mut self, value: &Value, breaches: &mut Breaches) -> Result<(), VexError> {
        let at = "/product_tree/relationships";
        let part = text(value, "product_reference").ok_or(VexError::member(at, "relationships of products"))?;
        let whole =
            text(value, "relates_to_product_reference").ok_or(VexError::member(at, "relationships of products"))?;
        let id = self.define(value.get("full_product_name").unwrap_or(&Value::Null), breaches)?;
        self.relationships.insert(id, (part, whole));
        Ok(())
    }

    fn check(&self, breaches: &mut Breaches) {
        for (id, (part, whole)) in &self.relationships {
            let known = self.has_product(part) && self.has_product(whole);
            breaches.unless(known, Rule::DanglingReference, "/product_tree/relationships");
            breaches.unless(!self.reaches(id, id), Rule::CircularDefinition, "/product_tree/relationships");
        }
        for members in self.groups.values() {
            let known = members.iter().all(|it| self.has_product(it));
            breaches.unless(known, Rule::DanglingReference, "/product_tree/product_groups");
        }
    }

    /// Whether `wanted` is among what `id` is made of.
    fn reaches(&self, id: &str, wanted: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            let Some((part, whole)) = self.relationships.get(id) else { continue };
            for next in [part, whole] {
                if next == wanted {
                    return true;
                }
                if seen.insert(next.as_str()) {
                    open.push(next);
                }
            }
        }
        false
    }

    pub(super) fn has_product(&self, id: &str) -> bool {
        self.products.contains_key(id)
    }

    pub(super) fn has_group(&self, id: &str) -> bool {
        self.groups.contains_key(id)
    }

    /// The products that an entry names, by themselves or by groups.
    pub(super) fn products(&self, entry: &Value) -> BTreeSet<String> {
        let named = items(entry, "product_ids").iter().filter_map(Value::as_str).map(str::to_owned);
        let groups = items(entry, "group_ids").iter().filter_map(Value::as_str);
        named.chain(groups.filter_map(|it| self.groups.get(it)).flatten().cloned()).collect()
    }

    /// What an id stands for. A component of a product keeps its own id, so that answers name what the document names.
    pub(super) fn resolve(&self, id: &str) -> Resolved {
        let own = self.products.get(id).cloned().unwrap_or_else(|| Product::named(id));
        let Some((part, whole)) = self.relationships.get(id) else {
            return Resolved { product: own, subcomponent: None };
        };
        let mut root = whole;
        for _ in 0..MAX_CHAIN {
            match self.relationships.get(root) {
                Some((_, above)) => root = above,
                None => break,
            }
        }
        let named = |id: &String| self.products.get(id).cloned().unwrap_or_else(|| Product::named(id));
        if own.purl.is_some() || !own.digests.is_empty() {
            return Resolved { product: own, subcomponent: None };
        }
        Resolved { product: Product { id: id.to_owned(), ..named(root) }, subcomponent: Some(named(part)) }
    }
}
