use crate::Failure;
use crate::keys::{Keys, is_profile_field};
use crate::schedule::Happenings;
use crate::silence::Threshold;
use crate::store::args as store;
use crate::tones;
use afterbeep::dsp::beep::BeepConfig;
use afterbeep::dsp::gain::{AgcConfig, GainConfig};
use afterbeep::dsp::tone_plan::{ToneKind, TonePlan};
use afterbeep::engine::{Durability, EngineConfig, LargeFile};
use afterbeep::line::SampleRate;
use afterbeep::session::{ConfigError, SessionConfig, Terminators};
use afterbeep::wav::{Format, HeaderStyle, Metadata};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Leave a message after the beep: records a caller's audio until `#`, silence, a hang-up or the maximum
/// duration.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    Record(Box<Record>),
    Detect(Detect),
    Load(Load),
    Repair(RepairArguments),
    #[command(subcommand)]
    Tones(Tones),
    #[command(subcommand)]
    Messages(store::Messages),
    Sweep(store::Sweep),
    #[command(subcommand)]
    Volumes(store::Volumes),
    #[command(subcommand)]
    Webhooks(store::Webhooks),
    #[command(subcommand)]
    Tenants(store::Tenants),
    #[command(subcommand)]
    Agents(store::Agents),
}

/// Make whole files of interrupted recordings, and give them their names.
///
/// Recordings of ours are known by their marker; other files are not touched, nor those that are being recorded. A second
/// run finds nothing to do. Status 1 where a file could not be repaired, or its name is taken.
#[derive(Args)]
pub(crate) struct RepairArguments {
    /// Where they are; directories beneath it are searched, too
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// Repair `NAME.part` with a plain header, too, whoever wrote it
    #[arg(long)]
    pub(crate) plain: bool,
    /// Only tell what there is to do
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one JSON object a file and line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Learn call-progress tones.
#[derive(Subcommand)]
pub(crate) enum Tones {
    Learn(Learn),
}

/// Measure the loudest repeating tone of a recorded line and print it as a plan for `--learned`.
///
/// Speech may come before it. Two cycles and the beginning of a third are needed, or 3 s of a tone without pauses.
#[derive(Args)]
pub(crate) struct Learn {
    #[command(flatten)]
    pub(crate) input: Input,
    /// What the tone means
    #[arg(long, value_name = "KIND", default_value = "busy", value_parser = tone_kind)]
    pub(crate) kind: ToneKind,
}

/// Record one call: the caller's side comes from a file.
///
/// INPUT goes through the same calls that a switch makes, as fast as the machine allows and without loss. Where
/// it ends before any end condition, the caller has hung up.
#[derive(Args)]
pub(crate) struct Record {
    #[command(flatten)]
    pub(crate) input: Input,
    /// A directory, for a fresh name in it, or the file to create
    #[arg(long, value_name = "WHERE", default_value = ".")]
    pub(crate) out: PathBuf,
    /// Continue a finished message, in its format, rate and header
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    pub(crate) append: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) flow: Flow,
    /// How the file stores samples
    #[arg(long, value_enum, default_value_t = FileFormat::Pcm16)]
    pub(crate) format: FileFormat,
    /// What the file's header has beside that
    #[arg(long, value_enum, default_value_t)]
    pub(crate) header: Header,
    /// What becomes of a message that passes 4 GiB [default: rf64; split with a plain header or --max-file-kib]
    #[arg(long, value_enum)]
    pub(crate) large: Option<Large>,
    /// Longest file in KiB, 64 to 4194304: a longer message goes on in further files
    #[arg(long, value_name = "KIB")]
    pub(crate) max_file_kib: Option<u32>,
    /// Note the start time and the software in the file
    #[arg(long)]
    pub(crate) metadata: bool,
    /// Note the call flow's node in the file
    #[arg(long, value_name = "TEXT")]
    pub(crate) node_name: Option<String>,
    /// Note the caller in the file
    #[arg(long, value_name = "TEXT")]
    pub(crate) caller: Option<String>,
    /// Sample rate of the file, one of those that INPUT may have [default: that of INPUT]
    #[arg(long, value_name = "HZ", value_parser = rate)]
    pub(crate) file_rate: Option<SampleRate>,
    /// Raise the level in the file by this much, -40dB to 40dB
    #[arg(long, value_name = "GAIN", default_value = "0dB", value_parser = decibels, allow_hyphen_values = true)]
    pub(crate) gain: f32,
    /// Bring speech in the file to a level, -40dBm0 to -3dBm0
    #[arg(long, value_name = "LEVEL", value_parser = level, num_args = 0..=1, default_missing_value = "-16dBm0", allow_hyphen_values = true)]
    pub(crate) agc: Option<f32>,
    /// The most that it is raised, or lowered, up to 40dB [default: 20dB]
    #[arg(long, value_name = "GAIN", value_parser = decibels, requires = "agc")]
    pub(crate) agc_max_gain: Option<f32>,
    /// How long that takes to fall by 20 dB, 10ms to 10s [default: 50ms]
    #[arg(long, value_name = "TIME", value_parser = duration_ms, requires = "agc")]
    pub(crate) agc_attack: Option<u32>,
    /// How long it takes to rise by 20 dB, 10ms to 10s of speech [default: 1s]
    #[arg(long, value_name = "TIME", value_parser = duration_ms, requires = "agc")]
    pub(crate) agc_release: Option<u32>,
    /// Start recording at once
    #[arg(long, conflicts_with_all = ["beep_frequency", "beep_level", "beep_duration", "beep_ramp"])]
    pub(crate) no_beep: bool,
    /// The beep's frequency in hertz, 100 to 3400
    #[arg(long, value_name = "HZ", default_value_t = BeepConfig::default().frequency_hz)]
    pub(crate) beep_frequency: f32,
    /// The beep's level, -60dBm0 to 0dBm0
    #[arg(long, value_name = "LEVEL", default_value = "-12dBm0", value_parser = level, allow_hyphen_values = true)]
    pub(crate) beep_level: f32,
    /// The beep's length, 20ms to 5s
    #[arg(long, value_name = "TIME", default_value = "400ms", value_parser = duration_ms)]
    pub(crate) beep_duration: u32,
    /// Length of each of its ramps, up to half of the beep [default: 10ms]
    #[arg(long, value_name = "TIME", value_parser = duration_ms)]
    pub(crate) beep_ramp: Option<u32>,
    /// Drop this much after the beep, where the line returns its echo; up to 2s
    #[arg(long, value_name = "TIME", default_value = "0ms", value_parser = duration_ms)]
    pub(crate) echo_guard: u32,
    /// Keys that end the message: `any`, `none`, or a set such as '#*'
    #[arg(long, value_name = "KEYS", default_value = "#", value_parser = Terminators::parse)]
    pub(crate) terminators: Terminators,
    /// Longest message; 0 for no limit
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = duration_ms, allow_hyphen_values = true)]
    pub(crate) max_duration: u32,
    /// End where nobody has spoken for this long [default: off]
    #[arg(long, value_name = "TIME", value_parser = duration_ms)]
    pub(crate) initial_silence: Option<u32>,
    /// End where the caller has been silent for this long [default: off]
    #[arg(long, value_name = "TIME", value_parser = duration_ms)]
    pub(crate) final_silence: Option<u32>,
    /// Cut the silence that ended the message, and keep this much of it
    #[arg(long, value_name = "TAIL", value_parser = duration_ms, num_args = 0..=1, default_missing_value = "200ms")]
    pub(crate) trim_silence: Option<u32>,
    /// Start the recording with the first sound instead of at once
    #[arg(long)]
    pub(crate) start_on_speech: bool,
    /// How much is recorded from before that sound, up to 2s
    #[arg(long, value_name = "TIME", default_value = "300ms", value_parser = duration_ms)]
    pub(crate) pre_roll: u32,
    /// A shorter message ends as `too_short` [default: none]
    #[arg(long, value_name = "TIME", value_parser = duration_ms)]
    pub(crate) min_duration: Option<u32>,
    /// Delete messages that are too short
    #[arg(long)]
    pub(crate) delete_too_short: bool,
    /// Delete messages that ended by initial silence
    #[arg(long)]
    pub(crate) delete_initial_silence: bool,
    /// Replace the tones of keys by silence in the file
    #[arg(long)]
    pub(crate) mask_digits: bool,
    /// Noise at this level, -80dBm0 to -30dBm0, where the line lost audio [default: silence]
    #[arg(long, value_name = "LEVEL", value_parser = level, allow_hyphen_values = true)]
    pub(crate) comfort_noise: Option<f32>,
    /// How long `--line-drop-at` has to last to end the message, up to 10s
    #[arg(long, value_name = "TIME", default_value = "250ms", value_parser = duration_ms)]
    pub(crate) line_drop_debounce: u32,
    /// End where standard input brings nothing for this long, 100ms to 1h of wall time; 0 for never
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration_ms)]
    pub(crate) media_timeout: u32,
    /// How long audio may await a write, 20ms to 60s: what is lost if this program is killed
    #[arg(long, value_name = "TIME", default_value = "900ms", value_parser = duration_ms)]
    pub(crate) batch_age: u32,
    /// Free space in KiB below which no file is begun
    #[arg(long, value_name = "KIB", default_value_t = EngineConfig::default().min_free_kib)]
    pub(crate) min_free_kib: u32,
    /// What reaches the disk when, and so survives a power cut
    #[arg(long, value_enum, default_value_t = Durable::Interval)]
    pub(crate) durability: Durable,
    /// How long to wait for room where the disk is full, up to 1h of wall time
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration_ms)]
    pub(crate) full_hold: u32,
    #[command(flatten)]
    pub(crate) threshold: Threshold,
    #[command(flatten)]
    pub(crate) keys: Keys,
    #[command(flatten)]
    pub(crate) tones: ToneArguments,
    /// Tell the keys and tones, too, that did not end the message
    #[arg(long)]
    pub(crate) events: bool,
    /// Print the result as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) happenings: Happenings,
}

