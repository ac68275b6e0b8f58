//! A policy is law, evidence is what it judges: a policy file, or the issuer directory, inside a folder that evidence is
//! read from could be written by whoever writes the evidence. So it is refused, wherever links lead.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::config::Config;
use crate::error::{ConfigError, Fault};
use crate::key_path::KeyPath;
use crate::layer::{At, Layers};
use crate::origin::Origin;
use crate::sections::providers::BuiltinSettings;
use crate::sections::release::PolicySetting;

/// The most links that a path may lead through.
const MAX_LINKS: usize = 40;

/// Notes every file of law that lies in a folder of evidence, or is reached through one.
pub(super) fn check(
    config: &Config,
    file: Option<&Path>,
    layers: &Layers,
    flags: &[PathBuf],
    errors: &mut Vec<ConfigError>,
) {
    let law = law(config, file, flags);
    if law.is_empty() {
        return;
    }
    let roots = roots(config);
    for (key, path) in law {
        let through = through(&path);
        let Some((root, _)) = roots.iter().find(|(_, root)| through.iter().any(|it| it.starts_with(root))) else {
            continue;
        };
        let origin =
            if key.is_root() { Origin::Flag { name: "--policy".to_owned() } } else { layers.place_of(&key, At::Value) };
        let fault = Fault::InEvidenceRoot { path: path.display().to_string(), root: root.clone() };
        errors.push(ConfigError { origin, key, fault });
    }
}

/// The files that say what counts, with the settings that name them; the root for flags.
fn law(config: &Config, file: Option<&Path>, flags: &[PathBuf]) -> Vec<(KeyPath, PathBuf)> {
    let (release, at) = (&config.release, KeyPath::of_keys(["release"]));
    let of_setting = |setting: &PolicySetting, at: &KeyPath| match setting {
        PolicySetting::File(path) => vec![(at.clone(), path.as_path().to_owned())],
        PolicySetting::Files(paths) => {
            paths.iter().enumerate().map(|(index, path)| (at.index(index), path.as_path().to_owned())).collect()
        }
        PolicySetting::Inline(_) => file.map(|file| (at.clone(), file.to_owned())).into_iter().collect::<Vec<_>>(),
    };
    let mut law = Vec::new();
    law.extend(release.policy.iter().flat_map(|policy| of_setting(policy, &at.key("policy"))));
    let policies = at.key("policies");
    for (index, named) in release.policies.iter().enumerate() {
        law.extend(of_setting(&named.policy, &policies.index(index).key("policy")));
    }
    law.extend(release.issuers.iter().map(|path| (at.key("issuers"), path.as_path().to_owned())));
    law.extend(flags.iter().map(|path| (KeyPath::ROOT, path.clone())));
    law
}

/// The folders that evidence is read from, by name, as they really lie.
fn roots(config: &Config) -> Vec<(String, PathBuf)> {
    let mut roots = Vec::new();
    for provider in config.providers.listed() {
        let of_provider = match &provider.config {
            BuiltinSettings::Attestation(settings) => settings.roots.clone(),
            BuiltinSettings::Json(settings) => settings.effective_roots(),
            BuiltinSettings::Report(settings) => settings.roots.clone(),
            BuiltinSettings::Env(_) | BuiltinSettings::Http(_) | BuiltinSettings::Mcp(_) | BuiltinSettings::Time(_) => {
                Vec::new()
            }
        };
        let name = |id: &str| format!("{id}` of provider `{}", provider.name);
        roots.extend(of_provider.iter().map(|it| (name(it.root_id.as_str()), it.path.as_path().to_owned())));
    }
    let release = &config.release;
    let own = release.attestations.roots.iter();
    roots.extend(
        own.map(|it| (format!("{}` of `release.attestations", it.root_id.as_str()), it.path.as_path().to_owned())),
    );
    roots.extend(release.outcomes.iter().map(|it| ("release.outcomes".to_owned(), it.as_path().to_owned())));
    let real = |(name, path): (String, PathBuf)| (name, path.canonicalize().unwrap_or(path));
    roots.into_iter().map(real).collect()
}

/// Every real place that a path leads through: the file at its end, and each link on the way.
fn through(path: &Path) -> BTreeSet<PathBuf> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (mut places, mut links) = (BTreeSet::new(), 0);
    let mut rest: Vec<PathBuf> = absolute.components().rev().map(|it| PathBuf::from(it.as_os_str())).collect();
    let mut at = PathBuf::new();
    while let Some(next) = rest.pop() {
        match next.components().next() {
            Some(Component::ParentDir) => {
                at.pop();
                continue;
            }
            Some(Component::CurDir) | None => continue,
            Some(Component::Prefix(_) | Component::RootDir | Component::Normal(_)) => at.push(&next),
        }
        let Ok(target) = std::fs::read_link(&at) else { continue };
        links += 1;
        if links > MAX_LINKS {
            break;
        }
        places.insert(at.clone());
        at.pop();
        rest.extend(target.components().rev().map(|it| PathBuf::from(it.as_os_str())));
    }
    places.insert(at);
    places
}
