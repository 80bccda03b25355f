//! What the commands on a store take.

use afterbeep::element::{ElementError, RecordingParameters};
use afterbeep::session::EndReason;
use afterbeep::store::{Cursor, MessageId, NameTemplate, NoticeKind, Query, Status};
use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};
use std::path::PathBuf;

/// The directory of a store.
#[derive(Args)]
pub(crate) struct Store {
    /// The directory that holds the store, afterbeep.db
    #[arg(long, value_name = "DIR")]
    pub(crate) store: PathBuf,
}

/// Look after messages: find, hear, allocate, delete them.
#[derive(Subcommand)]
pub(crate) enum Messages {
    List(List),
    Show(One),
    Audio(Audio),
    Export(Export),
    Allocate(Allocate),
    Status(SetStatus),
    Delete(Delete),
    Hold(Hold),
}

/// Which messages.
#[derive(Args)]
pub(crate) struct Filter {
    /// Of this tenant
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// That began in the last days: 1d, 3d, 7d
    #[arg(long, value_name = "TIME", value_parser = period, conflicts_with = "from")]
    last: Option<u64>,
    /// That began at this time (RFC 3339) or later
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// That began before this time
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// From this caller
    #[arg(long, value_name = "NUMBER")]
    caller: Option<String>,
    /// Of this agent
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// Of this skill queue
    #[arg(long, value_name = "ID")]
    queue: Option<String>,
    /// From this channel
    #[arg(long, value_name = "ID")]
    channel: Option<String>,
    /// With this status
    #[arg(long, value_parser = status)]
    status: Option<Status>,
    /// That ended for this reason
    #[arg(long, value_name = "REASON", value_parser = end_reason)]
    end_reason: Option<EndReason>,
    /// This long at least
    #[arg(long, value_name = "TIME", value_parser = crate::args::duration_ms)]
    min_duration: Option<u32>,
    /// This long at most
    #[arg(long, value_name = "TIME", value_parser = crate::args::duration_ms)]
    max_duration: Option<u32>,
    /// The oldest first
    #[arg(long)]
    oldest_first: bool,
}

impl Filter {
    pub(crate) fn query(&self) -> Query {
        let seconds = |last: u64| SignedDuration::from_secs(i64::try_from(last).unwrap_or(i64::MAX));
        let last = self.last.and_then(|last| Timestamp::now().checked_sub(seconds(last)).ok());
        Query {
            tenant: self.tenant.clone(),
            from: self.from.or(last),
            until: self.until,
            caller: self.caller.clone(),
            agent: self.agent.clone(),
            queue: self.queue.clone(),
            channel: self.channel.clone(),
            status: self.status,
            end_reason: self.end_reason,
            min_duration_ms: self.min_duration.map(u64::from),
            max_duration_ms: self.max_duration.map(u64::from),
            oldest_first: self.oldest_first,
        }
    }
}

/// List messages, the newest first.
#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) store: Store,
    #[command(flatten)]
    pub(crate) filter: Filter,
    /// At most so many [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Go on where a list ended
    #[arg(long, value_name = "PLACE")]
    pub(crate) after: Option<Cursor>,
    /// Only count them: exactly up to 10 000
    #[arg(long, conflicts_with_all = ["limit", "after"])]
    pub(crate) count: bool,
    /// Print one JSON object a message and line
    #[arg(long)]
    pub(crate) json: bool,
}

/// A message, and whose it has to be.
#[derive(Args)]
pub(crate) struct Target {
    #[command(flatten)]
    pub(crate) store: Store,
    /// The message
    #[arg(value_name = "ID")]
    pub(crate) id: MessageId,
    /// Only if it is this tenant's
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: Option<String>,
}

/// Who does something, for the history and the access log.
#[derive(Args)]
pub(crate) struct Actor {
    /// Who does this
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,
}

