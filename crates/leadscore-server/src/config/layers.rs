//! The layers of settings, and the one that counts for each.

mod build;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::settings::{SETTINGS, Setting, UNUSED};

/// Variables of the tests and of the command itself.
const OTHERS: &[&str] = &[
    "LEADSCORE_REQUIRE_SHARED",
    "LEADSCORE_REQUIRE_POSTGRES",
    "LEADSCORE_SKIP_LOG",
    "LEADSCORE_BLESS",
    "LEADSCORE_KILLS",
];

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    /// What is wrong, with the setting's name.
    pub(crate) fn new(message: String) -> ConfigError {
        ConfigError(message)
    }
}

/// Settings as they come in, each with where it is from. Later layers win.
#[derive(Clone, Default)]
pub struct Layers {
    values: BTreeMap<&'static str, Said>,
    unused: Vec<String>,
}

#[derive(Clone)]
struct Said {
    text: String,
    origin: String,
}

impl Said {
    /// Where it is from, in one line.
    fn shown_origin(&self) -> String {
        self.origin.replace(char::is_control, "?")
    }
}

impl Layers {
    /// The defaults.
    pub fn new() -> Layers {
        let defaults = SETTINGS.iter().filter_map(|setting| {
            let said = Said { text: setting.default?.to_owned(), origin: "default".to_owned() };
            Some((setting.name, said))
        });
        Layers { values: defaults.collect(), unused: Vec::new() }
    }

    /// Adds a TOML file; `[table] key` is the setting `table.key`.
    ///
    /// # Errors
    /// [`ConfigError`] for a file that cannot be read, is no TOML, or has a setting that does not exist.
    pub fn file(mut self, path: &Path) -> Result<Layers, ConfigError> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError(format!("{shown}: {error}")))?;
        let table: toml::Table = text.parse().map_err(|error| ConfigError(format!("{shown}: {error}")))?;
        let mut found = Vec::new();
        flatten("", &table, &mut found);
        for (name, value) in found {
            let setting = find(&name).ok_or_else(|| {
                ConfigError(format!("{shown}: there is no setting `{name}`; {}", nearest(&name)))
            })?;
            let text = text_of(&value).ok_or_else(|| {
                ConfigError(format!("{shown}: {name}: not a text, number, flag or list of texts"))
            })?;
            self.values.insert(setting.name, Said { text, origin: shown.to_string() });
        }
        Ok(self)
    }

    /// Adds variables of the environment; those of others are passed over. An empty value is none.
    ///
    /// # Errors
    /// [`ConfigError`] for a variable that begins with `LEADSCORE_` and is no setting.
    pub fn environment(
        mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Layers, ConfigError> {
        let mut all: BTreeMap<String, String> =
            variables.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        for setting in SETTINGS {
            // Of several names, our own comes last and wins.
            let own = variable(setting);
            for name in setting.variables.iter().rev().copied().chain([own.as_str()]) {
                if let Some(text) = all.remove(name) {
                    self.values.insert(setting.name, Said { text, origin: name.to_owned() });
                }
            }
        }
        for name in UNUSED.iter().filter(|name| all.contains_key(**name)) {
            if !self.unused.iter().any(|own| own == name) {
                self.unused.push((*name).to_owned());
            }
        }
        match all.keys().find(|name| name.starts_with("LEADSCORE_") && !OTHERS.contains(&name.as_str())) {
            Some(name) => {
                let plain = name.trim_start_matches("LEADSCORE_").to_lowercase();
                Err(ConfigError(format!("{name}: there is no such setting; {}", nearest(&plain))))
            }
            None => Ok(self),
        }
    }

    /// Adds a file of variables, `NAME=value` in each line, but for those that the environment has itself, also empty ones.
    /// In values without single quotes `$NAME` is replaced.
    ///
    /// # Errors
    /// [`ConfigError`] for a file that cannot be read, and as [`Layers::environment`].
    pub fn env_file(self, path: &Path, own: &[(String, String)]) -> Result<Layers, ConfigError> {
        let shown = path.display().to_string();
        // The line may have a secret in it, so it is not repeated.
        let told = |error: dotenvy::Error| match error {
            dotenvy::Error::Io(error) => ConfigError(format!("{shown}: {error}")),
            _ => ConfigError(format!(
                "{shown}: a line is not of the form NAME=value; values with blanks want quotes"
            )),
        };
        let lines: Result<Vec<(String, String)>, _> = dotenvy::from_path_iter(path).map_err(told)?.collect();
        let mut lines = lines.map_err(told)?;
        lines.retain(|(name, _)| own.iter().all(|(other, _)| other != name));
        let named = |error: ConfigError| ConfigError(format!("{shown}: {}", error.0));
        let before = self.values.clone();
        let mut layers = self.environment(lines).map_err(named)?;
        for (name, said) in &mut layers.values {
            if before.get(name).is_none_or(|old| old.origin != said.origin || old.text != said.text) {
                said.origin = format!("{} in {shown}", said.origin);
            }
        }
        Ok(layers)
    }

    /// Adds a flag of the command line.
    ///
    /// # Panics
    /// For a name that is no setting.
    #[must_use]
    pub fn flag(mut self, name: &str, value: Option<impl Into<String>>) -> Layers {
        let setting = find(name).expect("flags are named as settings");
        if let Some(value) = value {
            let origin = format!("--{}", setting.name.replace(['_', '.'], "-"));
            self.values.insert(setting.name, Said { text: value.into(), origin });
        }
        self
    }

    /// All settings with where each is from, as TOML that [`Layers::file`] reads; secrets are not shown.
    pub fn print(&self) -> String {
        let mut text = String::new();
        for setting in SETTINGS {
            let key = setting.name;
            match self.values.get(setting.name) {
                Some(said) if setting.is_secret => {
                    writeln!(text, "# {key} = \"(not shown)\"  # {}", said.shown_origin())
                }
                Some(said) => {
                    writeln!(
                        text,
                        "{key} = {}  # {}",
                        toml::Value::from(said.text.as_str()),
                        said.shown_origin()
                    )
                }
                None => writeln!(text, "# {key} is not set: {}", setting.help),
            }
            .unwrap_or_default();
        }
        text
    }
}

impl std::fmt::Debug for Layers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.print())
    }
}

fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

fn variable(setting: &Setting) -> String {
    format!("LEADSCORE_{}", setting.name.replace('.', "_").to_uppercase())
}

/// The names that look like this one, or how to see them all.
fn nearest(name: &str) -> String {
    let key = |text: &str| text.replace(['.', '_', '-'], "").to_lowercase();
    let wanted = key(name);
    let like = SETTINGS.iter().filter(|setting| {
        let own = key(setting.name);
        own.contains(&wanted) || wanted.contains(&own)
    });
    let like: Vec<&str> = like.map(|setting| setting.name).collect();
    if like.is_empty() {
        "`leadscore serve --print-config` lists them all".to_owned()
    } else {
        format!("did you mean {}?", like.join(" or "))
    }
}

fn flatten(prefix: &str, table: &toml::Table, found: &mut Vec<(String, toml::Value)>) {
    for (key, value) in table {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => flatten(&name, inner, found),
            value => found.push((name, value.clone())),
        }
    }
}

fn text_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<String>> =
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            texts.map(|texts| texts.join(","))
        }
        toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

#[cfg(test)]
mod tests;
