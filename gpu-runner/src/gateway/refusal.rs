//! Refusals: a status, and a text that says what was wrong and what to do.

use axum::{
    Json,
    extract::rejection::{BytesRejection, QueryRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{runtime::RuntimeError, store::StoreError};

/// A refusal.
pub(super) struct Refused(pub StatusCode, pub String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Refused(status, message) = self;
        let mut response = (status, Json(json!({ "code": status.as_u16(), "message": message }))).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let bearer = header::HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}

pub(super) fn refused<T>(status: StatusCode, message: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(status, message.into()))
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unfinished(_) => Refused(StatusCode::CONFLICT, "the result is not finished yet".into()),
            error => {
                tracing::error!(%error, "gateway");
                Refused(StatusCode::INTERNAL_SERVER_ERROR, "the result cannot be read".into())
            }
        }
    }
}

impl From<RuntimeError> for Refused {
    fn from(error: RuntimeError) -> Self {
        match error {
            RuntimeError::Absent { .. } => Refused(StatusCode::NOT_FOUND, error.to_string()),
            error => {
                tracing::error!(%error, "gateway");
                Refused(StatusCode::BAD_GATEWAY, "the containers cannot be reached at present: come again".into())
            }
        }
    }
}

impl From<BytesRejection> for Refused {
    fn from(rejection: BytesRejection) -> Self {
        Refused(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for Refused {
    fn from(rejection: QueryRejection) -> Self {
        Refused(rejection.status(), rejection.body_text())
    }
}
