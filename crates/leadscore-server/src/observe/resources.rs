//! What the machine and this process use: the reply of `GET /resources`, and figures for `/metrics`.
//!
//! All figures come from `/proc` on Linux, and from `statvfs` for the disk of the data directory on any Unix. What a
//! system does not tell is `null`. Memory and processors are those of the machine: limits of a container are not seen.

mod proc;

use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;
use utoipa::ToSchema;

use proc::CpuTicks;

/// How long to wait between the first two samples of the processors.
pub const FIRST_INTERVAL: Duration = Duration::from_millis(100);
/// Above this share of processor time there is an alert, in percent.
pub const HIGH_CPU_PERCENT: f64 = 80.0;
/// Above this share of used memory there is an alert, in percent.
pub const HIGH_MEMORY_PERCENT: f64 = 80.0;
/// Above this share of used disk there is an alert, in percent.
pub const LOW_DISK_PERCENT: f64 = 85.0;

/// Processor time counted up to one moment.
#[derive(Debug, Clone)]
pub struct Sample {
    at: Instant,
    cpu: Option<(CpuTicks, Vec<CpuTicks>)>,
    process: Option<Duration>,
}

/// Use of the processors between two samples; `None` where the system does not tell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CpuUsage {
    /// Of all processors together, 0–100.
    pub percent: Option<f64>,
    /// Of each processor, 0–100.
    pub per_cpu: Option<Vec<f64>>,
    /// Of this process, where 100 is one processor in full use.
    pub process_percent: Option<f64>,
}

/// Takes a sample of the processors' time now.
pub fn sample() -> Sample {
    Sample { at: Instant::now(), cpu: proc::cpu_ticks(), process: proc::process_time() }
}

/// The use of the processors from one sample to a later one.
///
/// Without a tick of the kernel's clock between them (10 ms as a rule) nothing is known.
///
/// ```
/// use leadscore_server::observe::resources::{FIRST_INTERVAL, between, sample};
///
/// let earlier = sample();
/// std::thread::sleep(FIRST_INTERVAL);
/// let usage = between(&earlier, &sample());
/// assert!(usage.percent.is_none_or(|percent| (0.0..=100.0).contains(&percent)));
/// ```
pub fn between(earlier: &Sample, later: &Sample) -> CpuUsage {
    let (percent, per_cpu) = match (&earlier.cpu, &later.cpu) {
        (Some((all_before, before)), Some((all_after, after))) => {
            let each = before.iter().zip(after).map(|(before, after)| busy_percent(*before, *after));
            // A processor may have been switched on or off in between.
            let each = (before.len() == after.len()).then(|| each.collect::<Option<Vec<_>>>()).flatten();
            (busy_percent(*all_before, *all_after), each)
        }
        _ => (None, None),
    };
    let seconds = later.at.saturating_duration_since(earlier.at).as_secs_f64();
    let process_percent = earlier.process.zip(later.process).filter(|_| seconds > 0.0);
    let process_percent =
        process_percent.map(|(before, after)| 100.0 * after.saturating_sub(before).as_secs_f64() / seconds);
    CpuUsage { percent, per_cpu, process_percent }
}

/// Keeps the last sample, so that each question is answered for the time since the one before.
///
/// Whoever asks shares it behind a mutex. Questions less than a second apart get the same answer: over a few ticks of
/// the kernel's clock a share of processor time says nothing.
#[derive(Debug, Default)]
pub struct Sampler {
    last: Option<Sample>,
    usage: Option<CpuUsage>,
}

impl Sampler {
    /// The usage up to `now`; nothing on the first call, which only keeps the sample.
    ///
    /// On nothing, the caller waits for [`FIRST_INTERVAL`], takes another sample and asks again.
    pub fn usage(&mut self, now: Sample) -> Option<CpuUsage> {
        let Some(last) = &self.last else {
            self.last = Some(now);
            return None;
        };
        let interval = now.at.saturating_duration_since(last.at);
        let shortest = if self.usage.is_some() { Duration::from_secs(1) } else { FIRST_INTERVAL };
        if interval >= shortest {
            self.usage = Some(between(last, &now));
            self.last = Some(now);
        }
        self.usage.clone()
    }
}

