//! Messages as files: their names, the `.part` file that becomes a message when it is finished, and the repair of those
//! that an accident left.

mod beneath;
mod name;
mod part_file;
mod repair;

pub use name::fresh_name;
pub use part_file::CreateError;
pub(crate) use part_file::PartFile;
pub use repair::{RepairEntry, RepairOptions, RepairReport, Repaired, repair};