/// A Leave Message element of a flow, and what it runs with.
#[derive(Args)]
pub(crate) struct Flow {
    /// Run a Leave Message element, a JSON file: it says what ends the message, and the store where that goes
    #[arg(long, value_name = "FILE", requires = "store", conflicts_with_all = ELEMENT_SAYS)]
    pub(crate) element: Option<PathBuf>,
    /// The directory that holds the store, afterbeep.db
    #[arg(long, value_name = "DIR", requires = "element")]
    pub(crate) store: Option<PathBuf>,
    /// A variable of the flow; may be given again
    #[arg(long, value_name = "NAME=VALUE", requires = "element", value_parser = variable)]
    pub(crate) var: Vec<(String, String)>,
}

/// Flags that say what an element says.
const ELEMENT_SAYS: [&str; 39] = [
    "out",
    "append",
    "header",
    "large",
    "max_file_kib",
    "node_name",
    "caller",
    "no_beep",
    "beep_frequency",
    "beep_level",
    "beep_duration",
    "beep_ramp",
    "echo_guard",
    "terminators",
    "max_duration",
    "initial_silence",
    "final_silence",
    "trim_silence",
    "start_on_speech",
    "pre_roll",
    "min_duration",
    "delete_too_short",
    "delete_initial_silence",
    "mask_digits",
    "comfort_noise",
    "line_drop_debounce",
    "silence",
    "silence_threshold",
    "silence_hysteresis",
    "silence_floor_min",
    "silence_floor_max",
    "silence_start_above_floor",
    "silence_stop_above_floor",
    "silence_hangover",
    "dtmf_profile",
    "dtmf",
    "tone_plan",
    "learned",
    "continuous_tone",
];

