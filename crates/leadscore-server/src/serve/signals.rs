//! What the system tells the process: to end, or to look at its files again.

use std::future::Future;

/// Waits for Ctrl-C or, on Unix, SIGTERM. The signals no longer end the process from this call on, not only once it is
/// waited for.
///
/// Must be called within a Tokio runtime.
///
/// # Errors
/// As the system says.
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    {
        Ok(async {
            // Where it cannot be waited for, the process ends by the signal itself.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

/// SIGHUP; never comes on other systems than Unix.
pub(super) struct Hangups {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangups {
    /// From now on it does not end the process.
    pub(super) fn listen() -> Hangups {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};

            let signal = signal(SignalKind::hangup());
            if let Err(error) = &signal {
                tracing::warn!(%error, "SIGHUP cannot be waited for");
            }
            Hangups { signal: signal.ok() }
        }
        #[cfg(not(unix))]
        Hangups {}
    }

    /// Waits for the next one.
    #[cfg_attr(not(unix), expect(clippy::unused_self, reason = "there is none to wait for"))]
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}
