//! Tools behind one object-safe interface, so that a table can hold them.

use std::{future::Future, pin::Pin};

use rmcp::model::{CallToolResult, JsonObject};
use serde_json::Value;

use super::{CallContext, Card, Summary, Tool, ToolError, arguments, outcome, schema};
use crate::App;

/// A tool whose argument and answer types are forgotten.
pub trait AnyTool<A = App>: Send + Sync {
    /// What the tool list says.
    fn card(&self) -> Card;

    /// The schema of the arguments, made anew.
    fn input_schema(&self) -> JsonObject;

    /// The schema of an answer that is not an error, made anew.
    fn output_schema(&self) -> JsonObject;

    /// Reads the arguments, calls the tool and writes its answer; whatever goes wrong is an `isError` result.
    fn call<'a>(
        &'a self,
        context: &'a CallContext<A>,
        arguments: JsonObject,
    ) -> Pin<Box<dyn Future<Output = CallToolResult> + Send + 'a>>;
}

/// A [`Tool`] as [`AnyTool`].
#[derive(Clone, Copy, Debug)]
pub struct Erased<T>(pub T);

impl<A, T> AnyTool<A> for Erased<T>
where
    A: Send + Sync + 'static,
    T: Tool<A>,
{
    fn card(&self) -> Card {
        T::CARD
    }

    fn input_schema(&self) -> JsonObject {
        schema::input::<T::Arguments>()
    }

    fn output_schema(&self) -> JsonObject {
        schema::output::<T::Answer>()
    }

    fn call<'a>(
        &'a self,
        context: &'a CallContext<A>,
        arguments: JsonObject,
    ) -> Pin<Box<dyn Future<Output = CallToolResult> + Send + 'a>> {
        Box::pin(async move {
            let outcome = match arguments::read(arguments) {
                Ok(arguments) => self.0.call(context, arguments).await,
                Err(error) => Err(error),
            };
            outcome.and_then(|answer| write(&answer)).unwrap_or_else(ToolError::into_result)
        })
    }
}

fn write<T: serde::Serialize + Summary>(answer: &T) -> Result<CallToolResult, ToolError> {
    if let Ok(structured @ Value::Object(_)) = serde_json::to_value(answer) {
        return Ok(outcome::success(structured, answer.text(), answer.links()));
    }
    tracing::error!("an answer has no form as a json object");
    Err(ToolError::internal())
}
