//! Tenants, volumes, agents.

use super::args::{
    AddTenant, Agents, DeleteTenant, ImportAgents, ListAgents, Listed, NameVolume, OrNone, SetTenant,
    Tenants, Volumes,
};
use super::{json_line, open, open_with, told};
use crate::Failure;
use afterbeep::store::{Agent, MessageStore, NameTemplate, StoreOptions, Tenant, Volume, delete_tenant};
use jiff::Timestamp;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

pub(crate) fn volumes(command: &Volumes) -> Result<(), Failure> {
    match command {
        Volumes::Add(arguments) => name_volume(arguments, true),
        Volumes::Move(arguments) => name_volume(arguments, false),
        Volumes::List(arguments) => list_volumes(arguments),
    }
}

fn name_volume(arguments: &NameVolume, add: bool) -> Result<(), Failure> {
    let store = if add {
        open_with(&arguments.store, &StoreOptions { create: true, ..StoreOptions::default() })?
    } else {
        open(&arguments.store)?
    };
    let path = &arguments.path;
    if !store.directory().join(path).is_dir() {
        return Err(Failure::Failed(format!("{} is no directory; create it first", path.display())));
    }
    let volume = Volume { name: arguments.name.clone(), path: path.clone() };
    if add {
        store.add_volume(&volume)?
    } else {
        store.move_volume(&volume)?
    }
    Ok(())
}

#[derive(Serialize)]
struct VolumeLine<'a> {
    name: &'a str,
    path: String,
}

fn list_volumes(arguments: &Listed) -> Result<(), Failure> {
    let volumes = open(&arguments.store)?.volumes()?;
    lines(
        arguments,
        &volumes,
        |volume| VolumeLine { name: &volume.name, path: volume.path.display().to_string() },
        |line| format!("{}  {}", line.name, line.path),
    )
}

/// Prints a list, for people or for programs.
pub(super) fn lines<'a, T, L: Serialize>(
    arguments: &Listed,
    entries: &'a [T],
    line_of: impl Fn(&'a T) -> L,
    text_of: impl Fn(&L) -> String,
) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written = entries.iter().map(line_of).try_for_each(|line| {
        if arguments.json { json_line(&mut out, &line) } else { writeln!(out, "{}", text_of(&line)) }
    });
    told(written.and_then(|()| out.flush()))
}

pub(crate) fn tenants(command: &Tenants) -> Result<(), Failure> {
    match command {
        Tenants::Add(arguments) => add_tenant(arguments),
        Tenants::Set(arguments) => set_tenant(arguments),
        Tenants::List(arguments) => list_tenants(arguments),
        Tenants::Delete(arguments) => remove_tenant(arguments),
    }
}

fn add_tenant(arguments: &AddTenant) -> Result<(), Failure> {
    let mut tenant = Tenant {
        volume: arguments.volume.clone(),
        time_zone: arguments.time_zone.clone(),
        retention_s: arguments.retention,
        quota_bytes: arguments.quota,
        template: arguments.template.clone(),
        defaults: arguments.defaults.clone(),
        ..Tenant::new(&arguments.id)
    };
    tenant.validate()?;
    let store = open_with(&arguments.store, &StoreOptions { create: true, ..StoreOptions::default() })?;
    match &arguments.root {
        Some(root) if root.is_absolute() => tenant.volume = volume_at(&store, root, &arguments.id)?,
        Some(root) => {
            let text = root.to_str().map(|root| root.trim_end_matches('/').to_owned());
            tenant.root = text.ok_or_else(|| Failure::Failed(format!("{} is not UTF-8", root.display())))?;
        }
        None => {}
    }
    Ok(store.add_tenant(&tenant)?)
}

fn set_tenant(arguments: &SetTenant) -> Result<(), Failure> {
    fn set<T: Clone>(place: &mut Option<T>, given: Option<&OrNone<T>>) {
        if let Some(OrNone(value)) = given {
            place.clone_from(value);
        }
    }
    let store = open(&arguments.store)?;
    let mut tenant = store.tenant(&arguments.id)?;
    set(&mut tenant.retention_s, arguments.retention.as_ref());
    set(&mut tenant.quota_bytes, arguments.quota.as_ref());
    set(&mut tenant.template, arguments.template.as_ref());
    set(&mut tenant.defaults, arguments.defaults.as_ref());
    if let Some(time_zone) = &arguments.time_zone {
        tenant.time_zone.clone_from(time_zone);
    }
    Ok(store.update_tenant(&tenant, arguments.apply_retention)?)
}

