//! Prompts: texts to begin a conversation with, which hosts show as commands.
//!
//! A prompt is a file in this folder with `{{names}}` in it and a row in [`ALL`]. What a caller hands in stands in the text
//! as it came: it is the caller's own conversation.

use decision_gate_core::name::RunId;
use rmcp::model::{
    ArgumentInfo, CompletionInfo, ContentBlock, GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage,
    ResourceContents, Role,
};
use serde_json::Value;

use crate::{
    App,
    error::Refusal,
    resources::{self, ResourceUri, Shelf, matching},
    tools::CallContext,
    words::nearest,
};

/// The most bytes of an argument.
const MAX_ARGUMENT: usize = 2_000;

/// A text with names to fill in.
struct Template {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    arguments: &'static [Argument],
    text: &'static str,
}

/// Something to fill in.
struct Argument {
    name: &'static str,
    description: &'static str,
    required: bool,
}

const ALL: &[Template] = &[
    Template {
        name: "author_scenario",
        title: "Write a scenario",
        description: "From what must hold to a scenario that was tried, without pinning it.",
        arguments: &[
            Argument { name: "goal", description: "What must hold before something may advance.", required: true },
            Argument { name: "provider", description: "Where the evidence comes from, if known.", required: false },
        ],
        text: include_str!("author_scenario.md"),
    },
    Template {
        name: "read_a_hold",
        title: "Read a hold",
        description: "Why a run is held, and the smallest change that turns it.",
        arguments: &[Argument { name: "run_id", description: "Which run.", required: true }],
        text: include_str!("read_a_hold.md"),
    },
    Template {
        name: "roll_out_a_gate",
        title: "Roll out a release gate",
        description: "Off, shadow, warn, block: a plan with a way back.",
        arguments: &[
            Argument { name: "gate", description: "The gate's id.", required: true },
            Argument { name: "environment", description: "For which environment.", required: true },
        ],
        text: include_str!("roll_out_a_gate.md"),
    },
];

/// All prompts.
pub(crate) fn list() -> Vec<Prompt> {
    let argument =
        |it: &Argument| PromptArgument::new(it.name).with_description(it.description).with_required(it.required);
    let prompt = |it: &Template| {
        let arguments = it.arguments.iter().map(argument).collect();
        Prompt::new(it.name, Some(it.description), Some(arguments)).with_title(it.title)
    };
    ALL.iter().map(prompt).collect()
}

/// One of them, with its arguments filled in.
pub(crate) async fn get(
    context: &CallContext<App>,
    name: &str,
    arguments: JsonObject,
) -> Result<GetPromptResult, Refusal> {
    let template = template(name)?;
    let given = read(template, arguments)?;
    let word = |name: &str| given.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
    let mut text = template.text.to_owned();
    for argument in template.arguments {
        let value = match (argument.name, word(argument.name)) {
            ("provider", Some(provider)) => format!(" (start with `{provider}`)"),
            (_, value) => value.unwrap_or_default().to_owned(),
        };
        text = text.replace(&format!("{{{{{}}}}}", argument.name), &value);
    }
    let mut messages = vec![PromptMessage::new_text(Role::User, text)];
    if template.name == "read_a_hold" {
        messages.push(attached(context, word("run_id").unwrap_or_default()).await?);
    }
    Ok(GetPromptResult::new(messages).with_description(template.description))
}

/// Where a run stands, beside what is asked of it.
async fn attached(context: &CallContext<App>, run: &str) -> Result<PromptMessage, Refusal> {
    let run = RunId::try_from(run).map_err(|_| Refusal::param("params.arguments.run_id", "the id of a run"))?;
    let uri = ResourceUri::Run { shelf: Shelf::default(), run }.to_string();
    let contents = resources::read(context, &uri).await?;
    let contents = contents.into_iter().next().unwrap_or_else(|| ResourceContents::text("", uri));
    Ok(PromptMessage::new(Role::User, ContentBlock::resource(contents)))
}

/// What an argument of the prompt `name` may go on with.
pub(crate) async fn complete(
    context: &CallContext<App>,
    name: &str,
    argument: &ArgumentInfo,
) -> Result<CompletionInfo, Refusal> {
    let template = template(name)?;
    let app = context.app();
    let begun = argument.value.as_str();
    if !template.arguments.iter().any(|it| it.name == argument.name) {
        return Err(Refusal::param("params.argument.name", "an argument of the prompt"));
    }
    match argument.name.as_str() {
        "run_id" => resources::runs_beginning(context, Shelf::default(), begun).await,
        "provider" => Ok(matching(app.orchestrator().contracts().iter().map(|it| it.provider_id.to_string()), begun)),
        "gate" => Ok(matching(decision_gate_policy::gates::ALL.iter().map(|gate| gate.id.to_owned()), begun)),
        "environment" => {
            Ok(matching(app.loaded().config().environments.names().iter().map(ToString::to_string), begun))
        }
        _ => Ok(CompletionInfo::default()),
    }
}

fn template(name: &str) -> Result<&'static Template, Refusal> {
    ALL.iter().find(|it| it.name == name).ok_or_else(|| Refusal::UnknownPrompt {
        name: name.to_owned(),
        nearest: nearest(name, ALL.iter().map(|it| it.name)),
    })
}

/// The arguments as texts, if they are those of the prompt.
fn read(template: &Template, arguments: JsonObject) -> Result<Vec<(&'static str, String)>, Refusal> {
    let path = |name: &str| format!("params.arguments.{name}");
    let mut given = Vec::new();
    for (name, value) in arguments {
        let known = template.arguments.iter().find(|it| it.name == name);
        let known = known.ok_or_else(|| Refusal::param(&path(&name), "left out: the prompt has no such argument"))?;
        match value {
            Value::String(text) if text.len() <= MAX_ARGUMENT && !text.contains("{{") => given.push((known.name, text)),
            _ => {
                let wanted = format!("a text of at most {MAX_ARGUMENT} bytes, without double braces");
                return Err(Refusal::param(&path(&name), &wanted));
            }
        }
    }
    let missing =
        |it: &&Argument| it.required && !given.iter().any(|(name, text)| *name == it.name && !text.is_empty());
    match template.arguments.iter().find(missing) {
        Some(argument) => Err(Refusal::param(&path(argument.name), "given")),
        None => Ok(given),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_a_text_is_an_argument_and_every_argument_is_in_the_text() {
        for template in ALL {
            let named: std::collections::BTreeSet<_> =
                template.text.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0)).collect();
            assert_eq!(named, template.arguments.iter().map(|it| it.name).collect(), "{}", template.name);
            assert!(template.text.len() < 4_000, "{}", template.name);
        }
    }

    #[test]
    fn tools_and_pages_that_a_text_names_are_there() {
        for template in ALL {
            let tools = crate::tools::ALL.iter().map(|tool| tool.card().name).collect::<Vec<_>>();
            let words = template.text.split(|it: char| !it.is_ascii_lowercase() && it != '_');
            for word in
                words.filter(|it| ["scenario_", "provider_", "decision_gate_"].iter().any(|by| it.starts_with(by)))
            {
                assert!(
                    word == "scenario_id" || word == "provider_id" || tools.contains(&word),
                    "{}: {word}",
                    template.name
                );
            }
            for page in template.text.split("decision-gate://docs/").skip(1) {
                let path = page.split([' ', ')']).next().unwrap();
                assert!(crate::docs::page(path).is_some(), "{}: {path}", template.name);
            }
        }
    }
}
