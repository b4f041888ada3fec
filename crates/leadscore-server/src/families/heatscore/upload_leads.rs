use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use axum::extract::{Multipart, State};
use axum::{Extension, Json};
use serde::Serialize;
use tempfile::NamedTempFile;
use utoipa::ToSchema;
use uuid::Uuid;

use super::scored::{Heat, Scored, score_all};
use super::upload_table::{self, MAX_ROWS, Row, Table, TableError};
use crate::callers::Caller;
use crate::fault::{Fault, FaultKind};
use crate::state::AppState;

/// The longest upload, in bytes.
pub(crate) const MAX_UPLOAD: usize = 10 << 20;
/// Rows that are kept at once.
const BLOCK: usize = 500;

/// A table of leads.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the documentation: the parts are read one by one")]
pub(crate) struct UploadForm {
    /// CSV with a row of names: those of a lead in a request, or others that are known for the same.
    #[schema(value_type = String, format = Binary, content_media_type = "text/csv")]
    file: Vec<u8>,
}

/// What became of the rows.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the document")]
pub(crate) struct Upload {
    upload_id: String,
    /// `processed` and `failed` together.
    total_leads: usize,
    processed: usize,
    failed: usize,
    /// In the order of the rows.
    results: Vec<UploadResult>,
    /// What was assumed about the table.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// What became of a row.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum UploadResult {
    /// It was scored.
    Processed {
        lead_id: String,
        heat_score: Heat,
        confidence: f64,
        /// `processed`.
        status: &'static str,
    },
    /// It cannot be used.
    Failed {
        /// Among the data rows, from 1.
        row: u64,
        /// The line of the file, from 1.
        line: u64,
        /// `failed`.
        status: &'static str,
        error: String,
    },
}

/// Keeps and scores the leads of a CSV: at most 10 MiB and 10,000 rows.
#[utoipa::path(
    post,
    path = "/api/v1/upload-leads",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 200, body = Upload))
)]
pub(crate) async fn upload_leads(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<Json<Upload>, Fault> {
    let form = form.map_err(|_| {
        Fault::new(FaultKind::UnsupportedMediaType, "the body must be multipart/form-data with a part `file`")
    })?;
    let file = receive(form, &state.config.data).await?;
    let reading = state.clone();
    let read = tokio::task::spawn_blocking(move || {
        upload_table::read(file.path(), &reading.pipelines.heat_upload, reading.schemas())
    });
    let Table { rows, notes } = read
        .await
        .map_err(|_| Fault::new(FaultKind::Internal, "the table cannot be read"))?
        .map_err(unusable)?;
    let mut results = Vec::with_capacity(rows.len());
    for block in rows.chunks(BLOCK) {
        results.extend(keep(&state, &caller.tenant, block).await?);
    }
    let failed = results.iter().filter(|own| matches!(own, UploadResult::Failed { .. })).count();
    Ok(Json(Upload {
        upload_id: format!("upload_{}", Uuid::new_v4().simple()),
        total_leads: results.len(),
        processed: results.len() - failed,
        failed,
        results,
        notes,
    }))
}

/// Writes the part `file` to a file that is gone when it is dropped.
async fn receive(mut form: Multipart, data: &Path) -> Result<NamedTempFile, Fault> {
    let broken = |error: axum::extract::multipart::MultipartError| {
        if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            Fault::new(FaultKind::TooLarge, "an upload has at most 10 MiB")
        } else {
            Fault::invalid("file", error.body_text())
        }
    };
    let no_room = |error: std::io::Error| {
        tracing::error!(%error, "an upload cannot be written");
        Fault::new(FaultKind::Store, "there is no room for the upload; try again later").retry_after(60)
    };
    while let Some(mut part) = form.next_field().await.map_err(broken)? {
        if part.name() != Some("file") {
            continue;
        }
        let mut file = temporary(data).map_err(no_room)?;
        let mut length = 0;
        while let Some(bytes) = part.chunk().await.map_err(broken)? {
            length += bytes.len();
            if length > MAX_UPLOAD {
                return Err(Fault::new(FaultKind::TooLarge, "an upload has at most 10 MiB"));
            }
            file.write_all(&bytes).map_err(no_room)?;
        }
        file.flush().map_err(no_room)?;
        return Ok(file);
    }
    Err(Fault::invalid("file", "is required"))
}

/// In the system's folder for such files, or, as an image with nothing in it has none, in the server's own.
fn temporary(data: &Path) -> std::io::Result<NamedTempFile> {
    let system = std::env::temp_dir();
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix("upload-").suffix(".csv");
    if system.is_dir() {
        return builder.tempfile_in(system);
    }
    std::fs::create_dir_all(data)?;
    builder.tempfile_in(data)
}

fn unusable(error: TableError) -> Fault {
    match error {
        TableError::NotATable(message) => Fault::new(FaultKind::UnsupportedMediaType, message),
        TableError::TooLong => Fault::invalid("file", format!("has more than {MAX_ROWS} rows")),
        TableError::Io(error) => {
            tracing::error!(%error, "an upload cannot be read back");
            Fault::new(FaultKind::Store, "the upload cannot be read back; try again later")
        }
    }
}

/// Keeps and scores rows.
async fn keep(state: &AppState, tenant: &str, rows: &[Row]) -> Result<Vec<UploadResult>, Fault> {
    let scored = score_all(state, tenant, rows.iter().filter_map(|row| row.lead.as_ref().ok())).await?;
    let mut scored = scored.into_iter();
    let result = |row: &Row| match &row.lead {
        Ok(_) => scored.next().map(|Scored { stored, own }| UploadResult::Processed {
            lead_id: stored.id,
            heat_score: own.heat,
            confidence: own.confidence,
            status: "processed",
        }),
        Err(error) => Some(UploadResult::Failed {
            row: row.number,
            line: row.line,
            status: "failed",
            error: error.clone(),
        }),
    };
    Ok(rows.iter().filter_map(result).collect())
}
