//! On what machine a run was made, without anything that names the machine.

use std::fs;

use serde::{Deserialize, Serialize};

/// The machine of a run. No host name, no user, no path.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Hardware {
    /// As the processor names itself; `None` where the system does not say.
    pub cpu: Option<String>,
    /// Processors that this process may use at once.
    pub n_cores: Option<usize>,
    pub memory_bytes: Option<u64>,
    /// Operating system and architecture, e.g. `linux x86_64`.
    pub os: String,
}

impl Hardware {
    /// Asks the system. What it does not say stays `None`.
    #[must_use]
    pub fn of_this_machine() -> Self {
        Self {
            cpu: fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| cpu_name(&text)),
            n_cores: std::thread::available_parallelism().ok().map(std::num::NonZeroUsize::get),
            memory_bytes: fs::read_to_string("/proc/meminfo").ok().and_then(|text| memory_bytes(&text)),
            os: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        }
    }
}

fn value_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        (found.trim() == name).then(|| value.trim())
    })
}

fn cpu_name(text: &str) -> Option<String> {
    value_of(text, "model name").filter(|name| !name.is_empty()).map(str::to_owned)
}

fn memory_bytes(text: &str) -> Option<u64> {
    let kibibytes: u64 = value_of(text, "MemTotal")?.strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read() {
        assert_eq!(cpu_name("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n").as_deref(), Some("Some CPU @ 2 GHz"));
        assert_eq!(memory_bytes("MemTotal:       2048 kB\nMemFree: 1 kB\n"), Some(2_097_152));
    }

    #[test]
    fn a_table_without_the_line_gives_nothing() {
        assert_eq!(cpu_name("processor\t: 0\n"), None);
        assert_eq!(memory_bytes("MemTotal: many kB"), None);
        assert_eq!(memory_bytes("MemTotal: 18446744073709551615 kB"), None);
    }

    #[test]
    fn this_machine_has_an_operating_system() {
        assert!(Hardware::of_this_machine().os.starts_with(std::env::consts::OS));
    }
}