/// The reply of `GET /resources`. MB are 2^20 bytes, GB 2^30; figures have two decimals; what is unknown is null.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Resources {
    /// `ok`: the figures could be asked for.
    #[schema(value_type = String, example = "ok")]
    pub status: &'static str,
    /// The processors since the last call, or for a tenth of a second.
    pub cpu: Cpu,
    /// The machine's memory.
    pub memory: Memory,
    /// The file system of the data directory.
    pub disk: Disk,
    /// This process.
    pub process: Process,
    /// The network since the machine started.
    pub network: Network,
    /// What exceeds its limit.
    pub alerts: Alerts,
    /// When this was read.
    pub timestamp: String,
}

/// The machine's processors.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Cpu {
    /// Busy share of all processors, 0–100.
    pub usage_percent: Option<f64>,
    /// How many processors this process may use.
    pub count: Option<usize>,
    /// Busy share of each processor, 0–100.
    pub per_cpu: Option<Vec<f64>>,
}

/// The machine's memory.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Memory {
    /// All of it, in MB.
    pub total_mb: Option<f64>,
    /// What the kernel could give away without swapping, in MB.
    pub available_mb: Option<f64>,
    /// Total less available, in MB.
    pub used_mb: Option<f64>,
    /// Used share of the total, 0–100.
    pub usage_percent: Option<f64>,
}

/// The file system of the data directory.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Disk {
    /// Its size, in GB.
    pub total_gb: Option<f64>,
    /// What is taken, in GB.
    pub used_gb: Option<f64>,
    /// What this process may still take, in GB; less than total − used where the system keeps a reserve.
    pub free_gb: Option<f64>,
    /// used ÷ (used + free), as `df` prints it; 0–100.
    pub usage_percent: Option<f64>,
}

/// This process.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Process {
    /// Memory that it has in use (resident), in MB.
    pub memory_mb: Option<f64>,
    /// Processor time used, where 100 is one processor in full use.
    pub cpu_percent: Option<f64>,
    /// Threads.
    pub threads: Option<u64>,
    /// Open file descriptors, sockets included.
    pub open_files: Option<u64>,
}

/// All network interfaces but the loopback one, since the machine started.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Network {
    /// Sent, in MB.
    pub bytes_sent_mb: Option<f64>,
    /// Received, in MB.
    pub bytes_recv_mb: Option<f64>,
    /// Packets sent.
    pub packets_sent: Option<u64>,
    /// Packets received.
    pub packets_recv: Option<u64>,
}

/// What exceeds its limit; null where the figure is unknown.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Alerts {
    /// More than 80 % of processor time is used.
    pub high_cpu: Option<bool>,
    /// More than 80 % of memory is used.
    pub high_memory: Option<bool>,
    /// More than 85 % of the disk is used.
    pub low_disk: Option<bool>,
}

impl Resources {
    /// Reads the figures of this moment; `usage` comes from a [`Sampler`], `timestamp` is written as given.
    ///
    /// It blocks for as long as the file system of `data` takes to answer, which is long on a dead network drive.
    pub fn read(usage: &CpuUsage, data: &Path, timestamp: String) -> Resources {
        let figures = Figures::read(data);
        let disk = figures.disk;
        Resources {
            status: "ok",
            cpu: Cpu {
                usage_percent: usage.percent.map(two_decimals),
                count: std::thread::available_parallelism().ok().map(usize::from),
                per_cpu: usage.per_cpu.as_ref().map(|each| each.iter().map(|p| two_decimals(*p)).collect()),
            },
            memory: Memory {
                total_mb: figures.memory.map(|memory| mb(memory.total)),
                available_mb: figures.memory.map(|memory| mb(memory.free)),
                used_mb: figures.memory.map(|memory| mb(memory.used)),
                usage_percent: figures.memory.and_then(Space::percent).map(two_decimals),
            },
            disk: Disk {
                total_gb: disk.map(|disk| gb(disk.total)),
                used_gb: disk.map(|disk| gb(disk.used)),
                free_gb: disk.map(|disk| gb(disk.free)),
                usage_percent: disk.and_then(Space::percent).map(two_decimals),
            },
            process: Process {
                memory_mb: figures.resident.map(mb),
                cpu_percent: usage.process_percent.map(two_decimals),
                threads: figures.threads,
                open_files: figures.open_files,
            },
            network: network(),
            alerts: Alerts::new(
                usage.percent,
                figures.memory.and_then(Space::percent),
                disk.and_then(Space::percent),
            ),
            timestamp,
        }
    }
}

