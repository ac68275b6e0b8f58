//! A fault as three lines on stderr, or as a JSON object on stdout.

use decision_gate_config::{ConfigError, ConfigErrors, Origin};
use decision_gate_core::scenario::SpecFaults;
use decision_gate_mcp::SetupError;
use serde_json::{Value, json};

use super::{BAD, FAINT, Line, Styled};
use crate::fault::Fault;

/// `error: …`, each problem on a line of its own when there are several, `hint: …` and `code: …`.
pub(crate) fn text(fault: &Fault) -> String {
    let bad = BAD.bold();
    let mut text = String::new();
    match problems(fault).as_slice() {
        [] => text.push_str(&format!("{} {}\n", Styled(bad, "error:"), Line(fault))),
        [one] => text.push_str(&format!("{} {}\n", Styled(bad, "error:"), Line(one.line()))),
        several => {
            text.push_str(&format!("{} {}\n", Styled(bad, "error:"), headline(fault, several.len())));
            for problem in several {
                text.push_str(&format!("  {}", Line(problem.line())));
                if let Some(hint) = &problem.hint {
                    text.push_str(&format!(" {}", Styled(FAINT, format_args!("({})", Line(hint)))));
                }
                text.push('\n');
            }
        }
    }
    text.push_str(&format!("hint: {}\ncode: {}\n", Line(fault.hint()), fault.code()));
    text
}

/// `{"error": {code, message, hint, problems}}`.
pub(crate) fn json(fault: &Fault) -> Value {
    json!({ "error": error_json(fault) })
}

/// The fault as one object.
pub(crate) fn error_json(fault: &Fault) -> Value {
    let problems = problems(fault);
    let message = match problems.as_slice() {
        [] => fault.to_string(),
        [one] => one.line(),
        several => headline(fault, several.len()),
    };
    let mut error = json!({ "code": fault.code(), "message": message, "hint": fault.hint() });
    if let (Value::Object(error), false) = (&mut error, problems.is_empty()) {
        error.insert("problems".into(), problems.iter().map(Problem::json).collect());
    }
    error
}

fn headline(fault: &Fault, count: usize) -> String {
    let of_scenario = matches!(fault, Fault::ScenarioFile(_) | Fault::Setup(SetupError::Scenario { .. }));
    let what = if of_scenario { "the scenario" } else { "the configuration" };
    format!("{what} has {count} problems")
}

/// One thing that is wrong, with its place.
struct Problem {
    place: Option<String>,
    message: String,
    hint: Option<String>,
    code: &'static str,
}

impl Problem {
    fn line(&self) -> String {
        match &self.place {
            Some(place) => format!("{place}: {}", self.message),
            None => self.message.clone(),
        }
    }

    fn json(&self) -> Value {
        json!({ "place": self.place, "message": self.message, "hint": self.hint, "code": self.code })
    }
}

/// The single problems of a fault that may have several.
fn problems(fault: &Fault) -> Vec<Problem> {
    if let Fault::Config(errors) | Fault::ScenarioFile(errors) | Fault::Setup(SetupError::Config(errors)) = fault {
        of_config(errors)
    } else if let Fault::Setup(SetupError::Scenario { places, faults }) = fault {
        of_spec(places, faults)
    } else if let Fault::Several(faults) = fault {
        faults.iter().flat_map(one_or_more).collect()
    } else {
        Vec::new()
    }
}

fn one_or_more(fault: &Fault) -> Vec<Problem> {
    let found = problems(fault);
    if !found.is_empty() {
        return found;
    }
    vec![Problem { place: None, message: fault.to_string(), hint: Some(fault.hint()), code: fault.code() }]
}

fn of_config(errors: &ConfigErrors) -> Vec<Problem> {
    let problem = |error: &ConfigError| {
        let place = match &error.origin {
            Origin::BuiltIn => None,
            origin @ (Origin::File { .. } | Origin::Variable { .. } | Origin::Flag { .. }) => Some(origin.to_string()),
        };
        let fault = &error.fault;
        let message = if error.key.is_root() { fault.to_string() } else { format!("{}: {fault}", error.key) };
        Problem { place, message, hint: error.fault.hint(), code: error.code() }
    };
    let mut problems: Vec<_> = errors.errors().iter().map(problem).collect();
    if errors.more() {
        let message = "there are more, which are not listed".to_owned();
        problems.push(Problem { place: None, message, hint: None, code: "config_invalid" });
    }
    problems
}

fn of_spec(places: &[String], faults: &SpecFaults) -> Vec<Problem> {
    let problem = |(place, fault): (&String, &decision_gate_core::scenario::SpecFault)| Problem {
        place: Some(place.clone()),
        message: fault.to_string(),
        hint: Some(fault.problem.hint()),
        code: fault.problem.code(),
    };
    places.iter().zip(faults.iter()).map(problem).collect()
}
