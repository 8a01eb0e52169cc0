//! The 4-eye server: says whether a transaction was asked for.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use super::{
    api_error::{ApiError, parse},
    cloud::SandboxCloud,
    state::Decision,
};

/// Where the server is found, below the cloud's address.
pub(super) const PATH: &str = "/4eye";

/// `GET /4eye/{id}` asks about an id, `POST /4eye/{id}` about an id and a content.
pub(super) fn router(cloud: Arc<SandboxCloud>) -> Router {
    Router::new()
        .route("/4eye/{id}", get(by_id).post(by_content))
        .with_state(cloud)
}

async fn by_id(State(cloud): State<Arc<SandboxCloud>>, Path(id): Path<String>) -> Response {
    answer(&id, cloud.state.decide(&id, None))
}

async fn by_content(
    State(cloud): State<Arc<SandboxCloud>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let content: Value = parse(&body)?;
    Ok(answer(&id, cloud.state.decide(&id, Some(&content))))
}

fn answer(id: &str, decision: Decision) -> Response {
    let (status, message) = match decision {
        Decision::Approved => (StatusCode::OK, "approved"),
        Decision::Declined => (StatusCode::FORBIDDEN, "not wanted"),
        Decision::Different => (StatusCode::FORBIDDEN, "asked for with another content"),
        Decision::Unknown => (StatusCode::NOT_FOUND, "nobody asked for this"),
    };
    (status, Json(json!({"id": id, "message": message}))).into_response()
}
