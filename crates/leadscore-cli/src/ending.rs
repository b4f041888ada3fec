//! What happens when the command is told to end, by Ctrl-C or by another program.

/// Removes unfinished files before the command ends by SIGINT, SIGTERM or SIGHUP; it then ends by that signal, as others
/// expect of it. Elsewhere than on Unix a file may stay, `.leadscore-<process>-<number>.partial`.
#[cfg(unix)]
pub(crate) fn clean_up_when_told_to_end() {
    use std::sync::Once;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let ignored = ignored_signals();
        let heard = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
        // Where signals cannot be heard the command works all the same.
        let Ok(mut signals) = Signals::new(heard) else { return };
        std::thread::spawn(move || {
            for signal in signals.forever() {
                leadscore_files::abandon_unfinished_files();
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        });
    });
}

#[cfg(not(unix))]
pub(crate) fn clean_up_when_told_to_end() {}

/// The signals that whoever started the command wants it not to hear, as `nohup` does, one bit each; known on Linux only.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
