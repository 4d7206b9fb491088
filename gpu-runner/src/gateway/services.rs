//! What the tenant of a service gets: state, logs, events, and commands in its containers.

use std::pin::Pin;

use aliquot_client::jwt::Scope;
use aliquot_proto::market::v1::LeaseId;
use axum::{
    Json,
    body::{Body, HttpBody},
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode as S},
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWriteExt, duplex},
    sync::broadcast::error::RecvError,
};

use super::{App, Refused, Services, refused};
use crate::{
    runtime::{Command, Container, LogQuery, Output, State as Running},
    store::lease_name,
};

type Place = Path<(u64, u32, u32)>;
type Asked<T> = Result<Query<T>, QueryRejection>;

/// Words of a command.
const WORDS: usize = 256;
const PIPE: usize = 64 << 10;

/// Refuses leases of which nothing is here.
fn known(services: &Services, id: &LeaseId) -> Result<(), Refused> {
    match services.book.has(id) {
        true => Ok(()),
        false => refused(S::NOT_FOUND, format!("lease {} is not here", lease_name(id))),
    }
}

pub(super) async fn status(
    State(app): State<App>,
    Path(place): Place,
    headers: HeaderMap,
) -> Result<Json<Value>, Refused> {
    let id = app.own_lease(place, &headers, Scope::Status).await?;
    let services = app.services()?;
    known(services, &id)?;
    let containers = services.runtime.status(&id).await?;
    let desired = services.book.desired(&id);
    let mut names: Vec<_> = desired.keys().chain(containers.iter().map(|c| &c.service)).collect();
    names.sort();
    names.dedup();
    let of = |name: &String| {
        let own: Vec<_> = containers.iter().filter(|c| c.service == *name).collect();
        json!({
            "name": name,
            "desired": desired.get(name).copied().unwrap_or(0),
            "running": own.iter().filter(|c| c.state == Running::Running).count(),
            "instances": own.into_iter().map(|c| described(services, &id, c)).collect::<Vec<_>>(),
        })
    };
    Ok(Json(json!({
        "lease": lease_name(&id),
        "state": services.book.state(&id).map(|state| state.as_str_name()),
        "services": names.into_iter().map(of).collect::<Vec<_>>(),
    })))
}

fn described(services: &Services, id: &LeaseId, container: &Container) -> Value {
    let mut shown = serde_json::to_value(container).unwrap_or_default();
    let restarts = services.book.health(id, |h| h.restarts(&container.service, container.instance));
    if let Some(fields) = shown.as_object_mut() {
        fields.remove("service");
        fields.insert("restarts".into(), restarts.unwrap_or(0).into());
    }
    shown
}

#[derive(Deserialize)]
pub(super) struct Logs {
    service: Option<String>,
    tail: Option<u32>,
    #[serde(default)]
    follow: bool,
}

pub(super) async fn logs(
    State(app): State<App>,
    Path(place): Place,
    asked: Asked<Logs>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let id = app.own_lease(place, &headers, Scope::Logs).await?;
    let services = app.services()?;
    known(services, &id)?;
    let Query(asked) = asked?;
    let query = LogQuery { service: asked.service, tail: asked.tail, follow: asked.follow };
    let mut coming = services.runtime.logs(&id, query).await?;
    app.lines(|mut lines| async move {
        while let Some(line) = lines.next(coming.recv()).await? {
            lines.write(&line).await?;
        }
        Ok(())
    })
}

#[derive(Deserialize)]
pub(super) struct Events {
    #[serde(default)]
    follow: bool,
}

pub(super) async fn events(
    State(app): State<App>,
    Path(place): Place,
    asked: Asked<Events>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let id = app.own_lease(place, &headers, Scope::Events).await?;
    let Query(asked) = asked?;
    let Some((past, mut coming)) = app.services()?.book.events(&id) else {
        return refused(S::NOT_FOUND, format!("lease {} is not here", lease_name(&id)));
    };
    app.lines(|mut lines| async move {
        for event in &past {
            lines.write(event).await?;
        }
        if !asked.follow {
            return Ok(());
        }
        loop {
            match lines.next(coming.recv()).await? {
                Ok(event) => lines.write(&event).await?,
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok(()),
            }
        }
    })
}

/// Runs a command; the body is its stdin, read while the command writes.
pub(super) async fn exec(
    State(app): State<App>,
    Path(place): Place,
    asked: Asked<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let id = app.own_lease(place, &headers, Scope::Shell).await?;
    let services = app.services()?;
    known(services, &id)?;
    let mut command = asked_command(asked?.0)?;
    command.stdin = (!body.is_end_stream()).then(|| reader(body));
    let mut coming = services.runtime.exec(&id, command).await?;
    app.lines(|mut lines| async move {
        while let Some(output) = lines.next(coming.recv()).await? {
            match output {
                Output::Bytes(stream, bytes) => {
                    lines.write(&json!({ "stream": stream, "data": STANDARD.encode(bytes) })).await?;
                }
                Output::Exit(code) => lines.write(&json!({ "exit_code": code })).await?,
            }
        }
        Ok(())
    })
}

fn asked_command(asked: Vec<(String, String)>) -> Result<Command, Refused> {
    let mut command = Command { service: String::new(), instance: 0, words: Vec::new(), tty: false, stdin: None };
    let bad = |text: &str| Refused(S::BAD_REQUEST, text.to_string());
    for (key, value) in asked {
        match key.as_str() {
            "service" => command.service = value,
            "instance" => command.instance = value.parse().map_err(|_| bad("instance is not a number"))?,
            "tty" => command.tty = value == "true",
            "cmd" => command.words.push(value),
            other => return Err(bad(&format!("{other:?} is unknown: service, instance, tty and cmd are known"))),
        }
    }
    let words = &command.words;
    if command.service.is_empty() || words.is_empty() || words.len() > WORDS || words.iter().any(|w| w.contains('\0')) {
        return Err(bad("say service, and the command word by word: ?service=web&cmd=ls&cmd=-l"));
    }
    Ok(command)
}

/// The body as something to read from.
fn reader(mut body: Body) -> Box<dyn AsyncRead + Send + Unpin> {
    let (mut near, far) = duplex(PIPE);
    tokio::spawn(async move {
        while let Some(Ok(frame)) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            let Ok(data) = frame.into_data() else { continue };
            if near.write_all(&data).await.is_err() {
                return;
            }
        }
    });
    Box::new(far)
}
