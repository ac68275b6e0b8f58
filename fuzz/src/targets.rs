//! One function for each reader of foreign bytes. None of them may panic, and what is read must keep what its reader
//! promises: a canonical form that is a fixed point, an event that is exactly its bytes, a pack that nobody vouches for.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use decision_gate_attest::builders::{
    BeaconOptions, ExecutionOptions, HotCut, Limits as TraceLimits, Trace, TraceFormat, beacon_attestations,
    execution_evidence,
};
use decision_gate_config::{Environment, Source};
use decision_gate_core::at::Timestamp;
use decision_gate_core::dsse::{self, Envelope};
use decision_gate_core::evidence::{Answer, Query};
use decision_gate_core::intoto::Statement;
use decision_gate_core::json::path::JsonPath;
use decision_gate_core::json::{self, EnvelopeEnd, IdSite, Limits, canonical};
use decision_gate_core::keys::{KeyId, PublicKey, SigningKey, TrustedKey};
use decision_gate_core::ledger::{
    Checkpoint, CheckpointTrust, ConsistencyProof, Event, Note, StreamHead, TlogProof, VerifierKey, WitnessPolicy,
};
use decision_gate_core::name::{CheckId, NamespaceId, ProviderId, TenantId};
use decision_gate_core::policy::Policy;
use decision_gate_core::runpack::{Expect, ManifestName, PackFiles, Verdict, verify};
use decision_gate_core::scenario::Scenario;
use decision_gate_mcp::{ServeOptions, serve};
use decision_gate_providers::{JsonSettings, Root};
use decision_gate_runtime::ports::{EvidenceContext, Provider};
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::runtime::Runtime;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// Every target; `seeds/` has a folder for each, `fuzz_targets/` a file.
pub const TARGETS: &[Target] = &[
    ("beacon_log", beacon_log),
    ("config_load", config_load),
    ("dsse_envelope", dsse_envelope),
    ("envelope", envelope),
    ("event_read", event_read),
    ("json_parse", json_parse),
    ("jsonpath", jsonpath),
    ("key_read", key_read),
    ("note_read", note_read),
    ("policy_read", policy_read),
    ("report_read", report_read),
    ("runpack_verify", runpack_verify),
    ("scenario_read", scenario_read),
    ("statement_read", statement_read),
    ("trace_bpftrace", trace_bpftrace),
    ("trace_folded", trace_folded),
    ("trace_perf_script", trace_perf_script),
    ("trace_pprof", trace_pprof),
    ("transport_line", transport_line),
    ("yaml_evidence", yaml_evidence),
];

/// Most bytes that any of the readers is given.
const MAX_BYTES: usize = 1 << 20;

/// A report of a CI tool: read by its content and as each format that there is. Where nothing was looked at, nothing is
/// proven.
pub fn report_read(data: &[u8]) {
    use decision_gate_attest::reports::{self, FORMATS, Summary};
    let data = data.get(..MAX_BYTES).unwrap_or(data);
    for named in FORMATS.into_iter().map(|it| Some(it.id)).chain([None]) {
        let Ok(report) = reports::read(data, named) else { continue };
        assert!(named.is_none_or(|named| named == report.format().id), "of another format than was named");
        match report.evidence() {
            Ok(Summary::Tests(it)) => assert!(it.total() > 0, "no test, and evidence"),
            Ok(Summary::Coverage(it)) => assert!(it.lines.total() > 0, "no line, and evidence"),
            Ok(Summary::Checks(it)) => assert!(it.total() > 0, "no check, and evidence"),
            Ok(_) => {}
            Err(error) => assert_eq!(error.code(), "report_empty"),
        }
    }
}

/// The strict scan, and the canonical form, which is its own canonical form.
pub fn json_parse(data: &[u8]) {
    let Ok(parsed) = json::parse(data, &Limits::message(MAX_BYTES)) else { return };
    let form = canonical::to_vec(&parsed.value);
    let again = json::parse(&form, &Limits::message(usize::MAX)).expect("a canonical form reads");
    assert_eq!(canonical::to_vec(&again.value), form);
    assert!(json::equal(&parsed.value, &again.value) && canonical::is_canonical(&form));
    if let Ok(exact) = json::parse_exact(data, &Limits::message(MAX_BYTES)) {
        assert_eq!(canonical::of(&exact).expect("exact values have a form"), form);
    }
}