/// Show what the detectors hear: digits, silence and sound, and call-progress tones, as they end.
///
/// Streams: hours of INPUT take constant memory.
#[derive(Args)]
pub(crate) struct Detect {
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) threshold: Threshold,
    #[command(flatten)]
    pub(crate) keys: Keys,
    #[command(flatten)]
    pub(crate) tones: ToneArguments,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Size a machine: record many channels at once, and measure what that costs.
///
/// Every channel hears the same speech from another place on, through the same calls that a switch makes, with DTMF and
/// silence detection on. The files stay in DIR: 16 kB for each second of each channel.
#[derive(Args)]
pub(crate) struct Load {
    /// Channels at once, up to 65536
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub(crate) channels: u32,
    /// Audio of each channel in seconds, up to a day
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) seconds: u32,
    /// Where the files go
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// What callers say, as `record` takes it [default: 3 s of a reading, again and again]
    #[arg(long, value_name = "WAV")]
    pub(crate) input: Option<PathBuf>,
    /// How the files store samples
    #[arg(long, value_enum, default_value_t = FileFormat::Pcm16)]
    pub(crate) format: FileFormat,
    /// `real`: a frame of 20 ms every 20 ms; `max`: as fast as the writers take it, without loss
    #[arg(long, value_enum, default_value_t = Pace::Real)]
    pub(crate) pace: Pace,
    /// What reaches the disk when
    #[arg(long, value_enum, default_value_t = Durable::Cache)]
    pub(crate) durability: Durable,
    #[command(flatten)]
    pub(crate) tones: ToneArguments,
    /// Threads that push, each with its share of the channels, up to 64
    #[arg(long, value_name = "M", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) threads: u32,
    /// Threads that write
    #[arg(long, value_name = "W", default_value_t = EngineConfig::default().writer_threads)]
    pub(crate) writer_threads: u32,
    /// Audio that may await a write [default: the engine's]
    #[arg(long, value_name = "TIME", value_parser = duration_ms)]
    pub(crate) batch: Option<u32>,
    /// Audio that each channel's ring holds, twice the batch at least [default: the engine's]
    #[arg(long, value_name = "TIME", value_parser = duration_ms)]
    pub(crate) ring: Option<u32>,
    /// Room in KiB that each file reserves ahead of its audio
    #[arg(long, value_name = "KIB", default_value_t = EngineConfig::default().preallocate_kib)]
    pub(crate) preallocate: u32,
    /// Write what the engine counts to this file each second, and at the end, in Prometheus's text format
    #[arg(long, value_name = "FILE")]
    pub(crate) prometheus: Option<PathBuf>,
    /// Print the figures as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Pace {
    Real,
    Max,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Durable {
    /// When the operating system likes
    Cache,
    /// Once a second, all of the file system
    Interval,
    /// The same, and each message before it is reported
    Close,
    /// With each write
    Batch,
}

