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
    setting("families", Some("heatscore,lead-ml,b2b,qualify,capture"), "the APIs that are spoken"),
    setting("cors_origins", None, "origins of web pages that may call, such as https://crm.example"),
    setting("trusted_proxies", None, "addresses or networks whose X-Forwarded-For is believed"),
    setting(
        "public_url",
        None,
        "where others reach this server, such as https://leads.example.com: for links in e-mails",
    ),
    setting("public_chat", Some("false"), "opens /api/v1/chat/respond to all"),
    setting("chat_country", None, "country of telephone numbers without a + in chats and forms, such as DE"),
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
    named("notification_emails", &["NOTIFICATION_EMAILS"], None, "addresses that are told of a hot lead"),
    setting("qualify.companies", None, "CSV or SQLite file of what is known of companies, by domain"),
    setting("qualify.companies_url", None, "address that is asked for a company, with {domain} in it"),
    secret("qualify.companies_token", &[], "bearer token of that address"),
    setting("qualify.reps", None, "JSON file of the sales representatives that leads are routed to"),
    secret("hubspot.access_token", &["HUBSPOT_ACCESS_TOKEN"], "token of a private app of HubSpot"),
    named("hubspot.base_url", &["HUBSPOT_BASE_URL"], None, "another address of HubSpot's API"),
    setting("salesforce.login_url", None, "where to log in, such as https://name.my.salesforce.com"),
    setting("salesforce.client_id", None, "key of the app"),
    secret("salesforce.client_secret", &[], "secret of the app, for client credentials"),
    setting("salesforce.username", None, "user of the JWT bearer flow"),
    secret("salesforce.private_key", &[], "private key of the JWT bearer flow, as PEM or a file of it"),
    setting("graph_version", Some("v26.0"), "version of the Graph API of WhatsApp and Instagram"),
    secret("whatsapp.app_secret", &["WHATSAPP_APP_SECRET"], "what WhatsApp signs its deliveries with"),
    secret(
        "whatsapp.verify_token",
        &["WHATSAPP_WEBHOOK_VERIFY_TOKEN"],
        "what WhatsApp shows when it asks for the address",
    ),
    secret("whatsapp.access_token", &["WHATSAPP_ACCESS_TOKEN"], "what replies are sent with"),
    named(
        "whatsapp.phone_number_id",
        &["WHATSAPP_PHONE_NUMBER_ID"],
        None,
        "the id of the number that replies are from",
    ),
    setting("whatsapp.base_url", None, "another address of WhatsApp's API"),
    secret("instagram.app_secret", &["INSTAGRAM_APP_SECRET"], "what Instagram signs its deliveries with"),
    secret(
        "instagram.verify_token",
        &["INSTAGRAM_WEBHOOK_VERIFY_TOKEN"],
        "what Instagram shows when it asks for the address",
    ),
    secret("instagram.access_token", &["INSTAGRAM_ACCESS_TOKEN"], "what replies are sent with"),
    setting("instagram.account_id", Some("me"), "the id of the account that replies are from"),
    setting("instagram.base_url", None, "another address of Instagram's API"),
    setting(
        "webhook_allowlist",
        None,
        "networks and hosts that webhooks may reach although they are not public, such as 10.1.0.0/16",
    ),
    setting(
        "webhook_waits",
        Some("5s,5m,30m,2h,5h,10h,14h"),
        "how long after each failure a webhook is tried again; a fifth more or less at random",
    ),
    setting("allow_insecure_webhooks", Some("false"), "lets webhooks go to http addresses: for tests"),
    setting(
        "job_lease",
        Some("30s"),
        "after how long without a sign of life another server takes over a job",
    ),
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