/// The tolerant look at a line, which sees what the strict scan sees where that sees anything.
pub fn envelope(data: &[u8]) {
    let envelope = json::scan_envelope(data);
    let Ok(parsed) = json::parse(data, &Limits::message(MAX_BYTES)) else { return };
    let Value::Object(members) = &parsed.value else { return };
    assert_eq!(envelope.end, EnvelopeEnd::Closed);
    assert_eq!(envelope.method.as_deref(), members.get("method").and_then(Value::as_str));
    match members.get("id") {
        None => assert_eq!(envelope.id, IdSite::Absent),
        Some(Value::Null) => assert_eq!(envelope.id, IdSite::Null),
        Some(Value::String(id)) => assert_eq!(envelope.id, IdSite::String(id.clone())),
        Some(_) => assert!(matches!(envelope.id, IdSite::Number(_) | IdSite::Invalid)),
    }
}

/// A DSSE envelope, with the key of the seeds. What verifies is what was signed for them, whatever is around it.
pub fn dsse_envelope(data: &[u8]) {
    let Ok(envelope) = Envelope::parse(data) else { return };
    assert_eq!(envelope.as_bytes(), data);
    let id = KeyId::try_from("fuzz").expect("an id");
    let keys = [TrustedKey::new(id, SigningKey::from_seed(&[1; 32]).public())];
    if let Ok(payload) = dsse::verify(&envelope, &keys, NonZeroUsize::MIN) {
        assert_eq!(
            (payload.get().payload_type(), payload.get().bytes()),
            ("application/example", b"payload".as_slice())
        );
    }
    assert!(dsse::verify(&envelope, &keys, NonZeroUsize::MIN.saturating_add(1)).is_err());
}

