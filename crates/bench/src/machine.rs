//! Measurements of the machine: memory, stolen CPU time, the disk.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use xtask::process::run;

use crate::score::Score;

/// The CPU cores that the load generator and the servers share.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}

/// Creates `directory`, or empties it.
pub(crate) fn make_empty(directory: &Path) -> Result<(), String> {
    let result = match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(directory),
    };
    result.map_err(|error| format!("cannot empty {}: {error}", directory.display()))
}

/// Writes all cached data to the disks. Otherwise the kernel would do it half a minute later, while
/// another contender syncs its own data.
pub(crate) fn sync_disks() -> Result<(), String> {
    run(&mut Command::new("sync"))?;
    std::thread::sleep(Duration::from_millis(200));
    Ok(())
}

/// The resident memory of a process, in KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) now: u64,
    pub(crate) peak: u64,
}

impl Memory {
    /// The memory of the process with the id `process`.
    pub(crate) fn of(process: u32) -> Result<Memory, String> {
        let path = format!("/proc/{process}/status");
        let status = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        Memory::from(&status).ok_or_else(|| format!("{path} has no memory figures"))
    }

    fn from(status: &str) -> Option<Memory> {
        let field = |name| {
            let value = status.lines().find_map(|line| line.strip_prefix(name))?;
            value.trim().strip_suffix("kB")?.trim().parse().ok()
        };
        Some(Memory { now: field("VmRSS:")?, peak: field("VmHWM:")? })
    }
}

/// The CPU time of the whole machine since it started, in ticks.
pub(crate) struct Processor {
    total: u64,
    /// The time that the hypervisor gave to other machines while this one wanted to run.
    stolen: u64,
}

impl Processor {
    /// The current counters.
    pub(crate) fn now() -> Result<Processor, String> {
        let stat =
            fs::read_to_string("/proc/stat").map_err(|error| format!("/proc/stat: {error}"))?;
        Processor::from(&stat).ok_or_else(|| "/proc/stat has no stolen time".to_owned())
    }

    /// Fields: user nice system idle iowait irq softirq steal. The guest fields after them are part
    /// of user.
    fn from(stat: &str) -> Option<Processor> {
        let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().take(8);
        let ticks: Vec<u64> = fields.map(str::parse).collect::<Result<_, _>>().ok()?;
        Some(Processor { total: ticks.iter().sum(), stolen: *ticks.get(7)? })
    }

    /// The share of stolen time since `earlier`, from 0 to 1.
    pub(crate) fn steal_since(&self, earlier: &Processor) -> f64 {
        let total = self.total.saturating_sub(earlier.total).max(1);
        self.stolen.saturating_sub(earlier.stolen) as f64 / total as f64
    }
}

/// Repeats for `length`: appends 4 KiB to a file in `directory` and syncs it.
pub(crate) fn append(directory: &Path, length: Duration) -> Result<Score, String> {
    let path = directory.join("appended");
    let append = || -> io::Result<Score> {
        let mut file = File::create(&path)?;
        let mut times = Vec::new();
        let start = Instant::now();
        while start.elapsed() < length {
            let begun = Instant::now();
            file.write_all(&[0x5a; 4096])?;
            file.sync_data()?;
            times.push(begun.elapsed());
        }
        let score = Score::of(times, start.elapsed());
        fs::remove_file(&path)?;
        Ok(score)
    };
    append().map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_kib() {
        let status = "Name:\tlunas\nVmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\n";
        assert_eq!(Memory::from(status), Some(Memory { now: 10240, peak: 20480 }));
        assert_eq!(Memory::from("Name:\tlunas\n"), None);
        let own = Memory::of(std::process::id()).unwrap();
        assert!(own.now > 0 && own.peak >= own.now);
    }

    #[test]
    fn stolen_time_is_a_share_of_all_time() {
        let earlier = Processor::from("cpu  10 0 10 70 5 0 5 0 9 9\ncpu0 1\n").unwrap();
        let later = Processor::from("cpu  60 0 10 95 5 0 5 25 9 9\n").unwrap();
        assert!((later.steal_since(&earlier) - 0.25).abs() < 1e-9);
        assert!(Processor::from("intr 1 2 3\n").is_none());
    }
}
