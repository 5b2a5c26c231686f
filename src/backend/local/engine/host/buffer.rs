//! Memory for weights, in large pages where the system has them.
//!
//! Decoding reads every weight for every token: with pages of 4 KiB the processor looks up addresses for a good part of
//! that time (`docs/local-models.md` has the figures).

use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

/// Below it large pages gain nothing.
const LEAST_BYTES: usize = 1 << 20;

/// Values at rest.
#[derive(Debug)]
pub(in crate::backend::local) enum Buffer {
    Pages(MmapMut),
    Plain(Vec<f32>),
}

impl Buffer {
    /// `n` zeros.
    pub(super) fn zeros(n: usize) -> Self {
        let bytes = n.saturating_mul(size_of::<f32>());
        if bytes >= LEAST_BYTES
            && let Ok(pages) = MmapMut::map_anon(bytes)
        {
            // A system without large pages refuses, and small ones do.
            #[cfg(target_os = "linux")]
            let _ = pages.advise(memmap2::Advice::HugePage);
            return Self::Pages(pages);
        }
        Self::Plain(vec![0.0; n])
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match self {
            Self::Pages(pages) => bytemuck::cast_slice(pages),
            Self::Plain(values) => values,
        }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        match self {
            Self::Pages(pages) => bytemuck::cast_slice_mut(pages),
            Self::Plain(values) => values,
        }
    }
}
