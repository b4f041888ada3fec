//! All settings: their names, the variables that say them too, and their defaults.

/// A setting. Its variable is its name in capitals after `LEADSCORE_`, with `_` for dots.
pub(super) struct Setting {
    pub(super) name: &'static str,
    /// The names that the documented systems have for it.
    pub(super) variables: &'static [&'static str],
    pub(super) default: Option<&'static str>,
    pub(super) is_secret: bool,
    pub(super) help: &'static str,
}

const fn setting(name: &'static str, default: Option<&'static str>, help: &'static str) -> Setting {
    Setting { name, variables: &[], default, is_secret: false, help }
}

const fn secret(name: &'static str, variables: &'static [&'static str], help: &'static str) -> Setting {
    Setting { name, variables, default: None, is_secret: true, help }
}

const fn named(
    name: &'static str,
    variables: &'static [&'static str],
    default: Option<&'static str>,
    help: &'static str,
) -> Setting {
    Setting { name, variables, default, is_secret: false, help }
}

pub(super) const SETTINGS: &[Setting] = &[
    setting("listen", Some("127.0.0.1:8000"), "address and port; beyond this machine only with a key"),
    setting("data", Some("leadscore-data"), "folder of the database and the secret key"),
    secret("database_url", &["DATABASE_URL"], "postgres://… instead of a file in the folder"),
    setting("families", Some("heatscore,lead-ml,b2b"), "the APIs that are spoken"),
    setting("cors_origins", None, "origins of web pages that may call, such as https://crm.example"),
    setting("trusted_proxies", None, "addresses or networks whose X-Forwarded-For is believed"),
    setting(
        "public_url",
        None,
        "where others reach this server, such as https://leads.example.com: for links in e-mails",
    ),
    setting("public_chat", Some("false"), "opens /api/v1/chat/respond to all"),
    setting("llm_failure", Some("fallback"), "what a failing language model means: fallback or error"),
    setting("prediction_ttl", Some("24h"), "how long a prediction counts"),
    setting("retention_days", None, "leads without a change for so many days are erased"),
    secret(
        "api_keys",
        &["API_KEYS", "API_KEY"],
        "keys of the tenant `default`, plan pro, without scope admin",
    ),
    secret("secret_key", &["SECRET_KEY"], "at least 32 bytes; made in the data folder where it is not given"),
    setting("auth.jwt.algorithm", None, "HS256 or RS256"),
    secret("auth.jwt.secret", &[], "the key of HS256, at least 32 bytes"),
    setting("auth.jwt.public_key", None, "the public key of RS256, as PEM or a file of it"),
    setting("auth.jwt.jwks_url", None, "where the public keys of RS256 are"),
    setting("auth.jwt.issuer", Some("leadscore"), "the claim iss"),
    setting("auth.jwt.audience", Some("leadscore"), "the claim aud"),
    setting("auth.jwt.tenant_claim", Some("tenantId"), "the claim that names the tenant"),
    named("llm.provider", &["AI_PROVIDER"], None, "openai, gemini, openrouter, anthropic or ollama"),
    named("llm.model", &["AI_MODEL"], None, "the model's name"),
    named("llm.base_url", &["OPENAI_BASE_URL"], None, "another address of the provider's API"),
    secret("llm.openai_api_key", &["OPENAI_API_KEY"], "key of OpenAI"),
    secret("llm.gemini_api_key", &["GEMINI_API_KEY"], "key of Gemini"),
    secret("llm.openrouter_api_key", &["OPENROUTER_API_KEY"], "key of OpenRouter"),
    secret("llm.anthropic_api_key", &["ANTHROPIC_API_KEY"], "key of Anthropic"),
    named(
        "smtp.server",
        &["SMTP_SERVER"],
        None,
        "host name of the mail server, or a URL such as smtps://host",
    ),
    named("smtp.port", &["SMTP_PORT"], None, "its port"),
    named("smtp.username", &["SMTP_USERNAME"], None, "its account"),
    secret("smtp.password", &["SMTP_PASSWORD"], "its password"),
    setting("smtp.from", None, "the address that e-mails are from; else the account"),
    setting("sender.name", None, "who signs e-mails"),
    setting("sender.company", None, "the company in e-mails"),
    setting("sender.address", None, "its postal address"),
    setting(
        "sender.unsubscribe",
        None,
        "the link by which a lead unsubscribes; with public_url each lead has its own",
    ),
    setting("knowledge", None, "folder or file of Markdown and JSON that e-mails are written from"),
    setting("b2b_model", None, "XGBoost or LightGBM model of the b2b API"),
    setting("b2b_version", None, "its version; else from its content"),
    setting("b2b_store", Some("false"), "keeps the leads that the b2b API scores"),
    setting("max_requests", Some("512"), "how many requests are answered at once; more get 503"),
    setting(
        "header_timeout",
        Some("30s"),
        "how long a connection may wait for, or send, the head of a request",
    ),
    setting(
        "body_timeout",
        Some("20s"),
        "how long a body may take, and a second more for each 10 KiB; then 408",
    ),
    named("log_level", &["LOG_LEVEL"], Some("info"), "error, warn, info, debug or trace"),
    named("debug", &["DEBUG"], Some("false"), "the same as log_level debug"),
];

/// Variables of the documented systems' database, which this server does not use.
pub(super) const UNUSED: &[&str] = &["MONGO_URI", "MONGO_DB", "MONGODB_URL", "MONGODB_DB_NAME"];
