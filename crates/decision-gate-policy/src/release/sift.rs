//! From files to what counts: whose signature holds is established here, for every file by itself.
//!
//! A statement counts as verified where a trusted key that may say such a thing signed it, and the operator's rules on
//! its type are met. VEX is checked against the issuer directory. What nobody signed is asserted; what fails its check
//! is refused and named, whatever it claims to be.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use decision_gate_attest::bundle::{self, Item};
use decision_gate_attest::evidence::{PassedOver, Weight};
use decision_gate_attest::issuers::{OUTCOME_PREDICATE_TYPE, Outcomes};
use decision_gate_attest::vex::{self, VexEvidence};
use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::dsse::{Envelope, Verified, VerifyError};
use decision_gate_core::evidence::Subject;
use decision_gate_core::intoto::{self, PAYLOAD_TYPE, Signers, Statement, StatementFault};
use decision_gate_core::keys::{KeyId, Keyring};
use decision_gate_core::name::ProviderId;
use decision_gate_core::trust::{Lane, ReleaseSigner};

use super::brought::{Brought, BroughtFile, BroughtRoot};
use super::files::{Files, Under};
use super::rules::Rules;
use crate::attested::Attested;
use crate::context::Rejected;

/// What signatures are checked against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sieve<'a> {
    pub(super) rules: &'a Rules,
    pub(super) keys: &'a Keyring,
    pub(super) provider: &'a ProviderId,
    pub(super) subject: &'a Subject,
    pub(super) at: Timestamp,
}

/// What is known of a release.
#[derive(Debug, Default)]
pub(crate) struct Sifted {
    pub(super) attestations: Vec<Attested>,
    pub(super) documents: Vec<VexEvidence>,
    pub(super) outcomes: Outcomes,
    /// Envelopes of records that count.
    pub(super) recorded: BTreeSet<Digest>,
    pub(super) rejected: BTreeSet<Rejected>,
    pub(super) passed_over: BTreeSet<PassedOver>,
    /// Who signed, by envelope.
    pub(super) signers: BTreeMap<Digest, Arc<[ReleaseSigner]>>,
}

/// Where something stands, and how far it can be believed there.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    file: &'a str,
    ceiling: Lane,
}

