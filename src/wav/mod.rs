//! WAV files: written so that they are valid at every instant, and read.

mod format;
mod header;
mod ima_adpcm;
mod metadata;
mod opening;
mod reader;
mod repair;
mod storage;
mod writer;

pub use format::Format;
pub use header::HeaderStyle;
pub use metadata::Metadata;
pub use reader::{ReadError, WavReader};
pub use repair::{Repair, RepairScope};
pub use storage::Storage;
pub(crate) use writer::ResumeError;
pub use writer::{WavWriter, WriteError};