impl From<Durable> for Durability {
    fn from(level: Durable) -> Self {
        match level {
            Durable::Cache => Self::Cache,
            Durable::Interval => Self::Interval,
            Durable::Close => Self::Close,
            Durable::Batch => Self::Batch,
        }
    }
}

#[derive(Args)]
pub(crate) struct Input {
    /// A WAV file (16-bit PCM, A-law, µ-law or IMA ADPCM; mono, 8 to 48 kHz), or `-` for raw 16-bit little-endian samples
    /// from standard input
    #[arg(value_name = "INPUT")]
    pub(crate) path: PathBuf,
    /// Sample rate of raw samples: 8000, 16000, 24000, 32000, 44100 or 48000 [default: 8000]
    #[arg(long, value_name = "HZ", value_parser = rate)]
    pub(crate) rate: Option<SampleRate>,
}

#[derive(Args)]
pub(crate) struct ToneArguments {
    /// Call-progress tones: countries by ISO 3166 code, and `generic` for any steady cadence [default: off]
    #[arg(long, value_name = "CC[,CC…][,generic]", value_parser = tone_plan)]
    pub(crate) tone_plan: Option<TonePlan>,
    /// A tone that `tones learn` printed; up to twice
    #[arg(long, value_name = "FILE")]
    pub(crate) learned: Vec<PathBuf>,
    /// How long a tone without pauses has to sound, 1s to 30s [default: 3s]
    #[arg(long, value_name = "TIME", value_parser = duration_ms)]
    pub(crate) continuous_tone: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum FileFormat {
    Pcm16,
    Alaw,
    Ulaw,
    /// IMA ADPCM, a quarter of PCM's size
    Adpcm,
}

#[derive(Clone, Copy, Default, PartialEq, ValueEnum)]
pub(crate) enum Header {
    /// May grow past 4 GiB, and has a marker while it is recorded
    #[default]
    Full,
    /// The classic one of 44 bytes (58 for G.711, 60 for IMA ADPCM)
    Plain,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Large {
    /// Its file becomes RF64
    Rf64,
    /// It goes on in further files
    Split,
}

impl From<Large> for LargeFile {
    fn from(large: Large) -> Self {
        match large {
            Large::Rf64 => Self::Rf64,
            Large::Split => Self::Split,
        }
    }
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Pcm16 => Self::Pcm16,
            FileFormat::Alaw => Self::Alaw,
            FileFormat::Ulaw => Self::Ulaw,
            FileFormat::Adpcm => Self::ImaAdpcm,
        }
    }
}

