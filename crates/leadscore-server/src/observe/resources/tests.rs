use super::*;

fn sample_at(at: Instant, busy: u64, total: u64, process_ms: u64) -> Sample {
    let cpu = CpuTicks { busy, total };
    Sample { at, cpu: Some((cpu, vec![cpu, cpu])), process: Some(Duration::from_millis(process_ms)) }
}

#[test]
fn usage_is_the_difference_of_two_samples() {
    let start = Instant::now();
    let earlier = sample_at(start, 100, 1000, 500);
    let later = sample_at(start + Duration::from_secs(2), 125, 1200, 3500);
    let usage = between(&earlier, &later);
    assert_eq!(usage.percent, Some(12.5));
    assert_eq!(usage.per_cpu, Some(vec![12.5, 12.5]));
    // Three seconds of processor time in two: one and a half processors.
    assert_eq!(usage.process_percent, Some(150.0));
}

#[test]
fn without_a_tick_or_a_figure_nothing_is_claimed() {
    let start = Instant::now();
    let one = sample_at(start, 100, 1000, 500);
    assert_eq!(between(&one, &one), CpuUsage::default());
    let mut unknown = sample_at(start + Duration::from_secs(1), 0, 0, 0);
    unknown.cpu = None;
    unknown.process = None;
    assert_eq!(between(&one, &unknown), CpuUsage::default());
    // A processor went away: the sum is known, each is not.
    let mut fewer = sample_at(start + Duration::from_secs(1), 150, 1100, 500);
    fewer.cpu.as_mut().unwrap().1.pop();
    let usage = between(&one, &fewer);
    assert_eq!((usage.percent, usage.per_cpu), (Some(50.0), None));
}

#[test]
fn a_sampler_answers_from_the_second_sample_on_and_not_for_moments() {
    let start = Instant::now();
    let at = |ms: u64, busy: u64, total: u64| sample_at(start + Duration::from_millis(ms), busy, total, 0);
    let mut sampler = Sampler::default();
    assert_eq!(sampler.usage(at(0, 0, 0)), None);
    // Too early for a first answer.
    assert_eq!(sampler.usage(at(20, 4, 4)), None);
    assert_eq!(sampler.usage(at(100, 5, 20)).unwrap().percent, Some(25.0));
    // Half a second later the same answer stands.
    assert_eq!(sampler.usage(at(600, 105, 120)).unwrap().percent, Some(25.0));
    // The next interval starts at the sample of the last answer.
    assert_eq!(sampler.usage(at(1100, 205, 220)).unwrap().percent, Some(100.0));
}

#[test]
fn alerts_start_above_their_limit() {
    let none = Alerts::new(Some(80.0), Some(80.0), Some(85.0));
    assert_eq!(none, Alerts { high_cpu: Some(false), high_memory: Some(false), low_disk: Some(false) });
    let all = Alerts::new(Some(80.01), Some(80.01), Some(85.01));
    assert_eq!(all, Alerts { high_cpu: Some(true), high_memory: Some(true), low_disk: Some(true) });
    assert_eq!(Alerts::new(None, None, None), Alerts { high_cpu: None, high_memory: None, low_disk: None });
}

#[test]
fn a_file_system_without_a_size_has_no_percentage() {
    assert_eq!(Space { total: 0, used: 0, free: 0 }.percent(), None);
    // A reserve of 10 that only the administrator may take.
    assert_eq!(Space { total: 100, used: 45, free: 45 }.percent(), Some(50.0));
}

#[test]
fn the_reply_has_the_documented_fields() {
    let folder = tempfile::tempdir().unwrap();
    let usage =
        CpuUsage { percent: Some(12.345), per_cpu: Some(vec![1.0, 2.006]), process_percent: Some(3.0) };
    let reply = Resources::read(&usage, folder.path(), "2026-01-02T03:04:05.000000".to_owned());
    let reply = serde_json::to_value(reply).unwrap();
    let fields = |name: &str| {
        let mut names: Vec<&str> = reply[name].as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        names.join(" ")
    };
    assert_eq!(fields("cpu"), "count per_cpu usage_percent");
    assert_eq!(fields("memory"), "available_mb total_mb usage_percent used_mb");
    assert_eq!(fields("disk"), "free_gb total_gb usage_percent used_gb");
    assert_eq!(fields("process"), "cpu_percent memory_mb open_files threads");
    assert_eq!(fields("network"), "bytes_recv_mb bytes_sent_mb packets_recv packets_sent");
    assert_eq!(fields("alerts"), "high_cpu high_memory low_disk");
    assert_eq!(reply["status"], "ok");
    assert_eq!(reply["timestamp"], "2026-01-02T03:04:05.000000");
    assert_eq!(reply["cpu"]["per_cpu"], serde_json::json!([1.0, 2.01]));
    assert_eq!(reply["alerts"]["high_cpu"], false);
}

#[test]
fn an_absent_data_directory_has_no_disk_figures() {
    let reply = Resources::read(&CpuUsage::default(), Path::new("/no/such/folder"), String::new());
    assert_eq!(reply.disk, Disk { total_gb: None, used_gb: None, free_gb: None, usage_percent: None });
    assert_eq!((reply.alerts.low_disk, reply.alerts.high_cpu), (None, None));
}

/// `free` and `df` read the same figures on their own.
#[cfg(target_os = "linux")]
#[test]
fn figures_are_those_of_the_system() {
    let folder = tempfile::tempdir().unwrap();
    let figures = Figures::read(folder.path());
    let output = |program: &str, arguments: &[&str]| {
        let output = std::process::Command::new(program).args(arguments).env("LC_ALL", "C").output();
        output.ok().map(|output| String::from_utf8(output.stdout).unwrap())
    };
    let numbers = |line: &str| -> Vec<u64> {
        line.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect()
    };
    let df = output("df", &["-B1", "--output=size,used,avail", folder.path().to_str().unwrap()]).unwrap();
    let df = numbers(df.lines().nth(1).unwrap());
    let disk = figures.disk.unwrap();
    assert_eq!(disk.total, df[0]);
    // Others write to the disk meanwhile.
    let near = |ours: u64, theirs: u64, size: u64| ours.abs_diff(theirs) <= size / 20;
    assert!(near(disk.used, df[1], df[0]) && near(disk.free, df[2], df[0]), "{disk:?} against {df:?}");
    // Where procps is installed.
    if let Some(free) = output("free", &["-b"]) {
        let free = numbers(free.lines().nth(1).unwrap());
        let memory = figures.memory.unwrap();
        assert_eq!(memory.total, free[0]);
        assert!(near(memory.free, free[5], free[0] * 4), "{memory:?} against {free:?}");
    }
    assert!(figures.threads.unwrap() >= 1 && figures.resident.unwrap() > 100_000);
}

#[cfg(target_os = "linux")]
#[test]
fn work_shows_in_the_process_share() {
    let earlier = sample();
    let end = Instant::now() + Duration::from_millis(400);
    let mut sum = 0_u64;
    while Instant::now() < end {
        sum = std::hint::black_box(sum.wrapping_add(1));
    }
    let usage = between(&earlier, &sample());
    // On a loaded machine the thread may get a fraction of a processor only.
    assert!(usage.process_percent.unwrap() > 5.0, "{usage:?}");
    assert!(usage.percent.unwrap() > 0.0 && usage.percent.unwrap() <= 100.0);
    assert!(usage.per_cpu.unwrap().iter().all(|percent| (0.0..=100.0).contains(percent)));
}