impl Alerts {
    /// Compares percentages with their limits.
    pub fn new(cpu: Option<f64>, memory: Option<f64>, disk: Option<f64>) -> Alerts {
        Alerts {
            high_cpu: cpu.map(|percent| percent > HIGH_CPU_PERCENT),
            high_memory: memory.map(|percent| percent > HIGH_MEMORY_PERCENT),
            low_disk: disk.map(|percent| percent > LOW_DISK_PERCENT),
        }
    }
}

/// Sizes in bytes and counts as the system tells them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figures {
    pub(super) memory: Option<Space>,
    pub(super) disk: Option<Space>,
    pub(super) resident: Option<u64>,
    pub(super) threads: Option<u64>,
    pub(super) open_files: Option<u64>,
}

impl Figures {
    pub(super) fn read(data: &Path) -> Figures {
        let status = proc::status();
        Figures {
            memory: proc::memory().map(|memory| Space {
                total: memory.total.saturating_mul(1024),
                used: (memory.total - memory.available).saturating_mul(1024),
                free: memory.available.saturating_mul(1024),
            }),
            disk: disk_space(data),
            resident: status.resident_kib.map(|kib| kib.saturating_mul(1024)),
            threads: status.threads,
            open_files: proc::open_files(),
        }
    }
}

/// Space in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Space {
    pub(super) total: u64,
    pub(super) used: u64,
    pub(super) free: u64,
}

impl Space {
    /// used ÷ (used + free); nothing for file systems without a size.
    pub(super) fn percent(self) -> Option<f64> {
        let usable = self.used as f64 + self.free as f64;
        (usable > 0.0).then(|| 100.0 * self.used as f64 / usable)
    }
}

pub(super) use proc::{process_time, start_seconds};

#[cfg(unix)]
fn disk_space(data: &Path) -> Option<Space> {
    let disk = rustix::fs::statvfs(data).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    Some(Space {
        total: bytes(disk.f_blocks),
        used: bytes(disk.f_blocks.saturating_sub(disk.f_bfree)),
        free: bytes(disk.f_bavail),
    })
}

#[cfg(not(unix))]
fn disk_space(_data: &Path) -> Option<Space> {
    None
}

fn network() -> Network {
    let traffic = proc::traffic();
    Network {
        bytes_sent_mb: traffic.map(|traffic| mb(traffic.bytes_sent)),
        bytes_recv_mb: traffic.map(|traffic| mb(traffic.bytes_received)),
        packets_sent: traffic.map(|traffic| traffic.packets_sent),
        packets_recv: traffic.map(|traffic| traffic.packets_received),
    }
}

fn busy_percent(before: CpuTicks, after: CpuTicks) -> Option<f64> {
    let total = after.total.checked_sub(before.total).filter(|total| *total > 0)?;
    // The kernel's count of idle time may step back a little.
    let busy = after.busy.saturating_sub(before.busy).min(total);
    Some(100.0 * busy as f64 / total as f64)
}

fn mb(bytes: u64) -> f64 {
    two_decimals(bytes as f64 / 1_048_576.0)
}

fn gb(bytes: u64) -> f64 {
    two_decimals(bytes as f64 / 1_073_741_824.0)
}

fn two_decimals(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests;