/// Notes, checkpoints, proofs, heads, keys and policies of logs: what reads is written back byte for byte.
pub fn note_read(data: &[u8]) {
    if let Ok(note) = Note::parse(data) {
        assert_eq!(note.to_text().as_bytes(), data);
        if let Ok(checkpoint) = Checkpoint::parse(note.claimed_text()) {
            assert_eq!(checkpoint.to_text(), note.claimed_text());
        }
        assert!(note.verify(&[]).is_err());
    }
    assert!(CheckpointTrust::default().judge(data).is_err());
    if let Some(head) = StreamHead::read(data) {
        assert_eq!(head.to_json(), data);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(proof) = TlogProof::parse(text) {
        assert_eq!(proof.to_text(), text);
    }
    if let Ok(proof) = ConsistencyProof::parse(text) {
        assert_eq!(proof.to_text(), text);
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    drop(WitnessPolicy::parse(text));
}

/// A public key in any spelling, which reads back from the spellings that are written.
pub fn key_read(data: &[u8]) {
    let Ok(key) = PublicKey::read(data) else { return };
    assert_eq!(PublicKey::read(&key.to_bytes()).as_ref(), Ok(&key));
    assert_eq!(PublicKey::read_text(&key.to_pem()).as_ref(), Ok(&key));
    let wire = serde_json::to_value(&key).expect("a key has a form");
    assert_eq!(serde_json::from_value::<PublicKey>(wire).expect("a written key reads"), key);
    assert!(key.verify(data, data).is_err());
}

/// An in-toto statement, which reads back from its canonical form.
pub fn statement_read(data: &[u8]) {
    let Ok(statement) = Statement::read(data) else { return };
    let again = Statement::read(&statement.to_bytes()).expect("a written statement reads");
    assert_eq!((again.predicate_type(), again.subject()), (statement.predicate_type(), statement.subject()));
    assert_eq!(again.to_bytes(), statement.to_bytes());
}

/// The first line as a JSONPath, the rest as the document it is asked of.
pub fn jsonpath(data: &[u8]) {
    let (selector, document) = split_line(data);
    let Ok(selector) = std::str::from_utf8(selector) else { return };
    let Ok(path) = JsonPath::parse(selector) else { return };
    let Ok(parsed) = json::parse(document, &Limits::evidence(MAX_BYTES)) else { return };
    let Ok(matches) = path.query(&parsed.value) else { return };
    for node in &matches.nodes {
        let pointed = parsed.value.pointer(&node.location.pointer());
        assert!(pointed.is_some_and(|it| std::ptr::eq(it, node.value)), "{selector}: {}", node.location.pointer());
    }
}

/// A written scenario, whose expanded form reads back as itself.
pub fn scenario_read(data: &[u8]) {
    let Ok(value) = json::parse_exact(data, &Limits::message(MAX_BYTES)) else { return };
    let Ok(scenario) = Scenario::read(&value).and_then(Scenario::check) else { return };
    let value =
        json::parse_exact(&scenario.to_bytes(), &Limits::message(usize::MAX)).expect("an expanded spec is json");
    let again = Scenario::read(&value).and_then(Scenario::check).expect("an expanded spec is one");
    assert_eq!(again.hash(), scenario.hash());
    assert_eq!(again.to_bytes(), scenario.to_bytes());
}

/// An event row, which is exactly its canonical bytes.
pub fn event_read(data: &[u8]) {
    if let Ok(event) = Event::read(data) {
        assert_eq!(event.to_bytes(), data);
    }
}

/// A policy snapshot, whose digest is that of what it is written as.
pub fn policy_read(data: &[u8]) {
    let Ok(policy) = Policy::read(data) else { return };
    let again = Policy::read(&policy.to_bytes()).expect("a written policy reads");
    assert_eq!(again.digest(), policy.digest());
}

/// A pack as one text: `--- path` before each file. Nobody says what it should be, so it is never "allowed".
pub fn runpack_verify(data: &[u8]) {
    let report = verify(&unpack(data), &ManifestName::standard(), &Expect::default());
    assert_ne!(report.verdict, Verdict::Allowed);
}

/// The files of a pack that is written as one text.
pub fn unpack(data: &[u8]) -> PackFiles {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        if let Some(path) = line.strip_prefix(b"--- ") {
            files.push((String::from_utf8_lossy(path).trim_end().to_owned(), Vec::new()));
        } else if let Some((_, bytes)) = files.last_mut() {
            bytes.extend_from_slice(line);
        }
    }
    for (_, bytes) in &mut files {
        // The line end before the next path is not the file's.
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
    }
    files.into_iter().collect()
}

/// A configuration: the first line is the ending of its name, the rest its text.
pub fn config_load(data: &[u8]) {
    let (ending, text) = split_line(data);
    let ending = match ending {
        b"yaml" => "yaml",
        b"json" => "json",
        _ => "toml",
    };
    let file = write(&format!("config.{ending}"), text);
    let source = Source { file: Some(file), environment: Environment::default(), ..Source::default() };
    if let Err(errors) = decision_gate_config::load(&source) {
        assert!(!errors.errors().is_empty() && !errors.to_string().is_empty());
    }
}

/// A YAML file as evidence.
pub fn yaml_evidence(data: &[u8]) {
    static PROVIDER: OnceLock<Arc<dyn Provider>> = OnceLock::new();
    let file = write("evidence.yaml", data);
    let provider = PROVIDER.get_or_init(|| {
        let path = file.parent().expect("a file lies in a folder").to_path_buf();
        let root = Root { root_id: "fuzz".into(), path, max_lane: None, self_attestable: false };
        decision_gate_providers::json(JsonSettings { roots: vec![root], ..JsonSettings::default() })
            .expect("a provider")
    });
    let query = Query {
        provider_id: ProviderId::try_from("json").expect("an id"),
        check_id: CheckId::try_from("path").expect("an id"),
        params: Some(serde_json::json!({ "file": "evidence.yaml" })),
    };
    let context = EvidenceContext {
        tenant: TenantId::FIRST,
        namespace: NamespaceId::FIRST,
        run: None,
        scenario: None,
        stage: None,
        subject: None,
        environment: None,
        payload: None,
        asked_at: Timestamp::UnixMillis(0),
    };
    let answer = runtime().block_on(provider.fetch(&query, &context));
    if let Answer::Found(found) = &answer {
        assert!(found.anchor.is_some());
    }
    canonical::of(&answer).expect("an answer has a form");
}

/// Lines of a client, to a server without tools: each line that comes back is a message of the protocol.
pub fn transport_line(data: &[u8]) {
    let input = std::io::Cursor::new(data.to_vec());
    let output = runtime().block_on(async move {
        let (mine, theirs) = tokio::io::duplex(64 * 1024);
        let server = serve(Arc::new(()), ServeOptions::<()>::of(&[]), input, theirs, std::future::pending());
        let mut output = Vec::new();
        let mut mine = mine;
        let (served, read) = tokio::join!(server, mine.read_to_end(&mut output));
        served.expect("the end of the input is no fault");
        read.expect("the output ends");
        output
    });
    for line in output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let message: Value = serde_json::from_slice(line).expect("each line is json");
        assert_eq!(message["jsonrpc"], "2.0");
        assert!(message.get("result").is_some() != message.get("error").is_some(), "{message}");
    }
}

