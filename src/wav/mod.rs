//! WAV files: written so that they are valid at every instant, and read.

mod format;
mod header;
mod reader;
mod storage;
mod writer;

pub use format::Format;
pub use reader::{ReadError, WavReader};
pub use storage::Storage;
pub use writer::{WavWriter, WriteError};