/// The volume of a directory outside the store: records name volumes.
fn volume_at(store: &dyn MessageStore, path: &Path, tenant: &str) -> Result<String, Failure> {
    if let Some(volume) = store.volumes()?.into_iter().find(|volume| volume.path == path) {
        return Ok(volume.name);
    }
    std::fs::create_dir_all(path).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
    let name = format!("tenant-{tenant}");
    store.add_volume(&Volume { name: name.clone(), path: path.to_owned() })?;
    Ok(name)
}

#[derive(Serialize)]
struct TenantLine<'a> {
    id: &'a str,
    volume: &'a str,
    root: &'a str,
    time_zone: &'a str,
    retention_s: Option<u64>,
    quota_bytes: Option<u64>,
    used_bytes: u64,
    template: Option<&'a str>,
    defaults: Option<serde_json::Value>,
    being_deleted: bool,
}

impl<'a> From<&'a Tenant> for TenantLine<'a> {
    fn from(tenant: &'a Tenant) -> Self {
        Self {
            id: &tenant.id,
            volume: &tenant.volume,
            root: &tenant.root,
            time_zone: &tenant.time_zone,
            retention_s: tenant.retention_s,
            quota_bytes: tenant.quota_bytes,
            used_bytes: tenant.used_bytes,
            template: tenant.template.as_ref().map(NameTemplate::as_str),
            defaults: tenant.defaults.as_deref().and_then(|text| serde_json::from_str(text).ok()),
            being_deleted: tenant.being_deleted,
        }
    }
}

fn list_tenants(arguments: &Listed) -> Result<(), Failure> {
    let tenants = open(&arguments.store)?.tenants()?;
    lines(arguments, &tenants, TenantLine::from, |line| {
        let limit = |limit: Option<u64>, unit: &str| {
            limit.map_or("no limit".to_owned(), |limit| format!("{limit} {unit}"))
        };
        let deleted = if line.being_deleted { "  BEING DELETED" } else { "" };
        format!(
            "{}  {}:{}  {}  retention {}  quota {}  used {} B{deleted}",
            line.id,
            line.volume,
            line.root,
            line.time_zone,
            limit(line.retention_s, "s"),
            limit(line.quota_bytes, "B"),
            line.used_bytes
        )
    })
}

pub(crate) fn remove_tenant(arguments: &DeleteTenant) -> Result<(), Failure> {
    let store = open(&arguments.store)?;
    let done = delete_tenant(&store, &arguments.id, Timestamp::now())?;
    let mut out = io::stdout().lock();
    if arguments.json {
        return told(json_line(
            &mut out,
            &TenantDeleted {
                messages: done.messages,
                other_files: done.other_files,
                remaining_records: done.remaining_records,
                directory_remains: done.directory_remains,
            },
        ));
    }
    told(writeln!(
        out,
        "deleted {} messages and {} other files; {} records are left",
        done.messages, done.other_files, done.remaining_records
    ))
}

#[derive(Serialize)]
struct TenantDeleted {
    messages: u64,
    other_files: u64,
    remaining_records: u64,
    directory_remains: bool,
}

pub(crate) fn agents(command: &Agents) -> Result<(), Failure> {
    match command {
        Agents::Import(arguments) => import_agents(arguments),
        Agents::List(arguments) => list_agents(arguments),
    }
}

fn import_agents(arguments: &ImportAgents) -> Result<(), Failure> {
    let store = open(&arguments.store)?;
    let failed =
        |error: &dyn std::fmt::Display| Failure::Failed(format!("{}: {error}", arguments.file.display()));
    let file = BufReader::new(File::open(&arguments.file).map_err(|error| failed(&error))?);
    let is_json = arguments.file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let agents = if is_json { Agent::from_json(file) } else { Agent::from_csv(file) };
    let agents = agents.map_err(|error| failed(&error))?;
    Ok(store.import_agents(&arguments.tenant, &agents)?)
}

fn list_agents(arguments: &ListAgents) -> Result<(), Failure> {
    let agents = open(&arguments.listed.store)?.agents(&arguments.tenant)?;
    lines(
        &arguments.listed,
        &agents,
        |agent| agent.clone(),
        |agent| format!("{}  {}", agent.agent_id, agent.name.as_deref().unwrap_or("-")),
    )
}
