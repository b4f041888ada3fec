//! `leadscore serve`: answers requests until it is told to stop.

use std::io::Write;
use std::time::Duration;

use leadscore_server::observe::log;
use leadscore_server::serve::stop_signal;
use leadscore_server::{Config, Server};

use super::settings;
use crate::args::server::ServeArgs;
use crate::failure::Failure;
use crate::notes::note_line;

/// How long requests under way may take after the signal to stop: less than what service managers wait.
const DRAIN: Duration = Duration::from_secs(25);

/// Serves; true when it was told to stop.
pub(crate) fn serve(args: &ServeArgs) -> Result<bool, Failure> {
    let layers = settings::layers(&args.place)?
        .flag("listen", args.listen.as_deref())
        .flag("b2b_model", args.b2b_model.as_deref())
        .flag("b2b_version", args.b2b_version.as_deref());
    if args.print_config {
        std::io::stdout().write_all(layers.print().as_bytes())?;
        // What cannot be used is told below what was found.
        layers.build()?;
        return Ok(true);
    }
    let config = layers.build()?;
    let level =
        log::level(Some(&config.log_level), None).map_err(|error| Failure::message(error.to_string()))?;
    // Until the end: then it writes what waits.
    let _log = log::init(level, log::json_wanted()).map_err(|error| Failure::message(error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::message(format!("no asynchronous runtime: {error}")))?;
    let done = runtime.block_on(async { if args.check { check(config).await } else { run(config).await } });
    // A task that hangs does not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    done.map(|()| true)
}

/// Builds everything and lets it go again. The port may be that of a server that runs, so another one is taken.
async fn check(mut config: Config) -> Result<(), Failure> {
    config.listen.set_port(0);
    drop(Server::start(config).await?);
    writeln!(std::io::stdout(), "ok")?;
    Ok(())
}

async fn run(config: Config) -> Result<(), Failure> {
    let stop = stop_signal()?;
    let server = Server::start(config).await?;
    let address = server.address()?;
    crate::notes::say(&format!("listening on http://{address} – documentation at /docs"));
    for note in server.notes().await? {
        note_line(&note);
    }
    let (told, heard) = tokio::sync::oneshot::channel();
    let serving = server.run(async move {
        stop.await;
        crate::notes::say("stopping; requests under way are answered first");
        // Nobody hears it where the server has ended by itself.
        let _ = told.send(());
    });
    let drained = async {
        if heard.await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        ended = serving => ended?,
        () = drained => crate::notes::say(&format!("requests took longer than {} s; they are cut off", DRAIN.as_secs())),
    }
    Ok(())
}