impl From<Header> for HeaderStyle {
    fn from(header: Header) -> Self {
        match header {
            Header::Full => Self::Full,
            Header::Plain => Self::Plain,
        }
    }
}

impl Record {
    /// What the file says about itself.
    pub(crate) fn metadata(&self) -> Metadata {
        let known = if self.metadata { Metadata::now() } else { Metadata::default() };
        Metadata { node_name: self.node_name.clone(), caller: self.caller.clone(), ..known }
    }

    /// The session that the flags ask for.
    pub(crate) fn session(&self) -> Result<SessionConfig, Failure> {
        let beep = BeepConfig {
            frequency_hz: self.beep_frequency,
            level_dbm0: self.beep_level,
            duration_ms: self.beep_duration,
            ramp_ms: self.beep_ramp.unwrap_or(BeepConfig::default().ramp_ms.min(self.beep_duration / 2)),
        };
        Ok(SessionConfig {
            beep: (!self.no_beep).then_some(beep),
            echo_guard_ms: self.echo_guard,
            terminators: self.terminators,
            dtmf: self.keys.profile(),
            max_duration_ms: self.max_duration,
            initial_silence_ms: self.initial_silence.unwrap_or(0),
            final_silence_ms: self.final_silence.unwrap_or(0),
            final_silence_tail_ms: self.trim_silence,
            mask_digits: self.mask_digits,
            start_on_speech: self.start_on_speech,
            pre_roll_ms: self.pre_roll,
            min_duration_ms: self.min_duration.unwrap_or(0),
            delete_too_short: self.delete_too_short,
            delete_initial_silence: self.delete_initial_silence,
            comfort_noise_dbm0: self.comfort_noise,
            line_drop_debounce_ms: self.line_drop_debounce,
            silence: self.threshold.silence()?,
            tone_plan: tones::plan(&self.tones)?,
            ..SessionConfig::default()
        })
    }

    /// What they make of the level in the file.
    pub(crate) fn level(&self) -> Result<GainConfig, Failure> {
        let default = AgcConfig::default();
        let agc = self.agc.map(|target_dbm0| AgcConfig {
            target_dbm0,
            max_gain_db: self.agc_max_gain.unwrap_or(default.max_gain_db),
            attack_ms: self.agc_attack.unwrap_or(default.attack_ms),
            release_ms: self.agc_release.unwrap_or(default.release_ms),
        });
        let gain = GainConfig { gain_db: self.gain, agc };
        gain.validate().map_err(|error| flag_error(&error.into()))?;
        Ok(gain)
    }