impl Sieve<'_> {
    pub(super) fn sift(&self, brought: &Brought) -> Sifted {
        let mut sifted = Sifted::default();
        brought.roots.iter().for_each(|root| self.root(root, &mut sifted));
        sifted
    }

    /// The same, where the same files may have been sifted before.
    pub(super) fn sift_again(&self, brought: &Brought, files: &mut Files, under: &Under<'_>) -> Sifted {
        let mut sifted = Sifted::default();
        for root in &brought.roots {
            for file in &root.files {
                let name = format!("{}/{}", root.root_id, file.name);
                let place = Place { file: &name, ceiling: root.lane_ceiling.unwrap_or(Lane::Verified) };
                let alone = |text| {
                    let mut own = Sifted::default();
                    self.file(text, place, &mut own);
                    own
                };
                let text = file.text.as_deref();
                match text.and_then(|text| files.came(under, (&name, place.ceiling, text), || alone(text))) {
                    Some(came) => sifted.add(came),
                    None => self.one(file, place, &mut sifted),
                }
            }
        }
        sifted
    }

    fn root(&self, root: &BroughtRoot, sifted: &mut Sifted) {
        for file in &root.files {
            let name = format!("{}/{}", root.root_id, file.name);
            let place = Place { file: &name, ceiling: root.lane_ceiling.unwrap_or(Lane::Verified) };
            self.one(file, place, sifted);
        }
    }

    fn one(&self, file: &BroughtFile, place: Place<'_>, sifted: &mut Sifted) {
        match &file.text {
            Some(text) => self.file(text, place, sifted),
            None => sifted.pass_over(place, "the document", "attestation_unrecognised", "the file is no UTF-8"),
        }
    }

    fn file(&self, text: &str, place: Place<'_>, sifted: &mut Sifted) {
        let bundle = bundle::read(text.as_bytes());
        if bundle.items.is_empty() && self.bare(text, sifted) {
            return;
        }
        for note in bundle.notes {
            sifted.pass_over(place, note.place, note.fault.code(), note.fault);
        }
        for (at, item) in &bundle.items {
            match item {
                Item::Envelope(envelope) => self.envelope(envelope, place, at, sifted),
                Item::Sigstore(bundle) => match bundle.envelope() {
                    Ok(envelope) => self.envelope(envelope, place, at, sifted),
                    Err(fault) => sifted.pass_over(place, at, fault.code(), fault),
                },
            }
        }
    }

    /// What nobody signed: a VEX document, or a statement.
    fn bare(&self, text: &str, sifted: &mut Sifted) -> bool {
        if let Ok(document) = VexEvidence::unsigned(text.as_bytes()) {
            sifted.documents.push(document);
            return true;
        }
        let Ok(statement) = Statement::read(text.as_bytes()) else { return false };
        let digest = Digest::of(text.as_bytes());
        sifted.attestations.push(Attested::asserted(&statement, digest, self.subject));
        true
    }

    fn envelope(&self, envelope: &Envelope, place: Place<'_>, at: &dyn std::fmt::Display, sifted: &mut Sifted) {
        if envelope.claimed_type() != PAYLOAD_TYPE {
            return self.document(envelope, place, at, sifted);
        }
        match (self.verify(envelope, self.keys), self.verify(envelope, self.rules.issuers.keyring())) {
            (_, Ok(statement)) if is_vex(&statement) => Self::vex(&statement, envelope, place, at, sifted),
            (Ok(statement), _) if is_vex(&statement) => Self::vex(&statement, envelope, place, at, sifted),
            (Ok(statement), _) => self.statement(&statement, envelope, place, at, sifted),
            (Err(fault), Ok(_)) => sifted.reject(envelope, fault.code()),
            (Err(fault), Err(other)) => {
                let unknown = matches!(fault, StatementFault::Verify(VerifyError::UnknownKey(_)));
                sifted.reject(envelope, if unknown { other.code() } else { fault.code() });
            }
        }
    }

    /// An envelope around something that is no statement: a VEX document, or nothing for the gates.
    fn document(&self, envelope: &Envelope, place: Place<'_>, at: &dyn std::fmt::Display, sifted: &mut Sifted) {
        use decision_gate_attest::issuers::VexFault;
        match self.rules.issuers.verify(envelope, self.at, self.provider) {
            Ok(document) => sifted.take_document(document, None, place),
            Err(VexFault::Signature(fault)) => sifted.reject(envelope, fault.code()),
            Err(fault @ (VexFault::Statement(_) | VexFault::Document(_))) => {
                sifted.pass_over(place, at, fault.code(), fault);
            }
        }
    }

    fn vex(
        statement: &Verified<Statement>,
        envelope: &Envelope,
        place: Place<'_>,
        at: &dyn std::fmt::Display,
        sifted: &mut Sifted,
    ) {
        match VexEvidence::of_statement(statement, envelope.digest()) {
            Ok(document) => sifted.take_document(document, Some(statement.get().predicate_type()), place),
            Err(fault) => sifted.pass_over(place, at, fault.code(), fault),
        }
    }

    fn statement(
        &self,
        statement: &Verified<Statement>,
        envelope: &Envelope,
        place: Place<'_>,
        at: &dyn std::fmt::Display,
        sifted: &mut Sifted,
    ) {
        let (digest, kind) = (envelope.digest(), statement.get().predicate_type());
        let signed = |signers: &[KeyId]| -> Arc<[ReleaseSigner]> {
            signers
                .iter()
                .map(|it| ReleaseSigner { key_id: it.clone(), predicate_type: Some(kind.to_owned()) })
                .collect()
        };
        if kind == OUTCOME_PREDICATE_TYPE {
            if place.ceiling < Lane::Verified {
                return sifted.pass_over(place, at, "trust_lane", "records of outcomes must be verified");
            }
            match sifted.outcomes.add(statement, &self.rules.issuers, &self.rules.recorder_keys) {
                Ok(()) => {
                    sifted.recorded.insert(digest);
                    sifted.signers.insert(digest, signed(statement.signers()));
                }
                Err(fault) => sifted.pass_over(place, at, fault.code(), fault),
            }
            return;
        }
        let enough = self.enough(statement, envelope);
        let lane = if enough.is_some() { place.ceiling } else { Lane::Asserted };
        let counted = enough.as_ref().unwrap_or(statement);
        sifted.attestations.push(Attested::verified(counted, digest, self.subject).at_most(lane));
        sifted.signers.insert(digest, signed(counted.signers()));
    }

    /// The statement, if those signed it who must sign such a one.
    fn enough(&self, statement: &Verified<Statement>, envelope: &Envelope) -> Option<Verified<Statement>> {
        let kind = statement.get().predicate_type();
        let ring = |ids: &BTreeSet<KeyId>| Keyring::new(ids.iter().filter_map(|id| self.keys.get(id)).cloned()).ok();
        if kind == crate::waiver::PREDICATE_TYPE {
            return self.verify(envelope, &ring(&self.rules.waiver_keys)?).ok();
        }
        match self.rules.signers.as_ref().and_then(|rules| rules.of_type(kind)) {
            None => Some(statement.clone()),
            Some(rule) => self.verify_by(envelope, &ring(&rule.keys)?, rule.threshold).ok(),
        }
    }

    fn verify(&self, envelope: &Envelope, keyring: &Keyring) -> Result<Verified<Statement>, StatementFault> {
        self.verify_by(envelope, keyring, NonZeroUsize::MIN)
    }

    fn verify_by(
        &self,
        envelope: &Envelope,
        keyring: &Keyring,
        threshold: NonZeroUsize,
    ) -> Result<Verified<Statement>, StatementFault> {
        intoto::verify(envelope, &Signers { keyring, threshold, at: self.at, provider: self.provider })
    }
}

