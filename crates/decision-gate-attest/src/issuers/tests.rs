use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::Subject;
use decision_gate_core::keys::{KeyId, SigningKey, TrustedKey};

use super::*;
use crate::vex::Purl;

fn issuer(id: &str, seed: u8) -> Issuer {
    let key = TrustedKey::new(KeyId::try_from(id).unwrap(), SigningKey::from_seed(&[seed; 32]).public());
    Issuer {
        id: id.to_owned(),
        name: id.to_owned(),
        tenants: [GLOBAL.to_owned()].into(),
        keys: vec![key],
        authority: [Authority::Any].into(),
        not_before: None,
        not_after: None,
    }
}

#[test]
fn a_directory_leads_from_each_key_to_one_issuer() {
    let code = |list: Vec<Issuer>| IssuerDirectory::new(list).unwrap_err().code();
    assert_eq!(code(vec![issuer("a", 1), issuer("a", 2)]), "issuer_duplicate");
    assert_eq!(code(vec![issuer("a", 1), issuer("b", 1)]), "issuer_key_shared");
    assert_eq!(code(vec![Issuer { id: "a b".into(), ..issuer("a", 1) }]), "issuer_id_invalid");
    assert_eq!(code(vec![Issuer { keys: Vec::new(), ..issuer("a", 1) }]), "issuer_never_counts");
    assert_eq!(code(vec![Issuer { authority: [].into(), ..issuer("a", 1) }]), "issuer_never_counts");
    let directory = IssuerDirectory::new([issuer("b", 2), issuer("a", 1)]).unwrap();
    let owner = directory.owner(&KeyId::try_from("b").unwrap()).unwrap();
    assert_eq!(owner.id, "b");
    let text = serde_json::to_string(&directory).unwrap();
    assert_eq!(serde_json::from_str::<IssuerDirectory>(&text).unwrap(), directory);
}

#[test]
fn a_file_of_issuers_is_read_strictly_with_the_place() {
    let directory = IssuerDirectory::new([issuer("a", 1), issuer("b", 2)]).unwrap();
    let good = serde_json::to_value(&directory).unwrap();
    assert_eq!(read_directory(good.to_string().as_bytes()), Ok(directory));
    let changed = |member: &str, value: serde_json::Value| {
        let mut changed = good.clone();
        changed[1][member] = value;
        changed.to_string()
    };
    for (text, code, place) in [
        ("[".to_owned(), "json_syntax", ""),
        ("{}".to_owned(), "issuers_invalid", "``"),
        ("[1]".to_owned(), "issuers_invalid", "`/0`"),
        (changed("trusted", true.into()), "issuers_invalid", "`/1`"),
        (changed("authority", serde_json::json!(["everything"])), "issuers_invalid", "`/1`"),
        (changed("keys", serde_json::json!([])), "issuer_never_counts", "`b`"),
        (changed("id", "a".into()), "issuer_duplicate", "`a`"),
    ] {
        let fault = read_directory(text.as_bytes()).unwrap_err();
        assert_eq!(fault.code(), code, "{fault}");
        assert!(fault.to_string().contains(place) && !fault.to_string().contains("Issuer"), "{fault}");
    }
}

#[test]
fn an_issuer_counts_for_its_tenants_in_its_time() {
    let at = Timestamp::UnixMillis;
    let own = Issuer {
        tenants: ["acme".to_owned()].into(),
        not_before: Some(at(10)),
        not_after: Some(at(20)),
        ..issuer("a", 1)
    };
    for (tenant, time, wanted) in [
        (Some("acme"), 10, true),
        (Some("acme"), 20, true),
        (Some("acme"), 9, false),
        (Some("acme"), 21, false),
        (Some("Acme"), 15, false),
        (Some("@global"), 15, false),
        (None, 15, false),
    ] {
        assert_eq!(own.counts(tenant, at(time)), wanted, "{tenant:?} {time}");
    }
    assert!(issuer("a", 1).counts(None, at(0)) && issuer("a", 1).counts(Some("acme"), at(0)));
    assert!(!own.counts(Some("acme"), Timestamp::Logical(15)));
}

#[test]
fn an_authority_ends_at_the_name_of_the_package() {
    let subject = Subject::of_digest("app", Digest::of(b"app"));
    let covers = |authority: &str, purls: &[&str]| {
        let purls: Vec<Purl> = purls.iter().map(|it| Purl::parse(it).unwrap()).collect();
        Authority::try_from(authority.to_owned()).unwrap().covers(subject.artifacts(), &purls)
    };
    assert!(covers("*", &[]) && covers("pkg:oci/acme", &["pkg:oci/acme/app@1"]));
    assert!(!covers("pkg:oci/acme", &["pkg:oci/acme-evil/app"]) && !covers("pkg:oci/acme", &[]));
    assert!(!covers("pkg:oci/acme", &["pkg:oci/acme/app", "pkg:npm/app"]), "all of them");
    assert!(covers(&format!("sha256:{}", Digest::of(b"app").to_hex()), &[]));
    assert!(!covers(&format!("sha256:{}", Digest::of(b"b").to_hex()), &[]));
    for text in ["", "acme", "pkg:", "pkg:oci/a@1", "pkg:oci/*", "sha256:00"] {
        assert_eq!(Authority::try_from(text.to_owned()), Err(AuthorityError), "{text}");
    }
}