    /// The engine that they ask for. A feeder faster than real time gains from a longer ring and a quicker look at it.
    pub(crate) fn engine(&self) -> EngineConfig {
        EngineConfig {
            poll_interval_ms: 1,
            ring_ms: 30_000,
            batch_age_ms: self.batch_age,
            media_timeout_ms: self.media_timeout,
            min_free_kib: self.min_free_kib,
            durability: self.durability.into(),
            full_hold_ms: self.full_hold,
            ..EngineConfig::default()
        }
    }
}

impl ToneArguments {
    /// Whether they ask for call progress.
    pub(crate) fn is_on(&self) -> bool {
        self.tone_plan.is_some() || !self.learned.is_empty()
    }
}

impl Load {
    /// The engine that the flags ask for.
    pub(crate) fn engine(&self) -> EngineConfig {
        let default = EngineConfig::default();
        EngineConfig {
            writer_threads: self.writer_threads,
            max_sessions: self.channels,
            durability: self.durability.into(),
            batch_ms: self.batch.unwrap_or(default.batch_ms),
            batch_age_ms: self.batch.unwrap_or(default.batch_age_ms),
            ring_ms: self.ring.unwrap_or(default.ring_ms),
            preallocate_kib: self.preallocate,
            ..default
        }
    }
}

/// A field out of range, by the name of its flag.
pub(crate) fn flag_error(error: &ConfigError) -> Failure {
    let unit = ["_ms", "_hz", "_dbm0", "_db"].into_iter().find_map(|unit| error.field.strip_suffix(unit));
    let flag = match error.field {
        field if is_profile_field(field) => format!("dtmf {field}"),
        "final_silence_tail_ms" => "trim-silence".to_owned(),
        "agc_target_dbm0" => "agc".to_owned(),
        "large_file" => "large".to_owned(),
        "file_name" => "out".to_owned(),
        field => unit.unwrap_or(field).replace('_', "-"),
    };
    Failure::Usage(format!("--{flag} takes {}", error.takes))
}

/// Reads `20s`, `3.5s`, `300ms` or `0`.
pub(crate) fn duration_ms(text: &str) -> Result<u32, String> {
    let error = || format!("`{text}` is no duration; write it as 20s, 3.5s or 300ms");
    let (number, factor) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 1.0),
        (None, Some(number)) => (number, 1_000.0),
        (None, None) if text == "0" => (text, 1.0),
        (None, None) => return Err(error()),
    };
    let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let ms = number.parse::<f64>().ok().filter(|_| plain).ok_or_else(error)? * factor;
    if ms <= f64::from(u32::MAX) { Ok(ms.round() as u32) } else { Err(error()) }
}

/// Reads `agent=1001`.
fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| format!("`{text}` gives no variable a value; write it as agent=1001"))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Reads a list of tone plans.
fn tone_plan(list: &str) -> Result<TonePlan, String> {
    TonePlan::parse(list).map_err(|error| error.to_string())
}

/// Reads the name of a tone's kind.
fn tone_kind(name: &str) -> Result<ToneKind, String> {
    let names = || ToneKind::ALL.map(ToneKind::name).join(", ");
    ToneKind::named(name).ok_or_else(|| format!("take one of {}", names()))
}

/// Reads a rate in hertz.
fn rate(text: &str) -> Result<SampleRate, String> {
    let hz = text.parse().map_err(|_| format!("`{text}` is no rate; write it as 16000"))?;
    SampleRate::new(hz).map_err(|error| error.to_string())
}

/// Reads `6dB`.
fn decibels(text: &str) -> Result<f32, String> {
    let number = text.strip_suffix("dB").unwrap_or(text);
    let gain = number.trim_end().parse::<f32>().ok().filter(|gain| gain.is_finite());
    gain.ok_or_else(|| format!("`{text}` is no gain; write it as 6dB"))
}

/// Reads `-40dBm0`.
pub(crate) fn level(text: &str) -> Result<f32, String> {
    let number = text.strip_suffix("dBm0").unwrap_or(text);
    let level = number.trim_end().parse::<f32>().ok().filter(|level| level.is_finite());
    level.ok_or_else(|| format!("`{text}` is no level; write it as -40dBm0"))
}
