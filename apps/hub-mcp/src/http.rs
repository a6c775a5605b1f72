//! Streamable HTTP, for those who know the token.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{header, StatusCode};
use axum::middleware::{from_fn_with_state, Next};
use axum::response::{IntoResponse, Response};
use axum::Router;
use hub_listen::ListenLimits;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;
use crate::error::McpError;
use crate::server::HubTools;

/// Tools at an address, until it is told to stop.
pub struct Listening {
    listener: TcpListener,
    desk: Arc<Desk>,
    token: Arc<str>,
}

impl Listening {
    /// Binds an address. Whoever knows `token` may spend the budget: it is asked for as a bearer token.
    ///
    /// # Errors
    ///
    /// If the token is short, or the address cannot be bound.
    pub async fn bind(at: SocketAddr, desk: Arc<Desk>, token: &str) -> Result<Self, McpError> {
        if token.len() < 16 || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(McpError::Setup("the token needs 16 visible ASCII characters or more: whoever guesses it spends the budget".to_owned()));
        }
        let listener = TcpListener::bind(at).await;
        let listener = listener
            .map_err(|error| McpError::Setup(format!("{at} cannot be listened at: {error}")))?;
        Ok(Self {
            listener,
            desk,
            token: token.into(),
        })
    }

    /// Where clients connect.
    ///
    /// # Errors
    ///
    /// If the system does not say.
    pub fn url(&self) -> Result<String, McpError> {
        let at = self.listener.local_addr();
        let at = at.map_err(|error| McpError::Setup(error.to_string()))?;
        Ok(format!("http://{at}/mcp"))
    }

    /// Serves until `stop` is cancelled.
    pub async fn serve(self, stop: CancellationToken) {
        let mut config = StreamableHttpServerConfig::default();
        config.cancellation_token = stop.child_token();
        // A page in a browser has an origin, and no business here.
        let config = config.enforce_origin_validation();
        let tools = HubTools::new(self.desk);
        let service: StreamableHttpService<HubTools, LocalSessionManager> =
            StreamableHttpService::new(move || Ok(tools.clone()), Default::default(), config);
        let router = Router::new()
            .nest_service("/mcp", service)
            .layer(from_fn_with_state(self.token, knows_the_token));
        hub_listen::serve(self.listener, router, ListenLimits::default(), stop).await;
    }
}

async fn knows_the_token(State(token): State<Arc<str>>, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION);
    let given = given.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    // Hashes take the same time to compare whatever they are of.
    let hash = |text: &str| hub_wire::sha256(&[text.as_bytes()]);
    match given.map(hash) == Some(hash(&token)) {
        true => next.run(request).await,
        false => {
            let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
            (
                StatusCode::UNAUTHORIZED,
                challenge,
                "give the token of hub mcp: Authorization: Bearer TOKEN\n",
            )
                .into_response()
        }
    }
}
