//! Gauges of the machine and of this process, read when the metrics are written.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, Gauge};

use super::MetricsError;
use super::families::set_counter;
use crate::observe::resources::{Figures, Sampler, Space, process_time, sample, start_seconds};

/// Exports what the system tells; what it does not tell is left out.
#[derive(Debug)]
pub(super) struct SystemCollector {
    data: PathBuf,
    sampler: Arc<Mutex<Sampler>>,
    /// Two scrapes at a time would mix their figures.
    reading: Mutex<()>,
    cpu_percent: Gauge,
    memory_percent: Gauge,
    memory_total: Gauge,
    memory_available: Gauge,
    disk_percent: Gauge,
    disk_free: Gauge,
    resident: Gauge,
    threads: Gauge,
    open_files: Gauge,
    start: Gauge,
    processor_seconds: Counter,
}

impl SystemCollector {
    /// Takes a first sample of the processors, so that the first scrape can say something.
    pub(super) fn new(data: &Path, sampler: Arc<Mutex<Sampler>>) -> Result<SystemCollector, MetricsError> {
        sampler.lock().unwrap_or_else(PoisonError::into_inner).usage(sample());
        Ok(SystemCollector {
            data: data.to_owned(),
            sampler,
            reading: Mutex::new(()),
            cpu_percent: Gauge::new("system_cpu_usage_percent", "Busy share of all processors, 0 to 100.")?,
            memory_percent: Gauge::new("system_memory_usage_percent", "Used share of memory, 0 to 100.")?,
            memory_total: Gauge::new("system_memory_total_bytes", "The machine's memory.")?,
            memory_available: Gauge::new("system_memory_available_bytes", "Memory without swapping.")?,
            disk_percent: Gauge::new(
                "system_disk_usage_percent",
                "Used share of the data directory's file system, 0 to 100.",
            )?,
            disk_free: Gauge::new("system_disk_free_bytes", "What the data directory may still take.")?,
            resident: Gauge::new("process_resident_memory_bytes", "Memory that this process uses.")?,
            threads: Gauge::new("process_threads", "Threads of this process.")?,
            open_files: Gauge::new("process_open_fds", "Open file descriptors of this process.")?,
            start: Gauge::new("process_start_time_seconds", "Start of this process, since 1970.")?,
            processor_seconds: Counter::new("process_cpu_seconds_total", "Processor time of this process.")?,
        })
    }
}

impl Collector for SystemCollector {
    fn desc(&self) -> Vec<&Desc> {
        let gauges = [
            &self.cpu_percent,
            &self.memory_percent,
            &self.memory_total,
            &self.memory_available,
            &self.disk_percent,
            &self.disk_free,
            &self.resident,
            &self.threads,
            &self.open_files,
            &self.start,
        ];
        gauges.into_iter().flat_map(Gauge::desc).chain(self.processor_seconds.desc()).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let usage = self.sampler.lock().unwrap_or_else(PoisonError::into_inner).usage(sample());
        let figures = Figures::read(&self.data);
        let bytes = |bytes: u64| bytes as f64;
        let values = [
            (&self.cpu_percent, usage.and_then(|usage| usage.percent)),
            (&self.memory_percent, figures.memory.and_then(Space::percent)),
            (&self.memory_total, figures.memory.map(|memory| bytes(memory.total))),
            (&self.memory_available, figures.memory.map(|memory| bytes(memory.free))),
            (&self.disk_percent, figures.disk.and_then(Space::percent)),
            (&self.disk_free, figures.disk.map(|disk| bytes(disk.free))),
            (&self.resident, figures.resident.map(bytes)),
            (&self.threads, figures.threads.map(bytes)),
            (&self.open_files, figures.open_files.map(bytes)),
            (&self.start, start_seconds()),
        ];
        let mut families = Vec::with_capacity(values.len() + 1);
        for (gauge, value) in values {
            if let Some(value) = value {
                gauge.set(value);
                families.extend(gauge.collect());
            }
        }
        if let Some(time) = process_time() {
            set_counter(&self.processor_seconds, time.as_secs_f64());
            families.extend(self.processor_seconds.collect());
        }
        families
    }
}
