//! `anchors`: which providers must say where they looked, and how (seed 002, "Anchor Policy Configuration").

use std::collections::BTreeSet;

use decision_gate_core::name::{NameError, ProviderId};
use decision_gate_core::trust::{AnchorPolicy, AnchorRequirement, ProviderAnchor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Checks, Section};
use crate::error::Fault;
use crate::values::text_type;

/// Which providers must bring anchors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Anchors {
    /// At most one entry a provider.
    pub providers: Vec<AnchorSetting>,
}

/// What the anchors of one provider must be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnchorSetting {
    /// The provider, by the name it has under `providers`.
    pub provider_id: AnchorProvider,
    /// The type its anchors must have, such as `file_path_rooted`.
    pub anchor_type: AnchorType,
    /// The fields that must be set in them.
    pub required_fields: RequiredFields,
}

/// What is wrong with an anchor setting; the wording is that of the public project.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnchorSettingFault {
    /// No provider.
    #[error("anchors.providers.provider_id must be non-empty")]
    ProviderEmpty,
    /// Space around the provider's name would make it another name.
    #[error("anchors.providers.provider_id must be trimmed")]
    ProviderUntrimmed,
    /// Not a name at all.
    #[error(transparent)]
    ProviderName(#[from] NameError),
    /// No type.
    #[error("anchors.providers.anchor_type must be non-empty")]
    TypeEmpty,
    /// No fields.
    #[error("anchors.providers.required_fields must be non-empty")]
    FieldsEmpty,
}

/// The name of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AnchorProvider(ProviderId);

impl TryFrom<String> for AnchorProvider {
    type Error = AnchorSettingFault;

    fn try_from(text: String) -> Result<Self, AnchorSettingFault> {
        match text.trim() {
            "" => Err(AnchorSettingFault::ProviderEmpty),
            trimmed if trimmed != text => Err(AnchorSettingFault::ProviderUntrimmed),
            _ => Ok(Self(ProviderId::try_from(text)?)),
        }
    }
}

impl From<AnchorProvider> for String {
    fn from(provider: AnchorProvider) -> Self {
        provider.0.into()
    }
}

impl JsonSchema for AnchorProvider {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AnchorProvider".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$" })
    }
}

text_type! {
    /// The type of an anchor; not blank.
    AnchorType, AnchorSettingFault, check_anchor_type, { "type": "string", "pattern": "\\S" }
}

fn check_anchor_type(text: &str) -> Result<(), AnchorSettingFault> {
    if text.trim().is_empty() { Err(AnchorSettingFault::TypeEmpty) } else { Ok(()) }
}

/// Field names: trimmed, blanks dropped, sorted, each once, at least one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
#[schemars(with = "Vec<String>", extend("minItems" = 1))]
pub struct RequiredFields(Vec<String>);

impl TryFrom<Vec<String>> for RequiredFields {
    type Error = AnchorSettingFault;

    fn try_from(fields: Vec<String>) -> Result<Self, AnchorSettingFault> {
        let trimmed = fields.iter().map(|field| field.trim().to_owned()).filter(|field| !field.is_empty());
        let sorted: BTreeSet<String> = trimmed.collect();
        if sorted.is_empty() { Err(AnchorSettingFault::FieldsEmpty) } else { Ok(Self(sorted.into_iter().collect())) }
    }
}

impl From<RequiredFields> for Vec<String> {
    fn from(fields: RequiredFields) -> Self {
        fields.0
    }
}

impl RequiredFields {
    /// The names, sorted.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

/// One kind of anchor that a provider can bring, as its contract says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownAnchor {
    /// The provider's name.
    pub provider: ProviderId,
    /// The anchor's type.
    pub anchor_type: String,
    /// The fields that anchors of this type have.
    pub fields: Vec<String>,
}

impl Anchors {
    /// The settings as the policy that evidence is judged by.
    pub fn policy(&self) -> AnchorPolicy {
        let entry = |setting: &AnchorSetting| ProviderAnchor {
            provider_id: setting.provider_id.0.clone(),
            requirement: AnchorRequirement {
                anchor_type: setting.anchor_type.as_str().to_owned(),
                required_fields: setting.required_fields.names().to_vec(),
            },
        };
        AnchorPolicy { providers: self.providers.iter().map(entry).collect() }
    }

    /// Notes every setting that no provider can meet. A policy that names an unknown provider, type or field would
    /// otherwise protect nothing, silently.
    pub(crate) fn check_known(&self, known: &[KnownAnchor], checks: &mut Checks) {
        checks.key("anchors", |checks| {
            checks.key("providers", |checks| {
                checks.items(&self.providers, |checks, setting| setting.check_known(known, checks));
            });
        });
    }
}

impl AnchorSetting {
    fn check_known(&self, known: &[KnownAnchor], checks: &mut Checks) {
        let provider = &self.provider_id.0;
        let of_provider: Vec<_> = known.iter().filter(|anchor| anchor.provider == *provider).collect();
        if of_provider.is_empty() {
            let known = distinct(known.iter().map(|anchor| anchor.provider.as_str()));
            let name = provider.to_string();
            checks
                .key("provider_id", |it| it.report(Fault::UnknownName { what: "provider with anchors", name, known }));
            return;
        }
        let wanted = self.anchor_type.as_str();
        let Some(anchor) = of_provider.iter().find(|anchor| anchor.anchor_type == wanted) else {
            let known = distinct(of_provider.iter().map(|anchor| anchor.anchor_type.as_str()));
            let name = wanted.to_owned();
            checks.key("anchor_type", |it| it.report(Fault::UnknownName { what: "anchor type", name, known }));
            return;
        };
        for field in self.required_fields.names().iter().filter(|field| !anchor.fields.contains(field)) {
            let (name, known) = (field.clone(), anchor.fields.clone());
            checks.key("required_fields", |it| it.report(Fault::UnknownName { what: "anchor field", name, known }));
        }
    }
}

impl Section for Anchors {
    fn check(&self, checks: &mut Checks) {
        checks.key("providers", |checks| {
            checks.unique(&self.providers, "anchors.providers.provider_id", "provider_id", |setting| {
                setting.provider_id.0.to_string()
            });
        });
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    names.collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
}
