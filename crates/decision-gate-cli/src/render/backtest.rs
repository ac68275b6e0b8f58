//! A backtest as text, as JSON and in Markdown: what would change and by whom, what was not judged, and what to do.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use decision_gate_policy::backtest::Report;
use decision_gate_policy::backtest::report::{Came, Curve, Flip, Place, Standing, Turned};
use serde_json::{Value, json};

use super::report::escape::markdown as escaped;
use super::{BAD, FAINT, GOOD, Line, OPEN, STRONG, Styled, labelled};

/// How many steps of a curve stand in a text.
const STEPS: usize = 8;

/// The whole report, and where its decisions came from.
pub(crate) fn json(report: &Report, place: &str) -> Value {
    let mut value = json!(report);
    if let Value::Object(members) = &mut value {
        members.insert("decisions".into(), place.into());
        members.insert("next".into(), report.next().into());
    }
    value
}

/// For people.
pub(crate) fn text(report: &Report, place: &str, curves: bool) -> String {
    let style = if report.judged == 0 || report.differing_count > 0 {
        BAD
    } else if report.is_quiet() {
        GOOD
    } else {
        OPEN
    };
    let mut text = format!("{}\n", Styled(style.bold(), report.headline()));
    if report.judged > 0 {
        table(&mut text, report);
    }
    let flips = &report.flips;
    for (what, counts) in [
        ("gate", &flips.by_gate),
        ("environment", &flips.by_environment),
        ("tenant", &flips.by_tenant),
        ("reason", &flips.by_reason),
    ] {
        by(&mut text, what, counts);
    }
    report.examples.iter().for_each(|it| flip(&mut text, it));
    if report.examples_omitted > 0 {
        let _ = writeln!(text, "  and {} more (--limit)", report.examples_omitted);
    }
    report.curves.iter().for_each(|it| curve(&mut text, it));
    if curves && report.curves.is_empty() {
        text.push_str("\n  no gate of the policy that can hold a release compares with a number\n");
    }
    for it in &report.differing {
        let at = Line(format!("{} does not come out as recorded: its {} differs", named(&it.place), it.what));
        let _ = writeln!(text, "\n  {}", Styled(BAD, at));
    }
    text.push('\n');
    foot(&mut text, report, place);
    text
}

/// Outcomes that occur, before by after.
fn table(text: &mut String, report: &Report) {
    let occurs = |it: &Standing| report.outcomes.iter().any(|count| count.before == *it || count.after == *it);
    let shown: Vec<Standing> = Standing::ALL.into_iter().filter(occurs).collect();
    let _ = write!(text, "\n  {}", Styled(FAINT, format_args!("{:<14}", "then \\ now")));
    for after in &shown {
        let _ = write!(text, "{}", Styled(FAINT, format_args!("{:>11}", word(*after))));
    }
    text.push('\n');
    for before in &shown {
        let _ = write!(text, "  {}", Styled(FAINT, format_args!("{:<14}", word(*before))));
        for after in &shown {
            let found = report.outcomes.iter().find(|it| it.before == *before && it.after == *after);
            let count = found.map_or_else(|| "-".to_owned(), |it| it.count.to_string());
            let turns = found.is_some() && before.lets_through() != after.lets_through();
            let style = if turns { STRONG } else { anstyle::Style::new() };
            let _ = write!(text, "{}", Styled(style, format_args!("{count:>11}")));
        }
        text.push('\n');
    }
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::NotAsked => "not asked",
        Standing::Allowed | Standing::Blocked | Standing::Unknown => standing.word(),
    }
}

fn by(text: &mut String, what: &str, counts: &BTreeMap<String, Turned>) {
    for (index, (name, turned)) in counts.iter().enumerate() {
        let label = if index == 0 { format!("by {what}") } else { String::new() };
        let line = if index == 0 && what == "gate" { "\n" } else { "" };
        let label = Styled(FAINT, format_args!("{label:<14}"));
        let _ = writeln!(text, "{line}  {label} {}  {}", Line(name), directions(*turned));
    }
}

fn directions(turned: Turned) -> String {
    match (turned.to_hold, turned.to_allow) {
        (hold, 0) => format!("{hold} held"),
        (0, allow) => format!("{allow} let through"),
        (hold, allow) => format!("{hold} held, {allow} let through"),
    }
}

fn named(place: &Place) -> String {
    let decision = place.decision_id.as_deref().unwrap_or("a decision that does not read");
    format!("run {} {decision} (tenant {}, event {})", place.run_id, place.tenant_id, place.seq)
}

