//! Who is told of messages by HTTP.

use super::args::{AddWebhook, Listed, OneWebhook, Store, Webhooks};
use super::directory::lines;
use super::{json_line, open, told};
use crate::Failure;
use afterbeep::store::{
    NoticeKind, SenderOptions, StoreError, Webhook, WebhookSecret, WebhookSender, WebhookState, ping,
};
use jiff::Timestamp;
use serde::Serialize;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::fs;
use std::io::{self, Write};
use std::sync::Arc;

pub(crate) fn run(command: &Webhooks) -> Result<(), Failure> {
    match command {
        Webhooks::Add(arguments) => add(arguments),
        Webhooks::List(arguments) => list(arguments),
        Webhooks::Remove(one) => Ok(open(&one.store)?.remove_webhook(one.number)?),
        Webhooks::Retry(one) => retry(one),
        Webhooks::Ping(one) => ping_one(one),
        Webhooks::Run(store) => send(store),
    }
}

#[derive(Serialize)]
struct Added {
    webhook: i64,
    secret: String,
}

fn add(arguments: &AddWebhook) -> Result<(), Failure> {
    let secret = match &arguments.secret_file {
        None => WebhookSecret::fresh()?,
        Some(path) => {
            let text = fs::read_to_string(path)
                .map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
            WebhookSecret::parse(&text)?
        }
    };
    let mut webhook = Webhook::new(arguments.tenant.as_deref(), &arguments.url, secret);
    if !arguments.events.is_empty() {
        webhook.kinds.clone_from(&arguments.events);
    }
    let number = open(&arguments.store)?.add_webhook(&webhook)?;
    let added = Added { webhook: number, secret: webhook.secret.reveal() };
    let mut out = io::stdout().lock();
    if arguments.json {
        return told(json_line(&mut out, &added));
    }
    told(writeln!(out, "webhook {number}, secret {}", added.secret))
}

#[derive(Serialize)]
struct Line<'a> {
    webhook: i64,
    tenant: Option<&'a str>,
    url: &'a str,
    events: Vec<&'static str>,
    disabled: bool,
    pending: u64,
    failed: u64,
    last_error: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn of(state: &'a WebhookState) -> Self {
        Self {
            webhook: state.number,
            tenant: state.webhook.tenant.as_deref(),
            url: &state.webhook.url,
            events: state.webhook.kinds.iter().copied().map(NoticeKind::name).collect(),
            disabled: state.disabled,
            pending: state.pending,
            failed: state.failed,
            last_error: state.last_error.as_deref(),
        }
    }
}

fn list(arguments: &Listed) -> Result<(), Failure> {
    let webhooks = open(&arguments.store)?.webhooks()?;
    lines(arguments, &webhooks, Line::of, |line| {
        format!(
            "{}  tenant {}  {}  {}  {}, {} pending, {} failed{}",
            line.webhook,
            line.tenant.unwrap_or("-"),
            line.url,
            line.events.join(","),
            if line.disabled { "disabled" } else { "enabled" },
            line.pending,
            line.failed,
            line.last_error.map(|error| format!(": {error}")).unwrap_or_default(),
        )
    })
}

fn retry(one: &OneWebhook) -> Result<(), Failure> {
    let count = open(&one.store)?.retry_webhook(one.number, Timestamp::now())?;
    told(writeln!(io::stdout().lock(), "{count} notices are sent once more"))
}

fn ping_one(one: &OneWebhook) -> Result<(), Failure> {
    let webhooks = open(&one.store)?.webhooks()?;
    let webhook = webhooks.iter().find(|webhook| webhook.number == one.number);
    let webhook = webhook.ok_or(StoreError::UnknownWebhook(one.number))?;
    match ping(webhook, &SenderOptions::default()) {
        Ok(200..=299) => Ok(()),
        Ok(status) => Err(Failure::Failed(format!("{} answered {status}", webhook.webhook.url))),
        Err(error) => Err(Failure::Failed(format!("{}: {error}", webhook.webhook.url))),
    }
}

fn send(store: &Store) -> Result<(), Failure> {
    let store = Arc::new(open(store)?);
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let _sender = WebhookSender::start(store, SenderOptions::default())?;
    signals.forever().next();
    Ok(())
}
