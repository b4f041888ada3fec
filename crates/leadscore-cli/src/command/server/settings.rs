//! The settings of a server command: defaults, a TOML file, variables, flags.

use std::path::Path;

use leadscore_server::{Config, ConfigError, Layers};

use crate::args::server::PlaceArgs;
use crate::failure::Failure;

/// The settings as they come in, without the flags of one command.
pub(super) fn layers(place: &PlaceArgs) -> Result<Layers, Failure> {
    let own = variables()?;
    let mut layers = Layers::new();
    if let Some(path) = &place.config {
        layers = layers.file(path)?;
    }
    let beside = Path::new(".env");
    if let Some(path) = &place.env_file {
        layers = layers.env_file(path, &own)?;
    } else if beside.is_file() {
        layers = layers.env_file(beside, &own)?;
    }
    layers = layers.environment(own)?;
    Ok(layers.flag("data", place.data.as_deref()).flag("database_url", place.database_url.as_deref()))
}

/// The settings.
pub(super) fn config(place: &PlaceArgs) -> Result<Config, Failure> {
    Ok(layers(place)?.build()?)
}

/// The variables of the environment; one of ours that is no text is refused, and others are not looked at.
fn variables() -> Result<Vec<(String, String)>, Failure> {
    let mut variables = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => variables.push((name, value)),
            Err(_) if name.starts_with("LEADSCORE_") => {
                return Err(Failure::message(format!("{name}: not text in UTF-8")));
            }
            Err(_) => {}
        }
    }
    Ok(variables)
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Failure {
        Failure::message(error.to_string())
    }
}
