//! The files under `config/` load, and say what they are there to say.

use decision_gate_core::trust::{HashProfile, Lane};

use super::{root, source};
use crate::schema::Shapes;
use crate::sections::providers::BuiltinSettings;
use crate::sections::{rules::DegradedEdges, runpacks::ExportProfile, scenarios::Drafts, server::Profile};
use crate::{Config, Loaded, load};

fn preset(name: &str) -> Loaded {
    let path = root().join("config/presets").join(name);
    load(&source(Some(path), &[], &[])).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn every_preset_loads() {
    let folder = std::fs::read_dir(root().join("config/presets")).unwrap();
    let mut names: Vec<_> = folder.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["ci.toml", "hardened.toml", "local.toml"]);
    let profiles = names.iter().map(|name| preset(name).config().server.profile).collect::<Vec<_>>();
    assert_eq!(profiles, [Profile::Ci, Profile::Agent, Profile::Agent]);
}

#[test]
fn the_hardened_preset_closes_what_can_be_closed() {
    let loaded = preset("hardened.toml");
    let config = loaded.config();
    assert_eq!(config.evidence.hash_profile, HashProfile::Salted);
    assert_eq!(config.scenarios.drafts, Drafts::Refuse);
    assert_eq!(config.rules.degraded_edges, DegradedEdges::Refuse);
    assert_eq!(config.runpacks.export_profile, ExportProfile::Disclosed);
    assert_eq!(config.trust.trust_requirement, Lane::Verified);
    assert_eq!(config.trust.unsigned_max_lane, Lane::Asserted);
    let mut roots = 0;
    for provider in config.providers.listed() {
        if let BuiltinSettings::Json(json) = &provider.config {
            for root in json.effective_roots() {
                roots += 1;
                assert!(!root.self_attestable || root.max_lane == Some(Lane::Asserted), "{root:?}");
            }
        }
    }
    assert_eq!(roots, 2);
}

#[test]
fn the_reference_sample_has_every_key_at_its_default() {
    let path = root().join("config/samples/every-key.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let loaded = load(&source(Some(path), &[], &[])).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(*loaded.config(), Config::default());
    for key_path in Shapes::new().key_paths() {
        let key = key_path.rsplit('.').next().unwrap();
        assert!(text.contains(key), "{key_path} is not in the sample");
    }
}
