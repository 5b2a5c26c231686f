//! Bytes of a file: mapped into memory, or embedded in the binary.

use std::fs::File;
use std::path::Path;

use memmap2::Mmap;

/// Read-only bytes that cost no copy.
pub(in crate::backend::local) enum FileBytes {
    Mapped(Mmap),
    Embedded(&'static [u8]),
}

impl FileBytes {
    /// Maps a file.
    #[expect(
        unsafe_code,
        reason = "the map is read-only and private; a file that another process truncates while it is read would end this \
                  process, which is why checkpoints are hashed and read once, right after opening"
    )]
    pub(in crate::backend::local) fn map(path: &Path) -> std::io::Result<Self> {
        let file = File::open(path)?;
        if file.metadata()?.len() == 0 {
            return Ok(Self::Embedded(&[]));
        }
        // SAFETY: nobody in this process writes to the file, and the map does not outlive this value.
        unsafe { Mmap::map(&file) }.map(Self::Mapped)
    }

    pub(in crate::backend::local) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Embedded(bytes) => bytes,
        }
    }
}
