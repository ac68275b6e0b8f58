//! A running provider: greeted, asked for its tools, and ready for questions.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use decision_gate_config::sections::providers::{Handshake, Protocol};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ClientConfig, Implementation,
    JsonObject, MetaObject, PaginatedRequestParams, ProtocolVersion, RequestMetaObject, Tool,
};
use rmcp::service::{
    ClientInitializeError, ClientLifecycleMode, RunningService, ServiceError, serve_client_with_lifecycle,
};
use rmcp::transport::Transport;
use rmcp::{ClientHandler, RoleClient};
use serde_json::Value;

use super::fault::QueryFault;
use super::launch::{Launch, Program, Way};
use super::meter::{Death, Vitals};
use super::process::{Guard, Process};
use super::questions::refusal;
#[cfg(feature = "http")]
use super::remote::RemoteTransport;
use super::transport::PipeTransport;
use super::v0::V0Session;

/// Most pages and tools of a list of tools.
const MAX_PAGES: usize = 64;
const MAX_TOOLS: usize = 4_096;

/// A running provider. Dropping it kills the process.
#[derive(Debug)]
pub(super) struct Session {
    speaks: Speaks,
    vitals: Arc<Vitals>,
    /// Its process, if it was started here.
    guard: Option<Arc<Guard>>,
    handshake: Handshake,
}

#[derive(Debug)]
enum Speaks {
    Mcp { service: RunningService<RoleClient, Client>, tools: Vec<Tool>, names: BTreeSet<String> },
    V0(V0Session),
}

/// What the gate is to a provider: somebody who asks, and offers nothing.
#[derive(Clone, Debug)]
struct Client;

impl ClientHandler for Client {
    fn get_info(&self) -> ClientConfig {
        let client = Implementation::new("decision-gate", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), client)
    }
}

impl Session {
    /// Reaches the provider and greets it, with `handshake` in place of what the settings say where that is known to be
    /// the one that works.
    pub(super) async fn start(launch: &Launch, handshake: Handshake) -> Result<Self, QueryFault> {
        let vitals = Vitals::new(launch.allowance());
        match &launch.way {
            Way::Program(program) => Self::run(launch, program, vitals, handshake).await,
            #[cfg(feature = "http")]
            Way::Address(endpoint) => {
                let transport = RemoteTransport::new(Arc::clone(endpoint), Arc::clone(&vitals), launch.max_message);
                let speaks = greet(transport, handshake, &vitals).await?;
                Ok(Self { speaks, vitals, guard: None, handshake })
            }
        }
    }

    async fn run(
        launch: &Launch,
        program: &Program,
        vitals: Arc<Vitals>,
        handshake: Handshake,
    ) -> Result<Self, QueryFault> {
        let Process { stdin, stdout, guard } = Process::start(program, &vitals)?;
        let guard = Arc::new(guard);
        tokio::spawn(bury(Arc::clone(&vitals), Arc::downgrade(&guard)));
        let speaks = if launch.protocol == Protocol::DecisionGateV0 {
            Speaks::V0(V0Session::new(stdin, stdout, Arc::clone(&vitals), launch.max_message))
        } else {
            let transport = PipeTransport::new(stdin, stdout, Arc::clone(&vitals), launch.max_message);
            greet(transport, handshake, &vitals).await?
        };
        Ok(Self { speaks, vitals, guard: Some(guard), handshake })
    }

    /// The greeting that worked.
    pub(super) fn handshake(&self) -> Handshake {
        self.handshake
    }

    /// The tools that it offers.
    pub(super) fn tools(&self) -> &[Tool] {
        match &self.speaks {
            Speaks::Mcp { tools, .. } => tools,
            Speaks::V0(_) => &[],
        }
    }

    /// Calls a tool.
    pub(super) async fn call(
        &self,
        tool: &str,
        arguments: JsonObject,
        meta: Option<JsonObject>,
    ) -> Result<CallToolResult, QueryFault> {
        let Speaks::Mcp { service, names, .. } = &self.speaks else {
            return Err(QueryFault::NoTool { tool: tool.to_owned() });
        };
        if !names.contains(tool) {
            return Err(QueryFault::NoTool { tool: tool.to_owned() });
        }
        let mut params = CallToolRequestParams::new(tool.to_owned());
        params.arguments = Some(arguments);
        params.meta = meta.map(|meta| RequestMetaObject(MetaObject(meta)));
        match service.call_tool_once(params).await {
            Ok(CallToolResponse::Complete(result)) => Ok(result),
            Ok(_) => Err(QueryFault::AsksBack),
            Err(error) => Err(self.fault(error)),
        }
    }

    /// Asks in the public project's protocol.
    pub(super) async fn ask_v0(&self, arguments: Value) -> Result<Value, QueryFault> {
        match &self.speaks {
            Speaks::V0(session) => session.ask(arguments).await,
            Speaks::Mcp { .. } => Err(QueryFault::Malformed { reason: "it speaks another protocol".to_owned() }),
        }
    }

