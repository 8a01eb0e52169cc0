//! Errors in the form of Tatum's API.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use serde_json::json;

/// An error answer: `{"statusCode", "errorCode", "message"}`.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// There is no pending transaction under `id`.
    pub(super) fn no_transaction(id: &str) -> Self {
        let message = format!("there is no pending transaction {id}");
        Self::new(StatusCode::NOT_FOUND, "kms.not.found", message)
    }

    /// The request makes no sense.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "validation.failed", message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({
            "statusCode": self.status.as_u16(),
            "errorCode": self.code,
            "message": self.message,
        });
        (self.status, Json(body)).into_response()
    }
}

/// Reads a JSON body, whatever the content type says.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::invalid(format!("the body: {error}")))
}