fn is_vex(statement: &Verified<Statement>) -> bool {
    vex::PREDICATE_TYPES.contains(&statement.get().predicate_type())
}

impl Sifted {
    /// Whether the same comes of it whatever lies beside it. Records of outcomes are weighed against one another.
    pub(super) fn stands_alone(&self) -> bool {
        self.recorded.is_empty() && self.outcomes == Outcomes::default()
    }

    /// What files that stand alone came to.
    fn add(&mut self, other: &Self) {
        self.attestations.extend(other.attestations.iter().cloned());
        self.documents.extend(other.documents.iter().cloned());
        self.rejected.extend(other.rejected.iter().cloned());
        self.passed_over.extend(other.passed_over.iter().cloned());
        self.signers.extend(other.signers.iter().map(|(envelope, signers)| (*envelope, Arc::clone(signers))));
    }

    fn take_document(&mut self, document: VexEvidence, predicate_type: Option<&str>, place: Place<'_>) {
        if place.ceiling < Lane::Verified {
            return self.documents.push(document.without_signers());
        }
        let predicate_type = predicate_type.map(str::to_owned);
        let signer = |it: &KeyId| ReleaseSigner { key_id: it.clone(), predicate_type: predicate_type.clone() };
        self.signers.insert(document.digest(), document.signers().iter().map(signer).collect());
        self.documents.push(document);
    }

    fn reject(&mut self, envelope: &Envelope, code: &str) {
        self.rejected.insert(Rejected { envelope: envelope.digest(), code: code.to_owned() });
    }

    fn pass_over(
        &mut self,
        place: Place<'_>,
        at: impl std::fmt::Display,
        code: &'static str,
        message: impl std::fmt::Display,
    ) {
        self.passed_over.insert(PassedOver {
            weight: Weight::Foreign,
            code,
            file: place.file.to_owned(),
            place: at.to_string(),
            message: message.to_string(),
        });
    }
}