    pub(super) fn vitals(&self) -> &Vitals {
        &self.vitals
    }

    /// Ends it: everything that waits for it is told so.
    pub(super) fn kill(&self, of: Death) {
        self.vitals.die(of);
        if let Some(guard) = &self.guard {
            guard.kill();
        }
    }

    fn fault(&self, error: ServiceError) -> QueryFault {
        let death = self.vitals.death();
        match error {
            ServiceError::McpError(error) => refusal(&error).unwrap_or(QueryFault::Protocol { code: error.code.0 }),
            _ if death.is_some() => QueryFault::Died(death.unwrap_or(Death::Gone)),
            ServiceError::UnexpectedResponse => {
                QueryFault::Malformed { reason: "it is not the result of a tool".to_owned() }
            }
            _ => QueryFault::Died(Death::Gone),
        }
    }
}

/// The greeting, and the list of tools.
async fn greet<T>(transport: T, handshake: Handshake, vitals: &Vitals) -> Result<Speaks, QueryFault>
where
    T: Transport<RoleClient> + 'static,
{
    let service = serve_client_with_lifecycle(Client, transport, lifecycle(handshake)).await;
    let service = service.map_err(|error| unready(&error, vitals))?;
    let tools = tools(&service).await.map_err(|error| unlisted(&error, vitals))?;
    let names = tools.iter().map(|tool| tool.name.to_string()).collect();
    Ok(Speaks::Mcp { service, tools, names })
}

/// Kills the process of a provider as soon as it counts as dead, and not only when the next query finds it so.
async fn bury(vitals: Arc<Vitals>, guard: Weak<Guard>) {
    vitals.ended().await;
    if let Some(guard) = guard.upgrade() {
        guard.kill();
    }
}

fn lifecycle(handshake: Handshake) -> ClientLifecycleMode {
    let preferred_versions = vec![ProtocolVersion::LATEST];
    match handshake {
        Handshake::Auto => ClientLifecycleMode::Auto { preferred_versions, legacy_version: None },
        Handshake::Initialize => ClientLifecycleMode::Initialize,
        Handshake::Discover => ClientLifecycleMode::Discover { preferred_versions },
    }
}

async fn tools(service: &RunningService<RoleClient, Client>) -> Result<Vec<Tool>, ServiceError> {
    let mut tools = Vec::new();
    let mut cursor = None;
    for _ in 0..MAX_PAGES {
        let page = service.list_tools(Some(PaginatedRequestParams::default().with_cursor(cursor))).await?;
        tools.extend(page.tools);
        tools.truncate(MAX_TOOLS);
        cursor = page.next_cursor;
        if cursor.is_none() || tools.len() == MAX_TOOLS {
            break;
        }
    }
    Ok(tools)
}

/// Why the greeting failed, without the words of the provider.
fn unready(error: &ClientInitializeError, vitals: &Vitals) -> QueryFault {
    // A transport that is let go of after a refusal counts as gone: the refusal says more.
    let death = vitals.death();
    match (death, refused(error)) {
        (None | Some(Death::Gone), Some(fault)) => return fault,
        (Some(death), _) => return QueryFault::Died(death),
        (None, None) => {}
    }
    let reason = match error {
        ClientInitializeError::JsonRpcError(error) => format!("it refused with the error {}", error.code.0),
        ClientInitializeError::NoCompatibleProtocolVersion { .. } => "it speaks no version that is known".to_owned(),
        ClientInitializeError::ConnectionClosed(_) => "it closed its output".to_owned(),
        ClientInitializeError::LegacyFallbackFailed { .. } => "it knows neither way to begin".to_owned(),
        _ => "its answer is not one to the greeting".to_owned(),
    };
    QueryFault::Handshake { reason }
}

/// What the transport refused of its answer to the greeting; of two ways to begin, the second.
fn refused(error: &ClientInitializeError) -> Option<QueryFault> {
    match error {
        ClientInitializeError::JsonRpcError(error) => refusal(error),
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => refused(fallback),
        _ => None,
    }
}

fn unlisted(error: &ServiceError, vitals: &Vitals) -> QueryFault {
    match (vitals.death(), error) {
        (Some(death), _) => QueryFault::Died(death),
        (None, ServiceError::McpError(error)) => {
            let reason = format!("its list of tools is the error {}", error.code.0);
            refusal(error).unwrap_or(QueryFault::Handshake { reason })
        }
        (None, _) => QueryFault::Handshake { reason: "its list of tools can't be read".to_owned() },
    }
}

/// How long what can be shortened of a limit leaves for the answer of this side.
pub(super) fn within(limit: Duration) -> Duration {
    limit.saturating_sub((limit / 20).min(Duration::from_millis(50)))
}
