//! Resources: what a client can read by its address.
//!
//! | address | what it is |
//! |---|---|
//! | `decision-gate://docs/PATH`, with `#SECTION` | a page of the documentation, or a section of it |
//! | `decision-gate://runs/RUN` | where a run stands |
//! | `decision-gate://runs/RUN/decisions/decision-N` | one decision: gates, conditions and lanes, without values |
//! | `decision-gate://packs/NAME` | the manifest of an exported pack |
//! | `decision-gate://policies/DIGEST` | a policy that is or was in force |
//!
//! The shelf is said by `?tenant_id=…&namespace_id=…`, as the arguments of tools say it. Values of evidence are in none of
//! these: events hold commitments, and packs show their manifest only.

mod complete;
mod list;
mod read;
mod uri;

use rmcp::model::ResourceTemplate;

pub(crate) use self::{
    complete::{complete, matching, runs_beginning},
    list::list,
    read::{read, run_view},
    uri::{ResourceUri, Shelf},
};

const JSON: &str = "application/json";
const MARKDOWN: &str = "text/markdown";

/// A form of addresses, as clients are told of it.
struct Form {
    uri: &'static str,
    name: &'static str,
    title: &'static str,
    description: &'static str,
    mime: &'static str,
}

const FORMS: &[Form] = &[
    Form {
        uri: "decision-gate://docs/{+path}",
        name: "docs",
        title: "Documentation",
        description: "A page of the documentation; with #section one section of it.",
        mime: MARKDOWN,
    },
    Form {
        uri: "decision-gate://runs/{run_id}{?tenant_id,namespace_id}",
        name: "run",
        title: "Run",
        description: "Where a run stands, and its latest decision.",
        mime: JSON,
    },
    Form {
        uri: "decision-gate://runs/{run_id}/decisions/{decision_id}{?tenant_id,namespace_id}",
        name: "decision",
        title: "Decision",
        description: "One decision of a run with its gates and conditions; values are not in it.",
        mime: JSON,
    },
    Form {
        uri: "decision-gate://packs/{name}",
        name: "pack",
        title: "Runpack",
        description: "The manifest of an exported runpack.",
        mime: JSON,
    },
    Form {
        uri: "decision-gate://policies/{digest}{?tenant_id,namespace_id}",
        name: "policy",
        title: "Policy",
        description: "A policy that is or was in force, by its digest in hex.",
        mime: JSON,
    },
];

/// The forms of addresses that can be read.
pub(crate) fn templates() -> Vec<ResourceTemplate> {
    let told = |form: &Form| {
        ResourceTemplate::new(form.uri, form.name)
            .with_title(form.title)
            .with_description(form.description)
            .with_mime_type(form.mime)
    };
    FORMS.iter().map(told).collect()
}

#[cfg(test)]
mod tests;
