//! The files below `/proc`, read on Linux alone; the readers of their text are tested on any system.

use std::fs;
use std::time::Duration;

/// Busy and total time of one processor, or of all, since the machine started; in ticks of the kernel's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct CpuTicks {
    pub(super) busy: u64,
    pub(super) total: u64,
}

/// Memory of the machine in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) total: u64,
    pub(super) available: u64,
}

/// What `/proc/self/status` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Status {
    pub(super) resident_kib: Option<u64>,
    pub(super) threads: Option<u64>,
}

/// Bytes and packets over all network interfaces but the loopback one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Traffic {
    pub(super) bytes_received: u64,
    pub(super) packets_received: u64,
    pub(super) bytes_sent: u64,
    pub(super) packets_sent: u64,
}

/// All processors together, then each of them.
pub(super) fn cpu_ticks() -> Option<(CpuTicks, Vec<CpuTicks>)> {
    parse_cpu_ticks(&text("/proc/stat")?)
}

pub(super) fn memory() -> Option<Memory> {
    parse_memory(&text("/proc/meminfo")?)
}

pub(super) fn status() -> Status {
    text("/proc/self/status").map(|status| parse_status(&status)).unwrap_or_default()
}

pub(super) fn traffic() -> Option<Traffic> {
    parse_traffic(&text("/proc/net/dev")?)
}

/// Processor time that this process has used in user and kernel mode.
pub(in crate::observe) fn process_time() -> Option<Duration> {
    let (ticks, _) = parse_process(&text("/proc/self/stat")?)?;
    Some(Duration::from_secs_f64(ticks as f64 / ticks_per_second()?))
}

/// When this process started, in seconds since 1970.
pub(in crate::observe) fn start_seconds() -> Option<f64> {
    let (_, start) = parse_process(&text("/proc/self/stat")?)?;
    let boot = number_after(&text("/proc/stat")?, "btime ")?;
    Some(boot as f64 + start as f64 / ticks_per_second()?)
}

/// Open file descriptors, without the one that counting them takes.
pub(super) fn open_files() -> Option<u64> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    Some((fs::read_dir("/proc/self/fd").ok()?.count() as u64).saturating_sub(1))
}

fn text(path: &str) -> Option<String> {
    if cfg!(target_os = "linux") { fs::read_to_string(path).ok() } else { None }
}

#[cfg(target_os = "linux")]
fn ticks_per_second() -> Option<f64> {
    Some(rustix::param::clock_ticks_per_second() as f64).filter(|ticks| *ticks > 0.0)
}

#[cfg(not(target_os = "linux"))]
fn ticks_per_second() -> Option<f64> {
    None
}

fn parse_cpu_ticks(stat: &str) -> Option<(CpuTicks, Vec<CpuTicks>)> {
    let mut lines = stat.lines().map_while(|line| line.strip_prefix("cpu"));
    let all = parse_cpu_line(lines.next()?)?;
    let each = lines.map(parse_cpu_line).collect::<Option<Vec<_>>>()?;
    Some((all, each))
}

/// `N user nice system idle iowait irq softirq steal guest guest_nice`; guest time is in user time already.
fn parse_cpu_line(line: &str) -> Option<CpuTicks> {
    let (_, numbers) = line.split_once(' ')?;
    let ticks = numbers.split_ascii_whitespace().take(8).map(|number| number.parse().ok());
    let ticks = ticks.collect::<Option<Vec<u64>>>()?;
    let idle = ticks.get(3)? + ticks.get(4).unwrap_or(&0);
    let total: u64 = ticks.iter().sum();
    Some(CpuTicks { busy: total - idle, total })
}

fn parse_memory(meminfo: &str) -> Option<Memory> {
    let total = number_after(meminfo, "MemTotal:")?;
    let available = number_after(meminfo, "MemAvailable:")?.min(total);
    Some(Memory { total, available })
}

fn parse_status(status: &str) -> Status {
    Status { resident_kib: number_after(status, "VmRSS:"), threads: number_after(status, "Threads:") }
}

/// The process's own processor time and its start after boot, in ticks.
fn parse_process(stat: &str) -> Option<(u64, u64)> {
    // The second field is the program's name in brackets, in which anything may stand.
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    // Fields 14, 15 and 22 of proc(5); the list starts with the third.
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some((number(14)?.checked_add(number(15)?)?, number(22)?))
}