/// Show all that is known of a message, and its history.
#[derive(Args)]
pub(crate) struct One {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Write a message's file somewhere else; the access is logged.
#[derive(Args)]
pub(crate) struct Audio {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The file to create, or `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) actor: Actor,
}

/// Write records of messages into a file.
#[derive(Args)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) store: Store,
    #[command(flatten)]
    pub(crate) filter: Filter,
    /// `json` is one object a line
    #[arg(long, value_enum, default_value_t = ExportFormat::Csv)]
    pub(crate) format: ExportFormat,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// The file to create, or `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum ExportFormat {
    Csv,
    Json,
}

/// Give a message to an agent.
#[derive(Args)]
pub(crate) struct Allocate {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Who handles it; one of the tenant's
    #[arg(long, value_name = "ID")]
    pub(crate) agent: String,
    #[command(flatten)]
    pub(crate) actor: Actor,
    /// Print the message as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Say how far a message has come.
#[derive(Args)]
pub(crate) struct SetStatus {
    #[command(flatten)]
    pub(crate) target: Target,
    /// processing, processed, unprocessed or to_be_allocated
    #[arg(value_parser = status)]
    pub(crate) status: Status,
    #[command(flatten)]
    pub(crate) actor: Actor,
    /// Print the message as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Delete messages, file and record.
#[derive(Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    pub(crate) store: Store,
    /// The messages
    #[arg(value_name = "ID", required = true)]
    pub(crate) ids: Vec<MessageId>,
    /// Only if they are this tenant's
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Put a message on legal hold: nothing deletes it.
#[derive(Args)]
pub(crate) struct Hold {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Release it
    #[arg(long)]
    pub(crate) release: bool,
    #[command(flatten)]
    pub(crate) actor: Actor,
    /// Print the message as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Delete messages whose time is over, and finish what a crash has interrupted.
#[derive(Args)]
pub(crate) struct Sweep {
    #[command(flatten)]
    pub(crate) store: Store,
    /// The time to compare with (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME", conflicts_with = "daily")]
    pub(crate) now: Option<Timestamp>,
    /// Say what would be deleted, and delete nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Stay, and sweep each day at this local time
    #[arg(long, value_name = "HH:MM", value_parser = time_of_day)]
    pub(crate) daily: Option<Time>,
    /// Print one JSON object a sweep
    #[arg(long)]
    pub(crate) json: bool,
}

/// Tell others by HTTP what happens to messages.
#[derive(Subcommand)]
pub(crate) enum Webhooks {
    /// Add a receiver, and print its secret
    Add(AddWebhook),
    /// List receivers, and what awaits them
    List(Listed),
    /// Remove a receiver, with what awaits it
    Remove(OneWebhook),
    /// Send what was given up once more
    Retry(OneWebhook),
    /// Post a notice of no message at once
    Ping(OneWebhook),
    /// Stay, and post what awaits
    Run(Store),
}

#[derive(Args)]
pub(crate) struct AddWebhook {
    #[command(flatten)]
    pub(crate) store: Store,
    /// Where notices are posted: https://HOST/PATH
    pub(crate) url: String,
    /// Only of this tenant's messages [default: of all]
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: Option<String>,
    /// Only of these: completed, allocated, deleted, absent [default: all]
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub(crate) events: Vec<NoticeKind>,
    /// A file with the secret that notices are signed with, whsec_… [default: a fresh one]
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct OneWebhook {
    #[command(flatten)]
    pub(crate) store: Store,
    /// The receiver's number
    pub(crate) number: i64,
}

/// Name the places that recordings are in.
#[derive(Subcommand)]
pub(crate) enum Volumes {
    /// Name a directory
    Add(NameVolume),
    /// List volumes
    List(Listed),
    /// Say where a volume is now; its files are yours to move
    Move(NameVolume),
}

#[derive(Args)]
pub(crate) struct NameVolume {
    #[command(flatten)]
    pub(crate) store: Store,
    /// The volume
    pub(crate) name: String,
    /// Its directory; a relative one is relative to the store's
    #[arg(value_name = "DIRECTORY")]
    pub(crate) path: PathBuf,
}

#[derive(Args)]
pub(crate) struct Listed {
    #[command(flatten)]
    pub(crate) store: Store,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Add, list and delete tenants.
#[derive(Subcommand)]
pub(crate) enum Tenants {
    Add(AddTenant),
    Set(SetTenant),
    /// List tenants
    List(Listed),
    Delete(DeleteTenant),
}

/// Add a tenant; the first one begins the store.
#[derive(Args)]
pub(crate) struct AddTenant {
    #[command(flatten)]
    pub(crate) store: Store,
    /// The tenant (VDN)
    pub(crate) id: String,
    /// Its own directory: on the volume, if that is relative, else the tenant's id in it [default: ID]
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) root: Option<PathBuf>,
    /// The volume of its recordings
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) volume: String,
    /// The time zone of its file names
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) time_zone: String,
    /// How long messages stay: 30d, 12h [default: for ever]
    #[arg(long, value_name = "TIME", value_parser = period)]
    pub(crate) retention: Option<u64>,
    /// What recordings may take: 10GB, 500MB, 1GiB [default: no limit]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) quota: Option<u64>,
    /// Where files go below {volume}/{vdn}/ [default: record/{yyyymmdd}/{yyyymmddHHMMSS}-{random}-record.wav]
    #[arg(long, value_name = "TEMPLATE", value_parser = NameTemplate::parse)]
    pub(crate) template: Option<NameTemplate>,
    /// Recording parameters of elements that do not say them: a JSON object, or a file with one
    #[arg(long, value_name = "JSON|FILE", value_parser = defaults)]
    pub(crate) defaults: Option<String>,
}

/// Change a tenant; what is not given stays.
#[derive(Args)]
pub(crate) struct SetTenant {
    #[command(flatten)]
    pub(crate) store: Store,
    /// The tenant
    pub(crate) id: String,
    /// The time zone of its file names
    #[arg(long, value_name = "ZONE")]
    pub(crate) time_zone: Option<String>,
    /// How long messages that end from now on stay: 30d, 12h, `none` for ever
    #[arg(long, value_name = "TIME", value_parser = or_none(period))]
    pub(crate) retention: Option<OrNone<u64>>,
    /// The messages that are there, too; one on legal hold stays while it is
    #[arg(long, requires = "retention")]
    pub(crate) apply_retention: bool,
    /// What recordings may take: 10GB, 500MB, 1GiB, `none`
    #[arg(long, value_name = "SIZE", value_parser = or_none(size))]
    pub(crate) quota: Option<OrNone<u64>>,
    /// Where files go below {volume}/{vdn}/, `none` for the default
    #[arg(long, value_name = "TEMPLATE", value_parser = or_none(NameTemplate::parse))]
    pub(crate) template: Option<OrNone<NameTemplate>>,
    /// Recording parameters of elements that do not say them: a JSON object, a file with one, or `none`
    #[arg(long, value_name = "JSON|FILE", value_parser = or_none(defaults))]
    pub(crate) defaults: Option<OrNone<String>>,
}

/// A value, or that there is to be none.
#[derive(Clone)]
pub(crate) struct OrNone<T>(pub(crate) Option<T>);

fn or_none<T, E>(
    parse: impl Fn(&str) -> Result<T, E> + Clone + Send + Sync,
) -> impl Fn(&str) -> Result<OrNone<T>, E> + Clone + Send + Sync {
    move |text| if text == "none" { Ok(OrNone(None)) } else { parse(text).map(|value| OrNone(Some(value))) }
}

/// Reads a tenant's defaults, from a file or as they are.
fn defaults(text: &str) -> Result<String, String> {
    let text = if text.trim_start().starts_with('{') {
        text.to_owned()
    } else {
        std::fs::read_to_string(text).map_err(|error| error.to_string())?
    };
    match RecordingParameters::from_defaults(&text) {
        Ok(_) => Ok(text),
        Err(ElementError::Json(error)) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// Delete a tenant with all recordings, records and agents.
#[derive(Args)]
pub(crate) struct DeleteTenant {
    #[command(flatten)]
    pub(crate) store: Store,
    /// The tenant
    pub(crate) id: String,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Say who a tenant's agents are.
#[derive(Subcommand)]
pub(crate) enum Agents {
    Import(ImportAgents),
    List(ListAgents),
}

/// Add the agents of a list.
#[derive(Args)]
pub(crate) struct ImportAgents {
    #[command(flatten)]
    pub(crate) store: Store,
    /// A CSV file with the column agent_id (and name), or a JSON array (.json)
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Whose they are
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: String,
}

/// List a tenant's agents.
#[derive(Args)]
pub(crate) struct ListAgents {
    #[command(flatten)]
    pub(crate) listed: Listed,
    /// Whose they are
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: String,
}

fn status(name: &str) -> Result<Status, String> {
    Status::named(name).ok_or_else(|| format!("take one of {}", Status::all().map(Status::name).join(", ")))
}

fn end_reason(name: &str) -> Result<EndReason, String> {
    let known = EndReason::all().find(|reason| reason.name() == name);
    let names = || EndReason::all().map(EndReason::name).collect::<Vec<_>>().join(", ");
    known.ok_or_else(|| format!("take one of {}", names()))
}

/// Reads `30d`, `12h`, `45m` or `30s`, in seconds.
fn period(text: &str) -> Result<u64, String> {
    let error = || format!("`{text}` is no period; write it as 30d, 12h, 45m or 30s");
    let units = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];
    let read = units.into_iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)));
    let (number, factor) = read.ok_or_else(error)?;
    let number: u64 = number.parse().map_err(|_| error())?;
    // A thousand years are enough, and no date beyond them can be written.
    number.checked_mul(factor).filter(|&seconds| seconds <= 1_000 * 366 * 86_400).ok_or_else(error)
}

/// Reads `10GB`, `1GiB` or a number of bytes.
fn size(text: &str) -> Result<u64, String> {
    let error = || format!("`{text}` is no size; write it as 10GB, 500MB, 1GiB, or in bytes");
    let units = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("TiB", 1 << 40),
        ("kB", 1_000),
        ("KB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
        ("B", 1),
    ];
    let read = units.into_iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)));
    let (number, factor) = read.unwrap_or((text, 1));
    let number: u64 = number.parse().map_err(|_| error())?;
    number.checked_mul(factor).filter(|&bytes| bytes <= i64::MAX as u64).ok_or_else(error)
}

fn time_of_day(text: &str) -> Result<Time, String> {
    Time::strptime("%H:%M", text).map_err(|_| format!("`{text}` is no time of day; write it as 03:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_sizes_and_times_are_read() {
        assert_eq!((period("30d"), period("12h"), period("0s")), (Ok(2_592_000), Ok(43_200), Ok(0)));
        assert_eq!((size("10GB"), size("1KiB"), size("7")), (Ok(10_000_000_000), Ok(1_024), Ok(7)));
        for text in ["", "d", "-1d", "1.5d", "1w", "99999999999d"] {
            assert!(period(text).is_err(), "{text}");
        }
        for text in ["", "GB", "1XB", "-1", "99999999999GB"] {
            assert!(size(text).is_err(), "{text}");
        }
        assert!(time_of_day("03:00").is_ok() && time_of_day("24:00").is_err() && time_of_day("3").is_err());
    }
}
