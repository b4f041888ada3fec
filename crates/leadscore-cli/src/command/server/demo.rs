//! `leadscore demo`: the server at work.

use std::io::Write;
use std::time::Duration;

use leadscore_server::demo::{Demo, DemoError};
use leadscore_server::serve::stop_signal;

use crate::args::server::DemoArgs;
use crate::failure::Failure;

/// Shows the server at work; true when every call went as it should.
pub(crate) fn demo(args: &DemoArgs) -> Result<bool, Failure> {
    if !args.listen.ip().is_loopback() {
        return Err(Failure::message(
            "--listen: the demonstration stays on this machine: 127.0.0.1 or [::1]",
        ));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::message(format!("no asynchronous runtime: {error}")))?;
    let done = runtime.block_on(async {
        let stop = stop_signal()?;
        let demo = Demo::start(args.listen).await?;
        let mut output = std::io::stdout();
        // Each line as it comes: whoever watches sees the calls one by one. A reader that left wants no more.
        let say = move |line: &str| {
            let _ = writeln!(output, "{line}").and_then(|()| output.flush());
        };
        demo.run(say, (!args.exit).then_some(stop)).await?;
        Ok::<(), Failure>(())
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    done.map(|()| true)
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Failure {
        Failure::message(error.to_string())
    }
}
