use std::num::NonZeroUsize;
use std::path::PathBuf;

const MIB: u64 = 1 << 20;

/// How much of the machine an encoding may take. The result is the same whatever is chosen.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads that encode; the calling one is among them. Default: the machine's cores. 1 starts no thread.
    pub threads: NonZeroUsize,

    /// Bytes of memory that the encoding should stay below, its tables counted, the process itself not. Default: 56 MiB
    /// and 66 MiB a thread, which is enough for the longest blob. With less, fewer threads run; what one thread needs at
    /// least is taken in any case.
    pub memory: Option<u64>,

    /// Folder for a temporary file of half the blob's size, if that does not fit into memory. The file has no name, so
    /// that nothing is left when the process dies. Default: the system's folder. See [`Spill`].
    pub spill: Spill,
}

/// Where intermediate results go that do not fit into memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Spill {
    /// Into a file in the system's folder for temporary files.
    #[default]
    SystemFolder,
    /// Into a file in this folder.
    Folder(PathBuf),
    /// Nowhere: the source is read in many small pieces instead, more slowly. The only way where there are no files.
    Never,
}

impl Default for Options {
    fn default() -> Self {
        let one = NonZeroUsize::MIN;
        Self {
            threads: std::thread::available_parallelism().unwrap_or(one),
            memory: None,
            spill: Spill::default(),
        }
    }
}

impl Options {
    /// The memory to stay below, in bytes.
    pub(crate) fn budget(&self) -> u64 {
        let threads = u64::try_from(self.threads.get()).unwrap_or(u64::MAX);
        self.memory
            .unwrap_or_else(|| (66 * MIB).saturating_mul(threads).saturating_add(56 * MIB))
    }
}
