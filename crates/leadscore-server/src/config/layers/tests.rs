use std::time::Duration;

use super::*;

fn variables(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn later_layers_win_and_say_where_they_are_from() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leadscore.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:1\"\n[llm]\nprovider = \"ollama\"\n").unwrap();
    let layers = Layers::new().file(&file).unwrap();
    assert_eq!(layers.build().unwrap().listen.port(), 1);
    let layers = layers
        .environment(variables(&[
            ("LEADSCORE_LISTEN", "127.0.0.1:2"),
            ("AI_PROVIDER", "gemini"),
            ("API_KEY", "k"),
        ]))
        .unwrap();
    assert_eq!(layers.build().unwrap().listen.port(), 2);
    let layers = layers.flag("listen", Some("127.0.0.1:3"));
    let config = layers.build().unwrap();
    assert_eq!((config.listen.port(), config.llm.provider.as_deref()), (3, Some("gemini")));
    let printed = layers.print();
    assert!(printed.contains("listen = \"127.0.0.1:3\"  # --listen"), "{printed}");
    assert!(printed.contains("api_keys = \"(not shown)\"  # API_KEY"), "{printed}");
}

#[test]
fn what_cannot_be_used_is_named() {
    let error = Layers::new().environment(variables(&[("LEADSCORE_LISTN", "x")])).unwrap_err();
    assert!(error.to_string().starts_with("LEADSCORE_LISTN: there is no such setting"), "{error}");
    let layers = Layers::new().environment(variables(&[("LEADSCORE_LISTEN", "8000")])).unwrap();
    assert_eq!(
        layers.build().unwrap_err().to_string(),
        "listen (LEADSCORE_LISTEN): `8000`; wants an address with a port, such as 127.0.0.1:8000"
    );
    let layers = Layers::new().environment(variables(&[("MONGO_URI", "mongodb://x")])).unwrap();
    assert_eq!(layers.build().unwrap().unused_variables, ["MONGO_URI"]);
}

#[test]
fn webhooks_have_networks_hosts_and_waits() {
    let with =
        |name: &str, value: &str| Layers::new().environment(variables(&[(name, value)])).unwrap().build();
    let config = with("LEADSCORE_WEBHOOK_ALLOWLIST", "10.0.0.0/8, ::1, hooks.internal").unwrap().webhooks;
    assert_eq!(config.allowlist.len(), 2);
    assert_eq!(config.allowed_hosts, ["hooks.internal"]);
    assert_eq!(config.waits.iter().map(Duration::as_secs).sum::<u64>(), 113_705);
    for wrong in ["10.0.0.0/33", "10.0.0", "https://hooks.example", "a..b", "10.0.0.1:443"] {
        let error = with("LEADSCORE_WEBHOOK_ALLOWLIST", wrong).unwrap_err().to_string();
        assert!(error.contains("wants addresses, networks or host names"), "{error}");
    }
    let waits = with("LEADSCORE_WEBHOOK_WAITS", "1s, 2m").unwrap().webhooks.waits;
    assert_eq!(waits, [Duration::from_secs(1), Duration::from_secs(120)]);
    for wrong in ["0s", "5", "1s,x", ","] {
        let error = with("LEADSCORE_WEBHOOK_WAITS", wrong).unwrap_err().to_string();
        assert!(error.contains("wants numbers with s, m, h or d"), "{error}");
    }
}

#[test]
fn a_file_of_variables_is_below_the_environment_and_above_the_toml() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.env");
    std::fs::write(
        &file,
        "# note\nexport LEADSCORE_LISTEN=127.0.0.1:5\nAPI_KEY='a$b'\nLOG_LEVEL=warn\nAI_MODEL=\"x y\"\nOTHER=1\n",
    )
    .unwrap();
    let own = variables(&[("LOG_LEVEL", "debug"), ("AI_MODEL", "")]);
    let layers = Layers::new().env_file(&file, &own).unwrap().environment(own.clone()).unwrap();
    let config = layers.build().unwrap();
    assert_eq!((config.listen.port(), config.log_level.as_str()), (5, "debug"));
    // An empty variable of the environment hides that of the file.
    assert_eq!(config.llm.model, None);
    assert_eq!(secrecy::ExposeSecret::expose_secret(&config.api_keys[0]), "a$b");
    let printed = layers.print();
    assert!(printed.contains("# LEADSCORE_LISTEN in ") && printed.contains("# LOG_LEVEL\n"), "{printed}");
    std::fs::write(&file, "LEADSCORE_LISTN=1").unwrap();
    let error = Layers::new().env_file(&file, &[]).unwrap_err().to_string();
    assert!(error.contains("own.env: LEADSCORE_LISTN: there is no such setting"), "{error}");
    std::fs::write(&file, "SECRET_KEY=my secret words").unwrap();
    let error = Layers::new().env_file(&file, &[]).unwrap_err().to_string();
    assert!(error.contains("NAME=value") && !error.contains("words"), "{error}");
    assert!(Layers::new().env_file(&folder.path().join("no"), &[]).is_err());
}

#[test]
fn what_is_printed_can_be_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a\nb.toml");
    std::fs::write(
        &file,
        "cors_origins = [\"https://a.example\", \"https://b.example\"]\nmax_requests = 7\n[sender]\nname = \"A \\\"B\\\"\\nC\"\n\
         [smtp]\npassword = \"hidden words\"\n",
    )
    .unwrap();
    let layers = Layers::new().file(&file).unwrap();
    let printed = layers.print();
    assert!(!printed.contains("hidden words"), "{printed}");
    let again = folder.path().join("again.toml");
    std::fs::write(&again, &printed).unwrap();
    let config = Layers::new().file(&again).unwrap().build().unwrap();
    assert_eq!(config.max_requests, 7);
    assert_eq!(config.cors_origins, ["https://a.example", "https://b.example"]);
    assert_eq!(config.sender.name.as_deref(), Some("A \"B\"\nC"));
    assert!(config.smtp.password.is_none());
}