/// Folded stacks.
pub fn trace_folded(data: &[u8]) {
    trace(data, TraceFormat::Folded);
}

/// The text of `perf script`.
pub fn trace_perf_script(data: &[u8]) {
    trace(data, TraceFormat::PerfScript);
}

/// Maps of `bpftrace`.
pub fn trace_bpftrace(data: &[u8]) {
    trace(data, TraceFormat::Bpftrace);
}

/// A profile of `pprof`.
pub fn trace_pprof(data: &[u8]) {
    trace(data, TraceFormat::Pprof);
}

/// A trace, whose canonical form reads back as itself; its predicate is one that the gates read.
fn trace(data: &[u8], format: TraceFormat) {
    let limits = TraceLimits { bytes: MAX_BYTES, path_bytes: MAX_BYTES, ..TraceLimits::DEFAULT };
    let Ok(trace) = Trace::read(data, format, &limits) else { return };
    let again = Trace::read(trace.canonical().as_bytes(), TraceFormat::Folded, &TraceLimits::DEFAULT);
    assert_eq!(again.expect("a canonical form reads").canonical(), trace.canonical());
    let options = ExecutionOptions {
        artifact_id: "fuzz".into(),
        environment_id: "staging".into(),
        trace_source: Some("perf".into()),
        window: Some((0, 1_000)),
        timestamp: Some(1_000),
        hot: HotCut::DEFAULT,
        limits,
    };
    execution_evidence(data, format, &options).expect("a trace makes a predicate");
}

/// A log of beacons, in windows of a second.
pub fn beacon_log(data: &[u8]) {
    let options = BeaconOptions {
        artifact_id: "fuzz".into(),
        environment_id: "staging".into(),
        beacon_source: "ebpf_uprobe".into(),
        beacon_function: None,
        start: None,
        end: None,
        window_millis: Some(1_000),
        period_millis: None,
        // The last that a date can show: no beacon comes after it.
        timestamp: Some(253_402_207_200_000),
    };
    for window_millis in [None, Some(1_000)] {
        let Ok(built) = beacon_attestations(data, &BeaconOptions { window_millis, ..options.clone() }) else {
            continue;
        };
        assert!(!built.predicates.is_empty(), "no window and no fault");
    }
}

fn split_line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[]),
    }
}

/// One runtime for the process: making one for each input would cost more than what is tested.
fn runtime() -> std::sync::MutexGuard<'static, Runtime> {
    static RUNTIME: OnceLock<Mutex<Runtime>> = OnceLock::new();
    let make = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    RUNTIME.get_or_init(|| Mutex::new(make())).lock().expect("no target has panicked")
}

/// Writes a file of this process, anew each time.
fn write(name: &str, text: &[u8]) -> PathBuf {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a folder"));
    let file = folder.path().join(name);
    std::fs::write(&file, text).expect("a file");
    file
}