fn parse_traffic(dev: &str) -> Option<Traffic> {
    let mut sum = Traffic::default();
    for line in dev.lines().skip(2) {
        let (name, numbers) = line.split_once(':')?;
        if name.trim() == "lo" {
            continue;
        }
        let numbers: Vec<u64> =
            numbers.split_ascii_whitespace().map(|number| number.parse().ok()).collect::<Option<_>>()?;
        sum.bytes_received = sum.bytes_received.saturating_add(*numbers.first()?);
        sum.packets_received = sum.packets_received.saturating_add(*numbers.get(1)?);
        sum.bytes_sent = sum.bytes_sent.saturating_add(*numbers.get(8)?);
        sum.packets_sent = sum.packets_sent.saturating_add(*numbers.get(9)?);
    }
    Some(sum)
}

/// The first number of the line that starts with `name`.
fn number_after(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_lines_count_waiting_as_idle_and_guests_once() {
        let stat = "cpu  100 10 50 800 40 0 0 0 30 0\ncpu0 60 10 20 400 10 0 0 0 30 0\n\
                    cpu1 40 0 30 400 30 0 0 0 0 0\nintr 1 2 3\n";
        let (all, each) = parse_cpu_ticks(stat).unwrap();
        assert_eq!(all, CpuTicks { busy: 160, total: 1000 });
        assert_eq!(each, [CpuTicks { busy: 90, total: 500 }, CpuTicks { busy: 70, total: 500 }]);
        assert_eq!(parse_cpu_ticks("intr 1"), None);
        assert_eq!(parse_cpu_ticks("cpu  1 2 x 4"), None);
        assert_eq!(parse_cpu_ticks("cpu"), None);
    }

    #[test]
    fn available_memory_is_the_kernels_estimate() {
        let meminfo =
            "MemTotal:       4030016 kB\nMemFree:          100000 kB\nMemAvailable:    3000000 kB\n";
        assert_eq!(parse_memory(meminfo), Some(Memory { total: 4_030_016, available: 3_000_000 }));
        assert_eq!(parse_memory("MemTotal: 1 kB\nMemFree: 1 kB\n"), None);
    }

    #[test]
    fn a_program_name_with_brackets_and_blanks_shifts_no_field() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 1 2 3 4 150 50 7 8 20 0 5 0 9999 1000 200";
        assert_eq!(parse_process(stat), Some((200, 9999)));
        assert_eq!(parse_process("42 (short) S 1"), None);
        assert_eq!(parse_process(""), None);
    }

    #[test]
    fn the_status_of_the_process_has_its_memory_and_threads() {
        let status = "Name:\tleadscore\nVmRSS:\t   20480 kB\nThreads:\t7\n";
        assert_eq!(parse_status(status), Status { resident_kib: Some(20_480), threads: Some(7) });
        assert_eq!(parse_status(""), Status::default());
    }

    #[test]
    fn traffic_is_summed_without_the_loopback() {
        let dev = "Inter-|   Receive                                                |  Transmit\n \
                   face |bytes    packets errs drop fifo frame compressed multicast|bytes packets\n    \
                   lo: 9 9 0 0 0 0 0 0 9 9 0 0 0 0 0 0\n  eth0: 1000 10 0 0 0 0 0 0 500 5 0 0 0 0 0 0\n\
                   wlan0:200 2 0 0 0 0 0 0 100 1 0 0 0 0 0 0\n";
        let expected =
            Traffic { bytes_received: 1200, packets_received: 12, bytes_sent: 600, packets_sent: 6 };
        assert_eq!(parse_traffic(dev), Some(expected));
        assert_eq!(parse_traffic("a\nb\neth0: 1 2 3\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_found() {
        assert!(status().resident_kib.unwrap() > 100);
        assert!(status().threads.unwrap() >= 1);
        let before = open_files().unwrap();
        let held: Vec<_> = (0..100).map(|_| fs::File::open("/proc/self/status").unwrap()).collect();
        // Other tests open and close a few files meanwhile.
        assert!(open_files().unwrap() >= before + 50);
        drop(held);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
        let start = start_seconds().unwrap();
        assert!(start <= now + 2.0 && start > now - 7.0 * 86_400.0, "{start} against {now}");
    }
}
