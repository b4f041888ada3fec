//! What happens when the command is told to end, by Ctrl-C or by another program.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many commands are at work: a host may run several.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// Removes unfinished files before the command ends by SIGINT, SIGTERM or SIGHUP; it then ends by that signal, as others
/// expect of it. Elsewhere than on Unix a file may stay, `.leadscore-<random>.partial`.
///
/// Until the guard is dropped; afterwards these signals mean what they meant before, to a host that goes on.
#[cfg(unix)]
pub(crate) fn clean_up_when_told_to_end() -> Guard {
    use std::sync::Once;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    static STARTED: Once = Once::new();
    RUNNING.fetch_add(1, Ordering::SeqCst);
    STARTED.call_once(|| {
        let (ignored, caught) = (signals_of_process("SigIgn:"), signals_of_process("SigCgt:"));
        let has = |mask: u64, signal: i32| mask & 1 << (signal - 1) != 0;
        // Whoever started the command may want it to go on, as `nohup` does.
        let heard = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !has(ignored, *signal));
        // Where signals cannot be heard the command works all the same.
        let Ok(mut signals) = Signals::new(heard) else { return };
        std::thread::spawn(move || {
            for signal in signals.forever() {
                // A host that handles the signal itself has been told too.
                if RUNNING.load(Ordering::SeqCst) > 0 || !has(caught, signal) {
                    end_by(signal);
                }
            }
        });
    });
    Guard
}

#[cfg(not(unix))]
pub(crate) fn clean_up_when_told_to_end() -> Guard {
    RUNNING.fetch_add(1, Ordering::SeqCst);
    Guard
}

/// Removes unfinished files before the process ends by one of these signals, of `SIGINT`, `SIGTERM` and `SIGHUP`: for a host
/// that writes files and does not handle these signals itself. One that comes to handle them later is told instead of us.
/// Elsewhere than on Unix a file may stay.
#[cfg(unix)]
pub fn clean_up_before(signals: &[String]) {
    use std::sync::{Mutex, PoisonError};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    static HEARD: Mutex<Vec<i32>> = Mutex::new(Vec::new());
    let known = [("SIGINT", SIGINT), ("SIGTERM", SIGTERM), ("SIGHUP", SIGHUP)];
    let ignored = signals_of_process("SigIgn:");
    let mut heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
    let is_new = |number: &i32| ignored & 1 << (number - 1) == 0 && !heard.contains(number);
    let wanted = known.into_iter().filter(|(name, _)| signals.iter().any(|own| own == name));
    let new: Vec<i32> = wanted.map(|(_, number)| number).filter(is_new).collect();
    if new.is_empty() {
        return;
    }
    // Where signals cannot be heard the host works all the same.
    let Ok(mut signals) = Signals::new(&new) else { return };
    heard.extend(new);
    std::thread::spawn(move || signals.forever().for_each(end_by));
}

#[cfg(not(unix))]
pub fn clean_up_before(_: &[String]) {}

/// Ends the process by a signal, without unfinished files.
#[cfg(unix)]
fn end_by(signal: i32) {
    leadscore_files::abandon_unfinished_files();
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

/// As long as it lives the command runs.
pub(crate) struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The signals that the process ignores or catches, one bit each; known on Linux only.
#[cfg(unix)]
fn signals_of_process(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|own| own.strip_prefix(line));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
