//! The machines that networks run on.
//!
//! - `host`: vector kernels on the processor
//! - `device`: burn's own operations on any of its devices; on the processor it is the oracle of the host's kernels

mod device;
mod host;

pub(super) use device::DeviceEngine;
pub(super) use host::HostEngine;
