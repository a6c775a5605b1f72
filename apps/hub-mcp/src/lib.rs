#![doc = include_str!("../README.md")]

mod budget;
mod desk;
mod error;
mod http;
mod server;
pub mod untrusted;

use std::sync::Arc;

use rmcp::ServiceExt;

pub use budget::{Budget, BudgetError, Limits, Standing};
pub use desk::{Desk, HandedOn, Manifests, Parts, Quote};
pub use error::McpError;
pub use http::Listening;
pub use server::HubTools;

/// Serves the tools over standard input and output, until the client goes.
///
/// # Errors
///
/// If the client does not speak MCP.
pub async fn over_stdio(desk: Arc<Desk>) -> Result<(), McpError> {
    let failed = |error: &dyn std::fmt::Display| {
        McpError::Setup(format!("the client does not speak MCP: {error}"))
    };
    let running = HubTools::new(desk).serve(rmcp::transport::stdio()).await;
    let running = running.map_err(|error| failed(&error))?;
    running.waiting().await.map_err(|error| failed(&error))?;
    Ok(())
}