fn flip(text: &mut String, flip: &Flip) {
    let tenant = flip.tenant.as_deref().map(|it| format!(" for {it}")).unwrap_or_default();
    let decision = flip.place.decision_id.as_deref().unwrap_or_default();
    let head = format!("run {} {decision}", flip.place.run_id);
    let rest = format!("to {}{tenant}, {}", flip.environment, flip.at);
    let _ = writeln!(text, "\n  {}  {}", Styled(STRONG, Line(head)), Styled(FAINT, Line(rest)));
    for (label, came) in [("then", &flip.before), ("now", &flip.after)] {
        let style = if came.outcome.lets_through() { GOOD } else { BAD };
        let _ = writeln!(text, "    {label:<6} {} {}", Styled(style, word(came.outcome)), Line(came.why()));
    }
    for turn in &flip.turns_at {
        let _ = writeln!(text, "    {:<6} {}", "turns", Line(turn.sentence()));
    }
}

fn curve(text: &mut String, curve: &Curve) {
    let head = format!("{} {} = {}", curve.gate, curve.key, curve.in_force.join(", "));
    let of = format!("{} decisions on releases to {}", curve.decisions, curve.environment);
    let _ = writeln!(text, "\n  {}  {}", Styled(STRONG, Line(head)), Styled(FAINT, Line(of)));
    if let [one] = curve.steps.as_slice() {
        let _ = writeln!(text, "    every value lets {} through", one.let_through);
        return;
    }
    let every = curve.steps.len().div_ceil(STEPS);
    let last = curve.steps.len() - 1;
    let shown = curve.steps.iter().enumerate().filter(|(index, _)| index % every == 0 || *index == last);
    for (_, step) in shown {
        let _ = writeln!(text, "    up to {:<18} {:>9} go on", Line(&step.up_to).to_string(), step.let_through);
    }
}

fn foot(text: &mut String, report: &Report, place: &str) {
    let digest = Styled(FAINT, format!("@{}", report.candidate.digest.to_hex()));
    labelled(text, "policy", format_args!("{}{digest}", Line(&report.candidate.policy)));
    labelled(text, "decided", Line(place));
    let left_out = if report.left_out == 0 { String::new() } else { format!(", {} left out", report.left_out) };
    let (read, judged) = (report.read, report.judged);
    labelled(text, "read", format_args!("{read}, {judged} judged, {} not judged{left_out}", report.unjudged()));
    for (code, unjudged) in &report.not_judgeable {
        let first = unjudged.examples.first().map(|it| format!(", first: run {}", it.run_id)).unwrap_or_default();
        labelled(text, "", Styled(OPEN, Line(format!("{} {code}{first}", unjudged.count))));
    }
    report.next().iter().for_each(|it| labelled(text, "next", it));
}

/// For a pull request or the summary of a job.
pub(crate) fn markdown(report: &Report) -> String {
    let sign = if report.is_quiet() && report.judged > 0 { "✅" } else { "⚠️" };
    let mut text = format!("### Backtest: {sign} {}\n", escaped(&report.headline()));
    if !report.outcomes.is_empty() {
        text.push_str("\n| then | now | decisions |\n|---|---|---|\n");
    }
    for it in &report.outcomes {
        let _ = writeln!(text, "| {} | {} | {} |", word(it.before), word(it.after), it.count);
    }
    if !report.flips.by_gate.is_empty() {
        text.push_str("\n| gate | would change |\n|---|---|\n");
    }
    for (gate, turned) in &report.flips.by_gate {
        let _ = writeln!(text, "| {} | {} |", escaped(gate), directions(*turned));
    }
    if !report.examples.is_empty() {
        text.push_str("\n| decision | then | now | turns at |\n|---|---|---|---|\n");
    }
    for it in &report.examples {
        let decision = it.place.decision_id.as_deref().unwrap_or_default();
        let turned = it.turns_at.iter().map(|turn| escaped(&turn.sentence())).collect::<Vec<_>>().join("<br>");
        let came = |came: &Came| format!("{} {}", word(came.outcome), escaped(&came.why()));
        let place = escaped(&format!("{} {decision} to {}", it.place.run_id, it.environment));
        let _ = writeln!(text, "| {place} | {} | {} | {turned} |", came(&it.before), came(&it.after));
    }
    let _ = writeln!(text, "\n{} read, {} judged, {} not judged", report.read, report.judged, report.unjudged());
    for (code, unjudged) in &report.not_judgeable {
        let _ = writeln!(text, "- {} {}", unjudged.count, escaped(code));
    }
    report.next().iter().for_each(|it| text.push_str(&format!("\n> {}\n", escaped(it))));
    text
}
